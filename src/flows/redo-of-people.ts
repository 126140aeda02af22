/** What happened to people and their memberships since a copy was made, done again in it. */
import type { Role } from '../rules/facts.ts';
import { type AccountRow, membershipsOf, setRole, setTrust } from '../store/accounts.ts';
import { findAuthenticator } from '../store/authenticators.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { countOwners } from '../store/people.ts';
import { lockUser, setPassword, type UserRow } from '../store/users.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { disableUser, enableUser } from './disable-user.ts';
import { withdrawGifts } from './lost-power.ts';
import { takeOut } from './manage-people.ts';
import { by, changeEmail, deleteUser, type Operator } from './operate.ts';
import type { PastEvent } from './read-activity.ts';
import { missingAccount, missingUser, type Redo, textOf } from './redo-event.ts';
import type { Undone } from './replay-activity.ts';
import { settleAuthenticators } from './trust.ts';

type OfMember = (
  ctx: Context,
  tx: Tx,
  member: { id: string; role: Role; user: UserRow; account: AccountRow },
  given: { operator: Operator; event: PastEvent },
) => Promise<Undone['why'] | null>;

/** About a person in an account. Nothing is to do where they are not in it: they joined, or it was made, since. */
function ofMember(redo: OfMember): Redo {
  return async (ctx, operator, event, { user, account }) => {
    if (account === null) return missingAccount(event);
    if (user === null) return missingUser(event);
    return inTransaction(ctx.db, async (tx) => {
      await lockUser(tx, user.id);
      const member = (await membershipsOf(tx, user.id)).find((m) => m.account.id === account.id);
      if (member === undefined) return null;
      return redo(ctx, tx, { id: member.id, role: member.role, user, account }, { operator, event });
    });
  };
}

const ROLES: readonly string[] = ['owner', 'admin', 'member'] satisfies Role[];
const POWER: Readonly<Record<Role, number>> = { member: 0, admin: 1, owner: 2 };

export const removeMember = ofMember(async (ctx, tx, member, { operator }) => {
  // P8: whoever owns it now joined since, and the copy does not have them: somebody must be asked.
  if (member.role === 'owner' && (await countOwners(tx, member.account.id, member.id)) === 0)
    return 'last_owner';
  await takeOut(
    ctx,
    tx,
    { userId: member.user.id, membershipId: member.id, accountId: member.account.id },
    by(operator),
  );
  return null;
});

export const changeRole = ofMember(async (ctx, tx, member, { operator, event }) => {
  const to = textOf(event, 'to');
  if (to === null || !ROLES.includes(to)) return 'no_details';
  const role = to as Role;
  if (role === member.role) return null;
  // No customer makes themselves an owner by a line in a file.
  if (event.word === 'account' && POWER[role] > POWER[member.role]) return 'by_hand';
  if (member.role === 'owner' && (await countOwners(tx, member.account.id, member.id)) === 0)
    return 'last_owner';
  await setRole(tx, member.id, role);
  await withdrawGifts(ctx, tx, { userId: member.user.id, accountId: member.account.id }, role, by(operator));
  await record(ctx, tx, {
    kind: 'membership.role_changed',
    ...by(operator),
    userId: member.user.id,
    accountId: member.account.id,
    data: { from: member.role, to: role },
  });
  return null;
});

/** P7: the pass is over, and so is the right it left: another pass opens, as it would have by now. */
export const forget = ofMember(async (ctx, tx, member) => {
  await setTrust(tx, [member.id], { state: 'forgotten' }, ctx.now());
  await settleAuthenticators(ctx, tx, member.user.id);
  return null;
});

/**
 * Replaced, disowned or given up since: it may be in a thief's hand. What trusts it in the copy opens only by a pass,
 * since what took its place is lost.
 */
export const destroy: Redo = async (ctx, _operator, event, { user }) => {
  const authenticator = textOf(event, 'authenticator');
  if (authenticator === null) return 'no_details';
  if (user === null) return missingUser(event);
  return inTransaction(ctx.db, async (tx) => {
    await lockUser(tx, user.id);
    // First what time alone destroys (M4): that leaves memberships which need no pass.
    await settleAuthenticators(ctx, tx, user.id);
    const row = await findAuthenticator(tx, authenticator);
    if (row === null || row.user_id !== user.id) return null;
    const trusting = (await membershipsOf(tx, user.id)).filter(
      (m) => m.trust.state === 'authenticator' && m.trust.authenticatorId === authenticator,
    );
    const ids = trusting.map((m) => m.id);
    await setTrust(tx, ids, { state: 'forgotten' }, ctx.now());
    await settleAuthenticators(ctx, tx, user.id);
    return null;
  });
};

/** The copy's password is one that was given up since, perhaps because somebody knew it: none fits until a reset. */
export const voidPassword: Redo = async (ctx, _operator, event, { user }) => {
  if (user === null) return missingUser(event);
  if (user.password_changed_at >= event.at) return null;
  const nobodys = await ctx.hasher.hash(ctx.random(32).toString('base64url'));
  await setPassword(ctx.db, user.id, nobodys, event.at);
  return null;
};

const ofUser =
  (redo: (ctx: Context, operator: Operator, user: UserRow) => Promise<Undone['why'] | null>): Redo =>
  async (ctx, operator, event, { user }) => {
    if (user === null) return missingUser(event);
    return redo(ctx, operator, user);
  };

export const disable = ofUser(async (ctx, operator, user) => {
  if (user.disabled_at === null) await disableUser(ctx, user.email, by(operator));
  return null;
});
export const enable = ofUser(async (ctx, operator, user) => {
  if (user.disabled_at !== null) await enableUser(ctx, user.email, by(operator));
  return null;
});
export const removeUser = ofUser(async (ctx, operator, user) => {
  const { result } = await deleteUser(ctx, operator, user.email);
  return result === 'last_owner' ? 'last_owner' : null;
});

export const moveEmail: Redo = async (ctx, operator, event, { user }) => {
  const to = textOf(event, 'to');
  if (to === null) return 'no_details';
  if (user === null) return missingUser(event);
  if (user.email === to) return null;
  const result = await changeEmail(ctx, operator, { from: user.email, to });
  return result === 'done' ? null : 'refused';
};
