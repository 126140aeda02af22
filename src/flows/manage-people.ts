import { addressHmac } from '../credentials/one-time-code.ts';
import { mayDo } from '../rules/access.ts';
import type { Role } from '../rules/facts.ts';
import { membershipsOf, setRole } from '../store/accounts.ts';
import { countMail } from '../store/counters.ts';
import type { Tx } from '../store/database.ts';
import { withdrawRequestsOfMembership } from '../store/pass-requests.ts';
import { endPasses } from '../store/passes.ts';
import {
  deleteMembership,
  openInvitationOf,
  openInvitations,
  setSessionsFrom,
  withdrawInvitations,
} from '../store/people.ts';
import { findUser, findUserByEmail, lockUser } from '../store/users.ts';
import { type Acting, act, type Refusal } from './act.ts';
import type { SignedIn } from './admit.ts';
import { type AuditEntry, record } from './audit.ts';
import { type Context, canonicalEmail, type Visitor } from './context.ts';
import { makeInvitation } from './invite.ts';
import { withdrawGifts } from './lost-power.ts';
import { recordPassesEnded } from './pass-events.ts';
import { settleAuthenticators } from './trust.ts';

/** Addresses that one form may invite at once. */
export const INVITATIONS_AT_ONCE = 100;
/** Invitations per address, over all accounts, and per account, in a day. */
const INVITATIONS_PER_ADDRESS = 5;
const INVITATIONS_PER_ACCOUNT = 1000;

export type InviteResult =
  | {
      readonly result: 'invited';
      readonly invited: readonly string[];
      readonly members: readonly string[];
      /** Not written to again today. */
      readonly tooOften: readonly string[];
    }
  | { readonly result: 'bad_addresses'; readonly addresses: readonly string[] }
  | { readonly result: 'none' | 'too_many' }
  | Refusal;

/** Splits what was pasted: one address a line, or with commas, semicolons or spaces between them. */
export function readAddresses(typed: string): { good: string[]; bad: string[] } {
  const parts = typed.split(/[\s,;]+/, 5000).filter((p) => p !== '');
  const emails = [...new Set(parts.map(canonicalEmail))];
  return { good: emails.filter(isEmail), bad: emails.filter((e) => !isEmail(e)) };
}

