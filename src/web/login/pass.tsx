import { Heading, LinkButton } from '../components.tsx';
import type { Edge } from '../edge.ts';
import { noQuery } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { type LoginModel, loginModel, loginWords } from './model.ts';
import { FormPage, LinkItem, OtherWays } from './parts.tsx';
import { RECOVERY_CODE } from './recovery-code-page.tsx';
import { standAt } from './steps.ts';

/** `/login/pass`: the account has forgotten the authenticator; only a pass of it opens (P7). */
export function passRoutes(server: Server, edge: Edge): void {
  server.get(
    '/login/pass',
    { config: { door: 'login' }, schema: { querystring: noQuery } },
    async (request, reply) => {
      const at = await standAt(edge, request, reply, 'pass');
      return at === null ? reply : sendPage(reply, <PassPage model={loginModel(edge, at)} />);
    },
  );
}

export function PassPage({ model }: { model: LoginModel }) {
  const { lang, door, support } = model;
  const words = loginWords(lang);
  return (
    <FormPage lang={lang} title={words.pass.title}>
      <Heading caption={door.account?.name} lead={words.pass.lead(door.account?.name ?? '')}>
        {words.pass.title}
      </Heading>
      <p>{words.pass.how}</p>
      <p>{words.pass.help(support)}</p>
      <LinkButton href={RECOVERY_CODE}>{words.pass.enter}</LinkButton>
      <OtherWays model={model}>
        <LinkItem href="/help/two-factor#locked-out">{words.lockedOut}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}
