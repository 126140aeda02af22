import type { Mandate, Membership, Method, Plan, Trust } from './facts.ts';
import { METHODS } from './facts.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export type MandateVerdict = 'ok' | 'not_enterprise' | 'no_method' | 'text_needs_carrier' | 'text_ends';

/**
 * M1, M3: may an account of this plan mandate these methods, with or without a carrier for text messages?
 * `textEnds`: a day from which they take none is set, so they cannot be the only way.
 */
export function judgeMandate(
  plan: Plan,
  methods: readonly Method[],
  textMessages: boolean,
  textEnds = false,
): MandateVerdict {
  if (plan !== 'enterprise') return 'not_enterprise';
  if (methods.length === 0) return 'no_method';
  if (!textMessages && !methods.includes('totp')) return 'text_needs_carrier';
  if (textEnds && !methods.includes('totp')) return 'text_ends';
  return 'ok';
}

/** The methods a mandate takes at this moment: judged by time, on each request (D9). */
export function methodsAt({ methods, textUntil }: Mandate, now: number): readonly Method[] {
  return textUntil !== null && now >= textUntil ? methods.filter((m) => m !== 'sms') : methods;
}

/**
 * What a mandate takes of somebody who sets up anew, or whom it comes to trust: with a day set, text messages are
 * offered to nobody any more, so that nobody sets up what they lose soon after.
 */
export function methodsForNew({ methods, textUntil }: Mandate): readonly Method[] {
  return textUntil === null ? methods : methods.filter((m) => m !== 'sms');
}

/** The mandate with the methods of this moment. */
export function mandateAt<M extends Mandate | null>(mandate: M, now: number): M {
  return mandate === null ? mandate : { ...mandate, methods: methodsAt(mandate, now) };
}

/** The same for whatever a rule is about to read of a membership. */
export function asOf<M extends Pick<Membership, 'account'>>(membership: M, now: number): M {
  const mandate = mandateAt(membership.account.mandate, now);
  return { ...membership, account: { ...membership.account, mandate } };
}

const TEXT_END_MOST_MS = 2 * 365 * DAY_MS;

export type TextEndVerdict = 'ok' | 'no_text' | 'app_needed' | 'too_soon' | 'too_late';

/** May text messages end at `until` (milliseconds)? Never where nothing would be left, and never in the past. */
export function judgeTextEnd(mandate: Mandate | null, until: number, now: number): TextEndVerdict {
  const methods = mandate === null ? [] : methodsAt(mandate, now);
  if (!methods.includes('sms')) return 'no_text';
  if (!methods.includes('totp')) return 'app_needed';
  if (until <= now) return 'too_soon';
  return until > now + TEXT_END_MOST_MS ? 'too_late' : 'ok';
}

/**
 * What becomes of the day when methods are chosen anew: a day to come stays while both methods do. It is taken away
 * where text messages are: by the choice, or by time and then by choosing them once more.
 */
export function textUntilAfter(
  before: Mandate | null,
  methods: readonly Method[],
  now: number,
): number | null {
  const until = before?.textUntil ?? null;
  return until !== null && until > now && methods.includes('sms') ? until : null;
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