export const isEmail = (email: string): boolean =>
  email.length <= 254 &&
  /^[^\s\p{C}@<>"(),:;\\[\]]+@[^\s\p{C}@<>"(),:;\\[\]]+\.[^\s\p{C}@<>"(),:;\\[\]]+$/u.test(email);

/** One or many addresses; an older open invitation to the same address is withdrawn. */
export async function invite(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { slug: string; emails: string; role: Role },
): Promise<InviteResult> {
  const { good, bad } = readAddresses(given.emails);
  if (bad.length > 0) return { result: 'bad_addresses', addresses: bad };
  if (good.length === 0) return { result: 'none' };
  if (good.length > INVITATIONS_AT_ONCE) return { result: 'too_many' };
  const wanted = { deed: 'invite', slug: given.slug, targetId: null, newRole: given.role } as const;
  const result = await act(ctx, session, wanted, async (tx, acting): Promise<InviteResult> => {
    const refused = await mayReplace(ctx, tx, acting, good);
    if (refused !== null) return refused;
    const invited: string[] = [];
    const members: string[] = [];
    const tooOften: string[] = [];
    for (const email of good) {
      if (await isMember(tx, acting, email)) members.push(email);
      else {
        const list = (await inviteOne(ctx, tx, acting, visitor, email, given.role)) ? invited : tooOften;
        list.push(email);
      }
    }
    return { result: 'invited', invited, members, tooOften };
  });
  ctx.wakeOutbox();
  return result;
}

/** P8: a new invitation takes the place of an open one, so whoever may not withdraw that one sends none. */
async function mayReplace(
  ctx: Context,
  tx: Tx,
  { account, actor }: Acting,
  emails: readonly string[],
): Promise<Refusal | null> {
  for (const { role } of await openInvitations(tx, account.id, { emails }, ctx.now())) {
    const self = { membershipId: actor.id, role: actor.role };
    const access = mayDo(self, 'withdraw_invitation', { membershipId: null, role }, 0);
    if (access !== 'allowed') return { result: access };
  }
  return null;
}

async function isMember(tx: Tx, { account }: Acting, email: string): Promise<boolean> {
  const user = await findUserByEmail(tx, email);
  if (user === null) return false;
  return (await membershipsOf(tx, user.id)).some((m) => m.account.id === account.id);
}

async function inviteOne(
  ctx: Context,
  tx: Tx,
  { account, session }: Acting,
  visitor: Visitor,
  email: string,
  role: Role,
): Promise<boolean> {
  // Anybody can have an account: its invitations must not become a way to write to strangers without end.
  const perAddress = `invited:${addressHmac(ctx.keys, 'mails', email)}`;
  const day = 24 * 3_600_000;
  if (!(await countMail(tx, perAddress, INVITATIONS_PER_ADDRESS, day, ctx.now()))) return false;
  if (!(await countMail(tx, `inviting:${account.id}`, INVITATIONS_PER_ACCOUNT, day, ctx.now()))) return false;
  await withdrawInvitations(tx, account.id, { email }, ctx.now());
  await makeInvitation(ctx, tx, {
    account,
    email,
    role,
    inviter: session.user,
    by: { actorId: session.user.id, visitor },
  });
  return true;
}

export type DeedResult = { readonly result: 'done' } | Refusal;

/** Sends an invitation again: a new token and seven new days; the old link is dead. */
export async function resendInvitation(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { slug: string; invitationId: string },
): Promise<InvitationDeedResult> {
  const result = await onInvitation(ctx, session, given, 'invite', async (tx, acting, invitation) => {
    const sent = await inviteOne(ctx, tx, acting, visitor, invitation.email, invitation.role);
    return sent ? 'done' : 'too_often';
  });
  ctx.wakeOutbox();
  return result;
}

export async function withdrawInvitation(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { slug: string; invitationId: string },
): Promise<InvitationDeedResult> {
  return onInvitation(ctx, session, given, 'withdraw_invitation', async (tx, acting, invitation) => {
    await withdrawInvitations(tx, acting.account.id, { id: invitation.id }, ctx.now());
    await record(ctx, tx, {
      kind: 'invitation.withdrawn',
      actorId: acting.session.user.id,
      accountId: acting.account.id,
      visitor,
      data: { email: invitation.email, role: invitation.role },
    });
    return 'done';
  });
}

/** `too_often`: that address was written to too often today; nothing was changed. */
export type InvitationDeedResult = { readonly result: 'done' | 'too_often' } | Refusal;

async function onInvitation(
  ctx: Context,
  session: SignedIn,
  given: { slug: string; invitationId: string },
  deed: 'invite' | 'withdraw_invitation',
  work: (
    tx: Tx,
    acting: Acting,
    invitation: { id: string; email: string; role: Role },
  ) => Promise<'done' | 'too_often'>,
): Promise<InvitationDeedResult> {
  const account = session.memberships.find((m) => m.account.slug === given.slug)?.account;
  const invitation =
    account === undefined ? null : await openInvitationOf(ctx.db, account.id, given.invitationId);
  if (invitation === null) return { result: 'not_found' };
  const wanted = { deed, slug: given.slug, targetId: null, newRole: invitation.role } as const;
  return act(ctx, session, wanted, async (tx, acting): Promise<InvitationDeedResult> => {
    // Accepted or withdrawn in the meantime.
    if ((await openInvitationOf(tx, acting.account.id, invitation.id)) === null)
      return { result: 'not_found' };
    return { result: await work(tx, acting, invitation) };
  });
}

export interface OnMember {
  readonly slug: string;
  readonly membershipId: string;
}

export async function changeRole(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: OnMember & { role: Role },
): Promise<DeedResult> {
  const wanted = {
    deed: 'change_role',
    slug: given.slug,
    targetId: given.membershipId,
    newRole: given.role,
  } as const;
  return act(ctx, session, wanted, async (tx, { account, target }): Promise<DeedResult> => {
    if (target === null) return { result: 'not_found' };
    await setRole(tx, target.id, given.role);
    const who = { userId: target.userId, accountId: account.id };
    await withdrawGifts(ctx, tx, who, given.role, { actorId: session.user.id, visitor });
    await record(ctx, tx, {
      kind: 'membership.role_changed',
      actorId: session.user.id,
      userId: target.userId,
      accountId: account.id,
      visitor,
      data: { from: target.role, to: given.role },
    });
    return { result: 'done' };
  });
}

/** P6, R61: removed at once, with their passes here; what other accounts believe of them stays. */
export async function removeMember(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: OnMember,
): Promise<DeedResult> {
  const wanted = { deed: 'remove', slug: given.slug, targetId: given.membershipId } as const;
  return act(ctx, session, wanted, async (tx, { account, target }): Promise<DeedResult> => {
    if (target === null) return { result: 'not_found' };
    await takeOut(
      ctx,
      tx,
      { userId: target.userId, membershipId: target.id, accountId: account.id },
      {
        actorId: session.user.id,
        visitor,
      },
    );
    return { result: 'done' };
  });
}

/**
 * P8: the only thing people do to themselves. The last owner stays. P4: a session that this account does not
 * admit, such as one on another account's pass, does nothing here, this neither.
 */
export async function leaveAccount(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  slug: string,
): Promise<DeedResult> {
  const own = session.memberships.find((m) => m.account.slug === slug);
  if (own === undefined) return { result: 'not_found' };
  const wanted = { deed: 'leave', slug, targetId: own.id } as const;
  return act(ctx, session, wanted, async (tx, { account, actor }): Promise<DeedResult> => {
    await takeOut(
      ctx,
      tx,
      { userId: actor.userId, membershipId: actor.id, accountId: account.id },
      { actorId: actor.userId, visitor },
    );
    return { result: 'done' };
  });
}

/** Ends a membership and all that hung on it, in whoever's transaction that is. */
export async function takeOut(
  ctx: Context,
  tx: Tx,
  who: { userId: string; membershipId: string; accountId: string },
  by: Pick<AuditEntry, 'by' | 'actorId' | 'visitor'>,
): Promise<void> {
  const now = ctx.now();
  await lockUser(tx, who.userId);
  const ended = await endPasses(tx, { userId: who.userId, membershipId: who.membershipId }, 'removed', now);
  await recordPassesEnded(ctx, tx, ended, 'removed', by);
  await withdrawRequestsOfMembership(tx, who.membershipId, now);
  await withdrawGifts(ctx, tx, who, null, by);
  await deleteMembership(tx, who.membershipId);
  await settleAuthenticators(ctx, tx, who.userId);
  const user = await findUser(tx, who.userId);
  await record(ctx, tx, {
    kind: 'membership.removed',
    ...by,
    userId: who.userId,
    accountId: who.accountId,
    data: { email: user?.email ?? '' },
  });
}

/** S2: ends a member's sessions for this account; elsewhere they go on. */
export async function endMemberSessions(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: OnMember,
): Promise<DeedResult> {
  const wanted = { deed: 'end_sessions', slug: given.slug, targetId: given.membershipId } as const;
  return act(ctx, session, wanted, async (tx, { account, target }): Promise<DeedResult> => {
    if (target === null) return { result: 'not_found' };
    await setSessionsFrom(tx, target.id, ctx.now());
    await record(ctx, tx, {
      kind: 'membership.sessions_ended',
      actorId: session.user.id,
      userId: target.userId,
      accountId: account.id,
      visitor,
    });
    return { result: 'done' };
  });
}
