import type { Counter, Try } from '../rules/throttle.ts';
import { type Db, inTransaction, type Tx } from './database.ts';

export type Decide = (counter: Counter | null) => Try;
/** What the rules said to all counters asked: heard by all, or refused by the first that refuses. */
export type Counted = { readonly heard: true; readonly counters: ReadonlyMap<string, Counter> } | Refused;
type Refused = Extract<Try, { heard: false }>;

/**
 * D5: counts a try in its own committed write, before anything is compared. Each rule is asked about its
 * counter; only when all hear the try is it counted, in all of them. Two requests at once are counted one
 * after the other.
 */
export async function countTry(db: Db, rules: ReadonlyMap<string, Decide>): Promise<Counted> {
  return inTransaction(db, async (tx) => {
    const counters = new Map<string, Counter>();
    // Always in the same order, so that two transactions never wait for each other.
    for (const [key, decide] of [...rules].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      // The no-change update holds the row until the commit, whether it was there or not.
      const row = await tx
        .insertInto('counters')
        .values({ key, wrong: 0, wait_until: 0, last_at: 0 })
        .onConflict((c) => c.column('key').doUpdateSet({ key }))
        .returningAll()
        .executeTakeFirstOrThrow();
      const outcome = decide({ wrong: row.wrong, waitUntil: row.wait_until, lastAt: row.last_at });
      if (!outcome.heard) return outcome;
      counters.set(key, outcome.next);
    }
    for (const [key, next] of counters) await writeCounter(tx, key, next);
    return { heard: true, counters };
  });
}

export async function writeCounter(tx: Db, key: string, counter: Counter): Promise<void> {
  await tx
    .updateTable('counters')
    .set({ wrong: counter.wrong, wait_until: counter.waitUntil, last_at: counter.lastAt })
    .where('key', '=', key)
    .execute();
}

/**
 * D7: takes one counted try back, and the wait it set unless a later try has set another. Relative, so that
 * wrong tries counted in the meantime stay counted.
 */
export async function takeBackTry(db: Db, key: string, counted: Counter): Promise<void> {
  await db
    .updateTable('counters')
    .set((eb) => ({
      wrong: eb('wrong', '-', 1),
      wait_until: eb
        .case()
        .when('wait_until', '=', counted.waitUntil)
        .then(0)
        .else(eb.ref('wait_until'))
        .end(),
    }))
    .where('key', '=', key)
    .where('wrong', '>', 0)
    .execute();
}

export async function readCounter(db: Db, key: string): Promise<Counter | null> {
  const row = await db.selectFrom('counters').selectAll().where('key', '=', key).executeTakeFirst();
  return row === undefined ? null : { wrong: row.wrong, waitUntil: row.wait_until, lastAt: row.last_at };
}

/** Cleared by its own success only (D6). */
export async function clearCounter(tx: Db, key: string): Promise<void> {
  await tx.deleteFrom('counters').where('key', '=', key).execute();
}

/** Counts one mail within a window that starts with the first. @returns false when `most` have gone. */
export async function countMail(
  tx: Tx,
  key: string,
  most: number,
  windowMs: number,
  now: number,
): Promise<boolean> {
  await tx
    .insertInto('counters')
    .values({ key, wrong: 0, wait_until: now + windowMs, last_at: now })
    .onConflict((c) => c.column('key').doNothing())
    .execute();
  await tx
    .updateTable('counters')
    .set({ wrong: 0, wait_until: now + windowMs })
    .where('key', '=', key)
    .where('wait_until', '<=', now)
    .execute();
  const result = await tx
    .updateTable('counters')
    .set((eb) => ({ wrong: eb('wrong', '+', 1), last_at: now }))
    .where('key', '=', key)
    .where('wrong', '<', most)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function takeBackMail(tx: Tx, key: string): Promise<void> {
  await tx
    .updateTable('counters')
    .set((eb) => ({ wrong: eb('wrong', '-', 1) }))
    .where('key', '=', key)
    .where('wrong', '>', 0)
    .execute();
}

/**
 * Reads counters and holds them until the commit: whoever counts in one of them meanwhile waits. Those that were not
 * there begin at nothing.
 */
export async function holdCounters(tx: Tx, keys: readonly string[]): Promise<Map<string, Counter>> {
  if (keys.length === 0) return new Map();
  const rows = await tx
    .insertInto('counters')
    // Always in the same order, so that two transactions never wait for each other.
    .values([...new Set(keys)].toSorted().map((key) => ({ key, wrong: 0, wait_until: 0, last_at: 0 })))
    .onConflict((c) => c.column('key').doUpdateSet((eb) => ({ key: eb.ref('excluded.key') })))
    .returningAll()
    .execute();
  return new Map(
    rows.map((row) => [row.key, { wrong: row.wrong, waitUntil: row.wait_until, lastAt: row.last_at }]),
  );
}

/** Writes counters that are held, in one statement. */
export async function keepCounters(tx: Tx, counters: ReadonlyMap<string, Counter>): Promise<void> {
  if (counters.size === 0) return;
  await tx
    .insertInto('counters')
    .values(
      [...counters]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { wrong, waitUntil, lastAt }]) => ({
          key,
          wrong,
          wait_until: waitUntil,
          last_at: lastAt,
        })),
    )
    .onConflict((c) =>
      c.column('key').doUpdateSet((eb) => ({
        wrong: eb.ref('excluded.wrong'),
        wait_until: eb.ref('excluded.wait_until'),
        last_at: eb.ref('excluded.last_at'),
      })),
    )
    .execute();
}

/** Takes away those of these, held, that count nothing: else whoever is refused leaves a row for each name they give. */
export async function dropUnused(tx: Tx, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx
    .deleteFrom('counters')
    .where('key', 'in', keys)
    .where('wrong', '=', 0)
    .where('last_at', '=', 0)
    .execute();
}

/** Several counters as they stand, without holding them. */
export async function readCounters(db: Db, keys: readonly string[]): Promise<Map<string, Counter>> {
  if (keys.length === 0) return new Map();
  const rows = await db.selectFrom('counters').selectAll().where('key', 'in', keys).execute();
  return new Map(
    rows.map((row) => [row.key, { wrong: row.wrong, waitUntil: row.wait_until, lastAt: row.last_at }]),
  );
}
