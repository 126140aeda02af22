import { afterEach, beforeEach, expect, test } from 'vitest';
import { inTransaction } from '../../../src/store/database.ts';
import {
  claimOutgoing,
  insertInbox,
  insertOutgoing,
  noteFailed,
  noteSent,
  noteTryAgain,
  type OutboxRow,
  readInbox,
} from '../../../src/store/outbox.ts';
import type { Opened } from '../conformance.ts';
import { NOW, newId, outboxRow } from '../rows.ts';

const CLAIM_MS = 60_000;

export function outboxTests(open: () => Promise<Opened>): void {
  let opened: Opened;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.close());

  const claim = (now: number, most = 20) => claimOutgoing(opened.db, now, CLAIM_MS, most);
  const claimedIds = async (now: number, most?: number) => (await claim(now, most)).map((r) => r.id);
  const find = (id: string) =>
    opened.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  async function add(over: Partial<OutboxRow> = {}): Promise<OutboxRow> {
    const row = outboxRow(over);
    await insertOutgoing(opened.db, row);
    return row;
  }

  test('a message leaves with its deed or not at all', async () => {
    const deed = inTransaction(opened.db, async (tx) => {
      await insertOutgoing(tx, outboxRow());
      throw new Error('taken back');
    });
    await expect(deed).rejects.toThrow('taken back');
    expect(await claim(NOW)).toEqual([]);
  });

  test('a claim hands out the row as it is, and counts the try', async () => {
    const row = await add({ user_id: 'ann', channel: 'sms', kind: 'code' });
    expect(await claim(NOW)).toEqual([{ ...row, tries: 1, claimed_until: NOW + CLAIM_MS }]);
  });

  test('what is not due, sent, failed or claimed is left alone', async () => {
    const due = await add();
    await add({ next_try_at: NOW + 1 });
    await add({ sent_at: NOW });
    await add({ failed_at: NOW });
    await add({ claimed_until: NOW + 1 });
    expect(await claimedIds(NOW)).toEqual([due.id]);
  });

  test('the oldest first, and no more than asked for', async () => {
    const [third, first, second] = [
      await add({ created_at: NOW + 3 }),
      await add({ created_at: NOW + 1 }),
      await add({ created_at: NOW + 2 }),
    ];
    expect((await claimedIds(NOW + 5, 2)).sort()).toEqual([first.id, second.id].sort());
    expect(await claimedIds(NOW + 5, 2)).toEqual([third.id]);
    expect(await claimedIds(NOW + 5, 2)).toEqual([]);
  });

  test('ten workers over two hundred messages: each goes to exactly one', async () => {
    const rows = await inTransaction(opened.db, async (tx) => {
      const made = Array.from({ length: 200 }, (_, n) => outboxRow({ created_at: NOW + n }));
      for (const row of made) await insertOutgoing(tx, row);
      return made;
    });
    const taken: OutboxRow[] = [];
    const work = async () => {
      for (;;) {
        const claimed = await claim(NOW, 7);
        if (claimed.length === 0) return;
        taken.push(...claimed);
      }
    };
    await Promise.all(Array.from({ length: 10 }, work));
    expect(taken.map((r) => r.id).sort()).toEqual(rows.map((r) => r.id).sort());
    expect(taken.every((r) => r.tries === 1)).toBe(true);
  });

  test('a claim that ran out can be claimed again, not before', async () => {
    const { id } = await add();
    await claim(NOW);
    expect(await claim(NOW + CLAIM_MS - 1)).toEqual([]);
    expect(await claim(NOW + CLAIM_MS)).toMatchObject([{ id, tries: 2, claimed_until: NOW + 2 * CLAIM_MS }]);
  });

  test('E6: once sent the body is gone, and nobody gets it again', async () => {
    const row = await add();
    await claim(NOW);
    await noteSent(opened.db, row.id, NOW + 1);
    expect(await find(row.id)).toEqual({ ...row, tries: 1, sent_at: NOW + 1, message_sealed: null });
    expect(await claim(NOW + CLAIM_MS)).toEqual([]);
  });

  test('E6: once given up the body is gone, and nobody gets it again', async () => {
    const row = await add();
    await claim(NOW);
    await noteFailed(opened.db, row.id, NOW + 1, 'expired');
    expect(await find(row.id)).toEqual({
      ...row,
      tries: 1,
      failed_at: NOW + 1,
      message_sealed: null,
      last_error: 'expired',
    });
    expect(await claim(NOW + CLAIM_MS)).toEqual([]);
  });

  test('what shall be tried again keeps its body and comes at its time', async () => {
    const row = await add();
    await claim(NOW);
    await noteTryAgain(opened.db, row.id, NOW + 5000, 'ETIMEDOUT');
    expect(await find(row.id)).toEqual({
      ...row,
      tries: 1,
      next_try_at: NOW + 5000,
      last_error: 'ETIMEDOUT',
    });
    expect(await claim(NOW + 4999)).toEqual([]);
    expect(await claimedIds(NOW + 5000)).toEqual([row.id]);
  });

  test('the inbox shows the newest first, in order within one millisecond, and so many at most', async () => {
    const inbox = ['1-a', '1-b', '1-c', '2-a'].map((id) => ({
      id: `${id}-${newId()}`,
      channel: 'sms' as const,
      to: '+14155550132',
      subject: '',
      text: id,
      at: NOW + Number(id[0]),
    }));
    for (const row of [inbox[2], inbox[0], inbox[3], inbox[1]]) if (row) await insertInbox(opened.db, row);
    expect(await readInbox(opened.db, 9)).toEqual(inbox.toReversed());
    expect((await readInbox(opened.db, 2)).map((r) => r.text)).toEqual(['2-a', '1-c']);
  });
}
