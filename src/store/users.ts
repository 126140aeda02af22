import type { Selectable } from 'kysely';
import type { Db, Tx } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { UserTable } from './schema.ts';

export type UserRow = Selectable<UserTable>;

export async function findUserByEmail(db: Db, email: string): Promise<UserRow | null> {
  const row = await db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  return row ?? null;
}

export async function findUser(db: Db, id: string): Promise<UserRow | null> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** @returns false when the address was taken meanwhile. */
export async function insertUser(tx: Tx, user: UserRow): Promise<boolean> {
  const result = await tx
    .insertInto('users')
    .values(user)
    .onConflict((c) => c.column('email').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/**
 * Holds one person's row until the transaction ends, so that what is decided about their authenticators and
 * trust is decided one after the other. SQLite's transactions are one after the other anyway.
 */
export async function lockUser(tx: Tx, id: string): Promise<void> {
  if (!isPostgres(tx)) return;
  await tx.selectFrom('users').select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

export async function setPassword(tx: Db, id: string, hash: string, now: number): Promise<void> {
  await tx
    .updateTable('users')
    .set({ password_hash: hash, password_changed_at: now })
    .where('id', '=', id)
    .execute();
}

/** A re-hash with grown parameters: the same password, so no change is recorded. */
export async function replaceHash(db: Db, id: string, oldHash: string, newHash: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ password_hash: newHash })
    .where('id', '=', id)
    .where('password_hash', '=', oldHash)
    .execute();
}

export async function setDisabled(tx: Tx, id: string, at: number | null): Promise<void> {
  await tx.updateTable('users').set({ disabled_at: at }).where('id', '=', id).execute();
}

export async function setEmail(tx: Tx, id: string, email: string): Promise<void> {
  await tx.updateTable('users').set({ email }).where('id', '=', id).execute();
}

/** Memberships must have been taken out before; the audit events stay. */
export async function deleteUserRow(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('users').where('id', '=', id).execute();
}
