/**
 * T28: SMS pumping. A thousand identities on a thousand networks ask for codes that nobody will ever type, to numbers
 * all over a country, so that neither person, number, network nor prefix stops them: the caps must. Before that a lazy
 * one goes through the numbers of one block. Meanwhile people with an app log in.
 *
 * What an app login takes is compared with the same in the same run, beside as many password logins that cause no
 * text message: a number of milliseconds alone says little on a machine that others use as well.
 */

import { type Figures, type Mode, percentile, type Report } from '../reliability/figures.ts';
import { hours, seconds } from '../support/clock.ts';
import { type Door, openDoor, type Person } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';

export const name = 'T28 pumping';

interface Size {
  readonly requests: number;
  readonly identities: number;
  readonly cap: number;
  readonly perAccount: number;
  readonly apps: number;
}
const SIZES: Readonly<Record<Mode, Size>> = {
  short: { requests: 1_000, identities: 100, cap: 100, perAccount: 20, apps: 15 },
  // The caps are those that hold by default.
  long: { requests: 10_000, identities: 1_000, cap: 2_000, perAccount: 200, apps: 200 },
};
/** Requests at the same moment. */
const AT_ONCE = 4;
/** An identity for each app login that is measured, twice: without text messages and under attack. */
const ACCOUNTS = 10;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  const size = SIZES[mode];
  let door: Door | null = null;
  await using gateway = await smsGateway(() => door?.clock.now() ?? 0);
  const limits = `instance/day=${size.cap},account/day=${size.perAccount}`;
  door = await openDoor({
    proxied: true,
    env: { SMS_URL: gateway.address, SMS_COUNTRIES: 'US', SMS_LIMITS: limits },
  });
  try {
    return await attack(door, gateway, size, report);
  } finally {
    await door.close();
  }
}

async function attack(door: Door, gateway: SmsGateway, size: Size, report: Report): Promise<Figures> {
  const { apps, thieves, others } = await placePeople(door, size);
  const began = door.clock.now();
  const network = (n: number) => `10.${(n >> 8) & 255}.${n & 255}.7`;
  const logIn = (who: Person, n: number) =>
    door
      .browser({ 'x-forwarded-for': network(n) })
      .post('/login', { email: who.email, password: who.password });

  /** Many at a time, an app login after every so many of them, and the clock going on. */
  const load = async (crowd: readonly Person[], requests: number, pauseMs: number) => {
    const tookMs: number[] = [];
    let failed = 0;
    const every = Math.floor(requests / apps.length);
    for (let n = 0; n < requests; n += AT_ONCE) {
      const some = Array.from({ length: AT_ONCE }, (_, k) =>
        logIn(crowd[(n + k) % crowd.length] as Person, n + k),
      );
      const app = n % every < AT_ONCE ? apps[Math.floor(n / every)] : undefined;
      if (app !== undefined) {
        const from = performance.now();
        const home = await door.logIn(door.browser({ 'x-forwarded-for': '192.0.2.9' }), app);
        tookMs.push(performance.now() - from);
        if (home.path !== '/') failed += 1;
      }
      await Promise.all(some);
      // Before the clock goes on, or the codes would be too old to be sent.
      await door.sent();
      door.clock.advance(pauseMs);
    }
    return { tookMs, failed };
  };

  const quiet = await load(others, apps.length * 12, 1);
  report(`without text messages: ${quiet.tookMs.length} app logins`);
  const block = await pumpOneBlock(door, gateway);
  report(`one block of numbers: ${block.asked} asked for, ${block.sent} sent`);
  // Less than a day in all: no window begins anew.
  const pumped = await load(thieves, size.requests, Math.floor((hours(22) * AT_ONCE) / size.requests));
  const sent = gateway.handed.length;
  report(`${size.requests} requests, ${sent} messages of at most ${size.cap}`);
  const day = door.clock.now() - began;
  if (day >= hours(24)) throw new Error('the attack took longer than the day that is counted');

  const base = percentile(quiet.tookMs, 0.5);
  const under = percentile(pumped.tookMs, 0.5);
  const states = await door.rows<{ state: string; reason: string | null; n: number }>(
    'select state, reason, count(*) as n from text_messages group by state, reason',
  );
  const alerts = await door.rows<{ data: string }>("select data from audit_events where kind = 'sms.alert'");
  const mails = await door.rows(
    "select id from inbox where \"to\" = 'help@sallyport.example' and text like '%(instance/day: %'",
  );
  return {
    requests: size.requests,
    identities: size.identities,
    cap: size.cap,
    sent,
    sentBeyondCap: Math.max(0, sent - size.cap),
    sentTwice: gateway.handed.length - new Set(gateway.handed.map(({ id }) => id)).size,
    blocked: states.filter(({ state }) => state === 'blocked').reduce((sum, { n }) => sum + Number(n), 0),
    blockedBy: states
      .flatMap(({ state, reason }) => (state === 'blocked' ? [reason] : []))
      .toSorted()
      .join(' '),
    alerts: alerts.length,
    capAlerts: alerts
      .map(({ data }) => JSON.parse(data) as { limit?: string; percent?: number })
      .filter(({ limit }) => limit === 'instance/day')
      .map(({ percent }) => percent)
      .toSorted()
      .join(' '),
    alertMails: mails.length,
    appLogins: quiet.tookMs.length + pumped.tookMs.length,
    appLoginsFailed: quiet.failed + pumped.failed,
    appMedianMs: tenths(base),
    appMedianUnderAttackMs: tenths(under),
    appRatio: Math.round((under / base) * 100) / 100,
    blockAsked: block.asked,
    blockSent: block.sent,
  };
}

