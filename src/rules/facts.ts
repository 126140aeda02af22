/**
 * The facts that rules decide over. Plain data, read from the store by `flows/`.
 * All times are Unix milliseconds, UTC; a `null` time means "has not happened".
 */

/** The kinds of authenticator a person can enrol. */
export const METHODS = ['totp', 'sms'] as const;
export type Method = (typeof METHODS)[number];

export type Role = 'owner' | 'admin' | 'member';
export type Plan = 'standard' | 'enterprise';

/** What was proven, when, and by what. Levels are computed from these and never stored. */
export interface Evidence {
  readonly kind: 'password' | 'email' | 'totp' | 'sms' | 'backup_code' | 'pass';
  readonly at: number;
  /** Set for `totp`, `sms` and `backup_code`. */
  readonly authenticatorId?: string;
  /** Set for `pass`. */
  readonly passId?: string;
}

/** An account's rule that its people use 2FA. `null` in an account means: no mandate. */
export interface Mandate {
  readonly since: number;
  /** As they were chosen; `mandateAt` tells which hold at a moment. */
  readonly methods: readonly Method[];
  readonly from: 'next_login' | 'now';
  /** From this moment on text messages are no longer taken, whatever was chosen; `null`: no such day is set. */
  readonly textUntil: number | null;
}

export interface Account {
  readonly id: string;
  readonly mandate: Mandate | null;
  /** S2: how long a session may be used for this account, in milliseconds. */
  readonly sessionMaxMs: number;
  readonly sessionIdleMs: number;
}

export type Trust =
  | { readonly state: 'never' }
  | { readonly state: 'authenticator'; readonly authenticatorId: string }
  | { readonly state: 'forgotten' };

export interface Membership {
  readonly id: string;
  readonly account: Account;
  readonly role: Role;
  readonly trust: Trust;
  readonly joinedAt: number;
  /** U2: in a mandating account a membership is inactive until its set-up ends. */
  readonly active: boolean;
  /** S2: sessions begun before this moment are over for this account. */
  readonly sessionsFrom: number;
  readonly lastEnteredAt: number | null;
}

export interface Authenticator {
  readonly id: string;
  readonly kind: Method;
  /** D6: a hundred wrong codes in a row. Its backup codes still work. */
  readonly codesDead: boolean;
  /** D6: a hundred wrong recovery codes in a row. */
  readonly backupCodesDead: boolean;
  /** E5: the person said "I have saved these codes". */
  readonly backupCodesSaved: boolean;
  readonly backupCodesLeft: number;
  /** M4: since when no account of this person mandates. */
  readonly asleepSince: number | null;
}

/** An activated pass as its rows tell it, with its set-up right. */
export interface Pass {
  readonly id: string;
  readonly membershipId: string;
  readonly endsAt: number;
  /** Revoked, or ended by removal, reset, "not me" or an earlier set-up. */
  readonly endedAt: number | null;
  /** P7: until when the set-up right lives; `null` when it was taken away. */
  readonly rightUntil: number | null;
  readonly rightSpentAt: number | null;
}

export interface Session {
  /** Kept through step-ups: a session never grows younger. */
  readonly startedAt: number;
  readonly lastUsedAt: number;
  readonly endedAt: number | null;
  readonly userDisabledAt: number | null;
  readonly evidence: readonly Evidence[];
  /** Every pass named in the evidence. A pass whose row is gone counts as over. */
  readonly passes: readonly Pass[];
  /** S2: accounts whose idle limit this session has overstepped once: it is over for them, used elsewhere or not. */
  readonly idledOut: readonly string[];
  /** The kind of each authenticator of this person that still exists, by id. */
  readonly kinds: ReadonlyMap<string, Method>;
}

export type LoginKind = 'log_in' | 'sign_up' | 'step_up';

/**
 * What a step-up is for (T4).
 * `entry`: to be admitted to the account. `fresh`: to do a deed that asks for fresh 2FA, or for a fresh
 * password where the account does not mandate. `two_factor`: fresh 2FA whether it mandates or not, through
 * set-up if need be (M1). `own_authenticator`: whatever authenticator the person has (U4, `/password`).
 * `set_up`: to use a set-up right before its pass ends (P5).
 */
export type Demand = 'entry' | 'fresh' | 'two_factor' | 'own_authenticator' | 'set_up';

export interface LoginFacts {
  readonly kind: LoginKind;
  readonly demand: Demand;
  readonly endedAt: number | null;
  /** Renewed by progress; later while a pass request waits (D1). */
  readonly expiresAt: number;
  /** An invitation is being accepted in this login. */
  readonly invited: boolean;
  /** The account this login was asked to enter, and the one its person picked instead. */
  readonly accountAsked: string | null;
  readonly accountPicked: string | null;
  /** B3: what the person chose after a backup code. */
  readonly afterRecovery: 'continue' | 'replace' | null;
  /** P1: "I can't use any of these": the person wants to ask an admin for a pass. */
  readonly wantsPass: boolean;
  /** `null` until a sign-up has proven its mailbox. */
  readonly user: { readonly disabledAt: number | null } | null;
  /** Proven in this login. */
  readonly evidence: readonly Evidence[];
  /** Proven in the session that a step-up is tied to; empty otherwise. */
  readonly sessionEvidence: readonly Evidence[];
  readonly memberships: readonly Membership[];
  readonly authenticators: readonly Authenticator[];
  /** Only the passes whose cookie this very browser holds. */
  readonly passesHere: readonly Pass[];
  /** A carrier for text messages is configured. */
  readonly textMessages: boolean;
}
