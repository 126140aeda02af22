/**
 * Q8: requests that are wrong in every way, to every route, in a flood: the process lives, answers each with the
 * caller's fault, lets nobody in, grows no larger, and people who do nothing wrong hardly notice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { assemble, type Cast } from '../bad-input/cast.ts';
import { expectWhole, withDatabase } from '../support/crash.ts';
import { difference, stateOf } from '../support/crash-state.ts';
import { buildIfOld, freePort } from '../support/program.ts';
import type { ServerFigures } from './built-server.ts';
import { type Figures, type Mode, mustBeZero, percentile, type Report, seededRandom } from './figures.ts';
import type { GoodAnswer, GoodOrder } from './q8-good-client.ts';
import { groupsOf } from './q8-groups.ts';
import { type Malformed, malform, type Target } from './q8-malformed.ts';
import { type Child, startChild } from './q8-processes.ts';
import { trickle } from './q8-slow-bodies.ts';
import { sizeOf } from './size.ts';

export const name = 'Q8 malformed requests';

/** How many send at once, whether good or bad. */
const SENDERS = 4;

const SIZES = {
  short: { perGroup: 100, warmPerGroup: 60, slice: 100, slowBodies: 20, slowMs: 1_000 },
  long: { perGroup: 10_000, warmPerGroup: 500, slice: 1_500, slowBodies: 100, slowMs: 65_000 },
} as const;
type Size = Readonly<Record<keyof (typeof SIZES)['short'], number>>;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  const sizes: Size = sizeOf<Size>(SIZES, mode, ['perGroup']);
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-q8-'));
  const cast = await assemble();
  const path = join(folder, 'sallyport.db');
  try {
    await sql.raw(`vacuum into '${path}'`).execute(cast.door.ctx.db);
    const origin = `http://localhost:${await freePort()}`;
    const server = await startChild<ServerFigures>('built-server.ts', serverEnv(cast, path, origin));
    const good = await startChild<GoodAnswer>('q8-good-client.ts', {});
    try {
      return await flood({ cast, path, origin, server, good, sizes, mode, report });
    } finally {
      await Promise.all([server.stop(), good.stop()]);
    }
  } finally {
    await cast.door.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Play {
  readonly cast: Cast;
  readonly path: string;
  readonly origin: string;
  readonly server: Child<ServerFigures>;
  readonly good: Child<GoodAnswer>;
  readonly sizes: Size;
  readonly mode: Mode;
  readonly report: Report;
}

interface Tally {
  requests: number;
  faults: number;
  admissions: number;
  taken: number;
  busy: number;
  cutOff: number;
}

async function flood(play: Play): Promise<Figures> {
  const { server, sizes, report, path } = play;
  const groups = groupsOf(play.cast);
  const random = seededRandom(8);
  const tally: Tally = { requests: 0, faults: 0, admissions: 0, taken: 0, busy: 0, cutOff: 0 };
  const send = sender(play, tally);
  const some = (targets: readonly Target[], many: number) =>
    Array.from({ length: many }, () =>
      malform(targets[Math.floor(random() * targets.length)] as Target, random),
    );
  const before = withDatabase(path, stateOf);
  for (const targets of groups.values()) await all(some(targets, sizes.warmPerGroup), send);
  const warm = await server.ask('figures');
  const [quiet, flooded, sizesMb]: [number[], number[], number[]] = [[], [], []];
  const slow = trickle(play.origin, sizes);
  for (const [group, targets] of groups) {
    for (let sent = 0; sent < sizes.perGroup; sent += sizes.slice) {
      quiet.push(...(await timed(play, () => all(ordinary(Math.ceil(sizes.slice / 4)), send))));
      flooded.push(...(await timed(play, () => all(some(targets, sizes.slice), send))));
    }
    sizesMb.push((await server.ask('figures')).rssBytes / 1e6);
    report(`${group}: ${sizes.perGroup} requests`);
  }
  const slowEnded = await slow;
  const then = await server.ask('figures');
  const changed = difference(before, withDatabase(path, stateOf));
  if (changed !== null) report(`changed: ${changed}`);
  for (const line of then.errors.slice(0, 5)) report(line.slice(0, 500));
  withDatabase(path, expectWhole);
  const figures = {
    groups: groups.size,
    requests: tally.requests,
    crashes: server.ended() ? 1 : 0,
    faults: tally.faults,
    errorsLogged: then.errors.length,
    admissions: tally.admissions,
    taken: tally.taken,
    changedRows: changed === null ? 0 : 1,
    answeredBusy: tally.busy,
    cutOff: tally.cutOff,
    slowBodies: sizes.slowBodies,
    slowBodiesCut: slowEnded,
    rssWarmMb: Math.round(warm.rssBytes / 1e6),
    rssMaxMb: Math.round(Math.max(...sizesMb)),
    rssGrowthMb: Math.round(Math.min(...sizesMb.slice(-3)) - Math.min(...sizesMb.slice(0, 3))),
    heapGrowthMb: Math.round((then.heapBytes - warm.heapBytes) / 1e6),
    goodP99Ms: round(percentile(quiet, 0.99)),
    goodP99FloodedMs: round(percentile(flooded, 0.99)),
    p99Ratio: round(percentile(flooded, 0.99) / percentile(quiet, 0.99)),
  };
  report(JSON.stringify(figures));
  mustBeZero(figures, 'crashes', 'faults', 'errorsLogged', 'admissions', 'taken', 'changedRows');
  // A process that has just started still grows into its work, and a few moments are no measure of a slow one.
  if (play.mode === 'long') mustHoldForLong(figures);
  return figures;
}

function mustHoldForLong(figures: {
  rssGrowthMb: number;
  p99Ratio: number;
  slowBodies: number;
  slowBodiesCut: number;
}) {
  const wrong: string[] = [];
  if (figures.rssGrowthMb >= 50) wrong.push(`the process grew by ${figures.rssGrowthMb} MB`);
  if (figures.p99Ratio > 2) wrong.push(`good requests took ${figures.p99Ratio} times as long`);
  if (figures.slowBodiesCut < figures.slowBodies)
    wrong.push(`only ${figures.slowBodiesCut} slow bodies were cut`);
  if (wrong.length > 0) throw new Error(wrong.join(', '));
}

const round = (n: number) => Math.round(n * 10) / 10;

/** What people ask for, as many at once: the measure for the flood. */
const ordinary = (many: number): Malformed[] =>
  Array.from({ length: many }, () => ({
    what: 'a page',
    method: 'GET',
    path: '/login',
    headers: { 'sec-fetch-site': 'none' },
    body: '',
    onlyOdd: true,
  }));

async function all(
  requests: readonly Malformed[],
  send: (request: Malformed) => Promise<void>,
): Promise<void> {
  const queue = [...requests];
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await send(next);
  };
  await Promise.all(Array.from({ length: SENDERS }, work));
}

