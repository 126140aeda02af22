/** What the operator sees of text messages: a test in words, the state of things, and what is said at the start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCommand } from '../../src/cli/arguments.ts';
import { runOperatorCommand } from '../../src/cli/operator.ts';
import { readConfig } from '../../src/config.ts';
import { wire } from '../../src/main.ts';
import { openDoor } from '../support/door.ts';
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
});
beforeEach(() => {
  gateway.answer = () => 'accept';
});
afterAll(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(ctx: Parameters<typeof runOperatorCommand>[0], args: string[]) {
  const command = readCommand(args);
  if (command.command !== 'operate') throw new Error(JSON.stringify(command));
  let said = '';
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    }),
  );
  try {
    return { code: await runOperatorCommand(ctx, command.parsed), said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** As on the host, with these settings of the server. */
async function sallyport(sms: Record<string, string>, ...args: string[]) {
  const env = { DATABASE_URL: databaseUrl, SMS_COUNTRIES: 'US,DE', ...sms };
  const app = await wire(readConfig(env, 'operate'), 'operate');
  try {
    return await run(app.ctx, args);
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
        'http: can be reached, and knows us',
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
      /http: refused the message: wrong user name or password.*HTTP_401/,
    ],
    [
      'an unreachable port',
      async () => `http://:a-secret-of-sixteen@127.0.0.1:${await deadPort()}/x`,
      /http: cannot be reached\. Look at the address in SMS_URL.*ECONNREFUSED/,
    ],
    [
      'an unknown host',
      async () => 'http://:a-secret-of-sixteen@sms.nowhere.invalid/x',
      /http: cannot be reached/,
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
    ['while nothing is sent', NUMBER, { SMS_MODE: 'record-only' }, /SMS_MODE is record-only/],
  ])('S07: sends nothing to a number %s', async (_what, number, over, says) => {
    const before = gateway.handed.length;
    const { code, said } = await test(gateway.address, number, over);
    expect(said).toMatch(says);
    expect(code).toBe(1);
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
  const { code, said } = await run(busy.ctx, ['sms', 'status']);
  expect(code).toBe(0);
  expect(said).toMatch(/^Text messages by http, to US\.$/m);
  expect(said).toMatch(/http +in use +last taken .* last error .*: unavailable \(HTTP_500\)/);
  expect(said).toMatch(/http +3 taken +0 delivered/);
  expect(said).toMatch(/unavailable:HTTP_500 +1 messages/);
  expect(said).toMatch(/instance\/day +4 of 4/);
  expect(said).toMatch(/instance\/spend +0\.08 of 100/);
  expect(said).toMatch(new RegExp(`${day} +US +4 +0 +0 +1 +1`));
  expect(said).toMatch(/instance\/day +1/);
  expect(said).toMatch(/the service +what cap, limit instance\/day, percent 80/);
  expect(said).not.toMatch(/\+?1415|555\d/);
  const { said: json } = await run(busy.ctx, ['sms', 'status', '--json']);
  expect(JSON.parse(json)).toMatchObject({
    mode: 'live',
    configured: ['http'],
    blockedBy: [{ reason: 'instance/day', count: 1 }],
  });
});

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
