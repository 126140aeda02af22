import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountsWithTextLimits, setTextLimits } from '../../../src/store/accounts.ts';
import {
  dropUnused,
  holdCounters,
  keepCounters,
  readCounter,
  readCounters,
} from '../../../src/store/counters.ts';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import { findChallenge, noteUnsent, putChallenge } from '../../../src/store/logins.ts';
import { sweepOldRows } from '../../../src/store/sweep.ts';
import {
  carriersSince,
  countMembersByText,
  refusalsSince,
  seenByCountry,
  textsBlockedBy,
  textsPerDay,
} from '../../../src/store/text-message-counts.ts';
import {
  addRefusedText,
  findTextMessage,
  insertTextMessage,
  isKnownToCarrier,
  noteReceipt,
  noteTextVerified,
  type Signal,
  seenOfPrefix,
  settleTextMessage,
  type TextMessageRow,
  unansweredOf,
} from '../../../src/store/text-messages.ts';
import {
  carriersThatTold,
  newestOfCarriers,
  receiptsPerDay,
} from '../../../src/store/text-receipt-counts.ts';
import type { Opened } from '../conformance.ts';
import {
  addAccount,
  addAuthenticator,
  addLogin,
  addMember,
  CLIENTS,
  challengeRow,
  NOW,
  newId,
  winners,
} from '../rows.ts';

const DAY_MS = 86_400_000;

