/**
 * Q1: the built program over a database file, with 32 clients at work, is killed (SIGKILL) at random moments and
 * started again. Nothing that was acknowledged may be lost, and no code may admit twice.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildIfOld, freePort, type Program, runProgram, startProgram } from '../support/program.ts';
import { type Figures, type Mode, mustBeZero, percentile, type Report, seededRandom } from './figures.ts';
import { checkAtTheDoor, checkRows, type Losses, noLosses } from './q1-check.ts';
import { CLIENTS, createClients } from './q1-clients.ts';
import { addClaims, type Claims, noClaims } from './q1-ledger.ts';
import { makePeople, type People } from './q1-people.ts';
import { sizeOf } from './size.ts';

export const name = 'Q1 kill -9';

const BUILT_SERVER = fileURLToPath(new URL('built-server.ts', import.meta.url));
const READY_WITHIN_MS = 5_000;
const SIZES = {
  short: { kills: 30, most: 24, atTheDoor: 2, enrolled: 70, waiting: 60, owners: 4, membersEach: 2 },
  long: { kills: 1_000, most: 60, atTheDoor: 6, enrolled: 1_500, waiting: 8_000, owners: 4, membersEach: 20 },
} as const;
type Size = Readonly<Record<keyof (typeof SIZES)['short'], number>>;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  const size: Size = sizeOf<Size>(SIZES, mode, ['kills', 'waiting']);
  const folder = mkdtempSync(join(diskFolder(), 'q1-'));
  try {
    const path = join(folder, 'sallyport.db');
    const people = await makePeople(path, await freePort(), size);
    // Compiled code is kept by a process that ends, not by one that is killed.
    await runProgram(['help'], { cwd: folder });
    report(`${CLIENTS} clients, ${size.kills} kills`);
    return await killAgainAndAgain({ folder, path, people, size, report });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** On a disk, where a sync is a sync: temporary folders may lie in memory. */
function diskFolder(): string {
  const folder = fileURLToPath(new URL('../../node_modules/.cache/reliability', import.meta.url));
  mkdirSync(folder, { recursive: true });
  return folder;
}

interface Play {
  readonly folder: string;
  readonly path: string;
  readonly people: People;
  readonly size: Size;
  readonly report: Report;
}

async function killAgainAndAgain(play: Play): Promise<Figures> {
  const { path, people, report } = play;
  const { kills, most, atTheDoor } = play.size;
  const clients = createClients(`http://localhost:${people.env.PORT}`, people);
  const random = seededRandom(1);
  const [losses, all, readyMs]: [Losses, Claims, number[]] = [noLosses(), noClaims(), []];
  let claims = noClaims();
  for (let kill = 0; kill <= kills; kill++) {
    const began = performance.now();
    await using program = startLife(play, kill);
    await ready(program, people);
    readyMs.push(performance.now() - began);
    checkRows(path, claims, losses, report);
    await checkAtTheDoor(path, clients, claims, atTheDoor, losses, report);
    addClaims(all, claims);
    claims = noClaims();
    if (kill === kills) break;
    clients.open(claims);
    // Early or late in the work, and then anywhere in what is under way.
    await clients.answered(8 + Math.floor(random() * most));
    await sleep(random() * 10);
    program.signal('SIGKILL');
    await clients.close();
    if ((kill + 1) % 50 === 0)
      report(`${kill + 1} kills, ${all.admitted.length} codes, ${all.enrolled.length} set-ups`);
  }
  checkRows(path, all, losses, report);
  await clients.end();
  return settle(play, losses, all, readyMs);
}

/** Every fifth life is the program as it is; in the others hashing is cheap, so that more is written per second. */
function startLife({ folder, people }: Play, life: number): Program {
  const given = { cwd: folder, env: people.env };
  if (life % 5 === 0) return startProgram(['serve', '--dev'], given);
  return startProgram([], { ...given, env: { ...given.env, HASHES: 'cheap' }, script: BUILT_SERVER });
}

function settle(play: Play, losses: Losses, all: Claims, readyMs: readonly number[]): Figures {
  const figures = {
    kills: play.size.kills,
    clients: CLIENTS,
    ...losses,
    codesAcknowledged: all.admitted.length,
    enrollmentsAcknowledged: all.enrolled.length,
    revocationsAcknowledged: all.revoked.length,
    logOutsAcknowledged: all.loggedOut.length,
    readyP50Ms: Math.round(percentile(readyMs, 0.5)),
    readyMaxMs: Math.round(Math.max(...readyMs)),
  };
  play.report(JSON.stringify(figures));
  mustBeZero(figures, ...Object.keys(losses));
  if (figures.readyMaxMs > READY_WITHIN_MS) throw new Error(`ready only after ${figures.readyMaxMs} ms`);
  return figures;
}

/** Once it says that it is fit to be sent requests. */
async function ready(program: Program, { env }: People): Promise<void> {
  await program.printed('listens on');
  const { status } = await fetch(`http://localhost:${env.PORT}/health`);
  if (status !== 200) throw new Error(`started, and /health says ${status}`);
}
