import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './database.ts';
import type { PassRequestTable } from './schema.ts';

export type PassRequestRow = Selectable<PassRequestTable>;

export type RequestWithPerson = Awaited<ReturnType<typeof waitingRequests>>[number];

/**
 * When the newest request of this login was answered, or stops waiting; `null` when there is none. What that
 * means for the login's life is the rule's (D1).
 */
export async function requestSettlesAt(db: Db, loginId: string): Promise<number | null> {
  const row = await db
    .selectFrom('pass_requests')
    .select((eb) => eb.fn.max(eb.fn.coalesce('answered_at', 'expires_at')).as('at'))
    .where('login_id', '=', loginId)
    .where((eb) => eb.or([eb('answer', 'is', null), eb('answer', '<>', 'withdrawn')]))
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Requests still waiting die with whatever ends the person's logins. */
export async function withdrawRequestsOf(tx: Tx, userId: string, now: number): Promise<void> {
  await tx
    .updateTable('pass_requests')
    .set({ answer: 'withdrawn', answered_at: now })
    .where('user_id', '=', userId)
    .where('answer', 'is', null)
    .execute();
}

export async function insertRequest(tx: Tx, row: PassRequestRow): Promise<void> {
  await tx.insertInto('pass_requests').values(row).execute();
}

export async function findRequest(db: Db, id: string): Promise<PassRequestRow | null> {
  return (await db.selectFrom('pass_requests').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** The newest request made in this login. */
export async function newestRequestOf(db: Db, loginId: string): Promise<PassRequestRow | null> {
  const row = await db
    .selectFrom('pass_requests')
    .selectAll()
    .where('login_id', '=', loginId)
    .orderBy('created_at', 'desc')
    .orderBy(sql`case when answer is null then 0 else 1 end`)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row ?? null;
}

export async function countWaiting(db: Db, membershipId: string, now: number): Promise<number> {
  const { n } = await db
    .selectFrom('pass_requests')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('membership_id', '=', membershipId)
    .where('answer', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Counts a wrong number before anything is said about it. @returns false when none was left. */
export async function countWrongNumber(db: Db, id: string, most: number, now: number): Promise<boolean> {
  const result = await db
    .updateTable('pass_requests')
    .set((eb) => ({ wrong_numbers: eb('wrong_numbers', '+', 1) }))
    .where('id', '=', id)
    .where('wrong_numbers', '<', most)
    .where('answer', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function takeBackWrongNumber(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('pass_requests')
    .set((eb) => ({ wrong_numbers: eb('wrong_numbers', '-', 1) }))
    .where('id', '=', id)
    .execute();
}

/** Answers a waiting request once. */
export async function answerRequest(
  tx: Tx,
  id: string,
  answer: NonNullable<PassRequestRow['answer']>,
  by: string | null,
  now: number,
): Promise<boolean> {
  const result = await tx
    .updateTable('pass_requests')
    .set({ answer, answered_by: by, answered_at: now })
    .where('id', '=', id)
    .where('answer', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function withdrawRequestsOfAccount(tx: Tx, accountId: string, now: number): Promise<void> {
  await tx
    .updateTable('pass_requests')
    .set({ answer: 'withdrawn', answered_at: now })
    .where('account_id', '=', accountId)
    .where('answer', 'is', null)
    .execute();
}

export async function withdrawRequestsOfMembership(tx: Tx, membershipId: string, now: number): Promise<void> {
  await tx
    .updateTable('pass_requests')
    .set({ answer: 'withdrawn', answered_at: now })
    .where('membership_id', '=', membershipId)
    .where('answer', 'is', null)
    .execute();
}

function requestsWithPeople(db: Db) {
  return db
    .selectFrom('pass_requests')
    .innerJoin('users', 'users.id', 'pass_requests.user_id')
    .innerJoin('memberships', 'memberships.id', 'pass_requests.membership_id')
    .selectAll('pass_requests')
    .select([
      'users.name',
      'users.email',
      'users.password_changed_at',
      'users.created_at as user_created_at',
      'memberships.role',
    ]);
}

export async function waitingRequests(db: Db, accountId: string, now: number) {
  return requestsWithPeople(db)
    .where('pass_requests.account_id', '=', accountId)
    .where('pass_requests.answer', 'is', null)
    .where('pass_requests.expires_at', '>', now)
    .orderBy('pass_requests.created_at')
    .execute();
}
