/** Text messages by a real carrier: what people see of it, when it works and when it does not. */
import { afterEach, describe, expect, it } from 'vitest';
import type { TextMessageRow } from '../../src/store/text-messages.ts';
import { type Door, type DoorOptions, openDoor, type Person, submit } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';
import { deadPort } from '../support/sms-http.ts';

let gateway: SmsGateway;
let door: Door;
afterEach(async () => {
  await door?.close();
  await gateway?.close();
});

/** A door whose text messages leave by a gateway of our own. */
async function openWith(env: Record<string, string> = {}, options: DoorOptions = {}): Promise<void> {
  // The gateway goes by the door's clock, as far as signatures are concerned.
  gateway = await smsGateway(() => door.clock.now());
  door = await openDoor({ ...options, env: { SMS_URL: gateway.address, SMS_COUNTRIES: 'US,DE', ...env } });
}

async function theoOf(name = 'Meridian', phone = '+14155550132'): Promise<Person> {
  const account = await door.addAccount({ name, mandates: ['sms', 'totp'] });
  return door.addPerson({
    email: `theo@${name.toLowerCase()}.example`,
    method: 'sms',
    phone,
    in: [{ account }],
  });
}

const messages = () => door.rows<TextMessageRow>('select * from text_messages order by at, id');
const states = async () => (await messages()).map(({ state }) => state);