async function placePeople(door: Door, size: Size) {
  const accounts = await Promise.all(
    Array.from({ length: ACCOUNTS }, (_, n) =>
      door.addAccount({ name: `Company ${n}`, mandates: ['sms', 'totp'] }),
    ),
  );
  const make = (
    what: string,
    count: number,
    method: 'totp' | 'sms' | undefined,
    phone?: (n: number) => string,
  ) =>
    inTurn(count, (n) =>
      door.addPerson({
        email: `${what}${n}@people.example`,
        ...(method !== undefined && { method }),
        ...(phone !== undefined && { phone: phone(n) }),
        in: [{ account: accounts[n % ACCOUNTS] as (typeof accounts)[number] }],
      }),
    );
  return {
    apps: await make('app', size.apps, 'totp'),
    // A prefix of their own each.
    thieves: await make(
      'thief',
      size.identities,
      'sms',
      (n) => `+1${AREAS[n % AREAS.length]}555${String(1000 + 7 * n).slice(-4)}`,
    ),
    others: await make('other', size.identities, 'totp'),
  };
}

/** One after the other: each is a transaction of a dozen writes. */
async function inTurn<T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let n = 0; n < count; n++) made.push(await make(n));
  return made;
}

/** Area codes of the United States. */
const AREAS = [
  212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254,
  256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315,
  316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337, 339, 347, 351, 352, 360, 361, 386, 401, 402,
  404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 432, 434, 435, 440, 443,
  469, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513,
];

/** The lazy one: a hundred numbers of one block, one after the other, each by a new person on a network of their own. */
async function pumpOneBlock(door: Door, gateway: SmsGateway): Promise<{ asked: number; sent: number }> {
  const account = await door.addAccount({ name: 'Block', mandates: ['sms'] });
  const before = gateway.handed.length;
  const asked = 100;
  for (let n = 0; n < asked; n++) {
    const who = await door.addPerson({
      email: `block${n}@people.example`,
      method: 'sms',
      phone: `+1808555${String(2000 + n)}`,
      in: [{ account }],
    });
    await door
      .browser({ 'x-forwarded-for': `172.16.${n}.1` })
      .post('/login', { email: who.email, password: who.password });
    door.clock.advance(seconds(1));
  }
  await door.sent();
  return { asked, sent: gateway.handed.length - before };
}

const tenths = (n: number) => Math.round(n * 10) / 10;
