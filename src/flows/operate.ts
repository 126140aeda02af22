import type { Method, Plan, Role } from '../rules/facts.ts';
import { mandateAt } from '../rules/mandate.ts';
import { passStateOf } from '../rules/pass.ts';
import {
  type AccountRow,
  accountFacts,
  allMembershipsOf,
  deleteAccountRow,
  findAccountBySlug,
  listAccounts,
  lockAccount,
  membershipsOf,
  setTrust,
} from '../store/accounts.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { findPass, passesOfAccount } from '../store/passes.ts';
import { countOwners } from '../store/people.ts';
import { openSessionsOf } from '../store/sessions.ts';
import { deleteUserRow, findUserByEmail, lockUser, setEmail, type UserRow } from '../store/users.ts';
import { record } from './audit.ts';
import { type Context, canonicalEmail, oneLine } from './context.ts';
import { endEverything } from './end-everything.ts';
import { type GrantResult, grantByOperator, revoke } from './grant-pass.ts';
import { makeInvitation } from './invite.ts';
import { type Bounce, lastBounceOf } from './mail.ts';
import { isEmail, takeOut } from './manage-people.ts';
import { insertNamedAccount } from './new-account.ts';
import { tellUser } from './notices.ts';
import { applyMandate, changePlan, type MandateResult } from './set-mandate.ts';
import { settleAuthenticators } from './trust.ts';

/**
 * The operator's deeds: whoever has a shell on the host and the database's keys. Every one leaves an audit
 * event that names the operator's login on that host.
 */
export interface Operator {
  /** Login name on the host, for the audit event. */
  readonly name: string;
}

/** For the audit event of an operator's deed. */
export const by = (operator: Operator) => ({
  by: 'operator' as const,
  visitor: { network: '', browser: `operator ${operator.name}` },
});

export type CreateAccountResult =
  | { readonly result: 'done'; readonly slug: string; readonly invitation: string }
  | { readonly result: 'bad_email' | 'bad_name' };

export async function createAccount(
  ctx: Context,
  operator: Operator,
  given: { name: string; owner: string; plan: Plan },
): Promise<CreateAccountResult> {
  const email = canonicalEmail(given.owner);
  const name = oneLine(given.name);
  if (!isEmail(email)) return { result: 'bad_email' };
  if (name === '' || name.length > 80) return { result: 'bad_name' };
  return inTransaction(ctx.db, async (tx): Promise<CreateAccountResult> => {
    const accountId = await insertNamedAccount(ctx, tx, name, given.plan);
    const slug = (await listAccounts(tx)).find((a) => a.id === accountId)?.slug ?? '';
    await record(ctx, tx, {
      kind: 'account.created',
      ...by(operator),
      accountId,
      data: { plan: given.plan },
    });
    const invitation = await makeInvitation(ctx, tx, {
      account: { id: accountId, name },
      email,
      role: 'owner',
      inviter: null,
      by: by(operator),
    });
    return { result: 'done', slug, invitation };
  });
}

export interface AccountLine {
  readonly slug: string;
  readonly name: string;
  readonly plan: Plan;
  readonly mandate: readonly Method[] | null;
  readonly mandateSince: number | null;
  readonly mandateFrom: 'next_login' | 'now';
  readonly members: number;
}

export async function accountLines(ctx: Context): Promise<AccountLine[]> {
  return (await listAccounts(ctx.db)).map((a) => ({
    slug: a.slug,
    name: a.name,
    plan: a.plan,
    mandate: mandateAt(accountFacts(a).mandate, ctx.now())?.methods ?? null,
    mandateSince: a.mandate_since,
    mandateFrom: a.mandate_from,
    members: a.members,
  }));
}

/** The account's row, held until the commit: a shell waits for the pages as they wait for one another. */
async function heldAccount(tx: Tx, slug: string): Promise<AccountRow | null> {
  const found = await findAccountBySlug(tx, slug);
  return found === null ? null : lockAccount(tx, found.id);
}

