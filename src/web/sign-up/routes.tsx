import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { viewInvitation } from '../../flows/invitation.ts';
import { signUp } from '../../flows/sign-up.ts';
import { type Edge, seeOther, sessionOf, visitorOf } from '../edge.ts';
import { form, text } from '../forms.ts';
import { sendGonePage } from '../invitations/gone.tsx';
import { maskedAddress } from '../invitations/mask.ts';
import { LANG } from '../login/model.ts';
import { goOn } from '../login/steps.ts';
import type { SignUpFault } from '../messages/en-sign-up.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { type SignUpModel, SignUpPage } from './pages.tsx';

const LONGEST_NAME = 100;
const querystring = form({ invitation: Type.Optional(text(100)) });
const field = Type.Optional(text(1000));
const body = form({ name: field, email: field, password: Type.Optional(text(4000)), account: field });
type Typed = Required<Static<typeof body>>;

/** `/sign-up`, alone or by invitation. It makes nothing but a login that waits for the mailbox (U1). */
export function signUpRoutes(server: Server, edge: Edge): void {
  server.get('/sign-up', { config: { door: 'login' }, schema: { querystring } }, async (request, reply) => {
    const token = request.query.invitation;
    if (token === undefined) {
      if ((await sessionOf(edge, request)) !== null) return seeOther(reply, '/');
      return show(reply, { invitation: null, values: EMPTY, faults: [] });
    }
    const view = await viewInvitation(edge.ctx, visitorOf(edge, request), token);
    // Whoever has a login, or a session, accepts it there.
    if (view.state !== 'new_address') return seeOther(reply, `/invitations/${encodeURIComponent(token)}`);
    const invitation = { token, account: view.invitation.account_name };
    return show(reply, { invitation, values: { ...EMPTY, email: view.invitation.email }, faults: [] });
  });

  server.post(
    '/sign-up',
    { config: { door: 'login' }, schema: { querystring, body } },
    async (request, reply) => {
      const token = request.query.invitation ?? null;
      const visitor = visitorOf(edge, request);
      const view = token === null ? null : await viewInvitation(edge.ctx, visitor, token);
      if (view?.state === 'gone') return sendGonePage(reply, LANG);
      const invitation =
        token === null || view === null ? null : { token, account: view.invitation.account_name };
      const typed: Typed = { name: '', email: '', password: '', account: '', ...request.body };
      const { password: _never, ...values } = typed;
      const refuse = (faults: SignUpFault[]) => show(reply, { invitation, values, faults }, 422);

      const faults = faultsIn(typed, invitation !== null);
      if (faults.length > 0) return refuse(faults);
      const account = invitation === null ? typed.account : null;
      const outcome = await signUp(edge.ctx, visitor, { ...typed, account, invitation: token });
      switch (outcome.result) {
        case 'accepted':
          return goOn(edge, reply, outcome.advanced);
        case 'bad_password':
          return refuse([{ field: 'password', result: outcome.verdict }]);
        case 'other_address':
          return refuse([{ field: 'email', result: 'other_address', masked: maskedAddress(outcome.email) }]);
        case 'wait':
          reply.header('retry-after', Math.ceil((outcome.until - edge.ctx.now()) / 1000));
          throw Object.assign(new Error('too many sign-ups from one network'), { statusCode: 429 });
        case 'invitation_gone':
          return sendGonePage(reply, LANG);
        default:
          return unknownResult(outcome);
      }
    },
  );
}

const EMPTY = { name: '', email: '', account: '' } as const;

function show(reply: FastifyReply, model: Omit<SignUpModel, 'lang'>, status = 200): FastifyReply {
  return sendPage(reply, <SignUpPage model={{ lang: LANG, ...model }} />, status);
}

/** What can be told by looking at the form, in the order of its fields. */
function faultsIn({ name, email, password, account }: Typed, invited: boolean): SignUpFault[] {
  const faults: SignUpFault[] = [];
  const nameFault = nameFaultOf(name);
  if (nameFault !== null) faults.push({ field: 'name', result: nameFault });
  const address = email.trim();
  if (address === '') faults.push({ field: 'email', result: 'missing' });
  else if (!looksLikeAddress(address)) faults.push({ field: 'email', result: 'no_address' });
  if (password === '') faults.push({ field: 'password', result: 'missing' });
  const accountFault = invited ? null : nameFaultOf(account);
  if (accountFault !== null) faults.push({ field: 'account', result: accountFault });
  return faults;
}

function nameFaultOf(name: string): 'missing' | 'too_long' | null {
  // What cannot be seen (spaces, control characters, invisible marks) is no name.
  if (!/[^\p{Z}\p{C}]/u.test(name)) return 'missing';
  return Array.from(name.trim()).length > LONGEST_NAME ? 'too_long' : null;
}

/** Only the mail that arrives proves an address; this catches what no mail could be sent to (RFC 5321: 254). */
function looksLikeAddress(address: string): boolean {
  return (
    address.length <= 254 &&
    /^[^\s\p{C}@<>()[\]\\,;:"]+@[^\s\p{C}@<>()[\]\\,;:"]+\.[^\s\p{C}@<>()[\]\\,;:".]+$/u.test(address)
  );
}

function unknownResult(outcome: never): never {
  throw new Error(`unknown outcome of a sign-up: ${JSON.stringify(outcome)}`);
}
