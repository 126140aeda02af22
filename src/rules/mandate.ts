import type { Method, Plan, Trust } from './facts.ts';
import { METHODS } from './facts.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export type MandateVerdict = 'ok' | 'not_enterprise' | 'no_method' | 'text_needs_carrier';

/** M1, M3: may an account of this plan mandate these methods, with or without a carrier for text messages? */
export function judgeMandate(plan: Plan, methods: readonly Method[], textMessages: boolean): MandateVerdict {
  if (plan !== 'enterprise') return 'not_enterprise';
  if (methods.length === 0) return 'no_method';
  if (!textMessages && !methods.includes('totp')) return 'text_needs_carrier';
  return 'ok';
}

/** M1: to `standard` while a mandate is on is refused, unless the operator says so. */
export function judgePlanChange(to: Plan, mandateOn: boolean, forced: boolean): 'ok' | 'mandate_on' {
  return to === 'standard' && mandateOn && !forced ? 'mandate_on' : 'ok';
}

/** Where a member stands with this account's mandate (T3): what an admin sees, and nothing more. */
export type Standing =
  | { readonly state: 'set_up'; readonly method: Method; readonly since: number }
  /** Set up, but by a kind that the account no longer allows (M3). */
  | { readonly state: 'other_method_needed'; readonly method: Method }
  | { readonly state: 'not_yet' }
  | { readonly state: 'on_pass'; readonly until: number }
  /** T1 c: after a pass, or by "not me"; a set-up right or a new pass leads on. */
  | { readonly state: 'set_up_again' };

export function standingOf(p: {
  readonly trust: Trust['state'];
  readonly trustSince: number;
  readonly method: Method | null;
  readonly passUntil: number | null;
  readonly methods: readonly Method[];
}): Standing {
  if (p.passUntil !== null) return { state: 'on_pass', until: p.passUntil };
  if (p.trust === 'forgotten') return { state: 'set_up_again' };
  if (p.trust === 'never' || p.method === null) return { state: 'not_yet' };
  return p.methods.includes(p.method)
    ? { state: 'set_up', method: p.method, since: p.trustSince }
    : { state: 'other_method_needed', method: p.method };
}

/** S2: session length is settable from 15 minutes to 24 hours where mandated, to 30 days elsewhere. */
export const SESSION_LEAST_MS = 15 * MINUTE_MS;
export const SESSION_MOST_MANDATED_MS = DAY_MS;
export const SESSION_MOST_MS = 30 * DAY_MS;

export function judgeSessionLength(
  p: { readonly maxMs: number; readonly idleMs: number },
  mandated: boolean,
): 'ok' | 'too_short' | 'too_long' | 'idle_longer_than_max' {
  const most = mandated ? SESSION_MOST_MANDATED_MS : SESSION_MOST_MS;
  if (p.maxMs < SESSION_LEAST_MS || p.idleMs < SESSION_LEAST_MS) return 'too_short';
  if (p.maxMs > most || p.idleMs > most) return 'too_long';
  return p.idleMs > p.maxMs ? 'idle_longer_than_max' : 'ok';
}

/** S2: switching a mandate on shortens what is too long for it. */
export function cappedSessionLength(p: { maxMs: number; idleMs: number }): { maxMs: number; idleMs: number } {
  const cap = (ms: number) => Math.min(ms, SESSION_MOST_MANDATED_MS);
  return { maxMs: cap(p.maxMs), idleMs: cap(p.idleMs) };
}

/** The app first: it is the stronger of the two. */
export function orderedMethods(methods: readonly Method[]): Method[] {
  return METHODS.filter((m) => methods.includes(m));
}
