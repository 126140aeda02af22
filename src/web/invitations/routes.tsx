import { beginInvitation, viewInvitation } from '../../flows/invitation.ts';
import { logOut } from '../../flows/sessions.ts';
import { type Edge, seeOther, sessionOf, setTokens, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { LANG } from '../login/model.ts';
import { goOn } from '../login/steps.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { sendGonePage } from './gone.tsx';
import { InvitationPage } from './pages.tsx';

const schema = { params: form({ token: text(100) }), querystring: noQuery };
const addressOf = (token: string) => `/invitations/${encodeURIComponent(token)}`;

/** `/invitations/TOKEN` (U2): the link of the mail. Only a POST goes on, and nothing here spends the token. */
export function invitationRoutes(server: Server, edge: Edge): void {
  server.get('/invitations/:token', { config: { door: 'login' }, schema }, async (request, reply) => {
    const { token } = request.params;
    const view = await viewInvitation(edge.ctx, visitorOf(edge, request), token);
    if (view.state === 'gone') return sendGonePage(reply, LANG);
    if (view.state === 'new_address') {
      return seeOther(reply, `/sign-up?invitation=${encodeURIComponent(token)}`);
    }
    const session = await sessionOf(edge, request);
    const model = {
      lang: LANG,
      address: addressOf(token),
      state: view.state,
      account: view.invitation.account_name,
      email: view.invitation.email,
      signedInAs: session?.user.email ?? null,
    };
    return sendPage(reply, <InvitationPage model={model} />);
  });

  server.post(
    '/invitations/:token',
    { config: { door: 'login' }, schema: { ...schema, body: form({}) } },
    async (request, reply) => {
      const { token } = request.params;
      const outcome = await beginInvitation(edge.ctx, visitorOf(edge, request), token);
      return outcome.result === 'accepted'
        ? goOn(edge, reply, outcome.advanced)
        : seeOther(reply, addressOf(token));
    },
  );

  server.post(
    '/invitations/:token/log-out',
    { config: { door: 'login' }, schema: { ...schema, body: form({}) } },
    async (request, reply) => {
      setTokens(edge, reply, await logOut(edge.ctx, visitorOf(edge, request)));
      return seeOther(reply, addressOf(request.params.token));
    },
  );
}
