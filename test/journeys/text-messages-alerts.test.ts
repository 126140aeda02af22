/** S09: a day's spend stop tells of itself at 50, 80 and 100 %, once in each day that is counted, and anew in the next. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askForText, type TextAnswer } from '../../src/flows/text-messages.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { inTransaction } from '../../src/store/database.ts';
import { hours, minutes } from '../support/clock.ts';
import { type Door, openDoor } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';

const OPERATOR = 'help@sallyport.example';

let gateway: SmsGateway;
let door: Door;
let account: AccountRow;
beforeEach(async () => {
  gateway = await smsGateway(() => door.clock.now());
  door = await openDoor({
    env: {
      SMS_URL: gateway.address,
      SMS_COUNTRIES: 'US',
      SMS_PRICES: 'US:0.1',
      // Ten messages, by money; the account has less than the whole service.
      SMS_LIMITS: 'instance/spend=2,account/spend=1',
    },
  });
  account = await door.addAccount({ name: 'Meridian', mandates: ['sms'] });
  await door.addPerson({ email: 'olivia@meridian.example', in: [{ account, role: 'owner' }] });
  // 20:00 UTC: the day that is counted goes over midnight.
  const now = new Date(door.clock.now());
  const evening = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1, 20);
  door.clock.advance(evening - door.clock.now());
});
afterEach(async () => {
  await door.close();
  await gateway.close();
});

let asks = 0;
/** Each by somebody else, from somewhere else, to a number far from the others. */
const ask = (
  accountId: string | null = account.id,
  purpose: 'code' | 'enroll' = 'code',
): Promise<TextAnswer> => {
  const n = ++asks;
  return inTransaction(door.ctx.db, (tx) =>
    askForText(door.ctx, tx, {
      id: `ask-${n}`,
      to: `+1${212 + (n % 6)}555${1000 + 13 * n}`,
      purpose,
      userId: `person-${n}`,
      accountId,
      network: `10.0.${n}.1`,
    }),
  );
};
const many = async (count: number, accountId?: string | null) => {
  for (let n = 0; n < count; n++) expect(await ask(accountId)).toBe('go');
};
const told = async (to: string): Promise<string[]> => {
  await door.sent();
  const mails = await door.rows<{ subject: string }>(
    `select subject from inbox where "to" = '${to}' and channel = 'email' order by id`,
  );
  return mails.flatMap(({ subject }) => /^(\d+) %/.exec(subject)?.[1] ?? []);
};
const toAdmins = () => told('olivia@meridian.example');

describe('S09 over midnight UTC', () => {
  it('each mark once, on whichever side it is passed; the stop holds over midnight', async () => {
    await many(5);
    expect(await toAdmins()).toEqual(['50']);
    door.clock.advance(hours(4) - minutes(1));
    await many(2);
    expect(await toAdmins()).toEqual(['50']);
    // A minute before midnight, then one after it.
    door.clock.advance(minutes(2));
    await many(1);
    expect(await toAdmins()).toEqual(['50', '80']);
    await many(2);
    expect(await toAdmins()).toEqual(['50', '80', '100']);
    for (let n = 0; n < 20; n++) {
      door.clock.advance(minutes(55));
      expect(await ask()).toBe('limit');
    }
    expect(await toAdmins()).toEqual(['50', '80', '100']);
  });

  it('the next day is told of anew, also where less than a day lies between the marks', async () => {
    await many(1);
    // Half of it late in that day …
    door.clock.advance(hours(23));
    await many(4);
    expect(await toAdmins()).toEqual(['50']);
    // … and half of the next at its beginning, two hours later.
    door.clock.advance(hours(2));
    await many(5);
    expect(await toAdmins()).toEqual(['50', '50']);
    await many(5);
    expect(await toAdmins()).toEqual(['50', '50', '80', '100']);
    expect(await ask()).toBe('limit');
  });

  it('the instance goes by the same: to the operator, who is not told of single accounts', async () => {
    await many(10);
    expect(await told(OPERATOR)).toEqual(['50']);
    door.clock.advance(hours(4));
    await many(10, null);
    expect(await told(OPERATOR)).toEqual(['50', '80', '100']);
    expect(await ask(null)).toBe('limit');
    door.clock.advance(hours(20));
    await many(10, null);
    expect(await told(OPERATOR)).toEqual(['50', '80', '100', '50']);
    expect(await toAdmins()).toEqual(['50', '80', '100']);
  });

  it('a cap with room for nobody who sets up, or for no message at all: no wait is told, and the admins are, once', async () => {
    const cap = (n: number) =>
      door.ctx.db.updateTable('accounts').set({ texts_per_day: n }).where('id', '=', account.id).execute();
    const low = () => door.count('olivia@meridian.example', /A limit is too low for text messages/);
    await cap(1);
    expect(await ask(account.id, 'enroll')).toBe('failed');
    expect(await ask(account.id, 'enroll')).toBe('failed');
    expect(await low()).toBe(1);
    expect(await toAdmins()).toEqual([]);
    // Whoever is set up is sent the one that there is; after it waiting helps.
    expect(await ask()).toBe('go');
    expect(await toAdmins()).toEqual(['50', '80', '100']);
    expect(await ask()).toBe('limit');
    await cap(0);
    expect(await ask()).toBe('failed');
    expect(await low()).toBe(2);
    const events = await door.rows<{ data: string }>(
      `select data from audit_events where kind = 'sms.alert'`,
    );
    expect(events.map(({ data }) => JSON.parse(data).what).toSorted()).toEqual([
      'cap',
      'cap',
      'cap',
      'too_low',
      'too_low',
    ]);
  });

  it('says until when nothing is sent, and sends again from then on', async () => {
    const began = door.clock.now();
    await many(10);
    await door.sent();
    const { text } = await door.newest('olivia@meridian.example');
    const until = new Date(began + hours(24)).toISOString().slice(0, 16).replace('T', ' ');
    expect(text).toContain(`No further text message is sent until ${until} UTC`);
    door.clock.advance(hours(24) - 1);
    expect(await ask()).toBe('limit');
    door.clock.advance(1);
    expect(await ask()).toBe('go');
  });
});
