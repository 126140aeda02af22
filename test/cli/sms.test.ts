/** What the operator sees of text messages: a test in words, the state of things, and what is said at the start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { wire } from '../../src/start/wire.ts';
import { insertTextMessage } from '../../src/store/text-messages.ts';
import { days } from '../support/clock.ts';
import { type Door, openDoor } from '../support/door.ts';
import { operate } from '../support/operator-words.ts';
import { buildIfOld, freePort, runProgram, startProgram } from '../support/program.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';
import { deadPort } from '../support/sms-http.ts';

const NUMBER = '+1 415 555 0132';

let gateway: SmsGateway;
let databaseUrl: string;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-sms-'));
beforeAll(async () => {
  gateway = await smsGateway();
  databaseUrl = `sqlite:${join(folder, 'operator.db')}`;
  await (await wire(readConfig({ DATABASE_URL: databaseUrl }, 'dev'), 'serve')).close();
});
beforeEach(() => {
  gateway.answer = () => 'accept';
});
afterAll(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As on the host, with these settings of the server. */
async function sallyport(sms: Record<string, string>, ...args: string[]) {
  const env = { DATABASE_URL: databaseUrl, SMS_COUNTRIES: 'US,DE', ...sms };
  const app = await wire(readConfig(env, 'operate'), 'operate');
  try {
    return await operate(app.ctx, args);
  } finally {
    await app.close();
  }
}

