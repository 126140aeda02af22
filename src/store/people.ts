import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import type { Method, Role, Trust } from '../rules/facts.ts';
import type { Db, Tx } from './database.ts';
import type { InvitationTable, Schema } from './schema.ts';

/** One row of an account's people: a member, or an address that is only invited. */
export interface PersonRow {
  readonly kind: 'member' | 'invited';
  /** The membership's id, or the invitation's. */
  readonly id: string;
  readonly user_id: string | null;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly trust: Trust['state'];
  readonly trust_since: number;
  readonly method: Method | null;
  readonly pass_id: string | null;
  readonly pass_until: number | null;
  readonly active: 0 | 1;
  readonly disabled: 0 | 1;
  readonly last_entered_at: number | null;
  readonly joined_at: number;
}

export type PeopleFilter =
  | 'all'
  | 'set_up'
  | 'set_up_app'
  | 'set_up_text'
  | 'not_yet'
  | 'on_pass'
  | 'set_up_again'
  | 'invited'
  | 'admins';
export type PeopleSort = 'name' | 'role' | 'last_login' | 'joined';

export interface PeopleQuestion {
  readonly search: string;
  readonly filter: PeopleFilter;
  readonly sort: PeopleSort;
  readonly offset: number;
  readonly limit: number;
}

/** Now, and since when an authenticator may be asleep and still be there (M4). */
export interface Moment {
  readonly now: number;
  readonly asleepFrom: number;
}

/** Members and open invitations of one account, as one table. Nothing of any other account (T3). */
function people(db: Db, accountId: string, { now, asleepFrom }: Moment) {
  const livePass = (eb: ExpressionBuilder<Schema, 'memberships'>) =>
    eb
      .selectFrom('passes')
      .whereRef('passes.membership_id', '=', 'memberships.id')
      .where('passes.activated_at', 'is not', null)
      .where('passes.ended_at', 'is', null)
      .where('passes.ends_at', '>', now)
      .orderBy('passes.ends_at', 'desc')
      .limit(1);
  const members = db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .leftJoin('authenticators', (join) =>
      join
        .onRef('authenticators.id', '=', 'memberships.authenticator_id')
        // M4, judged by time: one asleep too long is gone, whether or not it was swept.
        .on((eb) =>
          eb.or([
            eb('authenticators.asleep_since', 'is', null),
            eb('authenticators.asleep_since', '>=', asleepFrom),
          ]),
        ),
    )
    .where('memberships.account_id', '=', accountId)
    .select((eb) => [
      sql<'member' | 'invited'>`'member'`.as('kind'),
      'memberships.id as id',
      sql<string | null>`memberships.user_id`.as('user_id'),
      'users.name as name',
      'users.email as email',
      'memberships.role as role',
      sql<Trust['state']>`case when memberships.trust = 'authenticator' and authenticators.id is null
        then 'never' else memberships.trust end`.as('trust'),
      'memberships.trust_since as trust_since',
      'authenticators.kind as method',
      livePass(eb as never)
        .select('passes.id')
        .as('pass_id'),
      livePass(eb as never)
        .select('passes.ends_at')
        .as('pass_until'),
      sql<0 | 1>`case when memberships.active_at is null then 0 else 1 end`.as('active'),
      sql<0 | 1>`case when users.disabled_at is null then 0 else 1 end`.as('disabled'),
      'memberships.last_entered_at as last_entered_at',
      'memberships.joined_at as joined_at',
    ]);
  const invited = db
    .selectFrom('invitations')
    .where('account_id', '=', accountId)
    .where('spent_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .select([
      sql<'member' | 'invited'>`'invited'`.as('kind'),
      'id',
      sql<string | null>`cast(null as text)`.as('user_id'),
      sql<string>`''`.as('name'),
      'email',
      'role',
      sql<Trust['state']>`'never'`.as('trust'),
      'created_at as trust_since',
      sql<Method | null>`cast(null as text)`.as('method'),
      sql<string | null>`cast(null as text)`.as('pass_id'),
      sql<number | null>`cast(null as bigint)`.as('pass_until'),
      sql<0 | 1>`0`.as('active'),
      sql<0 | 1>`0`.as('disabled'),
      sql<number | null>`cast(null as bigint)`.as('last_entered_at'),
      'created_at as joined_at',
    ]);
  return db.selectFrom(members.unionAll(invited).as('people'));
}

function filtered(db: Db, accountId: string, question: PeopleQuestion, at: Moment) {
  let query = people(db, accountId, at);
  if (question.search !== '') {
    const pattern = `%${question.search.toLowerCase().replace(/[\\%_]/g, (c) => `\\${c}`)}%`;
    query = query.where(
      sql<boolean>`(lower(people.name) like ${pattern} escape '\\' or people.email like ${pattern} escape '\\')`,
    );
  }
  switch (question.filter) {
    case 'all':
      return query;
    case 'invited':
      return query.where('people.kind', '=', 'invited');
    case 'admins':
      return query.where('people.kind', '=', 'member').where('people.role', '<>', 'member');
    case 'on_pass':
      return query.where('people.pass_until', 'is not', null);
    case 'set_up':
      return query.where('people.trust', '=', 'authenticator').where('people.pass_until', 'is', null);
    case 'set_up_app':
      return query.where('people.method', '=', 'totp').where('people.pass_until', 'is', null);
    case 'set_up_text':
      return query.where('people.method', '=', 'sms').where('people.pass_until', 'is', null);
    case 'not_yet':
      return query
        .where('people.kind', '=', 'member')
        .where('people.trust', '=', 'never')
        .where('people.pass_until', 'is', null);
    case 'set_up_again':
      return query.where('people.trust', '=', 'forgotten').where('people.pass_until', 'is', null);
    default:
      return unknownFilter(question.filter);
  }
}

