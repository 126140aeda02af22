import type { Selectable } from 'kysely';
import type { Db } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { InboxTable, OutboxTable } from './schema.ts';

export type OutboxRow = Selectable<OutboxTable>;
export type InboxRow = Selectable<InboxTable>;

export async function insertOutgoing(tx: Db, row: OutboxRow): Promise<void> {
  await tx.insertInto('outbox').values(row).execute();
}

/** Claims what is due, of one channel if it is named, for one worker on any node; nobody else gets the same row while the claim lasts. */
export async function claimOutgoing(
  db: Db,
  now: number,
  claimMs: number,
  most: number,
  channel?: OutboxRow['channel'],
): Promise<OutboxRow[]> {
  let due = db
    .selectFrom('outbox')
    .select('id')
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .where('next_try_at', '<=', now)
    .where('claimed_until', '<=', now)
    .orderBy('created_at')
    .orderBy('id')
    .limit(most);
  if (channel !== undefined) due = due.where('channel', '=', channel);
  if (isPostgres(db)) due = due.forUpdate().skipLocked();
  // A named subquery is run once; inside `in (…)` PostgreSQL may run it again and claim more than asked for.
  const claimed = await db
    .with('due', () => due)
    .updateTable('outbox')
    .set((eb) => ({ claimed_until: now + claimMs, tries: eb('tries', '+', 1) }))
    .where('id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
    .returningAll()
    .execute();
  // What an update returns comes in any order.
  return claimed.toSorted((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
}

/** E6: the sealed body is erased once sent. */
export async function noteSent(db: Db, id: string, now: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ sent_at: now, message_sealed: null, claimed_until: 0 })
    .where('id', '=', id)
    .execute();
}

export async function noteTryAgain(db: Db, id: string, nextTryAt: number, error: string): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ next_try_at: nextTryAt, claimed_until: 0, last_error: error })
    .where('id', '=', id)
    .execute();
}

export async function noteFailed(db: Db, id: string, now: number, error: string): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ failed_at: now, message_sealed: null, claimed_until: 0, last_error: error })
    .where('id', '=', id)
    .execute();
}

// Development inbox

export async function insertInbox(db: Db, row: InboxRow): Promise<void> {
  await db.insertInto('inbox').values(row).execute();
}

/** Newest first. */
export async function readInbox(db: Db, most: number): Promise<InboxRow[]> {
  return db.selectFrom('inbox').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').limit(most).execute();
}
