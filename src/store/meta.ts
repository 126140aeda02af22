import { sql } from 'kysely';
import type { Db } from './database.ts';

export async function readMeta(db: Db, key: string): Promise<string | null> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value ?? null;
}

export async function writeMeta(db: Db, key: string, value: string): Promise<void> {
  await db
    .insertInto('meta')
    .values({ key, value })
    .onConflict((c) => c.column('key').doUpdateSet({ value }))
    .execute();
}

export async function deleteMeta(db: Db, key: string): Promise<void> {
  await db.deleteFrom('meta').where('key', '=', key).execute();
}

/** All notes whose key begins so. `prefix` holds no sign of a pattern. */
export async function readMetaOf(db: Db, prefix: string): Promise<{ key: string; value: string }[]> {
  return db.selectFrom('meta').selectAll().where('key', 'like', `${prefix}%`).orderBy('key').execute();
}

/** Every column that holds something sealed (E6). */
export const SEALED = [
  ['authenticators', 'secret_sealed'],
  ['enrollments', 'secret_sealed'],
  ['logins', 'backup_codes_sealed'],
  ['outbox', 'message_sealed'],
] as const;

/** Which keys sealed what there is: per table, the key names found in front of each sealed value. */
export async function sealedKeyNames(db: Db): Promise<{ table: string; keyId: string; rows: number }[]> {
  const found: { table: string; keyId: string; rows: number }[] = [];
  for (const [table, column] of SEALED) {
    const sealed = sql.ref<string | null>(column);
    // Numbers in the text, not as parameters: PostgreSQL takes two parameters for two expressions.
    const keyId = sql<string>`substr(${sealed}, 4, 8)`;
    const rows = await db
      .selectFrom(table)
      .select([keyId.as('key_id'), db.fn.countAll<number>().as('rows')])
      .where(sealed, 'is not', null)
      .groupBy(keyId)
      .execute();
    for (const row of rows) found.push({ table, keyId: row.key_id, rows: Number(row.rows) });
  }
  return found;
}