/** How long good requests took meanwhile. */
async function timed(play: Play, work: () => Promise<void>): Promise<readonly number[]> {
  const cookie = play.cast.browsers.owner
    .cookies()
    .map((c) => `${c.name}=${c.value}`)
    .join('; ');
  play.good.tell({
    origin: play.origin,
    paths: ['/', '/accounts/meridian'],
    cookie,
    everyMs: 10,
  } satisfies GoodOrder);
  await work();
  const { times, failed } = await play.good.ask('stop');
  if (failed > 0) throw new Error(`${failed} good requests failed`);
  return times;
}

function sender({ origin, report }: Play, tally: Tally): (request: Malformed) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  return ({ what, method, path, headers, body, onlyOdd }) =>
    new Promise((done) => {
      tally.requests++;
      const judge = (status: number, cookies: readonly string[]) => {
        const wrong = status === 503 ? 'busy' : status >= 500 ? 'faults' : null;
        if (wrong !== null) tally[wrong]++;
        else if (!onlyOdd && status < 400) tally.taken++;
        if (cookies.some((line) => /^(__Host-)?session=[^;]/.test(line))) tally.admissions++;
        if (wrong === 'faults' || (!onlyOdd && status < 400))
          report(`${what}: ${method} ${path.slice(0, 100)}: ${status}`);
      };
      const length = body.length === 0 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const sent = request(origin, { method, path, agent, headers: { ...headers, ...length } }, (answer) => {
        judge(answer.statusCode ?? 0, answer.headers['set-cookie'] ?? []);
        answer.resume().on('close', done);
      });
      // Whoever sends a megabyte may be hung up on before it is through.
      sent.on('error', () => {
        tally.cutOff++;
        done();
      });
      sent.end(body);
    });
}

function serverEnv(cast: Cast, path: string, origin: string): Record<string, string> {
  return {
    PORT: new URL(origin).port,
    DATABASE_URL: `sqlite:${path}`,
    SALLYPORT_KEYS: cast.door.ctx.keys.keys.map((key) => key.bytes.toString('base64')).join(','),
    SALLYPORT_SUPPORT: 'help@sallyport.example',
    TRUSTED_PROXIES: '127.0.0.1',
    NOW: String(cast.door.clock.now()),
  };
}
