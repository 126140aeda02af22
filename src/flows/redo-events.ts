import type { Method, Role } from '../rules/facts.ts';
import { judgeSessionLength, judgeTextEnd, mandateAt } from '../rules/mandate.ts';
import {
  type AccountRow,
  accountFacts,
  membershipsOf,
  setMandate,
  setRole,
  setTrust,
} from '../store/accounts.ts';
import { findAuthenticator } from '../store/authenticators.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { countOwners } from '../store/people.ts';
import { lockUser, setPassword, type UserRow } from '../store/users.ts';
import { type AuditEntry, type AuditKind, record } from './audit.ts';
import type { Context } from './context.ts';
import { disableUser, enableUser } from './disable-user.ts';
import { withdrawGifts } from './lost-power.ts';
import { takeOut } from './manage-people.ts';
import {
  by,
  changeEmail,
  deleteAccount,
  deleteUser,
  type Operator,
  operateMandate,
  operatePlan,
} from './operate.ts';
import type { PastEvent } from './read-activity.ts';
import type { Undone } from './replay-activity.ts';
import { settleAuthenticators } from './trust.ts';

/** Whom and what an event was about, as far as the copy has them. */
export interface Subject {
  readonly user: UserRow | null;
  readonly actorId: string | null;
  readonly account: AccountRow | null;
}

/** Does it again. @returns why not; `null`: done, or so already. */
type Redo = (
  ctx: Context,
  operator: Operator,
  event: PastEvent,
  subject: Subject,
) => Promise<Undone['why'] | null>;

/**
 * Somebody whose id the copy does not know came since, and nothing of theirs is in it. An address that it does not
 * know may be the new one of somebody whom it does know: that is not for us to guess.
 */
const missingUser = (event: PastEvent) => (event.person?.id == null ? 'no_user' : null);
const missingAccount = (event: PastEvent) => (event.account?.id == null ? 'no_account' : null);

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

