import { ContactText, Heading } from '../components.tsx';
import type { Edge } from '../edge.ts';
import { noQuery } from '../forms.ts';
import type { RefusedReason } from '../messages/en-login.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { type LoginModel, loginModel, loginWords } from './model.ts';
import { FormPage, OtherWays } from './parts.tsx';
import { standAt } from './steps.ts';

/** `/login/refused`: told only after the right password (D2.2). */
export function refusedRoutes(server: Server, edge: Edge): void {
  server.get(
    '/login/refused',
    { config: { door: 'login' }, schema: { querystring: noQuery } },
    async (request, reply) => {
      const at = await standAt(edge, request, reply, 'refused');
      if (at === null) return reply;
      const model = { ...loginModel(edge, at), reason: at.next.reason };
      return sendPage(reply, <RefusedPage model={model} />, 403);
    },
  );
}

export interface RefusedModel extends LoginModel {
  readonly reason: RefusedReason;
}

export function RefusedPage({ model }: { model: RefusedModel }) {
  const words = loginWords(model.lang).refused;
  return (
    <FormPage lang={model.lang} title={words.title}>
      <Heading>{words.title}</Heading>
      <p>
        <ContactText text={words.reasons[model.reason](model.support)} contact={model.support} />
      </p>
      <OtherWays model={model} />
    </FormPage>
  );
}