describe('a carrier that works', () => {
  it('takes the code, and the person is in; the row says so, without the number', async () => {
    await openWith();
    const theo = await theoOf();
    const browser = door.browser();
    const page = await door.password(browser, theo);
    expect(page.text).toContain('We sent a code by text message to');
    expect((await submit(browser, '/login/code', { code: gateway.code('+14155550132') })).path).toBe('/');
    const [row] = await messages();
    const [account] = await door.rows<{ id: string }>('select id from accounts');
    expect(row).toMatchObject({
      state: 'sent',
      carrier: 'http',
      provider_id: `gw-${gateway.taken[0]?.id}`,
      id: gateway.taken[0]?.id,
      country: 'US',
      purpose: 'code',
      parts: 1,
      price: 500,
      account_id: account?.id,
      user_id: theo.id,
      verified_at: door.clock.now(),
    });
    expect(JSON.stringify(await messages())).not.toMatch(/4155550|\+1415/);
  });

  it.each([
    ['de-CH,de;q=0.9', /^\d{6} ist Ihr Sallyport-Code zum Anmelden\./],
    ['ja', /^\d{6} is your Sallyport code for logging in\./],
  ])('writes in the language of the browser (%s), one segment, bound to our host', async (language, text) => {
    await openWith();
    const theo = await theoOf();
    await door.password(door.browser({ 'accept-language': language }), theo);
    expect(gateway.taken[0]?.text).toMatch(text);
    expect(gateway.taken[0]?.text).toMatch(/\n\n@localhost #\d{6}$/);
  });

  it('R14, S15: one message per code: a reload and a second post of the password send none', async () => {
    await openWith();
    const theo = await theoOf();
    const browser = door.browser();
    await door.password(browser, theo);
    for (let n = 0; n < 3; n++) await browser.get('/login/code');
    expect(gateway.handed).toHaveLength(1);
  });
});

describe('a carrier that does not', () => {
  it('S14: the page says that the message could not be sent and what else works; a recovery code does', async () => {
    await openWith();
    gateway.answer = () => ({ status: 500 });
    const theo = await theoOf();
    const browser = door.browser();
    const page = await door.password(browser, theo);
    expect(page.path).toBe('/login/code');
    expect(page.text).toContain('The text message could not be sent. Enter a recovery code, or try again');
    expect(page.text).not.toMatch(/We sent a code|on its way/);
    expect(page.body).toMatch(/href="\/login\/recovery-code"/);
    expect(page.body).toMatch(/href="\/login\/pass"/);
    const recovered = await submit(browser, '/login/recovery-code', { code: theo.codes[0] ?? '' });
    expect(recovered.path).toBe('/login/recovered');
    expect(await states()).toEqual(['failed']);
  });

  it('R63: says nothing of it to somebody without the password', async () => {
    await openWith();
    gateway.answer = () => ({ status: 500 });
    const theo = await theoOf();
    const browser = door.browser();
    const page = await submit(browser, '/login', { email: theo.email, password: 'not the password' });
    expect(page.text).not.toMatch(/text message/i);
    expect(gateway.handed).toHaveLength(0);
  });

  it('is asked again as soon as the person wants, and then works', async () => {
    await openWith();
    gateway.answer = () => ({ status: 503 });
    const theo = await theoOf();
    const browser = door.browser();
    await door.password(browser, theo);
    gateway.answer = () => 'accept';
    const again = await submit(browser, '/login/code', { action: 'resend' });
    expect(again.text).toContain('We sent a code by text message to');
    expect((await submit(browser, '/login/code', { code: gateway.code('+14155550132') })).path).toBe('/');
  });

  it('E4: three sends are three, also where none of them went', async () => {
    await openWith();
    gateway.answer = () => ({ status: 503 });
    const theo = await theoOf();
    const browser = door.browser();
    await door.password(browser, theo);
    await submit(browser, '/login/code', { action: 'resend' });
    const third = await submit(browser, '/login/code', { action: 'resend' });
    expect(third.text).toContain('No more codes can be sent in this login');
    await submit(browser, '/login/code', { action: 'resend' });
    expect(gateway.handed).toHaveLength(3);
  });

  it('S14, T27: a number that the carrier refuses looks like one that it takes', async () => {
    await openWith();
    const takes = gateway.answer;
    gateway.answer = () => ({ status: 422, body: { error: 'number' } });
    const refused = await door.password(door.browser(), await theoOf('One'));
    gateway.answer = takes;
    const taken = await door.password(door.browser(), await theoOf('Two', '+14155550165'));
    const plain = (text: string) => text.replaceAll(/One|Two|the number ending in \d\d|\d\d$/g, '');
    expect(plain(refused.text).replace(/32/g, '65')).toBe(plain(taken.text));
    expect(await states()).toContain('failed');
  });

  it('nobody knows whether it was accepted: the page says so, no second carrier is asked, and the code works', async () => {
    await using second = await smsGateway(() => door.clock.now());
    gateway = await smsGateway(() => door.clock.now());
    gateway.answer = () => 'reset';
    door = await openDoor({
      env: { SMS_URL: `${gateway.address},${second.address}`, SMS_COUNTRIES: 'US' },
    });
    const theo = await theoOf();
    const browser = door.browser();
    const page = await door.password(browser, theo);
    expect(page.text).toContain('A code may be on its way by text message to');
    expect(page.text).toContain('If it does not come within a minute, ask for another');
    expect(second.handed).toHaveLength(0);
    expect(await states()).toEqual(['unknown']);
    expect((await submit(browser, '/login/code', { code: gateway.code('+14155550132') })).path).toBe('/');
  });

  it('certainly not accepted: the second carrier takes it, once, and nobody notices', async () => {
    gateway = await smsGateway(() => door.clock.now());
    const dead = `http://:a-secret-of-sixteen@127.0.0.1:${await deadPort()}/sms`;
    door = await openDoor({ env: { SMS_URL: `${dead},${gateway.address}`, SMS_COUNTRIES: 'US' } });
    const theo = await theoOf();
    const page = await door.password(door.browser(), theo);
    expect(page.text).toContain('We sent a code by text message to');
    expect((await messages())[0]).toMatchObject({ state: 'sent', carrier: 'http-2' });
  });

  it('a carrier that hangs: the page waits less than three seconds and says what it knows', async () => {
    await openWith();
    gateway.answer = () => 'never';
    const theo = await theoOf();
    const before = performance.now();
    const page = await door.password(door.browser(), theo);
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(page.text).toContain('A code may be on its way');
  });

  it('every breaker open: it is said at once, no carrier is asked, the operator is told once, apps are unharmed', async () => {
    await openWith(
      { SMS_LIMITS: 'network/hour=100' },
      { textPatience: { failuresToOpen: 2, healMs: 60_000 } },
    );
    gateway.answer = () => ({ status: 500 });
    const people = [];
    for (let n = 0; n < 4; n++) people.push(await theoOf(`Company${n}`, `+1415555010${2 * n}`));
    for (const person of people.slice(0, 2)) await door.password(door.browser(), person);
    expect(gateway.handed).toHaveLength(2);
    const before = performance.now();
    for (const person of people.slice(2)) {
      const page = await door.password(door.browser(), person);
      expect(page.text).toContain('The text message could not be sent');
    }
    expect(performance.now() - before).toBeLessThan(1_500);
    expect(gateway.handed).toHaveLength(2);
    expect((await messages()).map(({ reason }) => reason).slice(2)).toEqual(['no_carrier', 'no_carrier']);
    expect(await door.count('help@sallyport.example', /No carrier takes text messages/)).toBe(1);
    const account = await door.account('company0');
    const app = await door.addPerson({ email: 'app@people.example', method: 'totp', in: [{ account }] });
    expect((await door.logIn(door.browser(), app)).path).toBe('/');
    const browser = door.browser();
    await door.password(browser, people[2] as Person);
    expect((await submit(browser, '/login/recovery-code', { code: people[2]?.codes[0] ?? '' })).path).toBe(
      '/login/recovered',
    );
  });
});

describe('set-up', () => {
  async function atPhone(env: Record<string, string> = {}) {
    await openWith(env);
    const account = await door.addAccount({ name: 'Meridian', mandates: ['sms', 'totp'] });
    const nina = await door.addPerson({ email: 'nina@people.example', in: [{ account }] });
    const browser = door.browser();
    await door.password(browser, nina);
    await submit(browser, '/login/email-code', { code: await door.code(nina.email) });
    await submit(browser, '/login/set-up', { method: 'sms' });
    return browser;
  }

  it('S07: offers the countries that are served, and refuses the number of another', async () => {
    const browser = await atPhone();
    const page = await browser.get('/login/set-up/phone');
    expect([...page.body.matchAll(/<option value="([A-Z]{2})"/g)].map(([, c]) => c)).toEqual(['DE', 'US']);
    // Canada has the calling code of the United States.
    const refused = await submit(browser, '/login/set-up/phone', { country: 'US', phone: '604 555 0123' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('We do not send text messages to the country of that number');
    expect(await messages()).toEqual([]);
  });

  it('E2: the number is proven by its code; where none could be sent, the page says so', async () => {
    const browser = await atPhone();
    gateway.answer = () => ({ status: 500 });
    const failed = await submit(browser, '/login/set-up/phone', { country: 'US', phone: '415 555 0132' });
    expect(failed.path).toBe('/login/set-up/text');
    expect(failed.text).toContain('The text message could not be sent. Check the number');
    gateway.answer = () => 'accept';
    const sent = await submit(browser, '/login/set-up/text', { action: 'resend' });
    expect(sent.text).toContain('We sent a six-digit code to');
    const saved = await submit(browser, '/login/set-up/text', { code: gateway.code('+14155550132') });
    expect(saved.path).toBe('/login/backup-codes');
    expect(
      (await messages()).map(({ purpose, state, verified_at: at }) => [purpose, state, at !== null]),
    ).toEqual([
      ['enroll', 'failed', false],
      ['enroll', 'sent', true],
    ]);
  });

  it('T27: a number that somebody has already is answered like one that nobody has', async () => {
    const browser = await atPhone();
    await theoOf('Other', '+14155550132');
    const used = await submit(browser, '/login/set-up/phone', { country: 'US', phone: '415 555 0132' });
    const unused = await submit(browser, '/login/set-up/phone', { country: 'US', phone: '415 555 0165' });
    expect(unused.text.replaceAll('65', '32')).toBe(used.text);
    expect(used.path).toBe(unused.path);
  });
});

it('record-only: everything is recorded, nothing is sent, and the page says what else works', async () => {
  await openWith({ SMS_MODE: 'record-only' });
  const theo = await theoOf();
  const page = await door.password(door.browser(), theo);
  expect(page.text).toContain('The text message could not be sent. Enter a recovery code');
  expect(gateway.handed).toEqual([]);
  expect((await messages()).map(({ state, reason }) => [state, reason])).toEqual([
    ['blocked', 'record_only'],
  ]);
  expect(await door.rows("select count(*) as n from outbox where channel = 'sms'")).toEqual([{ n: 0 }]);
});