const textOf = (event: PastEvent, name: string): string | null => {
  const value = event.details[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

const ROLES: readonly string[] = ['owner', 'admin', 'member'] satisfies Role[];
const POWER: Readonly<Record<Role, number>> = { member: 0, admin: 1, owner: 2 };
const METHODS: readonly string[] = ['totp', 'sms'] satisfies Method[];

const remove: OfMember = async (ctx, tx, member, { operator }) => {
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
};

const changeRole: OfMember = async (ctx, tx, member, { operator, event }) => {
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
};

/** P7: the pass is over, and so is the right it left: another pass opens, as it would have by now. */
const forget: OfMember = async (ctx, tx, member) => {
  await setTrust(tx, [member.id], { state: 'forgotten' }, ctx.now());
  await settleAuthenticators(ctx, tx, member.user.id);
  return null;
};

/**
 * Replaced, disowned or given up since: it may be in a thief's hand. What trusts it in the copy opens only by a pass,
 * since what took its place is lost.
 */
const destroy: Redo = async (ctx, _operator, event, { user }) => {
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
const voidPassword: Redo = async (ctx, _operator, event, { user }) => {
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

const disable = ofUser(async (ctx, operator, user) => {
  if (user.disabled_at === null) await disableUser(ctx, user.email, by(operator));
  return null;
});
const enable = ofUser(async (ctx, operator, user) => {
  if (user.disabled_at !== null) await enableUser(ctx, user.email, by(operator));
  return null;
});
const removeUser = ofUser(async (ctx, operator, user) => {
  const { result } = await deleteUser(ctx, operator, user.email);
  return result === 'last_owner' ? 'last_owner' : null;
});

const moveEmail: Redo = async (ctx, operator, event, { user }) => {
  const to = textOf(event, 'to');
  if (to === null) return 'no_details';
  if (user === null) return missingUser(event);
  if (user.email === to) return null;
  const result = await changeEmail(ctx, operator, { from: user.email, to });
  return result === 'done' ? null : 'refused';
};

const ofAccount =
  (
    redo: (
      ctx: Context,
      operator: Operator,
      account: AccountRow,
      event: PastEvent,
    ) => Promise<Undone['why'] | null>,
  ): Redo =>
  async (ctx, operator, event, { account }) => {
    return account === null ? missingAccount(event) : redo(ctx, operator, account, event);
  };

const removeAccount = ofAccount(async (ctx, operator, account) => {
  await deleteAccount(ctx, operator, account.slug);
  return null;
});

const plan = ofAccount(async (ctx, operator, { slug }, event) => {
  const to = textOf(event, 'plan');
  if (to !== 'standard' && to !== 'enterprise') return 'no_details';
  // Forced: that a mandate went off with it has an event of its own, which came before.
  await operatePlan(ctx, operator, { slug, plan: to, force: true });
  return null;
});

const mandateOn = ofAccount(async (ctx, operator, account, event) => {
  const methods = textOf(event, 'methods')?.split(',') ?? [];
  const from = textOf(event, 'from');
  if (methods.length === 0 || !methods.every((m) => METHODS.includes(m))) return 'no_details';
  if (from !== 'now' && from !== 'next_login') return 'no_details';
  const { slug } = account;
  const before = mandateAt(accountFacts(account).mandate, ctx.now());
  // A customer's word makes it stricter or nothing: what it takes away is a way in, never a demand.
  const wider = before !== null && !methods.every((m) => before.methods.includes(m as Method));
  if (event.word === 'account' && wider) return 'by_hand';
  const change = { slug, on: true, methods: methods as Method[], now: from === 'now' };
  const result = await operateMandate(ctx, operator, change);
  return result === 'done' || result === 'unchanged' ? null : 'refused';
});

const mandateOff = ofAccount(async (ctx, operator, { slug }) => {
  await operateMandate(ctx, operator, { slug, on: false, methods: null, now: false });
  return null;
});

const sessionLength = ofAccount(async (ctx, operator, account, event) => {
  const { maxMs, idleMs } = event.details;
  if (typeof maxMs !== 'number' || typeof idleMs !== 'number') return 'no_details';
  if (judgeSessionLength({ maxMs, idleMs }, account.mandate_since !== null) !== 'ok') return 'refused';
  const change = { session_max_ms: maxMs, session_idle_ms: idleMs };
  return setting(ctx, operator, account, change, { kind: 'session_length.changed', data: { maxMs, idleMs } });
});

const textEnd = ofAccount(async (ctx, operator, account, event) => {
  const set = event.kind === 'mandate.text_end_set';
  const day = set ? textOf(event, 'day') : null;
  const until = day === null ? null : Date.parse(`${day}T00:00:00Z`);
  if ((set && day === null) || Number.isNaN(until)) return 'no_details';
  if (account.mandate_since === null) return 'refused';
  if (event.word === 'account' && !isStricterEnd(account, until, ctx.now())) return 'by_hand';
  const kind = set ? 'mandate.text_end_set' : 'mandate.text_end_removed';
  return setting(ctx, operator, account, { mandate_text_until: until }, { kind, data: { day } });
});

/** Sooner than what is set, and never so that no way in would be left. */
function isStricterEnd(account: AccountRow, until: number | null, now: number): boolean {
  const { mandate } = accountFacts(account);
  const before = account.mandate_text_until;
  if (until === null || (before !== null && until >= before)) return false;
  const verdict = judgeTextEnd(mandate, until, now);
  return verdict === 'ok' || verdict === 'too_soon';
}

async function setting(
  ctx: Context,
  operator: Operator,
  account: AccountRow,
  change: Partial<Parameters<typeof setMandate>[2]>,
  told: Pick<AuditEntry, 'kind' | 'data'>,
): Promise<null> {
  const { mandate_since, mandate_methods, mandate_from, mandate_text_until } = account;
  const { session_max_ms, session_idle_ms } = account;
  const mandate = { mandate_since, mandate_methods, mandate_from, mandate_text_until };
  await inTransaction(ctx.db, async (tx) => {
    await setMandate(tx, account.id, { ...mandate, session_max_ms, session_idle_ms, ...change });
    await record(ctx, tx, { ...told, ...by(operator), userId: null, accountId: account.id });
  });
  return null;
}

export const REDO: Partial<Readonly<Record<AuditKind, Redo>>> = {
  'membership.removed': ofMember(remove),
  'membership.role_changed': ofMember(changeRole),
  'pass.activated': ofMember(forget),
  'authenticator.destroyed': destroy,
  'password.changed': voidPassword,
  'password.reset': voidPassword,
  'user.disabled': disable,
  'user.enabled': enable,
  'user.deleted': removeUser,
  'user.email_changed': moveEmail,
  'account.deleted': removeAccount,
  'account.plan_changed': plan,
  'mandate.switched_on': mandateOn,
  'mandate.changed': mandateOn,
  'mandate.switched_off': mandateOff,
  'session_length.changed': sessionLength,
  'mandate.text_end_set': textEnd,
  'mandate.text_end_removed': textEnd,
};
