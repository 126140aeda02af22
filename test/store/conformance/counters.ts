import { expect, test } from 'vitest';
import {
  clearCounter,
  countMail,
  countTry,
  type Decide,
  readCounter,
  takeBackTry,
  writeCounter,
} from '../../../src/store/counters.ts';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import { CLIENTS, NOW, newId, winners } from '../rows.ts';

/** Hears every try. */
const hear: Decide = (counter) => ({
  heard: true,
  next: { wrong: (counter?.wrong ?? 0) + 1, waitUntil: NOW + 5, lastAt: NOW },
});
/** Hears so many, then says how long to wait. */
const hearMost =
  (most: number): Decide =>
  (counter) =>
    (counter?.wrong ?? 0) < most ? hear(counter) : { heard: false, reason: 'wait', until: NOW + 5 };

export function counterTests(db: () => Db): void {
  const countBy = (...rules: [string, Decide][]) => countTry(db(), new Map(rules));
  const wrong = async (key: string) => (await readCounter(db(), key))?.wrong ?? 0;
  const fifty = <T>(deed: () => Promise<T>) => Promise.all(Array.from({ length: CLIENTS }, deed));

  test('D5: a try is counted and kept, with what the rule said', async () => {
    const key = newId();
    expect(await readCounter(db(), key)).toBeNull();
    expect(await countBy([key, hear])).toEqual({
      heard: true,
      counters: new Map([[key, { wrong: 1, waitUntil: NOW + 5, lastAt: NOW }]]),
    });
    expect(await readCounter(db(), key)).toEqual({ wrong: 1, waitUntil: NOW + 5, lastAt: NOW });
  });

  test('D5, Q4: fifty tries at once are fifty counted tries', async () => {
    const key = newId();
    const results = await fifty(() => countBy([key, hear]));
    const counts = results.map((r) => (r.heard ? (r.counters.get(key)?.wrong ?? 0) : 0));
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: CLIENTS }, (_, n) => n + 1));
    expect(await wrong(key)).toBe(CLIENTS);
  });

  test('D6, Q4: of fifty tries at once never more than the limit is heard', async () => {
    const key = newId();
    const results = await fifty(() => countBy([key, hearMost(10)]));
    expect(results.filter((r) => r.heard)).toHaveLength(10);
    expect(await wrong(key)).toBe(10);
  });

  test('D7: a right one takes its own try back, and its own wait', async () => {
    const key = newId();
    await countBy([key, hear]);
    const second = await countBy([key, hear]);
    if (!second.heard) throw new Error('heard');
    await takeBackTry(db(), key, second.counters.get(key) ?? { wrong: 0, waitUntil: 0, lastAt: 0 });
    expect(await readCounter(db(), key)).toEqual({ wrong: 1, waitUntil: 0, lastAt: NOW });
  });

  test('D7: wrong ones counted while a right one was hashed stay counted, and so does their wait', async () => {
    const key = newId();
    const right = await countBy([key, hear]);
    if (!right.heard) throw new Error('heard');
    const slower: Decide = (counter) => ({
      heard: true,
      next: { wrong: (counter?.wrong ?? 0) + 1, waitUntil: NOW + 30, lastAt: NOW },
    });
    await fifty(() => countBy([key, slower]));
    await takeBackTry(db(), key, right.counters.get(key) ?? { wrong: 0, waitUntil: 0, lastAt: 0 });
    expect(await readCounter(db(), key)).toEqual({ wrong: CLIENTS, waitUntil: NOW + 30, lastAt: NOW });
  });

  test('D7: fifty right ones at once leave nothing behind', async () => {
    const key = newId();
    await fifty(async () => {
      const right = await countBy([key, hear]);
      if (!right.heard) throw new Error('heard');
      await takeBackTry(db(), key, right.counters.get(key) ?? { wrong: 0, waitUntil: 0, lastAt: 0 });
    });
    expect(await wrong(key)).toBe(0);
  });

  test('D7: over several counters a try counts in all or in none', async () => {
    const [address, network] = [newId(), newId()];
    const results = await fifty(() => countBy([address, hear], [network, hearMost(7)]));
    expect(results.filter((r) => r.heard)).toHaveLength(7);
    expect([await wrong(address), await wrong(network)]).toEqual([7, 7]);
  });

  test('D7: refused by one, whichever comes first, it is counted in none and says why', async () => {
    const keys = [newId(), newId()].sort() as [string, string];
    for (const refusing of keys) {
      const rule = (key: string): [string, Decide] => [
        key,
        key === refusing ? () => ({ heard: false, reason: 'dead' }) : hear,
      ];
      expect(await countBy(rule(keys[0]), rule(keys[1]))).toEqual({ heard: false, reason: 'dead' });
      expect([await wrong(keys[0]), await wrong(keys[1])]).toEqual([0, 0]);
    }
  });

  test('counters named in any order never wait for each other', async () => {
    const [a, b] = [newId(), newId()];
    let client = 0;
    const results = await fifty(() =>
      client++ % 2 === 0 ? countBy([a, hear], [b, hear]) : countBy([b, hear], [a, hear]),
    );
    expect(results.every((r) => r.heard)).toBe(true);
    expect([await wrong(a), await wrong(b)]).toEqual([CLIENTS, CLIENTS]);
  });

  test('D6: a counter is taken back or cleared alone', async () => {
    const [key, other] = [newId(), newId()];
    await countBy([key, hear], [other, hear]);
    await writeCounter(db(), key, { wrong: 3, waitUntil: NOW + 1, lastAt: NOW + 2 });
    expect(await readCounter(db(), key)).toEqual({ wrong: 3, waitUntil: NOW + 1, lastAt: NOW + 2 });
    await inTransaction(db(), (tx) => clearCounter(tx, key));
    expect(await readCounter(db(), key)).toBeNull();
    expect(await wrong(other)).toBe(1);
  });

  test('D6: fifty mails at once to one address, ten go', async () => {
    const key = newId();
    expect(await winners(db(), (tx) => countMail(tx, key, 10, 1000, NOW))).toBe(10);
    expect(await readCounter(db(), key)).toEqual({ wrong: 10, waitUntil: NOW + 1000, lastAt: NOW });
  });

  test('D6: the window starts with the first mail and does not slide', async () => {
    const key = newId();
    const mail = (now: number) => inTransaction(db(), (tx) => countMail(tx, key, 2, 1000, now));
    expect(await mail(NOW)).toBe(true);
    expect(await mail(NOW + 600)).toBe(true);
    expect(await mail(NOW + 999)).toBe(false);
    expect(await mail(NOW + 1000)).toBe(true);
    expect(await mail(NOW + 1001)).toBe(true);
    expect(await mail(NOW + 1999)).toBe(false);
    expect(await mail(NOW + 2000)).toBe(true);
  });

  test('D6: fifty mails at once where a window ended, ten go', async () => {
    const key = newId();
    await winners(db(), (tx) => countMail(tx, key, 10, 1000, NOW));
    expect(await winners(db(), (tx) => countMail(tx, key, 10, 1000, NOW + 1000))).toBe(10);
  });
}
