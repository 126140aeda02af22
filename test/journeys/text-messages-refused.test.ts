/** T28: what is left of asks that led to no message: counts, never rows without end; and what record-only shows. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../src/flows/context.ts';
import { askForText, type TextAnswer } from '../../src/flows/text-messages.ts';
import { viewTextMessages } from '../../src/flows/view-text-messages.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { inTransaction } from '../../src/store/database.ts';
import { hours, minutes, seconds } from '../support/clock.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';

let gateway: SmsGateway;
let door: Door;
let account: AccountRow;
let theo: Person;
beforeEach(async () => {
  gateway = await smsGateway(() => door.clock.now());
  door = await openDoor({ env: { SMS_URL: gateway.address, SMS_COUNTRIES: 'US' } });
  account = await door.addAccount({ name: 'Meridian', mandates: ['sms', 'totp'] });
  theo = await door.addPerson({
    email: 'theo@people.example',
    method: 'sms',
    phone: '+14155550132',
    in: [{ account }],
  });
});
afterEach(async () => {
  await door.close();
  await gateway.close();
});

const rowsOf = async (table: string) =>
  Number((await door.rows<{ n: number }>(`select count(*) as n from ${table}`))[0]?.n);
const blockedBy = async () => (await viewTextMessages(door.ctx, account.id, 1)).blockedBy;
/** As a step of a login asks, without the pages before it. */
let asks = 0;
const ask = (to: string, ctx: Context = door.ctx, purpose: 'code' | 'enroll' = 'code'): Promise<TextAnswer> =>
  inTransaction(ctx.db, (tx) =>
    askForText(ctx, tx, {
      id: `ask-${++asks}`,
      to,
      purpose,
      userId: theo.id,
      accountId: account.id,
      network: `198.51.100.${asks % 250}`,
    }),
  );
/** The same server with another setting. */
const withPolicy = (over: Partial<Context['texts']['policy']>): Context => ({
  ...door.ctx,
  texts: { ...door.ctx.texts, policy: { ...door.ctx.texts.policy, ...over } },
});

describe('T28: asks that are refused', () => {
  it('again and again in one login: one row, however often; the count is right', async () => {
    // Three at once to one number are three; the login asks on.
    for (let n = 0; n < 3; n++) expect(await ask('+14155550132')).toBe('go');
    const browser = door.browser();
    await door.password(browser, theo);
    const [texts, counters] = [await rowsOf('text_messages'), await rowsOf('counters')];
    for (let n = 0; n < 40; n++) {
      const page = await submit(browser, '/login/code', { action: 'resend' });
      expect(page.text).toContain('Too many text messages have been asked for');
    }
    expect(await rowsOf('text_messages')).toBe(texts);
    expect(await rowsOf('counters')).toBe(counters);
    expect(await blockedBy()).toEqual([{ reason: 'number/10min', count: 41 }]);
    // Nobody's name stands beside them, and no number.
    const refused = await door.rows("select user_id, number_hmac from text_messages where state = 'blocked'");
    expect(refused).toEqual([{ user_id: null, number_hmac: '' }]);
  });

  it('for ever new numbers in one set-up: neither messages nor counters pile up', async () => {
    for (let n = 0; n < 5; n++) await ask(`+1415555${1000 + 41 * n}`, door.ctx, 'enroll');
    const [texts, counters] = [await rowsOf('text_messages'), await rowsOf('counters')];
    for (let n = 0; n < 200; n++) {
      expect(await ask(`+1212555${1000 + 7 * n}`, door.ctx, 'enroll')).toBe('limit');
    }
    expect(await rowsOf('text_messages')).toBe(texts + 1);
    expect(await rowsOf('counters')).toBe(counters);
    expect(await blockedBy()).toEqual([{ reason: 'person/hour', count: 200 }]);
  });

  it('while no carrier takes any: counted as failed, one row an hour', async () => {
    const silent: Context = { ...door.ctx, texts: { ...door.ctx.texts, ready: () => false } };
    for (let n = 0; n < 50; n++) expect(await ask('+14155550132', silent)).toBe('failed');
    door.clock.advance(hours(1));
    expect(await ask('+14155550132', silent)).toBe('failed');
    expect(await rowsOf('text_messages')).toBe(2);
    const { days } = await viewTextMessages(door.ctx, account.id, 2);
    expect(days.reduce((sum, day) => sum + day.failed, 0)).toBe(51);
    // Told once, and the person may press again at once: their messages are not used up by it.
    expect(await door.count('help@sallyport.example', /No carrier takes text messages/)).toBe(1);
    expect(await ask('+14155550132')).toBe('go');
  });

  it('each hour, account, country and reason has a row of its own', async () => {
    await ask('+37120000001');
    await ask('+37120000002');
    await ask('+14155550132', withPolicy({ limits: { ...door.ctx.texts.policy.limits, 'account/day': 0 } }));
    door.clock.advance(hours(1));
    await ask('+37120000001');
    expect(await rowsOf('text_messages')).toBe(3);
    expect(await blockedBy()).toEqual([
      { reason: 'country', count: 3 },
      { reason: 'account/day', count: 1 },
    ]);
  });
});

describe('S10 record-only shows what would be blocked, and why', () => {
  /** Its people ask more often than one person may. */
  const recording = () => {
    const limits = { ...door.ctx.texts.policy.limits, 'person/hour': 100, 'person/day': 100 };
    return withPolicy({ mode: 'record-only', limits });
  };

  it('neighbouring numbers: the sixth of a run', async () => {
    for (let n = 0; n < 6; n++) {
      expect(await ask(`+1415555010${n}`, recording())).toBe('failed');
      door.clock.advance(minutes(1));
    }
    expect(await blockedBy()).toEqual([
      { reason: 'record_only', count: 5 },
      { reason: 'run', count: 1 },
    ]);
    const { text } = await door.newest('help@sallyport.example');
    expect(text).toContain('SMS_MODE is record-only: nothing is sent, and nothing was stopped.');
  });

  it('a prefix whose codes nobody uses: the eleventh', async () => {
    for (let n = 0; n < 11; n++) await ask(`+1415555${1000 + 17 * n}`, recording());
    expect(await blockedBy()).toEqual([
      { reason: 'record_only', count: 10 },
      { reason: 'prefix/hour', count: 1 },
    ]);
    expect(await rowsOf("outbox where channel = 'sms'")).toBe(0);
    expect(gateway.handed).toEqual([]);
  });

  it('and once messages are sent, what was only recorded keeps nobody out', async () => {
    for (let n = 0; n < 5; n++) {
      await ask('+14155550131', recording());
      await ask(`+1415555013${3 + n}`, recording());
      door.clock.advance(seconds(1));
    }
    expect(await ask('+14155550132')).toBe('go');
  });
});
