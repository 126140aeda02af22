/** What the database holds of time itself, so that a clock can be told to stand before it after a restart. */
import { sql } from 'kysely';
import type { Db, Tx } from './database.ts';
import { isPostgres } from './dialect.ts';
import { writeMeta } from './meta.ts';

const NEWEST = 'clock:newest';
const SET_BACK = 'clock:set_back';
const SAID_RIGHT = 'clock:said_right';

export interface ClockNotes {
  /** A moment that certainly has been, in milliseconds. On PostgreSQL by its own clock. */
  readonly newest: number | null;
  /** The clock was found to stand before this moment; what is due because of it has not been done. */
  readonly setBackBefore: number | null;
  readonly saidRight: SaidRight | null;
}

/** The operator said that the clocks are right: what was dated later than `at`, up to `until`, was dated wrongly. */
export interface SaidRight {
  readonly at: number;
  readonly until: number;
}

export async function readClockNotes(db: Db): Promise<ClockNotes> {
  const keys = [NEWEST, SET_BACK, SAID_RIGHT];
  const rows = await db.selectFrom('meta').selectAll().where('key', 'in', keys).execute();
  const of = (key: string) => {
    const row = rows.find((r) => r.key === key);
    return row === undefined ? null : row.value.split(' ').map(Number);
  };
  const [at, until] = of(SAID_RIGHT) ?? [];
  return {
    newest: of(NEWEST)?.[0] ?? null,
    setBackBefore: of(SET_BACK)?.[0] ?? null,
    saidRight: at === undefined || until === undefined ? null : { at, until },
  };
}

/** An older moment changes nothing, whoever notes it last. */
export const noteMoment = (db: Db, at: number): Promise<void> => raise(db, NEWEST, at);

export const noteSetBack = (db: Db, before: number): Promise<void> => raise(db, SET_BACK, before);

/** From now on the newest moment is `at`, whatever was noted; and all that was granted up to `until` has no age. */
export async function noteSaidRight(tx: Tx, { at, until }: SaidRight): Promise<void> {
  await writeMeta(tx, SAID_RIGHT, `${at} ${until}`);
  await writeMeta(tx, NEWEST, String(at));
  await noteSetBack(tx, until);
}

async function raise(db: Db, key: string, at: number): Promise<void> {
  const value = String(at);
  await db
    .insertInto('meta')
    .values({ key, value })
    .onConflict((c) =>
      c
        .column('key')
        .doUpdateSet({ value })
        .where(sql<boolean>`cast(meta.value as bigint) < cast(excluded.value as bigint)`),
    )
    .execute();
}

/**
 * Reads what is due and keeps everybody else from doing it, or striking it out, until this transaction ends. On SQLite
 * nobody else writes meanwhile anyway.
 */
export async function holdSetBack(tx: Tx): Promise<number | null> {
  const note = tx.selectFrom('meta').select('value').where('key', '=', SET_BACK);
  const row = await (isPostgres(tx) ? note.forUpdate() : note).executeTakeFirst();
  return row === undefined ? null : Number(row.value);
}

/** What was due is done, or was not due; one that was noted since, and reaches further, stays. */
export async function clearSetBack(db: Db, before: number): Promise<void> {
  await db.deleteFrom('meta').where('key', '=', SET_BACK).where('value', '=', String(before)).execute();
}
