import type { Authenticator, Evidence, Membership, Method } from './facts.ts';
import { METHODS } from './facts.ts';
import { methodsForNew } from './mandate.ts';

const DAY_MS = 86_400_000;

/** M4: an authenticator asleep for longer than this is destroyed. */
export const SLEEP_LIMIT_MS = 90 * DAY_MS;

/**
 * M4, judged by time: an authenticator asleep over 90 days is gone, whether or not a job has swept it, and
 * whatever trusted it trusts nothing. Without this an old phone, long sold, would open a new mandate.
 */
export function withoutLapsed<
  M extends Pick<Membership, 'trust'>,
  F extends { readonly memberships: readonly M[]; readonly authenticators: readonly Authenticator[] },
>(facts: F, now: number): F {
  const lapsed = new Set(facts.authenticators.filter((a) => hasLapsed(a.asleepSince, now)).map((a) => a.id));
  if (lapsed.size === 0) return facts;
  const memberships = facts.memberships.map((m) =>
    m.trust.state === 'authenticator' && lapsed.has(m.trust.authenticatorId)
      ? { ...m, trust: { state: 'never' as const } }
      : m,
  );
  return { ...facts, authenticators: facts.authenticators.filter((a) => !lapsed.has(a.id)), memberships };
}

export function hasLapsed(asleepSince: number | null, now: number): boolean {
  return asleepSince !== null && now - asleepSince > SLEEP_LIMIT_MS;
}

/** The kinds of authenticator an account takes: all of them where it demands nothing. Of a membership `asOf` now. */
export function allowedMethods(membership: Membership): readonly Method[] {
  return membership.account.mandate?.methods ?? METHODS;
}

/** The kinds it takes of somebody whom it does not trust by one of them yet. */
export function offeredMethods({ account: { mandate } }: Membership): readonly Method[] {
  return mandate === null ? METHODS : methodsForNew(mandate);
}

/** How an authenticator was proven, at `since` or later. A code of another authenticator proves nothing here. */
export function proofOf(
  authenticatorId: string,
  evidence: readonly Evidence[],
  since = Number.NEGATIVE_INFINITY,
): 'itself' | 'backup_code' | 'none' {
  const own = evidence.filter((e) => e.authenticatorId === authenticatorId && e.at >= since);
  if (own.some((e) => e.kind === 'totp' || e.kind === 'sms')) return 'itself';
  return own.some((e) => e.kind === 'backup_code') ? 'backup_code' : 'none';
}

export interface EnrollmentPlan {
  /** What is offered, in the order shown: the app first (E2). Empty: nothing can be offered. */
  readonly methods: readonly Method[];
  /** Memberships that will trust the new authenticator once it is confirmed. */
  readonly movers: readonly string[];
  /** The authenticator that the movers trusted until now, if any. */
  readonly replaces: string | null;
}

/**
 * M3 and T1: which methods a set-up offers, and who will trust the result.
 * 1. Together move the target and every membership that trusts the authenticator being replaced (T1 b).
 * 2. Offered is what all of them allow and can be delivered. If they have nothing in common, the set-up is
 *    for the target alone and the old one stays for the rest.
 * 3. Memberships that trust none yet come along (T1 a) if they take whatever is offered. They never narrow the
 *    offer: an account that takes only text messages must not take the app away from another's people.
 * A `forgotten` membership other than the target never moves: only its own set-up right opens it.
 */
export function planEnrollment(
  target: Membership,
  replaces: string | null,
  memberships: readonly Membership[],
  textMessages: boolean,
): EnrollmentPlan {
  const deliverable = METHODS.filter((m) => m === 'totp' || textMessages);
  const allowedByAll = (members: readonly Membership[], among: readonly Method[]) =>
    among.filter((method) => members.every((m) => offeredMethods(m).includes(method)));
  const together = memberships.filter(
    (m) => m.id === target.id || (m.trust.state === 'authenticator' && m.trust.authenticatorId === replaces),
  );
  const common = allowedByAll(together, deliverable);
  const core = common.length > 0 ? together : together.filter((m) => m.id === target.id);
  const offered = common.length > 0 ? common : allowedByAll(core, deliverable);
  const along = memberships.filter(
    (m) =>
      m.trust.state === 'never' &&
      m.id !== target.id &&
      offered.every((method) => offeredMethods(m).includes(method)),
  );
  return { methods: offered, movers: [...core, ...along].map((m) => m.id), replaces };
}

/** T1: an authenticator that no membership trusts is destroyed with its backup codes. */
export function untrusted(
  authenticators: readonly { readonly id: string }[],
  memberships: readonly Pick<Membership, 'trust'>[],
): string[] {
  const trusted = new Set(
    memberships.flatMap((m) => (m.trust.state === 'authenticator' ? [m.trust.authenticatorId] : [])),
  );
  return authenticators.filter((a) => !trusted.has(a.id)).map((a) => a.id);
}

/** M4: what must happen to a person's authenticators after a mandate, membership or account changed. */
export function settleSleep(
  memberships: readonly { readonly account: { readonly mandate: unknown } }[],
  authenticators: readonly { readonly id: string; readonly asleepSince: number | null }[],
  now: number,
): { sleep: string[]; wake: string[]; destroy: string[] } {
  const mandated = memberships.some((m) => m.account.mandate !== null);
  const lapsed = authenticators.filter((a) => hasLapsed(a.asleepSince, now));
  const alive = authenticators.filter((a) => !hasLapsed(a.asleepSince, now));
  return {
    destroy: lapsed.map((a) => a.id),
    sleep: mandated ? [] : alive.filter((a) => a.asleepSince === null).map((a) => a.id),
    wake: mandated ? alive.filter((a) => a.asleepSince !== null).map((a) => a.id) : [],
  };
}