export function textMessageTests(open: () => Promise<Opened>): void {
  let opened: Opened;
  let db: Db;
  beforeEach(async () => {
    opened = await open();
    db = opened.db;
  });
  afterEach(() => opened.close());

  const add = async (over: Partial<TextMessageRow> = {}): Promise<TextMessageRow> => {
    const row: TextMessageRow = {
      id: newId(),
      at: NOW,
      asks: 1,
      account_id: 'acme',
      user_id: 'theo',
      purpose: 'code',
      country: 'DE',
      prefix_hmac: 'prefix',
      number_hmac: 'number',
      price: 500,
      state: 'sent',
      reason: null,
      carrier: 'twilio',
      provider_id: `sid-${newId()}`,
      parts: 1,
      settled_at: NOW,
      receipt_at: null,
      verified_at: null,
      ...over,
    };
    await insertTextMessage(db, row);
    return row;
  };
  const stateOf = async ({ id }: TextMessageRow) => (await findTextMessage(db, id))?.state;

  test('what a carrier said is noted once', async () => {
    const row = await add({
      state: 'queued',
      carrier: null,
      provider_id: null,
      settled_at: null,
      parts: null,
    });
    const sent = {
      state: 'sent',
      reason: null,
      carrier: 'aws',
      provider_id: 'a',
      parts: 1,
      settled_at: NOW,
    } as const;
    const failed = { ...sent, state: 'failed', reason: 'unavailable:HTTP_500', carrier: null } as const;
    const said = await Promise.all([sent, failed].map((s) => settleTextMessage(db, row.id, s)));
    expect(said.toSorted()).toEqual([false, true]);
    expect(await settleTextMessage(db, row.id, failed)).toBe(false);
  });

  test('delivered is the last word, and a failure is not believed after it', async () => {
    const row = await add();
    const message = { carrier: 'twilio', providerId: row.provider_id ?? '' };
    const say = (state: 'delivered' | 'failed') => noteReceipt(db, message, { state, reason: 'x', at: NOW });
    expect(await say('failed')).toBe(true);
    expect(await say('failed')).toBe(false);
    expect(await say('delivered')).toBe(true);
    expect(await say('failed')).toBe(false);
    expect(await stateOf(row)).toBe('delivered');
    expect(await isKnownToCarrier(db, 'twilio', message.providerId)).toBe(true);
    expect(await isKnownToCarrier(db, 'aws', message.providerId)).toBe(false);
    expect(
      await noteReceipt(db, { ...message, carrier: 'aws' }, { state: 'failed', reason: null, at: NOW }),
    ).toBe(false);
  });

  test('D5: fifty uses of its code at once are one', async () => {
    const row = await add();
    expect(await winners(db, async (tx) => (await noteTextVerified(tx, row.id, NOW)) !== null)).toBe(1);
  });

  test('S10: a prefix is seen since a moment, without what was blocked', async () => {
    await add({ at: NOW - 1 });
    await add({ verified_at: NOW });
    await add({ state: 'failed', carrier: 'twilio' });
    await add({ state: 'failed', reason: 'no_carrier', carrier: null });
    await add({ state: 'blocked', reason: 'number/day' });
    await add({ prefix_hmac: 'another' });
    await add({ purpose: 'enroll' });
    await add({ state: 'blocked', reason: 'record_only' });
    const seen = (over: Partial<Signal>, prefix = 'prefix') =>
      seenOfPrefix(db, prefix, { purpose: 'code', since: NOW - 1, recorded: false, ...over });
    expect(await seen({})).toEqual({ sent: 2, verified: 1 });
    expect(await seen({ purpose: 'enroll' })).toEqual({ sent: 1, verified: 0 });
    expect(await seen({ since: 0 }, 'nobody')).toEqual({ sent: 0, verified: 0 });
    // What was recorded in place of being sent, and nothing else.
    expect(await seen({ recorded: true })).toEqual({ sent: 1, verified: 0 });
    expect(await seen({ recorded: true, since: NOW })).toEqual({ sent: 0, verified: 0 });
  });

  test('S10: numbers that did not answer; one answer is enough', async () => {
    await add({ number_hmac: 'silent' });
    await add({ number_hmac: 'silent' });
    await add({ number_hmac: 'answers' });
    await add({ number_hmac: 'answers', verified_at: NOW });
    await add({ number_hmac: 'blocked', state: 'blocked' });
    await add({ number_hmac: 'old', at: NOW - 10 });
    await add({ number_hmac: 'set-up', purpose: 'enroll' });
    await add({ number_hmac: 'recorded', state: 'blocked', reason: 'record_only' });
    const asked = ['silent', 'answers', 'blocked', 'old', 'nobody', 'set-up', 'recorded'];
    const signal: Signal = { purpose: 'code', since: NOW - 10, recorded: false };
    expect(await unansweredOf(db, asked, signal)).toEqual(new Set(['silent']));
    expect(await unansweredOf(db, asked, { ...signal, purpose: 'enroll' })).toEqual(new Set(['set-up']));
    expect(await unansweredOf(db, asked, { ...signal, recorded: true })).toEqual(new Set(['recorded']));
    expect(await unansweredOf(db, [], signal)).toEqual(new Set());
  });

  test('T28: refused asks are added up: by hour, account, country, purpose and reason, without person or number', async () => {
    const hour = Math.floor(NOW / 3_600_000) * 3_600_000;
    const base = await add({ at: hour, state: 'delivered' });
    const refuse = (over: Partial<TextMessageRow> = {}) => {
      const row = { ...base, id: newId(), at: hour, state: 'blocked', reason: 'run', carrier: null } as const;
      return inTransaction(db, (tx) => addRefusedText(tx, { ...row, provider_id: null, ...over }));
    };
    await Promise.all(Array.from({ length: CLIENTS }, () => refuse()));
    await refuse({ at: hour + 3_599_999 });
    const others: Partial<TextMessageRow>[] = [
      { at: hour + 3_600_000 },
      { account_id: null },
      { country: 'US' },
      { purpose: 'enroll' },
      { reason: 'country' },
      { state: 'failed', reason: 'no_carrier' },
    ];
    for (const other of others) for (let n = 0; n < 2; n++) await refuse(other);
    const rows = await db.selectFrom('text_messages').selectAll().where('id', '!=', base.id).execute();
    expect(rows.map(({ asks }) => asks).toSorted((a, b) => a - b)).toEqual([2, 2, 2, 2, 2, 2, CLIENTS + 1]);
    expect(rows.find(({ asks }) => asks > 2)?.at).toBe(hour + 3_599_999);
    for (const row of rows) expect(row).toMatchObject({ user_id: null, number_hmac: '', prefix_hmac: '' });
    // Pages and the operator see every ask.
    const blocked = await textsBlockedBy(db, null, hour);
    expect(blocked).toEqual([
      { reason: 'run', count: CLIENTS + 1 + 8 },
      { reason: 'country', count: 2 },
    ]);
    const days = await textsPerDay(db, null, hour);
    const total = (of: 'sent' | 'blocked' | 'failed') => days.reduce((sum, day) => sum + day[of], 0);
    // One that went, and two that no carrier took.
    expect([total('sent'), total('failed'), total('blocked')]).toEqual([3, 2, CLIENTS + 1 + 10]);
    expect(await refusalsSince(db, hour)).toEqual([{ reason: 'no_carrier', count: 2, lastAt: hour }]);
  });

  test('T28: counters that count nothing go with the ask that was refused', async () => {
    await inTransaction(db, async (tx) => {
      await holdCounters(tx, ['texts:old', 'texts:new']);
      await keepCounters(tx, new Map([['texts:old', { wrong: 0, waitUntil: NOW, lastAt: NOW }]]));
    });
    await inTransaction(db, async (tx) => {
      await holdCounters(tx, ['texts:old', 'texts:new', 'texts:newer']);
      await dropUnused(tx, ['texts:old', 'texts:new', 'texts:newer']);
      await dropUnused(tx, []);
    });
    // Given back is not unused: its window still runs.
    expect([...(await readCounters(db, ['texts:old', 'texts:new', 'texts:newer'])).keys()]).toEqual([
      'texts:old',
    ]);
  });

  test('per day (UTC) and country, the newest day first; of one account or of all', async () => {
    const midnight = Math.floor(NOW / DAY_MS) * DAY_MS;
    const [today, yesterday] = [midnight, midnight - 1].map((at) => new Date(at).toISOString().slice(0, 10));
    await add({ at: midnight, state: 'delivered', verified_at: NOW });
    await add({ at: midnight, state: 'failed' });
    await add({ at: midnight, state: 'blocked', reason: 'run' });
    await add({ at: midnight, country: 'AT', account_id: 'other' });
    await add({ at: midnight - 1, state: 'blocked', reason: 'run' });
    await add({ at: midnight - DAY_MS - 1 });
    const none = { sent: 0, delivered: 0, verified: 0, failed: 0, blocked: 0 };
    expect(await textsPerDay(db, 'acme', midnight - DAY_MS)).toEqual([
      { ...none, day: today, country: 'DE', sent: 2, delivered: 1, verified: 1, failed: 1, blocked: 1 },
      { ...none, day: yesterday, country: 'DE', blocked: 1 },
    ]);
    expect((await textsPerDay(db, null, midnight)).map(({ country }) => country)).toEqual(['AT', 'DE']);
    await add({ at: midnight, state: 'blocked', reason: 'country' });
    expect(await textsBlockedBy(db, 'acme', midnight - DAY_MS)).toEqual([
      { reason: 'run', count: 2 },
      { reason: 'country', count: 1 },
    ]);
    expect(await textsBlockedBy(db, 'other', 0)).toEqual([]);
  });

  test('a carrier’s newest in a country, and no more than were asked for', async () => {
    for (let n = 0; n < 4; n++) await add({ at: NOW + n, state: n < 3 ? 'delivered' : 'sent' });
    await add({ country: 'AT' });
    await add({ carrier: 'aws' });
    await add({ at: NOW + 9 });
    const newest = await newestOfCarriers(db, ['twilio', 'vonage'], { from: NOW - 1, until: NOW + 3 }, 3);
    expect(newest.toSorted((a, b) => (a.country < b.country ? -1 : 1))).toEqual([
      { carrier: 'twilio', country: 'AT', sent: 1, delivered: 0 },
      { carrier: 'twilio', country: 'DE', sent: 3, delivered: 2 },
    ]);
    expect(await newestOfCarriers(db, [], { from: 0, until: NOW }, 3)).toEqual([]);
  });

  test('of which carriers any receipt has come, in a time', async () => {
    await add({ carrier: 'aws' });
    await add({ carrier: 'twilio', state: 'failed', receipt_at: NOW });
    await add({ carrier: 'vonage', state: 'delivered', receipt_at: NOW, at: NOW - 5 });
    const time = { from: NOW - 5, until: NOW };
    const told = (carriers: string[]) => carriersThatTold(db, carriers, time);
    expect(await told(['aws', 'twilio', 'vonage', 'smpp'])).toEqual(new Set(['twilio']));
    expect(await told([])).toEqual(new Set());
  });

  test('what receipts say, per day (UTC), carrier and country', async () => {
    const midnight = Math.floor(NOW / DAY_MS) * DAY_MS;
    const day = (at: number) => new Date(at).toISOString().slice(0, 10);
    await add({ at: midnight, state: 'delivered' });
    await add({ at: midnight, state: 'failed' });
    await add({ at: midnight });
    await add({ at: midnight, country: 'AT', state: 'delivered' });
    await add({ at: midnight, carrier: 'aws' });
    await add({ at: midnight - 1, state: 'delivered' });
    await add({ at: midnight - 2, state: 'delivered' });
    // Of no carrier.
    await add({ at: midnight, carrier: null, state: 'failed' });
    await add({ at: midnight, carrier: null, state: 'blocked' });
    const line = (at: number, carrier: string, country: string, counts: [number, number, number]) => ({
      day: day(at),
      carrier,
      country,
      sent: counts[0],
      delivered: counts[1],
      failed: counts[2],
    });
    expect(await receiptsPerDay(db, midnight - 1)).toEqual([
      line(midnight, 'aws', 'DE', [1, 0, 0]),
      line(midnight, 'twilio', 'AT', [1, 1, 0]),
      line(midnight, 'twilio', 'DE', [3, 1, 1]),
      line(midnight - 1, 'twilio', 'DE', [1, 1, 0]),
    ]);
  });

  test('by country, by carrier, and what none took', async () => {
    await add({ verified_at: NOW });
    await add({ state: 'delivered', settled_at: NOW + 5 });
    await add({ state: 'failed', carrier: null, provider_id: null, reason: 'throttled:HTTP_429' });
    await add({ state: 'unknown', carrier: null, provider_id: null, reason: 'unknown:timeout', at: NOW + 1 });
    await add({ state: 'blocked', carrier: null, provider_id: null, reason: 'run' });
    expect(await seenByCountry(db, NOW - 1, NOW)).toEqual([{ country: 'DE', sent: 2, verified: 1 }]);
    expect(await carriersSince(db, NOW)).toEqual([
      { carrier: 'twilio', taken: 2, delivered: 1, lastTakenAt: NOW + 5 },
    ]);
    expect(await refusalsSince(db, NOW)).toEqual([
      { reason: 'unknown:timeout', count: 1, lastAt: NOW + 1 },
      { reason: 'throttled:HTTP_429', count: 1, lastAt: NOW },
    ]);
  });

  test('people of an account who get their codes by text message', async () => {
    const { user, account } = await addMember(db);
    expect(await countMembersByText(db, account.id)).toBe(0);
    const trust = async (kind: 'sms' | 'totp') => {
      const x = await addAuthenticator(db, { user_id: user.id, kind });
      await db
        .updateTable('memberships')
        .set({ trust: 'authenticator', authenticator_id: x.id })
        .where('account_id', '=', account.id)
        .execute();
    };
    await trust('sms');
    expect(await countMembersByText(db, account.id)).toBe(1);
    await trust('totp');
    expect(await countMembersByText(db, account.id)).toBe(0);
  });

  test('S09: accounts with limits of their own', async () => {
    const [high, low] = [await addAccount(db, { slug: 'high' }), await addAccount(db, { slug: 'low' })];
    await addAccount(db, { slug: 'as-everybody' });
    const set = (id: string, messages: number | null, spend: number | null) =>
      inTransaction(db, (tx) =>
        setTextLimits(tx, id, { texts_per_day: messages, text_spend_per_day: spend }),
      );
    await set(low.id, 0, null);
    // The most that can be set: 200,000 of the currency.
    await set(high.id, null, 2_000_000_000);
    expect(
      (await accountsWithTextLimits(db)).map((a) => [a.slug, a.texts_per_day, a.text_spend_per_day]),
    ).toEqual([
      ['high', null, 2_000_000_000],
      ['low', 0, null],
    ]);
    await set(low.id, null, null);
    expect((await accountsWithTextLimits(db)).map(({ slug }) => slug)).toEqual(['high']);
  });

  test('a challenge hears of its newest message only, and of none once it is spent', async () => {
    const login = await addLogin(db);
    const row = challengeRow({ login_id: login.id, user_id: 'theo', message_id: 'second' });
    await inTransaction(db, (tx) => putChallenge(tx, row));
    const hear = async (id: string) => {
      await inTransaction(db, (tx) => noteUnsent(tx, id, 'failed'));
      return (await findChallenge(db, login.id, 'code'))?.unsent;
    };
    expect(await hear('first')).toBeNull();
    expect(await hear('second')).toBe('failed');
    await inTransaction(db, (tx) => putChallenge(tx, { ...row, spent_at: NOW }));
    expect(await hear('second')).toBeNull();
  });

  test('swept after ninety days', async () => {
    const kept = await add({ at: NOW - 90 * DAY_MS });
    await add({ at: NOW - 90 * DAY_MS - 1 });
    await sweepOldRows(db, NOW);
    expect(await db.selectFrom('text_messages').select('id').execute()).toEqual([{ id: kept.id }]);
  });

  test('T28, Q4: held counters: of fifty at once over several limits never more than the least goes', async () => {
    const keys = ['texts:a', 'texts:b', 'texts:c'];
    const limits = [100, 7, 9];
    let client = 0;
    const goes = await winners(db, async (tx) => {
      // Asked for in any order.
      const order = client++ % 2 === 0 ? keys : keys.toReversed();
      const held = await holdCounters(tx, order);
      const fits = keys.every((key, n) => (held.get(key)?.wrong ?? 0) < (limits[n] ?? 0));
      if (!fits) return false;
      await keepCounters(
        tx,
        new Map(
          keys.map((key) => [key, { wrong: (held.get(key)?.wrong ?? 0) + 1, waitUntil: NOW, lastAt: NOW }]),
        ),
      );
      return true;
    });
    expect(CLIENTS).toBeGreaterThan(7);
    expect(goes).toBe(7);
    expect((await readCounter(db, 'texts:a'))?.wrong).toBe(7);
    expect(await readCounters(db, [...keys, 'texts:none'])).toEqual(
      new Map(keys.map((key) => [key, { wrong: 7, waitUntil: NOW, lastAt: NOW }])),
    );
  });
}
