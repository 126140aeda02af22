import type { Selectable } from 'kysely';
import type { Pass } from '../rules/facts.ts';
import type { Db, Tx } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { PassTable } from './schema.ts';

export type PassRow = Selectable<PassTable>;

export function passFacts(row: PassRow): Pass {
  return {
    id: row.id,
    membershipId: row.membership_id,
    endsAt: row.ends_at,
    endedAt: row.ended_at,
    rightUntil: row.right_until,
    rightSpentAt: row.right_spent_at,
  };
}

export async function passesById(db: Db, ids: readonly string[]): Promise<Pass[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('passes').selectAll().where('id', 'in', ids).execute();
  return rows.map(passFacts);
}

/** The passes that this very browser activated: the cookie holds one token for each. */
export async function passesByCookies(
  db: Db,
  userId: string,
  cookieHashes: readonly string[],
): Promise<Pass[]> {
  if (cookieHashes.length === 0) return [];
  const rows = await db
    .selectFrom('passes')
    .selectAll()
    .where('user_id', '=', userId)
    .where('cookie_hash', 'in', cookieHashes)
    .execute();
  return rows.map(passFacts);
}

/**
 * P6: ends every pass, unused or active, of one person (or of one membership or account of theirs), with its
 * set-up right.
 * @returns those that were in force or waiting to be.
 */
export async function endPasses(
  tx: Tx,
  which: { userId: string; membershipId?: string; accountId?: string },
  by: NonNullable<PassRow['ended_by']>,
  now: number,
): Promise<PassRow[]> {
  let rights = tx
    .updateTable('passes')
    .set({ right_until: null })
    .where('user_id', '=', which.userId)
    .where('right_spent_at', 'is', null);
  let passes = tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: by, code_hash: null })
    .where('user_id', '=', which.userId)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now);
  if (which.membershipId !== undefined) {
    rights = rights.where('membership_id', '=', which.membershipId);
    passes = passes.where('membership_id', '=', which.membershipId);
  }
  if (which.accountId !== undefined) {
    rights = rights.where('account_id', '=', which.accountId);
    passes = passes.where('account_id', '=', which.accountId);
  }
  await rights.execute();
  return passes.returningAll().execute();
}

/** P5, P7: a set-up spends the right and ends the pass it came with. @returns the passes that were in force. */
export async function spendSetUpRights(tx: Tx, membershipId: string, now: number): Promise<PassRow[]> {
  const ended = await tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: 'set_up', code_hash: null })
    .where('membership_id', '=', membershipId)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .returningAll()
    .execute();
  await tx
    .updateTable('passes')
    .set({ right_spent_at: now })
    .where('membership_id', '=', membershipId)
    .where('right_until', 'is not', null)
    .where('right_spent_at', 'is', null)
    .execute();
  return ended;
}

// Passes of an account

export async function insertPass(tx: Tx, row: PassRow): Promise<void> {
  await tx.insertInto('passes').values(row).execute();
}

export async function findPass(db: Db, id: string): Promise<PassRow | null> {
  return (await db.selectFrom('passes').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

export async function passOfRequest(db: Db, requestId: string): Promise<PassRow | null> {
  const row = await db
    .selectFrom('passes')
    .selectAll()
    .where('request_id', '=', requestId)
    .executeTakeFirst();
  return row ?? null;
}

/** Handed over and still unused: what a typed pass code is compared with. */
export async function unusedPassesOf(db: Db, userId: string, now: number): Promise<PassRow[]> {
  return db
    .selectFrom('passes')
    .selectAll()
    .where('user_id', '=', userId)
    .where('code_hash', 'is not', null)
    .where('activated_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .orderBy('granted_at', 'desc')
    .execute();
}

/** T23: activates once, and only a pass that nobody has ended; whoever revokes first wins. */
export async function activatePass(
  tx: Tx,
  id: string,
  p: { cookieHash: string; rightUntil: number; now: number },
): Promise<boolean> {
  const result = await tx
    .updateTable('passes')
    .set({ activated_at: p.now, cookie_hash: p.cookieHash, right_until: p.rightUntil, code_hash: null })
    .where('id', '=', id)
    .where('activated_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', p.now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * P6: ends one pass at once, with its set-up right; also a right that outlived its pass.
 * @returns false when there was nothing left to end.
 */
export async function endPass(
  tx: Tx,
  id: string,
  by: NonNullable<PassRow['ended_by']>,
  now: number,
): Promise<boolean> {
  const pass = await tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: by, code_hash: null })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .executeTakeFirst();
  const right = await tx
    .updateTable('passes')
    .set({ right_until: null })
    .where('id', '=', id)
    .where('right_until', '>', now)
    .where('right_spent_at', 'is', null)
    .executeTakeFirst();
  return pass.numUpdatedRows + right.numUpdatedRows > 0n;
}

/** M4: a mandate switched off ends the account's passes; set-up rights stay, since `forgotten` does. */
export async function endPassesOfAccount(tx: Tx, accountId: string, now: number): Promise<PassRow[]> {
  return tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: 'mandate_off', code_hash: null })
    .where('account_id', '=', accountId)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .returningAll()
    .execute();
}

/** P2: one code at a time: a new one takes the place of those handed over and never used. */
export async function endUnusedPasses(tx: Tx, membershipId: string, now: number): Promise<PassRow[]> {
  return tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: 'replaced', code_hash: null })
    .where('membership_id', '=', membershipId)
    .where('activated_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .returningAll()
    .execute();
}

