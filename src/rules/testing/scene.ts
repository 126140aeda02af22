/**
 * Builds the scenes of the rules' tests in a few words: accounts `a`, `b`, `c`, authenticators `x` and `y`.
 * It knows the facts' shapes and must not know any rule: an expectation never comes from here.
 */
import type {
  Authenticator,
  Demand,
  Evidence,
  LoginFacts,
  Mandate,
  Membership,
  Method,
  Pass,
  Session,
  Trust,
} from '../facts.ts';

export const NOW = Date.UTC(2026, 5, 15, 12);
export const seconds = (n: number): number => n * 1000;
export const minutes = (n: number): number => n * 60_000;
export const hours = (n: number): number => n * 3_600_000;
export const days = (n: number): number => n * 86_400_000;

export const BOTH = ['totp', 'sms'] as const;

/** `mandates`: which methods its account demands, `null` for none. `trusts`: a state, or an authenticator. */
export interface MemberGiven extends Partial<Omit<Membership, 'id' | 'account' | 'trust'>> {
  readonly mandates?: readonly Method[] | null;
  readonly trusts?: string;
  readonly since?: number;
  readonly from?: Mandate['from'];
  readonly textUntil?: number | null;
  readonly sessionMaxMs?: number;
  readonly sessionIdleMs?: number;
}

export function trustOf(word: string): Trust {
  return word === 'never' || word === 'forgotten'
    ? { state: word }
    : { state: 'authenticator', authenticatorId: word };
}

/** A member of the account `of`. The membership's own id is told apart from the account's: `m:a` and `a`. */
export function member(of: string, given: MemberGiven = {}): Membership {
  const {
    mandates = BOTH,
    trusts = 'never',
    since = NOW - days(30),
    from = 'now',
    textUntil = null,
    ...rest
  } = given;
  const { sessionMaxMs = hours(24), sessionIdleMs = hours(8), ...own } = rest;
  return {
    id: `m:${of}`,
    account: {
      id: of,
      mandate: mandates === null ? null : { since, methods: mandates, from, textUntil },
      sessionMaxMs,
      sessionIdleMs,
    },
    role: 'member',
    trust: trustOf(trusts),
    joinedAt: NOW - days(100),
    active: true,
    sessionsFrom: 0,
    lastEnteredAt: null,
    ...own,
  };
}

export function app(id: string, given: Partial<Authenticator> = {}): Authenticator {
  return {
    id,
    kind: 'totp',
    codesDead: false,
    backupCodesDead: false,
    backupCodesSaved: true,
    backupCodesLeft: 10,
    asleepSince: null,
    ...given,
  };
}

export const phone = (id: string, given: Partial<Authenticator> = {}): Authenticator =>
  app(id, { kind: 'sms', ...given });

export const password = (agoMs = 0): Evidence => ({ kind: 'password', at: NOW - agoMs });
export const mailbox = (agoMs = 0): Evidence => ({ kind: 'email', at: NOW - agoMs });
export const code = (authenticatorId: string, agoMs = 0): Evidence => ({
  kind: 'totp',
  at: NOW - agoMs,
  authenticatorId,
});
export const textCode = (authenticatorId: string, agoMs = 0): Evidence => ({
  ...code(authenticatorId, agoMs),
  kind: 'sms',
});
export const backupCode = (authenticatorId: string, agoMs = 0): Evidence => ({
  ...code(authenticatorId, agoMs),
  kind: 'backup_code',
});
export const byPass = (passId: string, agoMs = 0): Evidence => ({ kind: 'pass', at: NOW - agoMs, passId });

/** An activated pass of account `of`, granted an hour ago, with its set-up right. */
export function pass(id: string, of: string, given: Partial<Pass> = {}): Pass {
  return {
    id,
    membershipId: `m:${of}`,
    endsAt: NOW + hours(23),
    endedAt: null,
    rightUntil: NOW + hours(23) + days(7),
    rightSpentAt: null,
    ...given,
  };
}

export function logIn(given: Partial<LoginFacts> = {}): LoginFacts {
  return {
    kind: 'log_in',
    demand: 'entry',
    endedAt: null,
    expiresAt: NOW + minutes(10),
    invited: false,
    accountAsked: null,
    accountPicked: null,
    afterRecovery: null,
    wantsPass: false,
    user: { disabledAt: null },
    evidence: [],
    sessionEvidence: [],
    memberships: [],
    authenticators: [],
    passesHere: [],
    textMessages: true,
    ...given,
  };
}

export const signUp = (given: Partial<LoginFacts> = {}): LoginFacts => logIn({ kind: 'sign_up', ...given });

/** A step-up for account `a` in a session whose password was right an hour ago. */
export const stepUp = (demand: Demand, given: Partial<LoginFacts> = {}): LoginFacts =>
  logIn({ kind: 'step_up', demand, accountAsked: 'a', sessionEvidence: [password(hours(1))], ...given });

/** A session begun an hour ago and used a minute ago. */
export function session(given: Partial<Session> = {}): Session {
  return {
    startedAt: NOW - hours(1),
    lastUsedAt: NOW - minutes(1),
    endedAt: null,
    userDisabledAt: null,
    evidence: [password(hours(1))],
    passes: [],
    idledOut: [],
    kinds: new Map(),
    ...given,
  };
}

/** Every combination of the values given for each name. */
export function* product<T extends Record<string, unknown>>(
  dimensions: { readonly [K in keyof T]: readonly T[K][] },
): Generator<T> {
  const names = Object.keys(dimensions) as (keyof T)[];
  const sizes = names.map((name) => dimensions[name].length);
  const total = sizes.reduce((a, b) => a * b, 1);
  for (let n = 0; n < total; n++) {
    const one = {} as T;
    let rest = n;
    for (const [i, name] of names.entries()) {
      const size = sizes[i] ?? 1;
      one[name] = dimensions[name][rest % size] as T[typeof name];
      rest = Math.floor(rest / size);
    }
    yield one;
  }
}
