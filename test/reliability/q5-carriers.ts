/**
 * Q5: carriers of text messages that answer 500 and 429, hang, take a message and break off, or talk garbage, under
 * steady logins. The built program as a process of its own over SQLite, with two carriers that speak the signed JSON
 * protocol; people log in by app, by backup code and by text message at once.
 *
 * App and backup logins are compared with the same in the same run while the carriers work.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildIfOld, freePort, startProgram } from '../support/program.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';
import { type Figures, type Mode, mustBeZero, percentile, type Report } from './figures.ts';
import { type Crowd, comeSteadily, type LoggedIn } from './q5-crowd.ts';
import { makePeople } from './q5-people.ts';

export const name = 'Q5 carriers';

const BUILT_SERVER = fileURLToPath(new URL('built-server.ts', import.meta.url));

interface Size {
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly quietMs: number;
  readonly faultMs: number;
  readonly people: { readonly apps: number; readonly backups: number; readonly texts: number };
  /** Shorter than in real life, so that the breakers can be seen to heal within seconds. */
  readonly patience?: { readonly timeoutMs: number; readonly healMs: number };
}
const SIZES: Readonly<Record<Mode, Size>> = {
  short: {
    perSecond: 12,
    warmUpMs: 500,
    quietMs: 500,
    faultMs: 1_200,
    people: { apps: 60, backups: 10, texts: 60 },
    patience: { timeoutMs: 1_500, healMs: 800 },
  },
  long: {
    perSecond: 50,
    warmUpMs: 5_000,
    quietMs: 10_000,
    faultMs: 40_000,
    people: { apps: 800, backups: 800, texts: 1_000 },
  },
};
/** Above this the breakers have not healed. */
const HEAL_WITHIN_MS = 60_000;

