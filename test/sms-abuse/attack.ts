/**
 * What all attacks on text messages have in common: identities on networks of their own, numbers all over a country,
 * people with an app who log in meanwhile, and the counts afterwards.
 *
 * What an app login takes is compared with the same in the same run, beside as many deeds of the same kind that cause no
 * text message: a number of milliseconds alone says little on a machine that others use as well.
 */
import { type Figures, percentile, type Report } from '../reliability/figures.ts';
import { hours } from '../support/clock.ts';
import { type Door, openDoor, type Person } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';

export interface Size {
  readonly requests: number;
  readonly identities: number;
  /** Of the whole service, in a day. */
  readonly cap: number;
  readonly perAccount: number;
  /** App logins that are measured, without an attack and under it. */
  readonly apps: number;
}

export interface Stage {
  readonly door: Door;
  readonly gateway: SmsGateway;
  readonly size: Size;
  readonly report: Report;
  /** People of the ten accounts, one after the other; `method`: none is set up. */
  people(what: string, count: number, method?: 'totp' | 'sms'): Promise<Person[]>;
}

const ACCOUNTS = 10;
/** Requests at the same moment. */
const AT_ONCE = 4;

export async function onStage<T>(size: Size, report: Report, play: (stage: Stage) => Promise<T>): Promise<T> {
  let door: Door | null = null;
  await using gateway = await smsGateway(() => door?.clock.now() ?? 0);
  const limits = `instance/day=${size.cap},account/day=${size.perAccount}`;
  const env = { SMS_URL: gateway.address, SMS_COUNTRIES: 'US', SMS_LIMITS: limits };
  door = await openDoor({ proxied: true, env });
  const { addAccount, addPerson } = door;
  try {
    const accounts = await Promise.all(
      Array.from({ length: ACCOUNTS }, (_, n) =>
        addAccount({ name: `Company ${n}`, mandates: ['sms', 'totp'] }),
      ),
    );
    const people: Stage['people'] = async (what, count, method) => {
      const made: Person[] = [];
      // One after the other: each is a transaction of a dozen writes.
      for (let n = 0; n < count; n++) {
        const account = accounts[n % ACCOUNTS] as (typeof accounts)[number];
        const phone = method === 'sms' ? { phone: numberOf(n) } : {};
        const email = `${what}${n}@people.example`;
        made.push(await addPerson({ email, ...(method && { method }), ...phone, in: [{ account }] }));
      }
      return made;
    };
    return await play({ door, gateway, size, report, people });
  } finally {
    await door.close();
  }
}

/** A network of its own for each. */
export const networkOf = (n: number): string => `10.${(n >> 8) & 255}.${n & 255}.7`;
export const from = (door: Door, n: number) => door.browser({ 'x-forwarded-for': networkOf(n) });

/** Far from one another, and spread over so many beginnings that none stands out. */
export const numberOf = (n: number): string => {
  const area = AREAS[n % AREAS.length] ?? 212;
  return `+1${area}555${String(1000 + 7 * n).slice(-4)}`;
};

export interface Measured {
  readonly tookMs: readonly number[];
  readonly failed: number;
}

/** So many steps over less than a day, a few at a time; in between people with an app log in, each measured. */
export async function besideApps(
  { door }: Stage,
  apps: readonly Person[],
  steps: number,
  step: (n: number) => Promise<unknown>,
  overMs = hours(22),
): Promise<Measured> {
  const tookMs: number[] = [];
  let failed = 0;
  const every = Math.max(AT_ONCE, Math.floor(steps / apps.length));
  for (let n = 0; n < steps; n += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, steps - n) }, (_, k) => step(n + k));
    const app = n % every < AT_ONCE ? apps[Math.floor(n / every)] : undefined;
    if (app !== undefined) {
      const began = performance.now();
      const home = await door.logIn(door.browser({ 'x-forwarded-for': '192.0.2.9' }), app);
      tookMs.push(performance.now() - began);
      if (home.path !== '/') failed += 1;
    }
    await Promise.all(some);
    // Before the clock goes on, or the codes would be too old to be sent.
    await door.sent();
    door.clock.advance(Math.floor((overMs * AT_ONCE) / steps));
  }
  return { tookMs, failed };
}

/**
 * The same people with an app, beside as much work of others that causes no text message. `step` gets one of them at a
 * time, each a few times in all.
 */
export async function inQuiet(
  stage: Stage,
  apps: readonly Person[],
  method: 'totp' | undefined,
  step: (who: Person, n: number) => Promise<unknown>,
): Promise<Measured> {
  const steps = apps.length * 6;
  const others = await stage.people('other', Math.min(steps, stage.size.identities), method);
  const one = (n: number) => step(others[n % others.length] as Person, n);
  return besideApps(stage, apps, steps, one, steps);
}

/** Counted after the attack. `sent`: since it began. */
export async function tally(
  { door, gateway, size }: Stage,
  sent: number,
  quiet: Measured,
  under: Measured,
): Promise<Figures> {
  const rows = await door.rows<{ state: string; reason: string; asks: number; n: number }>(
    `select state, reason, sum(asks) as asks, count(*) as n from text_messages
      where state = 'blocked' group by state, reason`,
  );
  const alerts = await door.rows<{ data: string }>("select data from audit_events where kind = 'sms.alert'");
  const ofCap = alerts
    .map(({ data }) => JSON.parse(data) as { limit?: string; percent?: number })
    .filter(({ limit }) => limit === 'instance/day');
  const mails = await door.rows(
    "select id from inbox where \"to\" = 'help@sallyport.example' and text like '%(instance/day: %'",
  );
  const [base, median] = [percentile(quiet.tookMs, 0.5), percentile(under.tookMs, 0.5)];
  return {
    requests: size.requests,
    identities: size.identities,
    cap: size.cap,
    sent,
    sentTwice: gateway.handed.length - new Set(gateway.handed.map(({ id }) => id)).size,
    blocked: rows.reduce((sum, { asks }) => sum + Number(asks), 0),
    rowsOfBlocked: rows.reduce((sum, { n }) => sum + Number(n), 0),
    blockedBy: rows
      .map(({ reason }) => reason)
      .toSorted()
      .join(' '),
    capAlerts: ofCap
      .map(({ percent }) => percent)
      .toSorted()
      .join(' '),
    alertMails: mails.length,
    appLogins: quiet.tookMs.length + under.tookMs.length,
    appLoginsFailed: quiet.failed + under.failed,
    appMedianMs: tenths(base),
    appMedianUnderAttackMs: tenths(median),
    appRatio: base === 0 ? 0 : Math.round((median / base) * 100) / 100,
  };
}

const tenths = (n: number) => Math.round(n * 10) / 10;

/** Area codes of the United States. */
const AREAS = [
  212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254,
  256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315,
  316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337, 339, 347, 351, 352, 360, 361, 386, 401, 402,
  404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 432, 434, 435, 440, 443,
  469, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513,
];
