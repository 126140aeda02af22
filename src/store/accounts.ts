import { type Selectable, sql } from 'kysely';
import type { Account, Membership, Method, Role } from '../rules/facts.ts';
import type { Db, Tx } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { AccountTable, MembershipTable } from './schema.ts';

export type AccountRow = Selectable<AccountTable>;
export type MembershipRow = Selectable<MembershipTable>;
/** A membership as the rules see it, with what a page wants to say about its account. */
export type NamedMembership = Membership & {
  readonly userId: string;
  readonly trustSince: number;
  readonly account: Account & { readonly slug: string; readonly name: string };
};

export function accountFacts(row: AccountRow): NamedMembership['account'] {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    mandate:
      row.mandate_since === null
        ? null
        : {
            since: row.mandate_since,
            methods: row.mandate_methods.split(',') as Method[],
            from: row.mandate_from,
            textUntil: row.mandate_text_until,
          },
    sessionMaxMs: row.session_max_ms,
    sessionIdleMs: row.session_idle_ms,
  };
}

export async function findAccountBySlug(db: Db, slug: string): Promise<AccountRow | null> {
  return (await db.selectFrom('accounts').selectAll().where('slug', '=', slug).executeTakeFirst()) ?? null;
}

export async function findAccount(db: Db, id: string): Promise<AccountRow | null> {
  return (await db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** @returns false when the slug is taken. */
export async function insertAccount(tx: Tx, account: AccountRow): Promise<boolean> {
  const result = await tx
    .insertInto('accounts')
    .values(account)
    .onConflict((c) => c.column('slug').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

const MEMBERSHIP_COLUMNS = [
  'memberships.id as m_id',
  'memberships.user_id',
  'memberships.role',
  'memberships.trust',
  'memberships.authenticator_id',
  'memberships.trust_since',
  'memberships.joined_at',
  'memberships.active_at',
  'memberships.sessions_from',
  'memberships.last_entered_at',
] as const;

function memberships(db: Db) {
  return db
    .selectFrom('memberships')
    .innerJoin('accounts', 'accounts.id', 'memberships.account_id')
    .selectAll('accounts')
    .select(MEMBERSHIP_COLUMNS);
}

type JoinedRow = AccountRow & Omit<MembershipRow, 'id' | 'account_id'> & { m_id: string };

function membershipFacts(row: JoinedRow): NamedMembership {
  return {
    id: row.m_id,
    userId: row.user_id,
    account: accountFacts(row),
    role: row.role,
    trust:
      row.trust === 'authenticator' && row.authenticator_id !== null
        ? { state: 'authenticator', authenticatorId: row.authenticator_id }
        : { state: row.trust === 'forgotten' ? 'forgotten' : 'never' },
    trustSince: row.trust_since,
    joinedAt: row.joined_at,
    active: row.active_at !== null,
    sessionsFrom: row.sessions_from,
    lastEnteredAt: row.last_entered_at,
  };
}

/** Everything this person belongs to, oldest first. */
export async function membershipsOf(db: Db, userId: string): Promise<NamedMembership[]> {
  const rows = await memberships(db)
    .where('memberships.user_id', '=', userId)
    .orderBy('memberships.joined_at')
    .orderBy('memberships.id')
    .execute();
  return rows.map(membershipFacts);
}

export async function findMembership(db: Db, id: string): Promise<NamedMembership | null> {
  const row = await memberships(db).where('memberships.id', '=', id).executeTakeFirst();
  return row === undefined ? null : membershipFacts(row);
}

/** @returns false when the person is in the account already. */
export async function insertMembership(tx: Tx, row: MembershipRow): Promise<boolean> {
  const result = await tx
    .insertInto('memberships')
    .values(row)
    .onConflict((c) => c.columns(['user_id', 'account_id']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function activateMemberships(tx: Tx, ids: readonly string[], now: number): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('memberships')
    .set({ active_at: now })
    .where('id', 'in', ids)
    .where('active_at', 'is', null)
    .execute();
}

export async function noteEntered(tx: Db, ids: readonly string[], now: number): Promise<void> {
  if (ids.length === 0) return;
  await tx.updateTable('memberships').set({ last_entered_at: now }).where('id', 'in', ids).execute();
}

/** T1: the one place where trust is written. */
export async function setTrust(
  tx: Tx,
  ids: readonly string[],
  trust: Membership['trust'],
  now: number,
): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('memberships')
    .set({
      trust: trust.state,
      authenticator_id: trust.state === 'authenticator' ? trust.authenticatorId : null,
      trust_since: now,
    })
    .where('id', 'in', ids)
    .execute();
}

export async function setRole(tx: Tx, id: string, role: Role): Promise<void> {
  await tx.updateTable('memberships').set({ role }).where('id', '=', id).execute();
}

/** Those who answer for an account: mail about it goes to them. */
export async function adminsOf(
  db: Db,
  accountId: string,
): Promise<{ user_id: string; email: string; name: string; role: Role }[]> {
  return db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select(['users.id as user_id', 'users.email', 'users.name', 'memberships.role'])
    .where('memberships.account_id', '=', accountId)
    .where('memberships.role', 'in', ['owner', 'admin'])
    .where('memberships.active_at', 'is not', null)
    .where('users.disabled_at', 'is', null)
    .orderBy('memberships.joined_at')
    .execute();
}

// The mandate

export async function setMandate(
  tx: Tx,
  accountId: string,
  mandate: Pick<
    AccountRow,
    | 'mandate_since'
    | 'mandate_methods'
    | 'mandate_from'
    | 'mandate_text_until'
    | 'session_max_ms'
    | 'session_idle_ms'
  >,
): Promise<void> {
  await tx.updateTable('accounts').set(mandate).where('id', '=', accountId).execute();
}

export async function setPlan(tx: Tx, accountId: string, plan: AccountRow['plan']): Promise<void> {
  await tx.updateTable('accounts').set({ plan }).where('id', '=', accountId).execute();
}

export async function setTextLimits(
  tx: Tx,
  accountId: string,
  limits: Pick<AccountRow, 'texts_per_day' | 'text_spend_per_day'>,
): Promise<void> {
  await tx.updateTable('accounts').set(limits).where('id', '=', accountId).execute();
}

/** Accounts to which the operator has given limits of their own. */
export async function accountsWithTextLimits(db: Db): Promise<AccountRow[]> {
  return db
    .selectFrom('accounts')
    .selectAll()
    .where((eb) => eb.or([eb('texts_per_day', 'is not', null), eb('text_spend_per_day', 'is not', null)]))
    .orderBy('slug')
    .execute();
}

/** Holds the account's row: what is decided about its roles and its mandate is decided one after the other. */
export async function lockAccount(tx: Db, id: string): Promise<AccountRow | null> {
  const query = tx.selectFrom('accounts').selectAll().where('id', '=', id);
  return (await (isPostgres(tx) ? query.forNoKeyUpdate() : query).executeTakeFirst()) ?? null;
}

export async function listAccounts(db: Db): Promise<(AccountRow & { members: number })[]> {
  const rows = await db
    .selectFrom('accounts')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('memberships')
        .whereRef('memberships.account_id', '=', 'accounts.id')
        .select((c) => c.fn.countAll<number>().as('n'))
        .as('members'),
    )
    .orderBy('slug')
    .execute();
  return rows.map((row) => ({ ...row, members: Number(row.members ?? 0) }));
}

/**
 * M4: people of this account whose authenticators must sleep or wake now that its mandate changed: those with
 * an authenticator whose sleep no longer fits whether any account of theirs mandates.
 */
export async function usersToSettle(tx: Tx, accountId: string): Promise<string[]> {
  const mandated = sql<boolean>`exists (select 1 from memberships m2 join accounts a2 on a2.id = m2.account_id
    where m2.user_id = memberships.user_id and a2.mandate_since is not null)`;
  const rows = await tx
    .selectFrom('memberships')
    .innerJoin('authenticators', 'authenticators.user_id', 'memberships.user_id')
    .select('memberships.user_id')
    .distinct()
    .where('memberships.account_id', '=', accountId)
    .where(sql<boolean>`(authenticators.asleep_since is null) <> ${mandated}`)
    .orderBy('memberships.user_id')
    .execute();
  return rows.map((row) => row.user_id);
}

/**
 * Holds those people of an account who are in others too. Of two accounts that switch their mandates at once, the
 * second then sees what the first has done to an authenticator that both demand.
 */
export async function lockPeopleInSeveralAccounts(tx: Tx, accountId: string): Promise<void> {
  if (!isPostgres(tx)) return;
  await tx
    .selectFrom('users')
    .select('id')
    .where('id', 'in', (eb) =>
      eb.selectFrom('memberships as m').select('m.user_id').where('m.account_id', '=', accountId),
    )
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('memberships as other')
          .select('other.id')
          .whereRef('other.user_id', '=', 'users.id')
          .where('other.account_id', '<>', accountId),
      ),
    )
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}

export async function allMembershipsOf(
  db: Db,
  accountId: string,
): Promise<{ membershipId: string; userId: string }[]> {
  return db
    .selectFrom('memberships')
    .select(['id as membershipId', 'user_id as userId'])
    .where('account_id', '=', accountId)
    .execute();
}

/** What hangs on an account goes with it; its audit events stay. */
export async function deleteAccountRow(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('accounts').where('id', '=', id).execute();
}
