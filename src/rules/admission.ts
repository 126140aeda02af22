import type { Account, Membership, Session } from './facts.ts';
import { asOf } from './mandate.ts';
import { passIsLive } from './pass.ts';
import { allowedMethods, proofOf } from './trust.ts';

/** How a session is admitted; OpenID Connect computes `amr` and `acr` from it. */
export type Admitted =
  | { readonly answer: 'admitted'; readonly by: 'no_mandate' | 'before_mandate' }
  | {
      readonly answer: 'admitted';
      readonly by: 'authenticator' | 'backup_code';
      readonly authenticatorId: string;
    }
  | { readonly answer: 'admitted'; readonly by: 'pass'; readonly passId: string; readonly endsAt: number };

export type Admission =
  | Admitted
  | {
      readonly answer:
        | 'signed_out'
        | 'disabled'
        | 'not_member'
        | 'session_ended_here'
        | 'set_up_needed'
        | 'code_needed'
        | 'other_authenticator_needed'
        | 'method_not_allowed'
        | 'pass_needed'
        | 'pass_over';
    };

/** S2: the limits where no account sets others. */
export const DEFAULT_LIMITS = { sessionMaxMs: 24 * 3_600_000, sessionIdleMs: 8 * 3_600_000 } as const;

type Limits = Pick<Account, 'sessionMaxMs' | 'sessionIdleMs'>;

/**
 * D3: may this session enter this account, now? Asked on every request by every way in.
 * `membership` is `null` for somebody who is no member. The first line that applies wins:
 *  1. no session, ended, or too old or idle for this account   → signed_out
 *  2. user disabled                                            → disabled
 *  3. any pass this session rests on is over (P5, P6)          → pass_over, everywhere
 *  4. no membership                                            → not_member
 *  5. sessions of this account were ended after it began (S2)  → session_ended_here
 *  6. the account demands nothing                              → admitted
 *  7. set-up is part of joining and has not ended (U2)        → set_up_needed
 *  8. its trusted authenticator, or a backup code of it, proven (T2)
 *     and of a kind the account allows                         → admitted
 *  9. this account's own pass                                  → admitted
 * 10. mandate "from the next login", and session and membership began before it → admitted
 * 11. otherwise what is missing, by what the membership trusts.
 */
export function admission(session: Session | null, membership: Membership | null, now: number): Admission {
  const limits = membership?.account ?? DEFAULT_LIMITS;
  if (session === null || session.endedAt !== null) return { answer: 'signed_out' };
  if (isPast(session, limits, now) || idledOut(session, membership)) return { answer: 'signed_out' };
  if (session.userDisabledAt !== null) return { answer: 'disabled' };
  if (hasPassOver(session, now)) return { answer: 'pass_over' };
  if (membership === null) return { answer: 'not_member' };
  if (session.startedAt < membership.sessionsFrom) return { answer: 'session_ended_here' };
  const { mandate } = membership.account;
  if (mandate === null) return { answer: 'admitted', by: 'no_mandate' };

  if (!membership.active) return { answer: 'set_up_needed' };
  const byTrust = provesTrusted(session, asOf(membership, now));
  if (byTrust.answer === 'admitted') return byTrust;
  const pass = session.passes.find((p) => p.membershipId === membership.id && passIsLive(p, now));
  if (pass !== undefined && session.evidence.some((e) => e.kind === 'pass' && e.passId === pass.id)) {
    return {
      answer: 'admitted',
      by: 'pass',
      passId: pass.id,
      endsAt: Math.min(...session.passes.map((p) => p.endsAt)),
    };
  }
  if (
    mandate.from === 'next_login' &&
    session.startedAt < mandate.since &&
    membership.joinedAt < mandate.since
  ) {
    return { answer: 'admitted', by: 'before_mandate' };
  }
  return byTrust;
}

/** T2's first way, or what is missing for it. */
function provesTrusted(session: Session, membership: Membership): Admission {
  switch (membership.trust.state) {
    case 'never':
      return { answer: 'set_up_needed' };
    case 'forgotten':
      return { answer: 'pass_needed' };
    case 'authenticator': {
      const { authenticatorId } = membership.trust;
      const proof = proofOf(authenticatorId, session.evidence);
      if (proof === 'none') {
        const proved = session.evidence.some((e) => e.authenticatorId !== undefined);
        return { answer: proved ? 'other_authenticator_needed' : 'code_needed' };
      }
      return kindAllowed(session, membership, authenticatorId)
        ? { answer: 'admitted', by: proof === 'itself' ? 'authenticator' : 'backup_code', authenticatorId }
        : { answer: 'method_not_allowed' };
    }
    default:
      return unknownTrust(membership.trust);
  }
}

/**
 * The kind comes with the evidence: a code tells it by its own kind, a backup code by the authenticator it
 * belongs to (`kinds`), so that an account which takes only apps is not opened by a text message's spare key.
 */
function kindAllowed(session: Session, membership: Membership, authenticatorId: string): boolean {
  const kind = session.kinds.get(authenticatorId);
  return kind !== undefined && allowedMethods(membership).includes(kind);
}

function idledOut(session: Session, membership: Membership | null): boolean {
  return membership !== null && session.idledOut.includes(membership.account.id);
}

/** S2: the accounts for which this session, used now, has lain idle too long; once so, it stays so. */
export function idleTooLong(
  session: Pick<Session, 'lastUsedAt' | 'idledOut'>,
  accounts: readonly Account[],
  now: number,
): string[] {
  const past = accounts.filter((a) => now >= session.lastUsedAt + a.sessionIdleMs).map((a) => a.id);
  return [...new Set([...session.idledOut, ...past])];
}

function isPast(session: Session, limits: Limits, now: number): boolean {
  return now >= session.startedAt + limits.sessionMaxMs || now >= session.lastUsedAt + limits.sessionIdleMs;
}

/** P5: a session under several passes ends with the earliest; a pass that cannot be found counts as over. */
export function hasPassOver(session: Session, now: number): boolean {
  return session.evidence.some(
    (e) =>
      e.kind === 'pass' &&
      !passIsLive(
        session.passes.find((p) => p.id === e.passId),
        now,
      ),
  );
}

/**
 * Is there anyone at all behind this session? For pages that belong to no account (home, password).
 * It lives as long as any of the person's accounts would let it; without an account, by the defaults.
 */
export function sessionStands(
  session: Session | null,
  memberships: readonly Membership[],
  now: number,
): 'signed_in' | 'signed_out' | 'disabled' | 'pass_over' {
  if (session === null || session.endedAt !== null) return 'signed_out';
  const open = memberships.filter((m) => !idledOut(session, m));
  const limits: readonly Limits[] = memberships.length > 0 ? open.map((m) => m.account) : [DEFAULT_LIMITS];
  if (limits.every((l) => isPast(session, l, now))) return 'signed_out';
  if (session.userDisabledAt !== null) return 'disabled';
  return hasPassOver(session, now) ? 'pass_over' : 'signed_in';
}

function unknownTrust(trust: never): Admission {
  throw new Error(`unknown trust ${JSON.stringify(trust)}: refused`);
}
