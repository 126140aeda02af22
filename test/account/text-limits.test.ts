/** S09, T3: what the operator allows one account by text message, and what its admins see of it and of nobody else. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operateTextLimits } from '../../src/flows/text-limits.ts';
import { askForText, type TextAnswer } from '../../src/flows/text-messages.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { inTransaction } from '../../src/store/database.ts';
import { minutes } from '../support/clock.ts';
import { type Door, openDoor, type Person } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { loggedIn } from './steps.ts';

const OPERATOR = { name: 'tester' };

let door: Door;
let meridian: AccountRow;
let harbour: AccountRow;
let olivia: Person;
let owner: HttpBrowser;
beforeEach(async () => {
  door = await openDoor({ env: { SMS_LIMITS: 'account/day=4,account/spend=1,instance/day=20' } });
  meridian = await door.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
  harbour = await door.addAccount({ name: 'Harbour', mandates: ['totp', 'sms'] });
  olivia = await door.addPerson({
    email: 'olivia@meridian.example',
    method: 'totp',
    in: [{ account: meridian, role: 'owner' }],
  });
  owner = await loggedIn(door, olivia);
});
afterEach(() => door.close());

let asks = 0;
const ask = (account: AccountRow, to?: string): Promise<TextAnswer> => {
  const n = ++asks;
  return inTransaction(door.ctx.db, (tx) =>
    askForText(door.ctx, tx, {
      id: `ask-${n}`,
      to: to ?? `+1${212 + (n % 6)}555${1000 + 13 * n}`,
      purpose: 'code',
      userId: `person-${n}`,
      accountId: account.id,
      network: `10.0.${n}.1`,
    }),
  );
};
const many = async (account: AccountRow, count: number) => {
  const answers: TextAnswer[] = [];
  for (let n = 0; n < count; n++) answers.push(await ask(account));
  return answers.filter((answer) => answer === 'go').length;
};
const set = (perDay?: string, spend?: string) =>
  operateTextLimits(door.ctx, OPERATOR, 'meridian', { perDay, spend });
const security = async () => (await owner.get('/accounts/meridian/security')).text;
const told = (to: string) => door.count(to, /^\d+ % of the text messages/);

describe('S09 limits of one account', () => {
  it.each([
    ['lower', '2', 2],
    ['higher', '7', 7],
    ['none at all', '0', 0],
  ])('%s than the others have: %s', async (_what, perDay, goes) => {
    expect(await set(perDay)).toMatchObject({ result: 'done' });
    expect(await many(meridian, 9)).toBe(goes);
    expect(await many(harbour, 9)).toBe(4);
  });

  it('of money too; back to what holds for everybody, with what was used', async () => {
    // A message costs 0.05 unless it is said otherwise.
    await set('default', '0.10');
    expect(await many(meridian, 4)).toBe(2);
    expect(await set(undefined, 'default')).toMatchObject({ result: 'done' });
    expect(await many(meridian, 4)).toBe(2);
    expect(await set(undefined, 'default')).toMatchObject({ result: 'unchanged' });
  });

  it('its own marks are told, and told anew once the limit has been raised', async () => {
    await set('2');
    await many(meridian, 2);
    expect(await told(olivia.email)).toBe(3);
    await set('4');
    // The fourth of four: 100 % once more, and 80 on the way.
    expect(await many(meridian, 3)).toBe(2);
    expect(await told(olivia.email)).toBe(5);
    expect((await door.newest(olivia.email)).text).toContain('account/day: 4 messages');
  });

  it('stands on the security page, with what is used and whose it is', async () => {
    await many(meridian, 1);
    expect(await security()).toMatch(/Messages\s1 of 4 used, as for every account/);
    await set('250', '12.5');
    expect(await security()).toMatch(/Messages\s1 of 250 used, set for this account/);
    expect(await security()).toMatch(/0\.05 of 12\.5 used, set for this account/);
    expect(await security()).toContain('Only the operator changes them: help@sallyport.example');
  });

  it('leaves a record: in the history of the account, under text messages, and in both exports', async () => {
    await set('2');
    await many(meridian, 2);
    door.clock.advance(minutes(1));
    const path = '/accounts/meridian/activity';
    const page = await owner.get(`${path}?kind=sms`);
    expect(page.body).toMatch(/<option value="sms" selected[^>]*>Text messages</);
    expect(page.text).toContain(
      'The operator set the account’s limits of text messages for a day: 2, as many as everybody to spend',
    );
    for (const percent of [50, 80, 100])
      expect(page.text).toContain(
        `Text messages: ${percent} % of what this account may send in a day is used up`,
      );
    const lines = (await owner.get(`${path}.jsonl?kind=sms`)).body.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).kind).toSorted()).toEqual([
      'sms.alert',
      'sms.alert',
      'sms.alert',
      'sms.limits_changed',
    ]);
    const csv = (await owner.get(`${path}.csv?kind=sms`)).body.trim().split('\r\n');
    expect(csv).toHaveLength(5);
    expect(csv.join('\n')).toContain('50 % of what this account may send in a day is used up');
    const [event] = await door.rows<{ by: string; browser: string; account_id: string; data: string }>(
      `select * from audit_events where kind = 'sms.limits_changed'`,
    );
    expect(event).toMatchObject({ by: 'operator', browser: 'operator tester', account_id: meridian.id });
    expect(JSON.parse(event?.data ?? '')).toEqual({ perDay: 2, spend: null });
  });
});

describe('T3 what an account is not told', () => {
  it('limits counted over other accounts have one name, whatever they are', async () => {
    const shared = '+14155550132';
    await set('10');
    for (let n = 0; n < 3; n++) await ask(harbour, shared);
    expect(await ask(meridian, shared)).toBe('limit');
    for (let n = 0; n < 5; n++) await ask(n < 1 ? harbour : meridian, `+1415555020${n}`);
    expect(await ask(meridian, '+14155550205')).toBe('limit');
    const page = await owner.get('/accounts/meridian/security');
    expect(page.text).toContain('2 a limit of this installation');
    expect(page.text).not.toMatch(/neighbouring|too many|in a row/);
    expect(page.body).not.toMatch(/number\/10min|numbers\/run|prefix\/hour/);
    // Its own, and what the number itself says, it may know.
    expect(await ask(meridian, '+493090182')).toBe('failed');
    await set('1');
    expect(await ask(meridian)).toBe('limit');
    const own = await security();
    expect(own).toContain('1 a number that cannot receive them');
    expect(own).toContain('1 this account’s limit for a day is used up');
  });

  it('alerts of the whole service are the operator’s: in no account’s history', async () => {
    for (let n = 0; n < 4; n++) await set(String(8 + n));
    expect(await many(meridian, 11)).toBe(11);
    const events = await door.rows<{ account_id: string | null; data: string }>(
      `select account_id, data from audit_events where kind = 'sms.alert'`,
    );
    const ofService = events.filter((event) => event.account_id === null);
    expect(ofService.map(({ data }) => JSON.parse(data))).toEqual([
      { what: 'cap', limit: 'instance/day', percent: 50 },
    ]);
    expect(await told('help@sallyport.example')).toBe(1);
    const page = await owner.get('/accounts/meridian/activity?kind=sms.alert');
    expect(page.text).not.toContain('the whole service');
    const lines = (await owner.get('/accounts/meridian/activity.jsonl?kind=sms.alert')).body
      .trim()
      .split('\n');
    const limits = lines.map((line) => String(JSON.parse(line).details.limit));
    expect(limits.filter((limit) => !limit.startsWith('account/'))).toEqual([]);
    expect(limits).toContain('account/day');
  });
});
