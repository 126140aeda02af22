import { continueLogin, pickAccount } from '../../flows/pick-account.ts';
import { Heading, PostButton } from '../components.tsx';
import { type Edge, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { type LoginModel, loginModel, loginWords } from './model.ts';
import { FormPage, OtherWays } from './parts.tsx';
import { proceed, standAt } from './steps.ts';

const CONTINUE = '/login/continue';
const body = form({ account: text(100) });

/** Two ways on without a proof: into another account (D2.6), and where nothing more is asked. */
export function goOnRoutes(server: Server, edge: Edge): void {
  server.post(
    '/login/account',
    { config: { door: 'login' }, schema: { querystring: noQuery, body } },
    async (request, reply) => {
      const outcome = await pickAccount(edge.ctx, visitorOf(edge, request), request.body.account);
      return proceed(edge, request, reply, outcome);
    },
  );

  server.get(
    CONTINUE,
    { config: { door: 'login' }, schema: { querystring: noQuery } },
    async (request, reply) => {
      const at = await standAt(edge, request, reply, 'trust', 'done');
      return at === null ? reply : sendPage(reply, <ContinuePage model={loginModel(edge, at)} />);
    },
  );

  server.post(
    CONTINUE,
    { config: { door: 'login' }, schema: { querystring: noQuery, body: form({}) } },
    async (request, reply) => {
      const at = await standAt(edge, request, reply, 'trust', 'done');
      if (at === null) return reply;
      return proceed(edge, request, reply, await continueLogin(edge.ctx, visitorOf(edge, request)));
    },
  );
}

/** What was still asked for a moment ago is not any more, such as after a mandate was switched off. */
export function ContinuePage({ model }: { model: LoginModel }) {
  const words = loginWords(model.lang).goOn;
  return (
    <FormPage lang={model.lang} title={words.title}>
      <Heading caption={model.door.account?.name} lead={words.lead}>
        {words.title}
      </Heading>
      <PostButton action={CONTINUE} label={words.submit} kind="primary" />
      <OtherWays model={model} />
    </FormPage>
  );
}
