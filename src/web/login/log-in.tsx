import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Position, readPosition } from '../../flows/advance.ts';
import { logIn } from '../../flows/log-in.ts';
import { viewDoor } from '../../flows/view-login.ts';
import { type Edge, seeOther, sessionOf, visitorOf } from '../edge.ts';
import { form, text } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addressOf } from './addresses.ts';
import { type LogInModel, LogInPage, type Pending } from './log-in-page.tsx';
import { LANG } from './model.ts';
import { goOn } from './steps.ts';

const account = Type.Optional(text(100));
const BECAUSE = ['over', 'reset', 'logged_out', 'session_over', 'pass_over'] as const;
const logInQuery = form({ account, because: Type.Optional(Type.Union(BECAUSE.map((b) => Type.Literal(b)))) });
const logInBody = form({ email: Type.Optional(text(500)), password: Type.Optional(text(4000)) });

/** `/login`: the password, where every login begins and where two kinds of it come back to. */
export function logInRoutes(server: Server, edge: Edge): void {
  server.get(
    '/login',
    { config: { door: 'login' }, schema: { querystring: logInQuery } },
    async (request, reply) => {
      const position = await readPosition(edge.ctx, visitorOf(edge, request));
      const { step } = position?.next ?? { step: 'start_again' };
      if (position !== null && step !== 'start_again' && step !== 'password') {
        return seeOther(reply, addressOf(position.next));
      }
      const pending = pendingOf(position);
      if (pending === null && (await sessionOf(edge, request)) !== null) return seeOther(reply, '/');
      return show(edge, reply, { pending, ...request.query });
    },
  );

  server.post(
    '/login',
    { config: { door: 'login' }, schema: { querystring: form({ account }), body: logInBody } },
    async (request, reply) => {
      const visitor = visitorOf(edge, request);
      const pending = pendingOf(await readPosition(edge.ctx, visitor));
      const { email = '', password = '' } = request.body;
      const again = { pending, email, ...request.query };
      const faults = missing(
        pending !== null && pending.kind !== 'invitation' ? pending.email : email,
        password,
      );
      if (faults.length > 0) return show(edge, reply, { ...again, faults }, 422);
      const outcome = await logIn(edge.ctx, visitor, { email, password, ...request.query });
      switch (outcome.result) {
        case 'accepted':
          return goOn(edge, reply, outcome.advanced);
        case 'wrong':
          return show(edge, reply, { ...again, faults: [outcome] }, 422);
        case 'wait': {
          const seconds = Math.max(1, Math.ceil((outcome.until - edge.ctx.now()) / 1000));
          reply.header('retry-after', seconds);
          return show(edge, reply, { ...again, faults: [outcome] }, 429);
        }
        default:
          return unknownResult(outcome);
      }
    },
  );
}

interface Shown extends Static<typeof logInQuery> {
  readonly pending: Pending | null;
  readonly email?: string;
  readonly faults?: LogInModel['faults'];
}

function show(edge: Edge, reply: FastifyReply, shown: Shown, status = 200): FastifyReply {
  const { pending } = shown;
  const { now, settings } = edge.ctx;
  const model: LogInModel = {
    lang: LANG,
    now: now(),
    support: settings.support,
    because: shown.because ?? null,
    account: shown.account ?? null,
    email: shown.email || (pending?.email ?? ''),
    faults: shown.faults ?? [],
    pending,
  };
  return sendPage(reply, <LogInPage model={model} />, status);
}

function pendingOf(position: Position | null): Pending | null {
  if (position?.next.step !== 'password') return null;
  const { login, facts } = position;
  const rising = login.demand === 'set_up' ? 'set_up' : 'step_up';
  const kind = login.kind === 'step_up' ? rising : 'invitation';
  const asked = facts.memberships.find((m) => m.account.id === login.account_asked);
  return { kind, email: viewDoor(position).email, account: asked?.account.name ?? null };
}

function missing(email: string, password: string): LogInModel['faults'] {
  const faults: { result: 'no_email' | 'no_password' }[] = [];
  if (email.trim() === '') faults.push({ result: 'no_email' });
  if (password === '') faults.push({ result: 'no_password' });
  return faults;
}

function unknownResult(outcome: never): never {
  throw new Error(`unknown outcome of a login: ${JSON.stringify(outcome)}`);
}
