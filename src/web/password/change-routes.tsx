import type { FastifyReply } from 'fastify';
import type { SignedIn } from '../../flows/admit.ts';
import { type ChangePasswordResult, changePassword } from '../../flows/password.ts';
import { hasFreshAuthenticator } from '../../flows/step-up.ts';
import type { Problem } from '../components.tsx';
import { type Edge, seeOther, sessionOf, setTokens, toLogIn, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { durationInWords } from '../messages/durations.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { ChangePage, ConfirmFirstPage } from './change-pages.tsx';
import { newPasswordProblem } from './new-password.tsx';
import { wordsIn } from './words.ts';

const LANG = 'en';
const config = { door: 'session' } as const;
const oldAndNew = form({ current: text(4000), password: text(4000) });

/** U4: `/password`, the current password and a code where there is an authenticator. */
export function changeRoutes(server: Server, edge: Edge): void {
  const { ctx } = edge;

  server.get('/password', { config, schema: { querystring: noQuery } }, async (request, reply) => {
    const session = await sessionOf(edge, request);
    if (session === null) return toLogIn(edge, request, reply);
    const { email } = session.user;
    return hasFreshAuthenticator(session, ctx.now())
      ? sendPage(reply, <ChangePage lang={LANG} email={email} problems={[]} />)
      : sendPage(reply, <ConfirmFirstPage lang={LANG} email={email} />);
  });

  server.post(
    '/password',
    { config, schema: { querystring: noQuery, body: oldAndNew } },
    async (request, reply) => {
      const session = await sessionOf(edge, request);
      if (session === null) return toLogIn(edge, request, reply);
      if (request.body.current === '') {
        return refuse(reply, session, { field: 'current', text: wordsIn(LANG).change.emptyCurrent });
      }
      const outcome = await changePassword(ctx, session, visitorOf(edge, request), request.body);
      return answer(edge, reply, session, outcome);
    },
  );
}

function answer(
  edge: Edge,
  reply: FastifyReply,
  session: SignedIn,
  outcome: ChangePasswordResult,
): FastifyReply {
  const words = wordsIn(LANG).change;
  switch (outcome.result) {
    case 'saved':
      setTokens(edge, reply, outcome.tokens);
      return seeOther(reply, '/?done=password');
    // The five minutes went by while the new password was thought of: the page says so and leads on.
    case 'step_up':
      return sendPage(reply, <ConfirmFirstPage lang={LANG} email={session.user.email} />, 403);
    case 'wrong_password':
      return refuse(reply, session, { field: 'current', text: words.wrongCurrent });
    case 'bad_password':
      return refuse(reply, session, newPasswordProblem(outcome.verdict));
    case 'wait': {
      const waitMs = outcome.until - edge.ctx.now();
      reply.header('retry-after', Math.max(1, Math.ceil(waitMs / 1000)));
      const text = words.wait(durationInWords(waitMs, LANG));
      return refuse(reply, session, { field: 'current', text }, 429);
    }
    default:
      return unknownResult(outcome);
  }
}

function refuse(reply: FastifyReply, session: SignedIn, problem: Problem, status = 422): FastifyReply {
  return sendPage(reply, <ChangePage lang={LANG} email={session.user.email} problems={[problem]} />, status);
}

function unknownResult(outcome: never): never {
  throw new Error(`unknown result ${JSON.stringify(outcome)}: refused`);
}
