import { sql } from 'kysely';
import { type Db, inTransaction } from './database.ts';
import { SEALED } from './meta.ts';

export type SealedTable = (typeof SEALED)[number][0];
export const SEALED_TABLES: readonly SealedTable[] = SEALED.map(([table]) => table);

export interface SealedRow {
  readonly table: SealedTable;
  readonly id: string;
  readonly userId: string | null;
  readonly sealed: string;
}

const columnOf = (table: SealedTable) => sql.ref(SEALED.find(([name]) => name === table)?.[1] ?? '');

/** Up to `most` rows of a table that another key than this one sealed, in the order of their ids after `afterId`. */
export async function readSealedByOthers(
  db: Db,
  table: SealedTable,
  keyId: string,
  afterId: string,
  most: number,
): Promise<SealedRow[]> {
  const column = columnOf(table);
  const { rows } = await sql<{ id: string; user_id: string | null; sealed: string }>`
    select id, user_id, ${column} as sealed from ${sql.table(table)}
    where id > ${afterId} and ${column} is not null and substr(${column}, 4, 8) <> ${keyId}
    order by id limit ${sql.lit(most)}`.execute(db);
  return rows.map((row) => ({ table, id: row.id, userId: row.user_id, sealed: row.sealed }));
}

/**
 * Writes what was sealed anew, all in one transaction. Only over the very text that was read: what somebody has
 * changed, erased or deleted meanwhile stays as they left it.
 * @returns how many were written.
 */
export function replaceSealed(
  db: Db,
  rows: readonly { readonly row: SealedRow; readonly sealed: string }[],
): Promise<number> {
  return inTransaction(db, async (tx) => {
    let written = 0;
    for (const { row, sealed } of rows) {
      const column = columnOf(row.table);
      const result = await sql`
        update ${sql.table(row.table)} set ${column} = ${sealed}
        where id = ${row.id} and ${column} = ${row.sealed}`.execute(tx);
      written += Number(result.numAffectedRows ?? 0n);
    }
    return written;
  });
}
