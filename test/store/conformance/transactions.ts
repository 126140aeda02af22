import { expect, test } from 'vitest';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import { readMeta, writeMeta } from '../../../src/store/meta.ts';
import { findUser, insertUser } from '../../../src/store/users.ts';
import { atOnce, CLIENTS, newId, userRow } from '../rows.ts';

export function transactionTests(db: () => Db): void {
  test('R62: a throw takes back all that was written before it', async () => {
    const user = userRow();
    const mark = newId();
    const work = inTransaction(db(), async (tx) => {
      await insertUser(tx, user);
      await writeMeta(tx, mark, 'written');
      throw new Error('the last step went wrong');
    });
    await expect(work).rejects.toThrow('the last step went wrong');
    expect(await findUser(db(), user.id)).toBeNull();
    expect(await readMeta(db(), mark)).toBeNull();
  });

  test('R62: a statement that the database refuses takes back the rest too', async () => {
    const user = userRow();
    const work = inTransaction(db(), async (tx) => {
      await insertUser(tx, user);
      await insertUser(tx, { ...userRow(), id: user.id });
    });
    await expect(work).rejects.toThrow();
    expect(await findUser(db(), user.id)).toBeNull();
  });

  test('a query past the transaction, inside it, is an error and not a hang', async () => {
    const mark = newId();
    const work = inTransaction(db(), async (tx) => {
      await writeMeta(tx, mark, 'written');
      await readMeta(db(), mark);
    });
    await expect(work).rejects.toThrow(/must go through that transaction/);
    expect(await readMeta(db(), mark)).toBeNull();
  });

  test('a transaction inside a transaction is an error and not a hang', async () => {
    const work = inTransaction(db(), () => inTransaction(db(), async () => 'in'));
    await expect(work).rejects.toThrow(/must go through that transaction/);
    expect(await inTransaction(db(), async () => 'the next one is fine')).toBe('the next one is fine');
  });

  test('fifty at once all finish, those that throw too', async () => {
    const marks = Array.from({ length: CLIENTS }, newId);
    const results = await Promise.allSettled(
      marks.map((mark, n) =>
        inTransaction(db(), async (tx) => {
          await writeMeta(tx, mark, String(n));
          if (n % 5 === 0) throw new Error(`client ${n} gives up`);
          return readMeta(tx, mark);
        }),
      ),
    );
    const expected = marks.map((_, n) => (n % 5 === 0 ? `client ${n} gives up` : String(n)));
    expect(results.map((r) => (r.status === 'fulfilled' ? r.value : r.reason.message))).toEqual(expected);
    const kept = await Promise.all(marks.map((mark) => readMeta(db(), mark)));
    expect(kept).toEqual(marks.map((_, n) => (n % 5 === 0 ? null : String(n))));
  });

  test('nobody sees what is not committed yet', async () => {
    const mark = newId();
    const seen: (string | null)[] = [];
    await Promise.all([
      atOnce(db(), async (tx) => {
        seen.push(await readMeta(tx, mark));
      }),
      inTransaction(db(), async (tx) => {
        await writeMeta(tx, mark, 'half');
        await writeMeta(tx, mark, 'whole');
      }),
    ]);
    expect(seen).not.toContain('half');
  });
}
