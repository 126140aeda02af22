/** Q3, T21: fifty clients hold one thing that works once. It lets exactly one of them through. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSite, type Site, type SiteOptions } from '../nodes/site.ts';
import type { Answer } from '../support/http-browser.ts';
import { startPostgres } from '../support/postgres.ts';
import { buildIfOld } from '../support/program.ts';
import { type Figures, type Mode, mustBeZero, type Report } from './figures.ts';
import { arrive, type Stage, THINGS } from './q3-things.ts';
import { sizeOf } from './size.ts';

export const name = 'Q3 one code';

const SIZES = {
  short: { rounds: 1, clients: 50, logins: 5, withinMs: 60_000 },
  // Half of the time for each database.
  long: { rounds: 1_000, clients: 50, logins: 50, withinMs: 420_000 },
} as const;
type Size = Readonly<Record<keyof (typeof SIZES)['short'], number>>;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  const size: Size = sizeOf<Size>(SIZES, mode, ['rounds', 'withinMs']);
  // Hashes take most of the time, and are not what is looked at: the long run has them as they are.
  const cheap = mode === 'short' ? { script: BUILT_SERVER, env: { ...ENV, HASHES: 'cheap' } } : { env: ENV };
  const figures = {
    ...(await overSqlite(size, cheap, report)),
    ...(await overThreeNodes(size, cheap, report)),
  };
  const zeros = Object.keys(figures).filter((key) => /\.(notOne|faults)$/.test(key));
  mustBeZero(figures, ...zeros);
  return figures;
}

const BUILT_SERVER = fileURLToPath(new URL('built-server.ts', import.meta.url));
const ENV = { TRUSTED_PROXIES: '127.0.0.1' };

type Served = Pick<SiteOptions, 'script' | 'env'>;

async function overSqlite(size: Size, served: Served, report: Report): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-q3-'));
  try {
    await using site = await openSite({
      database: `sqlite:${join(folder, 'sallyport.db')}`,
      nodes: 1,
      ...served,
    });
    return await playRounds('sqlite', site, size, report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overThreeNodes(size: Size, served: Served, report: Report): Promise<Figures> {
  const postgres = await startPostgres();
  try {
    await using site = await openSite({ database: await postgres.freshDatabase(), nodes: 3, ...served });
    return await playRounds('nodes', site, size, report);
  } finally {
    await postgres.stop();
  }
}

async function playRounds(where: string, site: Site, size: Size, report: Report): Promise<Figures> {
  const account = await site.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
  const owner = await site.addPerson({
    email: 'owner@meridian.example',
    method: 'totp',
    in: [{ account, role: 'owner' }],
  });
  const browser = arrive(site);
  await site.logIn(browser, owner);
  const counted = {
    rounds: 0,
    admitted: 0,
    notOne: 0,
    faults: 0,
    busy: 0,
    refusedWith4xx: 0,
    ledElsewhere: 0,
  };
  const until = performance.now() + size.withinMs;
  let freshUntil = performance.now() + 240_000;
  for (let round = 0; round < size.rounds && performance.now() < until; round++) {
    if (performance.now() > freshUntil) {
      // T4: what admins do wants a code of the last five minutes.
      await site.logIn(browser, owner);
      freshUntil = performance.now() + 240_000;
    }
    const stage = { site, account, owner: { browser }, round, clients: size.clients, logins: size.logins };
    for (const [thing, prepare] of Object.entries(THINGS)) {
      const outcome = await playOne(stage, prepare);
      counted.rounds += 1;
      counted.admitted += outcome.admitted;
      counted.notOne += outcome.admitted === 1 ? 0 : 1;
      counted.faults += outcome.faults;
      counted.busy += outcome.busy;
      counted.refusedWith4xx += outcome.refusedWith4xx;
      counted.ledElsewhere += outcome.ledElsewhere;
      if (outcome.admitted !== 1 || outcome.faults > 0)
        report(`${where} ${thing} round ${round}: ${outcome.told}`);
    }
  }
  report(`${where}: ${JSON.stringify(counted)}`);
  return Object.fromEntries(Object.entries(counted).map(([key, value]) => [`${where}.${key}`, value]));
}

const isBusy = (answer: Answer) => answer.status === 503 && answer.headers['retry-after'] !== undefined;

async function playOne(stage: Stage, prepare: (typeof THINGS)[string]) {
  const { tries, admitted } = await prepare(stage);
  const answers = await Promise.all(tries.map((once) => once()));
  const statuses = Map.groupBy(answers, ({ status, location }) => `${status} ${location ?? ''}`);
  return {
    admitted: await admitted(answers),
    faults: answers.filter((answer) => answer.status >= 500 && !isBusy(answer)).length,
    // Shed before anything was compared: on a machine that has other work, hashes wait for too long.
    busy: answers.filter(isBusy).length,
    refusedWith4xx: answers.filter(({ status }) => status >= 400 && status < 500).length,
    // A login that has gone on, or is over, leads its other tabs to where it is.
    ledElsewhere: answers.filter(({ status }) => status < 400).length,
    told: [...statuses].map(([status, those]) => `${those.length} x ${status}`).join(', '),
  };
}
