import { Type } from 'typebox';
import { askForReset, resetIsOpen, resetPassword } from '../../flows/password.ts';
import { type Edge, seeOther, setTokens, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { ForgotPage, LinkSentPage, ResetGonePage, ResetPage } from './reset-pages.tsx';

const LANG = 'en';
const address = form({ email: text(500) });
// A link cut short by a mail program is a link that is gone, not a fault of the form.
const link = form({ token: Type.Optional(text(200)) });
const newPassword = form({ password: text(4000) });

/** U4: a link by mail, and the new password behind it. */
export function resetRoutes(server: Server, edge: Edge): void {
  const { ctx } = edge;
  const config = { door: 'public' } as const;

  server.get('/forgot-password', { config, schema: { querystring: noQuery } }, (_request, reply) =>
    sendPage(reply, <ForgotPage lang={LANG} email="" fault={null} />),
  );

  server.post(
    '/forgot-password',
    { config, schema: { querystring: noQuery, body: address } },
    async (request, reply) => {
      const { email } = request.body;
      const fault = faultOfAddress(email);
      if (fault !== null) return sendPage(reply, <ForgotPage lang={LANG} email={email} fault={fault} />, 422);
      await askForReset(ctx, visitorOf(edge, request), email);
      return sendPage(reply, <LinkSentPage lang={LANG} email={email.trim()} />);
    },
  );

  server.get('/reset-password', { config, schema: { querystring: link } }, async (request, reply) => {
    const { token = '' } = request.query;
    if (!(await resetIsOpen(ctx, token))) return sendPage(reply, <ResetGonePage lang={LANG} />, 410);
    return sendPage(reply, <ResetPage lang={LANG} token={token} verdict={null} />);
  });

  server.post(
    '/reset-password',
    { config, schema: { querystring: link, body: newPassword } },
    async (request, reply) => {
      const { token = '' } = request.query;
      const { password } = request.body;
      const outcome = await resetPassword(ctx, visitorOf(edge, request), { token, password });
      switch (outcome.result) {
        case 'saved':
          setTokens(edge, reply, outcome.tokens);
          return seeOther(reply, '/login?because=reset');
        case 'bad_password':
          return sendPage(reply, <ResetPage lang={LANG} token={token} verdict={outcome.verdict} />, 422);
        case 'link_gone':
          return sendPage(reply, <ResetGonePage lang={LANG} />, 410);
        default:
          return unknownResult(outcome);
      }
    },
  );
}

/** Only whether it can be an address at all; whether there is a login with it is told by mail alone. */
function faultOfAddress(email: string): 'empty' | 'noAddress' | null {
  if (email.trim() === '') return 'empty';
  return /^[^\s@]+@[^\s@]+$/.test(email.trim()) ? null : 'noAddress';
}

function unknownResult(outcome: never): never {
  throw new Error(`unknown result ${JSON.stringify(outcome)}: refused`);
}
