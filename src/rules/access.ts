import type { Membership, Role, Session } from './facts.ts';
import { FRESH_MS } from './next-step.ts';
import { proofOf } from './trust.ts';

/** What owners and admins do in their account. */
export type Deed =
  | 'view_account'
  | 'invite'
  | 'withdraw_invitation'
  | 'remove'
  | 'end_sessions'
  | 'grant_pass'
  | 'deny_pass'
  | 'revoke_pass'
  | 'change_role'
  | 'set_mandate'
  | 'set_session_length'
  | 'leave';

export type Access = 'allowed' | 'not_admin' | 'only_owners' | 'not_yourself' | 'last_owner';

interface Rule {
  /** Who may do it to a plain member (or to nobody in particular). */
  readonly toMembers: readonly Role[];
  /** Who may do it to admins and owners. */
  readonly toAdmins: readonly Role[];
  /** T4: asks for the account's own second factor within five minutes. */
  readonly fresh: boolean;
}

const ADMINS: readonly Role[] = ['owner', 'admin'];
const OWNERS: readonly Role[] = ['owner'];
const ALL: readonly Role[] = ['owner', 'admin', 'member'];

/**
 * P8 as a table. Admins do to members what owners do to everyone; owners alone change roles, invite admins
 * and owners, and grant to admins and other owners. What lets somebody in, or changes who may let in, is
 * asked for fresh 2FA; what shuts somebody out is not, so that it can be done at once.
 */
export const ACCESS: Readonly<Record<Deed, Rule>> = {
  view_account: { toMembers: ADMINS, toAdmins: ADMINS, fresh: false },
  invite: { toMembers: ADMINS, toAdmins: OWNERS, fresh: true },
  withdraw_invitation: { toMembers: ADMINS, toAdmins: OWNERS, fresh: false },
  remove: { toMembers: ADMINS, toAdmins: OWNERS, fresh: false },
  end_sessions: { toMembers: ADMINS, toAdmins: OWNERS, fresh: false },
  grant_pass: { toMembers: ADMINS, toAdmins: OWNERS, fresh: true },
  deny_pass: { toMembers: ADMINS, toAdmins: OWNERS, fresh: false },
  revoke_pass: { toMembers: ADMINS, toAdmins: OWNERS, fresh: false },
  change_role: { toMembers: OWNERS, toAdmins: OWNERS, fresh: true },
  set_mandate: { toMembers: ADMINS, toAdmins: ADMINS, fresh: true },
  set_session_length: { toMembers: ADMINS, toAdmins: ADMINS, fresh: true },
  leave: { toMembers: ALL, toAdmins: ALL, fresh: false },
};

export interface Actor {
  readonly membershipId: string;
  readonly role: Role;
}

export interface Target {
  /** `null` for somebody who is only invited. */
  readonly membershipId: string | null;
  readonly role: Role;
}

/**
 * P8: may this member do this to that one? `target` is `null` for deeds done to the account itself.
 * `newRole` is the role that a change or an invitation gives. `otherOwners` counts the owners who would be
 * left without the target: active and not disabled.
 */
export function mayDo(
  actor: Actor,
  deed: Deed,
  target: Target | null,
  otherOwners: number,
  newRole: Role = 'member',
): Access {
  const rule = ACCESS[deed];
  const toAdmin = (target !== null && target.role !== 'member') || newRole !== 'member';
  const self = target !== null && target.membershipId === actor.membershipId;
  if (deed === 'leave') {
    if (!self) return 'not_yourself';
    return actor.role === 'owner' && otherOwners === 0 ? 'last_owner' : 'allowed';
  }
  if (!rule.toMembers.includes(actor.role)) return rule.toMembers === OWNERS ? 'only_owners' : 'not_admin';
  if (self) return 'not_yourself';
  if (toAdmin && !rule.toAdmins.includes(actor.role)) return 'only_owners';
  const losesOwner = deed === 'remove' || (deed === 'change_role' && newRole !== 'owner');
  if (losesOwner && target?.role === 'owner' && otherOwners === 0) return 'last_owner';
  return 'allowed';
}

/**
 * T4: fresh 2FA in an account: the authenticator that this account trusts, itself, at most five minutes ago.
 * Never a pass, never a backup code. Where the account does not mandate and trusts none, the password.
 */
export function isFresh(session: Session, membership: Membership, now: number): boolean {
  if (hasFreshTwoFactor(session, membership, now)) return true;
  if (membership.account.mandate !== null || membership.trust.state === 'authenticator') return false;
  return session.evidence.some((e) => e.kind === 'password' && e.at >= now - FRESH_MS);
}

/** M1: the same without the exception: who switches a mandate on must have what it will ask for. */
export function hasFreshTwoFactor(session: Session, membership: Membership, now: number): boolean {
  const { trust } = membership;
  if (trust.state !== 'authenticator' || !session.kinds.has(trust.authenticatorId)) return false;
  return session.evidence.some(
    (e) => e.at >= now - FRESH_MS && proofOf(trust.authenticatorId, [e]) === 'itself',
  );
}
