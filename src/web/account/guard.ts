import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '../../flows/act.ts';
import type { SignedIn } from '../../flows/admit.ts';
import { startStepUp } from '../../flows/step-up.ts';
import { type AccountView, openAccount } from '../../flows/view-account.ts';
import { type Edge, seeOther, sessionOf, toLogIn, visitorOf } from '../edge.ts';
import { goOn } from '../login/steps.ts';
import type { ToldRefusal } from '../messages/en-account.ts';
import { sendRefusedPage } from './refused-page.tsx';

export interface Entered {
  readonly session: SignedIn;
  readonly account: AccountView;
}

/** Who came in, or `null`: then the answer is on its way and the caller has nothing left to do. */
export async function enter(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
): Promise<Entered | null> {
  const session = await sessionOf(edge, request);
  if (session === null) {
    await toLogIn(edge, request, reply, slug);
    return null;
  }
  const account = await openAccount(edge.ctx, session, slug);
  if (!isRefusal(account)) return { session, account };
  await turnAway(edge, request, reply, { session, slug, refusal: account, returnTo: '/' });
  return null;
}

/** The same for what a page reads once it is open; a right that was lost in between turns away as well. */
export async function unlessRefused<T extends object>(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  { session, account }: Entered,
  read: T | Refusal,
): Promise<Exclude<T, Refusal> | null> {
  if (!isRefusal(read)) return read as Exclude<T, Refusal>;
  await turnAway(edge, request, reply, { session, slug: account.slug, refusal: read, returnTo: '/' });
  return null;
}

type Answer = Promise<FastifyReply>;

/** A POST: what is done, and what comes of it. */
export interface Deed<R extends { readonly result: string }> {
  readonly slug: string;
  readonly run: (session: SignedIn) => Promise<R | Refusal>;
  /** T4: what a step-up asks for, and the GET route of this account that it leads back to. */
  readonly demand?: 'fresh' | 'two_factor';
  readonly returnTo: string;
  /** The same page, saying why not. */
  readonly again: (why: ToldRefusal) => Answer;
  /** What it was to be done to is not there any more; the unknown page if absent. */
  readonly gone?: () => Answer;
  readonly settle: (outcome: Exclude<R, Refusal>, session: SignedIn) => FastifyReply | Answer;
}

/** Every POST of an account passes here, so that no refusal of the flows is answered twice, or not at all. */
export async function settleDeed<R extends { readonly result: string }>(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  deed: Deed<R>,
): Answer {
  const session = await sessionOf(edge, request);
  if (session === null) return toLogIn(edge, request, reply, deed.slug);
  const outcome = await deed.run(session);
  if (!isRefusal(outcome)) return deed.settle(outcome as Exclude<R, Refusal>, session);
  return turnAway(edge, request, reply, { session, refusal: outcome, ...deed });
}

interface TurnedAway extends Pick<Deed<never>, 'slug' | 'demand' | 'returnTo' | 'gone'> {
  readonly session: SignedIn;
  readonly refusal: Refusal;
  readonly again?: (why: ToldRefusal) => Answer;
}

/** One answer for each refusal. The first page of an account has nobody to lead back to, so it says why not. */
async function turnAway(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  { session, slug, refusal, demand = 'fresh', returnTo, again, gone }: TurnedAway,
): Answer {
  const { result } = refusal;
  switch (result) {
    case 'signed_out':
      return toLogIn(edge, request, reply, slug);
    case 'not_admitted':
      // The start page says what this session lacks, and leads on.
      return seeOther(reply, '/');
    case 'not_found':
      if (gone !== undefined) return gone();
      // R60: another's account is as good as none.
      reply.callNotFound();
      return reply;
    case 'step_up':
      return stepUp(edge, request, reply, { session, slug, demand, returnTo });
    case 'not_admin':
    case 'only_owners':
    case 'not_yourself':
    case 'last_owner':
      return again === undefined ? sendRefusedPage(reply, session, slug, result) : again(result);
    default:
      return unknownRefusal(result);
  }
}

/** T4: a code first, then back to a page of this account. */
export async function stepUp(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  given: { session: SignedIn; slug: string; demand: 'fresh' | 'two_factor'; returnTo: string },
): Answer {
  const { session, slug, demand, returnTo } = given;
  const wanted = { demand, account: slug, returnTo } as const;
  const outcome = await startStepUp(edge.ctx, session, visitorOf(edge, request), wanted);
  if (outcome.result === 'not_member') {
    reply.callNotFound();
    return reply;
  }
  return goOn(edge, reply, outcome.advanced);
}

const REFUSALS: Readonly<Record<Refusal['result'], true>> = {
  signed_out: true,
  not_found: true,
  not_admitted: true,
  step_up: true,
  not_admin: true,
  only_owners: true,
  not_yourself: true,
  last_owner: true,
};

function isRefusal(outcome: object): outcome is Refusal {
  return 'result' in outcome && typeof outcome.result === 'string' && Object.hasOwn(REFUSALS, outcome.result);
}

function unknownRefusal(result: never): never {
  throw new Error(`unknown refusal ${JSON.stringify(result)}`);
}
