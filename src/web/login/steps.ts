import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Advanced, type Position, readPosition } from '../../flows/advance.ts';
import type { ChoiceResult } from '../../flows/recover.ts';
import type { NextStep } from '../../rules/next-step.ts';
import { type Edge, seeOther, setTokens, visitorOf } from '../edge.ts';
import { addressOf, dueAddress } from './addresses.ts';

type Step = NextStep['step'];
export type At<S extends Step> = Position & { readonly next: Extract<NextStep, { step: S }> };

/**
 * This browser's login, if it is at one of these steps. If not, the browser is on its way to the step that
 * is due, and the caller has nothing left to do.
 */
export async function standAt<S extends Step>(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  ...steps: readonly S[]
): Promise<At<S> | null> {
  const position = await readPosition(edge.ctx, visitorOf(edge, request));
  if (position !== null && isAt(position, steps)) return position;
  seeOther(reply, dueAddress(position));
  return null;
}

function isAt<S extends Step>(position: Position, steps: readonly S[]): position is At<S> {
  return (steps as readonly Step[]).includes(position.next.step);
}

/** A deed found that another step is due now: to its page. */
export async function toDueStep(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return seeOther(reply, dueAddress(await readPosition(edge.ctx, visitorOf(edge, request))));
}

/** A deed was accepted: its cookies, and on to the next page, or through the door. */
export function goOn(edge: Edge, reply: FastifyReply, { next, tokens, returnTo }: Advanced): FastifyReply {
  setTokens(edge, reply, tokens);
  return seeOther(reply, next.step === 'done' ? (returnTo ?? '/') : addressOf(next));
}

/** Where a deed led: on, or to the step that turned out to be due. */
export async function proceed(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: ChoiceResult,
): Promise<FastifyReply> {
  return outcome.result === 'accepted'
    ? goOn(edge, reply, outcome.advanced)
    : toDueStep(edge, request, reply);
}

/** The same for a deed that can be refused: `refuse` shows its page again, with what is wrong. */
export async function settle<F extends { readonly result: string }>(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: ChoiceResult | F,
  refuse: (fault: F) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  return isSettled(outcome) ? proceed(edge, request, reply, outcome) : refuse(outcome);
}

function isSettled(outcome: { readonly result: string }): outcome is ChoiceResult {
  return outcome.result === 'accepted' || outcome.result === 'moved';
}