describe('sms test', () => {
  const test = (url: string, number = NUMBER, over = {}) =>
    sallyport({ SMS_URL: url, ...over }, 'sms', 'test', number);

  it('asks each carrier, sends one message by the first, and is done', async () => {
    const before = gateway.handed.length;
    const { code, said } = await test(gateway.address);
    expect(said).toBe(
      [
        'http: can be reached',
        'http: took the test message',
        'The test message is on its way. Whether it arrives shows on the phone.',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
    expect(gateway.handed.slice(before)).toEqual([
      expect.objectContaining({
        to: '+14155550132',
        text: 'Sallyport: this is a test message. Nothing is to be done.',
      }),
    ]);
  });

  it.each([
    [
      'wrong credentials',
      async () => gateway.address.replace('the-secret', 'no-secret!'),
      /http: refused the message: user name or password is wrong.*Look at them in SMS_URL.*HTTP_401/,
    ],
    [
      'an unreachable port',
      async () => `http://:a-secret-of-sixteen@127.0.0.1:${await deadPort()}/x`,
      /http: cannot be reached\. Look at the address in SMS_URL.*\(ECONNREFUSED: nothing listens on that port\)/,
    ],
    [
      'an unknown host',
      async () => 'http://:a-secret-of-sixteen@sms.nowhere.invalid/x',
      /http: cannot be reached/,
    ],
    [
      'TLS to a port that has none',
      async () => gateway.address.replace('http:', 'https:'),
      /http: cannot be reached.*\(EPROTO: .*with TLS or without/,
    ],
    [
      'a path that is not there',
      async () => {
        gateway.answer = () => ({ status: 404 });
        return gateway.address;
      },
      /http: did not take the message.*HTTP_404: .*Look at the address in SMS_URL/,
    ],
  ])('says what is wrong: %s', async (_what, address, says) => {
    const { code, said } = await test(await address());
    expect(said).toMatch(says);
    expect(said).toMatch(/The test message did not go\.\n$/);
    expect(said).not.toMatch(/secret|555/);
    expect(code).toBe(1);
  });

  it('goes by the second carrier where the first does not take it, and says so of each', async () => {
    const dead = `http://:a-secret-of-sixteen@127.0.0.1:${await deadPort()}/x`;
    const { code, said } = await test(`${dead},${gateway.address}`);
    expect(said).toMatch(/http: did not take the message \(ECONNREFUSED\)/);
    expect(said).toMatch(/http-2: took the test message/);
    expect(code).toBe(0);
  });

  it('nobody knows whether it was taken: it says that it may arrive', async () => {
    gateway.answer = () => 'reset';
    const { code, said } = await test(gateway.address);
    expect(said).toMatch(/did not say in time whether it takes it; it may arrive/);
    expect(code).toBe(1);
  });

  it.each([
    ['of a country that is not served', '+41 79 123 45 67', {}, /SMS_COUNTRIES does not name the country/],
    ['that is a landline', '+49 30 901820', {}, /no mobile line/],
    ['that is none', '0155', {}, /"0155" is no phone number\. Write it with its country/],
  ])('S07: sends nothing to a number %s', async (_what, number, over, says) => {
    const before = gateway.handed.length;
    const { code, said } = await test(gateway.address, number, over);
    expect(said).toMatch(says);
    expect(code).toBe(1);
    expect(gateway.handed).toHaveLength(before);
  });

  it('S07: while nothing is sent it asks only, and fails where a carrier cannot be reached', async () => {
    const before = gateway.handed.length;
    const recordOnly = { SMS_MODE: 'record-only' };
    const well = await test(gateway.address, NUMBER, recordOnly);
    expect([well.code, well.said]).toEqual([0, expect.stringMatching(/SMS_MODE is record-only/)]);
    const dead = `http://:a-secret-of-sixteen@127.0.0.1:${await deadPort()}/x`;
    expect((await test(dead, NUMBER, recordOnly)).code).toBe(1);
    expect(gateway.handed).toHaveLength(before);
  });

  it('without SMS_URL says what is missing', async () => {
    const { code, said } = await sallyport({}, 'sms', 'test', NUMBER);
    expect(said).toMatch(/SMS_URL is not set here/);
    expect(code).toBe(1);
  });
});

it('sms status: carriers, days, limits, what was blocked and alerts, without a number', async () => {
  await using busy = await openDoor({
    env: {
      SMS_URL: gateway.address,
      SMS_COUNTRIES: 'US',
      SMS_LIMITS: 'instance/day=4',
      SMS_PRICES: 'US:0.02',
    },
  });
  // The gateway goes by the real time, the door by its own.
  busy.clock.advance(Date.now() - busy.clock.now());
  const account = await busy.addAccount({ name: 'Meridian', mandates: ['sms'] });
  for (let n = 0; n < 5; n++) {
    if (n === 2) gateway.answer = () => ({ status: 500 });
    if (n === 3) gateway.answer = () => 'accept';
    const phone = `+1415555${1000 + 41 * n}`;
    const who = await busy.addPerson({
      email: `s${n}@people.example`,
      method: 'sms',
      phone,
      in: [{ account }],
    });
    await busy.password(busy.browser(), who);
  }
  const day = new Date(busy.clock.now()).toISOString().slice(0, 10);
  const { code, said } = await operate(busy.ctx, ['sms', 'status']);
  expect(code).toBe(0);
  expect(said).toMatch(/^Text messages by http, to US\.$/m);
  expect(said).toMatch(/http +in use +last taken .* last error .*: unavailable \(HTTP_500\)/);
  expect(said).toMatch(/http +3 taken +0 delivered/);
  expect(said).toMatch(/unavailable:HTTP_500 +1 message {2}/);
  expect(said).toMatch(/instance\/day +4 of 4/);
  expect(said).toMatch(/instance\/spend +0\.08 of 100/);
  expect(said).toMatch(new RegExp(`${day} +US +4 +0 +0 +1 +1`));
  expect(said).toMatch(/instance\/day +1/);
  expect(said).toMatch(/the service +what cap, limit instance\/day, percent 80/);
  expect(said).not.toMatch(/\+?1415|555\d/);
  const { said: json } = await operate(busy.ctx, ['sms', 'status', '--json']);
  expect(JSON.parse(json)).toMatchObject({
    mode: 'live',
    configured: ['http'],
    blockedBy: [{ reason: 'instance/day', count: 1 }],
  });
});

describe('sms status: what receipts say', () => {
  const twilio = `twilio://AC${'a'.repeat(32)}:token-of-twilio@default?from=%2B15550100`;
  /** Some messages that a carrier took some days ago; `state`: what became of them. */
  async function taken(
    door: Door,
    daysAgo: number,
    carrier: string,
    country: string,
    states: string,
  ): Promise<void> {
    const at = door.clock.now() - days(daysAgo);
    for (const letter of states) {
      const state = ({ d: 'delivered', f: 'failed', s: 'sent' } as const)[letter] ?? 'sent';
      const id = `r-${crypto.randomUUID()}`;
      const row = { ...MESSAGE, id, at, carrier, country, state, provider_id: id };
      await insertTextMessage(door.ctx.db, row);
    }
  }
  const MESSAGE = {
    account_id: null,
    user_id: null,
    purpose: 'code',
    prefix_hmac: 'p',
    number_hmac: 'n',
    price: 1,
    reason: null,
    parts: 1,
    settled_at: 1,
    receipt_at: null,
    verified_at: null,
    asks: 1,
  } as const;

  it('per carrier, country and day, with its rate; none is told of a carrier that tells none', async () => {
    const secret = 'http://:a-long-enough-secret@127.0.0.1:9/sms';
    const env = { SMS_URL: `${secret},${secret}?receipts=no,${twilio}`, SMS_COUNTRIES: 'US' };
    await using door = await openDoor({ env });
    const day = (ago: number) => new Date(door.clock.now() - days(ago)).toISOString().slice(0, 10);
    await taken(door, 0, 'http', 'US', 'ddfs');
    await taken(door, 0, 'http', 'DE', 'd');
    await taken(door, 1, 'http-2', 'US', 'ss');
    // Our address is http: here, so that no receipt of Twilio's can come.
    await taken(door, 0, 'twilio', 'US', 's');
    await taken(door, 0, 'aws', 'FR', 's');
    // A carrier that is in SMS_URL no more, and told.
    await taken(door, 6, 'vonage', 'US', 'dds');
    await taken(door, 7, 'http', 'US', 'd');
    const { code, said } = await operate(door.ctx, ['sms', 'status']);
    expect(code).toBe(0);
    expect(sectionOf(said, 'Receipts, by day (UTC), carrier and country:')).toEqual([
      'day         carrier  country  sent  delivered    failed  not told  delivered %',
      `${day(0)}  aws      FR       1     no receipts`,
      `${day(0)}  http     DE       1     1            0       0         100 %`,
      `${day(0)}  http     US       4     2            1       1         50 %`,
      `${day(0)}  twilio   US       1     no receipts`,
      `${day(1)}  http-2   US       2     no receipts`,
      `${day(6)}  vonage   US       3     2            0       1         66 %`,
    ]);
    expect(sectionOf(said, 'By day (UTC) and country:')).toEqual([
      expect.stringMatching(/^day +country +sent +delivered/),
      expect.stringMatching(/DE +1 +1 +0 +0 +0$/),
      expect.stringMatching(/FR +1 +no receipts +0 +0 +0$/),
      expect.stringMatching(/US +5 +2 +0 +1 +0$/),
      expect.stringMatching(/US +2 +no receipts +0 +0 +0$/),
      expect.stringMatching(/US +3 +2 +0 +0 +0$/),
    ]);
    expect(said).toMatch(/twilio +1 taken +no receipts/);
    const more = await operate(door.ctx, ['sms', 'status', '--days', '8', '--json']);
    const { receipts } = JSON.parse(more.said);
    expect(receipts).toHaveLength(7);
    expect(receipts[2]).toEqual({
      day: day(0),
      carrier: 'http',
      country: 'US',
      sent: 4,
      tells: true,
      delivered: 2,
      failed: 1,
      notTold: 1,
      deliveredPercent: 50,
    });
    expect(receipts[3]).toMatchObject({ carrier: 'twilio', tells: false, deliveredPercent: null });
    expect(receipts[6]).toMatchObject({ day: day(7), carrier: 'http' });
  });

  it('--days takes a number of days as long as messages are kept', async () => {
    for (const given of ['0', '91', '-1', '1.5', 'week', '']) {
      const { code, said } = await sallyport({}, 'sms', 'status', `--days=${given}`);
      expect(code).toBe(2);
      expect(said).toContain('Write a number of days from 1 to 90');
    }
    expect((await sallyport({}, 'sms', 'status', '--days=90')).code).toBe(0);
  });

  it('the command knows of the settings alone which carriers tell', async () => {
    await using door = await openDoor({ env: { SMS_COUNTRIES: 'US' } });
    await taken(door, 0, 'http', 'US', 's');
    const { said } = await operate(door.ctx, ['sms', 'status']);
    expect(sectionOf(said, 'Receipts, by day (UTC), carrier and country:')[1]).toMatch(
      /http +US +1 +no receipts$/,
    );
    const app = await wire(
      readConfig(
        {
          SMS_URL: twilio,
          SMS_COUNTRIES: 'US',
          DATABASE_URL: databaseUrl,
          SALLYPORT_URL: 'https://login.example.com',
        },
        'operate',
      ),
      'operate',
    );
    try {
      expect(app.ctx.texts.tellsDelivery('twilio')).toBe(true);
      expect(app.ctx.texts.tellsDelivery('http')).toBe(false);
    } finally {
      await app.close();
    }
  });
});

/** The lines under a title, without what they are set in by. */
function sectionOf(said: string, title: string): string[] {
  const section = said.split('\n\n').find((part) => part.startsWith(title)) ?? '';
  return section
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

describe('the start', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'sallyport-sms-start-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it('S07: refuses without countries and with a wrong carrier, all at once, without a secret', async () => {
    buildIfOld();
    const env = { SMS_URL: 'twilio://SK1:the-secret@default?from=x,carrier-pigeon://x', SMS_MODE: 'maybe' };
    const { code, stderr } = await runProgram(['serve', '--dev'], { cwd, env });
    expect(code).toBe(1);
    for (const what of [
      'SMS_COUNTRIES is missing',
      'SMS_URL, address 1 (twilio)',
      'SMS_URL, address 2',
      'SMS_MODE is "maybe"',
    ])
      expect(stderr).toContain(what);
    expect(stderr).not.toContain('the-secret');
  });

  it('says that text messages leave the house, also with --dev', async () => {
    const port = String(await freePort());
    const env = {
      PORT: port,
      DATABASE_URL: 'sqlite:./a.db',
      SMS_URL: gateway.address,
      SMS_COUNTRIES: 'US,DE',
    };
    await using program = startProgram(['serve', '--dev'], { cwd, env });
    await program.printed('Sallyport listens');
    expect(program.stdout).toContain('Text messages leave by http, to numbers of US, DE.');
    expect(program.stdout).not.toContain('secret');
  });
});