export async function operatePlan(
  ctx: Context,
  operator: Operator,
  given: { slug: string; plan: Plan; force: boolean },
): Promise<'done' | 'unchanged' | 'mandate_on' | 'no_account'> {
  return inTransaction(ctx.db, async (tx) => {
    const account = await heldAccount(tx, given.slug);
    if (account === null) return 'no_account';
    return changePlan(ctx, tx, account, given.plan, given.force, by(operator));
  });
}

export async function operateMandate(
  ctx: Context,
  operator: Operator,
  given: { slug: string; on: boolean; methods: readonly Method[] | null; now: boolean },
): Promise<MandateResult['result'] | 'no_account'> {
  return inTransaction(ctx.db, async (tx) => {
    const account = await heldAccount(tx, given.slug);
    if (account === null) return 'no_account';
    const now = mandateAt(accountFacts(account).mandate, ctx.now());
    const methods = given.methods ?? now?.methods ?? (account.mandate_methods.split(',') as Method[]);
    const deliverable = methods.filter(
      (m) => m === 'totp' || ctx.settings.textMessages || given.methods !== null,
    );
    const change = { on: given.on, methods: deliverable, from: given.now ? 'now' : 'next_login' } as const;
    return (await applyMandate(ctx, tx, account, change, by(operator))).result;
  });
}

export async function deleteAccount(
  ctx: Context,
  operator: Operator,
  slug: string,
): Promise<'done' | 'no_account'> {
  return inTransaction(ctx.db, async (tx) => {
    const account = await heldAccount(tx, slug);
    if (account === null) return 'no_account';
    for (const member of await allMembershipsOf(tx, account.id)) {
      await takeOut(ctx, tx, { ...member, accountId: account.id }, by(operator));
    }
    await record(ctx, tx, {
      kind: 'account.deleted',
      ...by(operator),
      accountId: account.id,
      data: { slug: account.slug, name: account.name },
    });
    await deleteAccountRow(tx, account.id);
    return 'done';
  });
}

export interface UserReport {
  readonly email: string;
  readonly name: string;
  readonly createdAt: number;
  readonly disabledAt: number | null;
  readonly openSessions: number;
  /** The last mail to their present address that came back, as far as it was seen here. */
  readonly bounce: Bounce | null;
  readonly memberships: readonly {
    readonly account: string;
    readonly role: Role;
    readonly mandated: boolean;
    readonly trust: 'never' | 'authenticator' | 'forgotten';
    readonly active: boolean;
    readonly lastEnteredAt: number | null;
  }[];
}

export async function reportUser(ctx: Context, email: string): Promise<UserReport | null> {
  const user = await findUserByEmail(ctx.db, canonicalEmail(email));
  if (user === null) return null;
  const memberships = await membershipsOf(ctx.db, user.id);
  return {
    email: user.email,
    name: user.name,
    createdAt: user.created_at,
    disabledAt: user.disabled_at,
    openSessions: (await openSessionsOf(ctx.db, user.id)).length,
    bounce: await lastBounceOf(ctx, user.id),
    memberships: memberships.map((m) => ({
      account: m.account.slug,
      role: m.role,
      mandated: m.account.mandate !== null,
      trust: m.trust.state,
      active: m.active,
      lastEnteredAt: m.lastEnteredAt,
    })),
  };
}

/**
 * U4: changes a person's address. Both addresses are told, everything open ends, and every membership is
 * `forgotten`: whoever now reads that mailbox needs a pass of an admin who knows them.
 */
export async function changeEmail(
  ctx: Context,
  operator: Operator,
  given: { from: string; to: string },
): Promise<'done' | 'no_user' | 'taken' | 'bad_email'> {
  const to = canonicalEmail(given.to);
  if (!isEmail(to)) return 'bad_email';
  return inTransaction(ctx.db, async (tx) => {
    const user = await findUserByEmail(tx, canonicalEmail(given.from));
    if (user === null) return 'no_user';
    if ((await findUserByEmail(tx, to)) !== null) return 'taken';
    await lockUser(tx, user.id);
    await setEmail(tx, user.id, to);
    await endEverything(ctx, tx, user.id, 'reset');
    await forgetAll(ctx, tx, user);
    await record(ctx, tx, {
      kind: 'user.email_changed',
      ...by(operator),
      userId: user.id,
      data: { from: user.email, to },
    });
    const what = { event: 'email_changed', to } as const;
    const visitor = by(operator).visitor;
    for (const address of [user.email, to]) {
      await tellUser(ctx, tx, { user, what, visitor, to: address, withLink: address !== to });
    }
    return 'done';
  });
}