/** Which passes nobody can date any more: those granted up to a moment, at most so many of them. */
interface Undated {
  readonly until: number;
  readonly now: number;
  readonly most: number;
}

/** Ends those that are in force or waiting to be, with their set-up rights. */
export async function endPassesGrantedUntil(tx: Tx, { until, now, most }: Undated): Promise<PassRow[]> {
  const live = tx
    .selectFrom('passes')
    .select('id')
    .where('granted_at', '<=', until)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .limit(most);
  return tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: 'clock_set_back', code_hash: null, right_until: null })
    .where('id', 'in', live)
    .where('ended_at', 'is', null)
    .returningAll()
    .execute();
}

/**
 * Takes away the set-up rights of those that have ended, whose end is to be told of once more.
 * @returns them as they were before.
 */
export async function endRightsGrantedUntil(tx: Tx, { until, now, most }: Undated): Promise<PassRow[]> {
  const left = tx
    .selectFrom('passes')
    .selectAll()
    .where('granted_at', '<=', until)
    .where('right_until', '>', now)
    .where('right_spent_at', 'is', null)
    .where((eb) => eb.or([eb('ended_at', 'is not', null), eb('ends_at', '<=', now)]))
    .limit(most);
  const rows = await (isPostgres(tx) ? left.forUpdate() : left).execute();
  if (rows.length === 0) return rows;
  await tx
    .updateTable('passes')
    .set((eb) => ({
      right_until: null,
      end_told_at: null,
      ended_by: 'clock_set_back',
      ended_at: eb.fn.coalesce('ended_at', 'ends_at'),
    }))
    .where(
      'id',
      'in',
      rows.map((row) => row.id),
    )
    .execute();
  return rows;
}

/** Is a pass left that is in force or waiting to be, or a set-up right? */
export async function anyGrantedUntil(tx: Tx, { until, now }: Omit<Undated, 'most'>): Promise<boolean> {
  const row = await tx
    .selectFrom('passes')
    .select('id')
    .where('granted_at', '<=', until)
    .where((eb) =>
      eb.or([
        eb.and([eb('ended_at', 'is', null), eb('ends_at', '>', now)]),
        eb.and([eb('right_until', '>', now), eb('right_spent_at', 'is', null)]),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** By person and account, so that leaving and coming back starts no new week. */
export async function countGrants(
  db: Db,
  who: { accountId: string; userId: string },
  since: number,
): Promise<number> {
  const { n } = await db
    .selectFrom('passes')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('account_id', '=', who.accountId)
    .where('user_id', '=', who.userId)
    .where('granted_at', '>', since)
    .executeTakeFirstOrThrow();
  return Number(n);
}

export type PassWithPerson = Awaited<ReturnType<typeof passesOfAccount>>[number];

/** Newest first, with the people's names. */
export async function passesOfAccount(db: Db, accountId: string | null, most: number) {
  let query = db
    .selectFrom('passes')
    .innerJoin('users', 'users.id', 'passes.user_id')
    .innerJoin('accounts', 'accounts.id', 'passes.account_id')
    .leftJoin('users as granters', 'granters.id', 'passes.granted_by')
    .leftJoin('memberships', 'memberships.id', 'passes.membership_id')
    .selectAll('passes')
    .select([
      'users.name',
      'users.email',
      'accounts.slug',
      'granters.name as granter',
      'memberships.role as role',
    ])
    .orderBy('passes.granted_at', 'desc')
    .orderBy('passes.id')
    .limit(most);
  if (accountId !== null) query = query.where('passes.account_id', '=', accountId);
  return query.execute();
}

/**
 * Used passes whose time ran out, or that were ended, and whose end nobody has been told of; and those that ended
 * unused through nobody's doing.
 */
export async function claimEndedPasses(tx: Tx, now: number, most: number): Promise<PassRow[]> {
  const ended = tx
    .selectFrom('passes')
    .select('id')
    .where((eb) => eb.or([eb('activated_at', 'is not', null), eb('ended_by', '=', 'clock_set_back')]))
    .where('end_told_at', 'is', null)
    .where((eb) => eb.or([eb('ends_at', '<=', now), eb('ended_at', 'is not', null)]))
    .orderBy('ends_at')
    .limit(most);
  return tx
    .updateTable('passes')
    .set({ end_told_at: now })
    .where('id', 'in', isPostgres(tx) ? ended.forUpdate().skipLocked() : ended)
    .where('end_told_at', 'is', null)
    .returningAll()
    .execute();
}

/** T09: what somebody granted in this account and nobody has used yet. */
export async function endUnusedPassesGrantedBy(
  tx: Tx,
  accountId: string,
  granterId: string,
  now: number,
): Promise<PassRow[]> {
  return tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: 'revoked', code_hash: null })
    .where('account_id', '=', accountId)
    .where('granted_by', '=', granterId)
    .where('activated_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .returningAll()
    .execute();
}