type Conduct = SmsGateway['answer'];
const FAULTS: Readonly<Record<string, Conduct>> = {
  errors: () => ({ status: 500, body: 'no' }),
  throttled: () => ({ status: 429 }),
  hangs: () => 'never',
  /** Sent, and nobody says so: whoever asks another carrier sends it twice. */
  taken_and_broken_off: () => 'reset',
  garbage: () => ({ status: 200, body: '\u0000<html>{"id":' }),
};

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  // Fewer logins a second, where the machine has other work to do.
  const perSecond = Number(process.env.RELIABILITY_RATE ?? SIZES[mode].perSecond);
  const size = { ...SIZES[mode], perSecond };
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-q5-'));
  await using first = await smsGateway();
  await using second = await smsGateway();
  try {
    const port = await freePort();
    const people = await makePeople(join(folder, 'q5.db'), port, size.people);
    const env = {
      ...people.env,
      HASHES: 'cheap',
      SMS_URL: `${first.address},${second.address}`,
      SMS_COUNTRIES: 'US',
      SMS_LIMITS: UNLIMITED,
      ...(size.patience && { TEXT_PATIENCE: JSON.stringify(size.patience) }),
    };
    await using server = startProgram([], { cwd: folder, env, script: BUILT_SERVER });
    await server.printed('listens on');
    const crowd = comeSteadily(`http://localhost:${port}`, people, [first, second], size.perSecond);
    const phases = await play(crowd, [first, second], size, report);
    await crowd.leave();
    return settle(crowd, [first, second], phases);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This is about carriers: nobody is to be stopped by a limit. */
const UNLIMITED = [
  'number/10min',
  'number/hour',
  'number/day',
  'person/hour',
  'person/day',
  'network/hour',
  'network/day',
  'prefix/hour',
  'account/day',
  'instance/day',
]
  .map((limit) => `${limit}=1000000`)
  .concat('account/spend=200000', 'instance/spend=200000', 'numbers/run=20', 'prefix/verified=0')
  .join(',');

interface Phase {
  readonly fault: string;
  /** Messages that the first carrier was handed before it was left alone, trials included. */
  readonly handed: number;
  readonly lastedMs: number;
  readonly healMs: number;
}

async function play(
  crowd: Crowd,
  carriers: readonly [SmsGateway, SmsGateway],
  size: Size,
  report: Report,
): Promise<Phase[]> {
  const phases: Phase[] = [];
  await sleep(size.warmUpMs);
  // With the second in its place nobody notices that the first is gone.
  crowd.phase = 'first_dead';
  carriers[0].answer = FAULTS.errors as Conduct;
  await sleep(size.faultMs);
  carriers[0].answer = () => 'accept';
  crowd.phase = 'healing';
  await sleep(size.patience?.healMs ?? 30_000);
  for (const [fault, answer] of Object.entries(FAULTS)) {
    // Before each, so that a machine that is busy for a while is so for both.
    crowd.phase = 'quiet';
    await sleep(size.quietMs);
    crowd.phase = fault;
    const before = carriers[0].handed.length;
    const began = performance.now();
    for (const carrier of carriers) carrier.answer = answer;
    await sleep(size.faultMs);
    const handed = carriers[0].handed.length - before;
    const lastedMs = performance.now() - began;
    for (const carrier of carriers) carrier.answer = () => 'accept';
    crowd.phase = 'healing';
    const healMs = await healed(crowd);
    report(
      `${fault}: ${handed} handed to the first carrier in ${Math.round(lastedMs)} ms, healed in ${Math.round(healMs)} ms`,
    );
    phases.push({ fault, handed, lastedMs, healMs });
  }
  return phases;
}

/** Until a login by text message that began after now has come to its end. */
async function healed(crowd: Crowd): Promise<number> {
  const began = performance.now();
  const isIn = (l: LoggedIn) => l.kind === 'text' && l.startedAt >= began && l.result === 'in';
  while (!crowd.seen.some(isIn)) {
    if (performance.now() - began > HEAL_WITHIN_MS) return Number.POSITIVE_INFINITY;
    await sleep(20);
  }
  return performance.now() - began;
}

function settle(
  crowd: Crowd,
  carriers: readonly [SmsGateway, SmsGateway],
  phases: readonly Phase[],
): Figures {
  const others = crowd.seen.filter(({ kind, why }) => kind !== 'text' && why === undefined);
  const bad = crowd.seen.filter(({ kind, result }) => kind !== 'text' && result !== 'in');
  const texts = crowd.seen.filter(({ kind }) => kind === 'text');
  const took = (some: readonly LoggedIn[], share: number) =>
    percentile(
      some.map(({ tookMs }) => tookMs),
      share,
    );
  const ratio = (share: number) => Math.round((took(during, share) / took(quiet, share)) * 100) / 100;
  const quiet = others.filter(({ phase }) => phase === 'quiet');
  const during = others.filter(({ phase }) => phase in FAULTS);
  const firstDead = texts.filter(({ phase }) => phase === 'first_dead');
  const figures: Figures = {
    logins: crowd.seen.length,
    appAndBackupLogins: others.length + bad.length,
    appAndBackupFailed: bad.length,
    quietMedianMs: tenths(took(quiet, 0.5)),
    faultMedianMs: tenths(took(during, 0.5)),
    medianRatio: ratio(0.5),
    quietP95Ms: tenths(took(quiet, 0.95)),
    faultP95Ms: tenths(took(during, 0.95)),
    p95Ratio: ratio(0.95),
    textLogins: texts.length,
    textNotSent: texts.filter(({ result }) => result === 'not_sent').length,
    textUnsure: texts.filter(({ result }) => result === 'unsure').length,
    textAnswerMaxMs: tenths(Math.max(...texts.map(({ answerMs = 0 }) => answerMs))),
    textFailedWhileFirstDead: firstDead.filter(({ result }) => result !== 'in').length,
    failOpen: texts.filter(({ open }) => open === true).length,
    handedTwice: handedTwice(carriers),
    healMaxMs: tenths(Math.max(...phases.map(({ healMs }) => healMs))),
    ...Object.fromEntries(phases.map(({ fault, handed }) => [`handed.${fault}`, handed])),
  };
  const why = bad.map(({ phase, why: because }) => `${phase}: ${because}`).slice(0, 3);
  if (why.length > 0) throw new Error(`app or backup logins failed: ${why.join('; ')}`);
  mustBeZero(figures, 'appAndBackupFailed', 'failOpen', 'handedTwice', 'textFailedWhileFirstDead');
  return figures;
}

/** The same message to one carrier again, or to the second after the first had taken it. */
function handedTwice([first, second]: readonly [SmsGateway, SmsGateway]): number {
  const again = (some: readonly { id: string }[]) => some.length - new Set(some.map(({ id }) => id)).size;
  const taken = new Set(first.taken.map(({ id }) => id));
  return again(first.handed) + again(second.handed) + second.handed.filter(({ id }) => taken.has(id)).length;
}

const tenths = (n: number) => Math.round(n * 10) / 10;
