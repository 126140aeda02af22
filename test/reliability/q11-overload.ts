/**
 * Q11: 500 people log in at once, and again and again. Passwords are hashed a few at a time and the others wait or
 * are told to come again, so that whoever is logged in already hardly notices, and the process does not grow.
 * One process of the built program over real HTTP, its event loop watched from within.
 *
 * What a session check takes is measured in the same run without the crowd and with it: on a machine that others
 * use as well the two compare, where a number of milliseconds alone says little.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../support/postgres.ts';
import { buildIfOld } from '../support/program.ts';
import { type Figures, type Mode, mustBeZero, percentile, type Report } from './figures.ts';
import { comeAtOnce, logIn } from './q11-crowd.ts';
import type { Probe } from './q11-prober.ts';
import { fillDatabase, type Node, type Prober, startNode, startProber } from './q11-scene.ts';

export const name = 'Q11 overload';

const CROWD = 500;
/** Somebody who is not of the crowd. */
const LONER = CROWD + 1;
/** A session check every so often: fifty in a second. */
const PROBE_EVERY_MS = 20;
const GIVE_UP_MS = 30_000;

const SIZES = {
  short: { quietMs: 1_000, crowdMs: 3_000 },
  long: { quietMs: 15_000, crowdMs: 75_000 },
} as const;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  const figures = await overSqlite(mode);
  tell(report, 'SQLite', figures);
  if (mode === 'short') return figures;
  const over = await overPostgres(mode);
  tell(report, 'PostgreSQL', over);
  const named = Object.entries(over).map(([what, n]) => [`postgres.${what}`, n]);
  return { ...figures, ...Object.fromEntries(named) };
}

async function overSqlite(mode: Mode): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-q11-'));
  try {
    return await overload(`sqlite:${join(folder, 'sallyport.db')}`, SIZES[mode]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overPostgres(mode: Mode): Promise<Figures> {
  const server = await startPostgres({ durable: true });
  try {
    return await overload(await server.freshDatabase(), SIZES[mode]);
  } finally {
    await server.stop();
  }
}

function tell(report: Report, database: string, figures: Figures): void {
  const lines = Object.entries(figures).map(([what, n]) => `  ${what}: ${n}`);
  report(`${database}\n${lines.join('\n')}`);
}

async function overload(
  databaseUrl: string,
  { quietMs, crowdMs }: { quietMs: number; crowdMs: number },
): Promise<Figures> {
  const cookie = await fillDatabase(databaseUrl, CROWD + 2);
  await using node = await startNode(databaseUrl);
  await using prober = await startProber(`${node.url}/`, cookie, PROBE_EVERY_MS);
  await warmUp(node, prober);
  await prober.answers();
  await node.inside();

  await pause(quietMs);
  const quiet = await prober.answers();
  const { rssMb: quietRssMb } = await node.inside();

  const crowd = comeAtOnce(node.url, CROWD);
  await pause(crowdMs);
  const during = await prober.answers();
  const inside = await node.inside();
  const left = crowd.leave();
  const normalAfterMs = await normalAgain(node, prober, took(quiet, 0.5));
  await left;

  const { heard } = crowd;
  const others = [...heard.others].map(([status, n]) => `${n} of ${status}`);
  const figures: Figures = {
    loggedIn: heard.in,
    toldToComeAgain: heard.shed,
    otherAnswers: others.length,
    otherAnswersInWords: others.join(', ') || 'none',
    checks: quiet.length + during.length,
    checksFailed: [...quiet, ...during].filter((p) => p.status !== 200).length,
    loginMedianMs: tenths(percentile(heard.tookMs, 0.5)),
    quietCheckMedianMs: took(quiet, 0.5),
    quietCheckP99Ms: took(quiet, 0.99),
    crowdCheckMedianMs: took(during, 0.5),
    crowdCheckP99Ms: took(during, 0.99),
    crowdCheckMaxMs: took(during, 1),
    machineLateP99Ms: tenths(
      percentile(
        during.map((p) => p.lateMs),
        0.99,
      ),
    ),
    eventLoopP99Ms: tenths(inside.p99Ms),
    eventLoopMaxMs: tenths(inside.maxMs),
    quietRssMb: tenths(quietRssMb),
    crowdRssMb: tenths(inside.rssMb),
    normalAfterMs: tenths(normalAfterMs),
  };
  mustBeZero(figures, 'otherAnswers', 'checksFailed');
  return figures;
}

/** The program is compiled as it runs: the first requests are slower than all others. */
async function warmUp(node: Node, prober: Prober): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const until = performance.now() + GIVE_UP_MS;
  for (let turn = 0; turn < 40 && performance.now() < until; turn++)
    await logIn(node.url, agent, LONER, turn);
  while ((await prober.answers()).length === 0) await pause(PROBE_EVERY_MS);
  agent.destroy();
}

/** From now until a login goes through within half a second, and session checks are about as quick as they were. */
async function normalAgain(node: Node, prober: Prober, usualMs: number): Promise<number> {
  const began = performance.now();
  const agent = new Agent({ keepAlive: true });
  for (let turn = 100; ; turn++) {
    await prober.answers();
    const asked = performance.now();
    const { status } = await logIn(node.url, agent, LONER, turn);
    const answered = performance.now();
    await pause(5 * PROBE_EVERY_MS);
    const checks = await prober.answers();
    const quick = checks.length > 0 && took(checks, 0.5) < Math.max(20, 3 * usualMs);
    if ((status === 303 && answered - asked < 500 && quick) || answered - began > GIVE_UP_MS) {
      agent.destroy();
      return answered - began;
    }
  }
}

const took = (probes: readonly Probe[], share: number) =>
  tenths(
    percentile(
      probes.map((p) => p.tookMs),
      share,
    ),
  );
const tenths = (n: number) => Math.round(n * 10) / 10;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (import.meta.main) {
  await run(process.argv.includes('--long') ? 'long' : 'short', (line) => process.stdout.write(`${line}\n`));
}