export async function findPeople(
  db: Db,
  accountId: string,
  question: PeopleQuestion,
  at: Moment,
): Promise<{ rows: PersonRow[]; total: number }> {
  const query = filtered(db, accountId, question, at);
  const { n } = await query.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  const sorted = {
    name: query.orderBy(sql`lower(case when people.name = '' then people.email else people.name end)`),
    role: query.orderBy(sql`case people.role when 'owner' then 0 when 'admin' then 1 else 2 end`),
    last_login: query.orderBy(sql`coalesce(people.last_entered_at, 0) desc`),
    joined: query.orderBy('people.joined_at', 'desc'),
  }[question.sort];
  const rows = await sorted
    .orderBy('people.email')
    .orderBy('people.id')
    .selectAll()
    .limit(question.limit)
    .offset(question.offset)
    .execute();
  return { rows: rows as PersonRow[], total: Number(n) };
}

export async function findPerson(
  db: Db,
  accountId: string,
  membershipId: string,
  at: Moment,
): Promise<PersonRow | null> {
  const row = await people(db, accountId, at)
    .where('people.kind', '=', 'member')
    .where('people.id', '=', membershipId)
    .selectAll()
    .executeTakeFirst();
  return (row as PersonRow | undefined) ?? null;
}

/** How far the roll-out is: members by what their membership trusts, those on a pass, and those invited. */
export interface RollOut {
  readonly app: number;
  readonly text: number;
  readonly notYet: number;
  readonly onPass: number;
  readonly setUpAgain: number;
  readonly invited: number;
}

export async function countRollOut(db: Db, accountId: string, at: Moment): Promise<RollOut> {
  const rows = await people(db, accountId, at)
    .select((eb) => [
      'people.kind',
      'people.trust',
      'people.method',
      sql<0 | 1>`case when people.pass_until is null then 0 else 1 end`.as('on_pass'),
      eb.fn.countAll<number>().as('n'),
    ])
    .groupBy(['people.kind', 'people.trust', 'people.method', 'on_pass'])
    .execute();
  const count = (fits: (row: (typeof rows)[number]) => boolean) =>
    rows.filter(fits).reduce((sum, row) => sum + Number(row.n), 0);
  const member = (row: (typeof rows)[number]) => row.kind === 'member' && row.on_pass === 0;
  return {
    app: count((r) => member(r) && r.method === 'totp'),
    text: count((r) => member(r) && r.method === 'sms'),
    notYet: count((r) => member(r) && r.trust === 'never'),
    setUpAgain: count((r) => member(r) && r.trust === 'forgotten'),
    onPass: count((r) => r.on_pass === 1),
    invited: count((r) => r.kind === 'invited'),
  };
}

/** Owners who could act: set up, not disabled; without `except`. */
export async function countOwners(db: Db, accountId: string, except: string | null = null): Promise<number> {
  let query = db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('memberships.account_id', '=', accountId)
    .where('memberships.role', '=', 'owner')
    .where('memberships.active_at', 'is not', null)
    .where('users.disabled_at', 'is', null);
  if (except !== null) query = query.where('memberships.id', '<>', except);
  return Number((await query.executeTakeFirstOrThrow()).n);
}

export async function deleteMembership(tx: Tx, id: string): Promise<boolean> {
  const result = await tx.deleteFrom('memberships').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/**
 * S2: sessions begun before `now` are over for this account. Also those that a node whose clock goes a little
 * faster has begun: they stand in the table, and the boundary is laid behind them.
 */
export async function setSessionsFrom(tx: Tx, membershipId: string, now: number): Promise<void> {
  const { user_id } = await tx
    .selectFrom('memberships')
    .select('user_id')
    .where('id', '=', membershipId)
    .executeTakeFirstOrThrow();
  const newest = await tx
    .selectFrom('sessions')
    .select((eb) => eb.fn.max('started_at').as('at'))
    .where('user_id', '=', user_id)
    .executeTakeFirst();
  const from = Math.max(now, (newest?.at ?? 0) + 1);
  await tx.updateTable('memberships').set({ sessions_from: from }).where('id', '=', membershipId).execute();
}

// Invitations of an account

export type OpenInvitation = Selectable<InvitationTable>;

export async function openInvitationOf(
  db: Db,
  accountId: string,
  invitationId: string,
): Promise<OpenInvitation | null> {
  const row = await db
    .selectFrom('invitations')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('id', '=', invitationId)
    .where('spent_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** What still can be accepted: at any of these addresses, or of this person's making (T09). */
export async function openInvitations(
  db: Db,
  accountId: string,
  which: { emails: readonly string[] } | { inviterId: string },
  now: number,
): Promise<OpenInvitation[]> {
  const query = db
    .selectFrom('invitations')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('spent_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .where('expires_at', '>', now);
  return 'emails' in which
    ? query.where('email', 'in', which.emails).execute()
    : query.where('invited_by', '=', which.inviterId).execute();
}

/** Withdraws what is open for this address in this account. @returns how many. */
export async function withdrawInvitations(
  tx: Tx,
  accountId: string,
  which: { email: string } | { id: string },
  now: number,
): Promise<number> {
  const query = tx
    .updateTable('invitations')
    .set({ withdrawn_at: now })
    .where('account_id', '=', accountId)
    .where('spent_at', 'is', null)
    .where('withdrawn_at', 'is', null);
  const result = await ('id' in which
    ? query.where('id', '=', which.id)
    : query.where('email', '=', which.email)
  ).executeTakeFirst();
  return Number(result.numUpdatedRows);
}

function unknownFilter(filter: never): never {
  throw new Error(`unknown filter ${String(filter)}`);
}
