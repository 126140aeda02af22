import type { Selectable } from 'kysely';
import type { Db, Tx } from './database.ts';
import type { SessionTable } from './schema.ts';

export type SessionRow = Selectable<SessionTable>;

export async function insertSession(tx: Tx, row: SessionRow): Promise<void> {
  await tx.insertInto('sessions').values(row).execute();
}

export async function findSessionByToken(db: Db, tokenHash: string): Promise<SessionRow | null> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row ?? null;
}

export async function findSession(db: Db, id: string): Promise<SessionRow | null> {
  return (await db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** Not ended, newest use first. Whether one is too old or idle is not asked here. */
export async function openSessionsOf(db: Db, userId: string): Promise<SessionRow[]> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .orderBy('last_used_at', 'desc')
    .execute();
}

/** S1: a rise in rights comes with a new token; the old one opens nothing from here on. */
export async function swapToken(
  tx: Tx,
  id: string,
  tokenHash: string,
  now: number,
  idledOut: readonly string[],
): Promise<boolean> {
  const result = await tx
    .updateTable('sessions')
    .set({ token_hash: tokenHash, last_used_at: now, idled_out: JSON.stringify(idledOut) })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Use here must not wake it where it has lain idle too long: that is noted in the same write. */
export async function noteUsed(db: Db, id: string, now: number, idledOut: readonly string[]): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_used_at: now, idled_out: JSON.stringify(idledOut) })
    .where('id', '=', id)
    .where('last_used_at', '<', now)
    .execute();
}

/** @returns false when there was no such open session of this person. */
export async function endSession(db: Db, id: string, userId: string, now: number): Promise<boolean> {
  const result = await db
    .updateTable('sessions')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Ends all sessions of a person, but one if told. @returns how many. */
export async function endSessionsOf(
  db: Db,
  userId: string,
  now: number,
  exceptId: string | null = null,
): Promise<number> {
  let query = db
    .updateTable('sessions')
    .set({ ended_at: now })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null);
  if (exceptId !== null) query = query.where('id', '<>', exceptId);
  const result = await query.executeTakeFirst();
  return Number(result.numUpdatedRows);
}

// Browsers known to a user (D7)

export async function insertKnownBrowser(
  tx: Db,
  row: { token_hash: string; user_id: string; expires_at: number },
): Promise<void> {
  await tx
    .insertInto('known_browsers')
    .values(row)
    .onConflict((c) => c.columns(['token_hash', 'user_id']).doUpdateSet({ expires_at: row.expires_at }))
    .execute();
}

export async function isKnownBrowser(
  db: Db,
  tokenHash: string,
  userId: string,
  now: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('known_browsers')
    .select('user_id')
    .where('token_hash', '=', tokenHash)
    .where('user_id', '=', userId)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

/** Was this token handed out by us, to whomever? */
export async function isKnownToken(db: Db, tokenHash: string): Promise<boolean> {
  const query = db.selectFrom('known_browsers').select('user_id').where('token_hash', '=', tokenHash);
  return (await query.executeTakeFirst()) !== undefined;
}

export async function forgetKnownBrowsers(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('known_browsers').where('user_id', '=', userId).execute();
}