async function forgetAll(ctx: Context, tx: Tx, user: UserRow): Promise<void> {
  const memberships = await membershipsOf(tx, user.id);
  await setTrust(
    tx,
    memberships.map((m) => m.id),
    { state: 'forgotten' },
    ctx.now(),
  );
  await settleAuthenticators(ctx, tx, user.id);
}

/** Deletes a person. The last owner of an account stays until it has another. */
export async function deleteUser(
  ctx: Context,
  operator: Operator,
  email: string,
): Promise<{ result: 'done' | 'no_user' } | { result: 'last_owner'; accounts: string[] }> {
  return inTransaction(ctx.db, async (tx) => {
    const user = await findUserByEmail(tx, canonicalEmail(email));
    if (user === null) return { result: 'no_user' as const };
    // Of two last owners who are deleted at once one stays.
    const accounts = (await membershipsOf(tx, user.id)).map((m) => m.account.id);
    for (const account of accounts.toSorted()) await lockAccount(tx, account);
    await lockUser(tx, user.id);
    const memberships = await membershipsOf(tx, user.id);
    const alone: string[] = [];
    for (const m of memberships) {
      if (m.role === 'owner' && (await countOwners(tx, m.account.id, m.id)) === 0) alone.push(m.account.slug);
    }
    if (alone.length > 0) return { result: 'last_owner' as const, accounts: alone };
    for (const m of memberships) {
      await takeOut(ctx, tx, { userId: user.id, membershipId: m.id, accountId: m.account.id }, by(operator));
    }
    await record(ctx, tx, { kind: 'user.deleted', ...by(operator), userId: user.id });
    await deleteUserRow(tx, user.id);
    return { result: 'done' as const };
  });
}

export interface PassLine {
  readonly id: string;
  readonly account: string;
  readonly email: string;
  readonly state: 'unused' | 'in_use' | 'over';
  readonly kind: 'asked_for' | 'handed_over';
  readonly grantedBy: string;
  readonly reason: string;
  readonly grantedAt: number;
  readonly endsAt: number;
  readonly endedAt: number | null;
  readonly endedBy: string | null;
}

export async function passLines(ctx: Context): Promise<PassLine[]> {
  const now = ctx.now();
  return (await passesOfAccount(ctx.db, null, 500)).map((p) => ({
    id: p.id,
    account: p.slug,
    email: p.email,
    state: passStateOf({ endsAt: p.ends_at, endedAt: p.ended_at, activatedAt: p.activated_at }, now),
    kind: p.kind,
    grantedBy: p.granter ?? 'operator',
    reason: p.reason,
    grantedAt: p.granted_at,
    endsAt: p.ends_at,
    endedAt: p.ended_at,
    endedBy: p.ended_by,
  }));
}

export async function operateGrant(
  ctx: Context,
  operator: Operator,
  given: { slug: string; email: string; reason: string },
): Promise<GrantResult | { result: 'no_account' | 'no_user' | 'not_member' }> {
  const account = await findAccountBySlug(ctx.db, given.slug);
  if (account === null) return { result: 'no_account' };
  const user = await findUserByEmail(ctx.db, canonicalEmail(given.email));
  if (user === null) return { result: 'no_user' };
  const member = (await membershipsOf(ctx.db, user.id)).find((m) => m.account.id === account.id);
  if (member === undefined) return { result: 'not_member' };
  return grantByOperator(ctx, account, member.id, given.reason, by(operator));
}

export async function operateRevoke(
  ctx: Context,
  operator: Operator,
  passId: string,
): Promise<'done' | 'no_pass' | 'over'> {
  return inTransaction(ctx.db, async (tx) => {
    const pass = await findPass(tx, passId);
    if (pass === null) return 'no_pass';
    return (await revoke(ctx, tx, pass, by(operator))) ? 'done' : 'over';
  });
}
