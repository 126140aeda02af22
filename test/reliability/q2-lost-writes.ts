/**
 * Writes that never reached the disk. The WAL of a day's deeds is cut off at every frame and inside frames, damaged
 * at every frame, and checkpointed by halves; what SQLite makes of it must be the deeds up to some moment, whole.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createClock } from '../support/clock.ts';
import { expectWhole, imageOf, putImage, watchWrites, withDatabase } from '../support/crash.ts';
import { createBytes, openStage, type Stage } from '../support/crash-stage.ts';
import { difference, type State, stateOf } from '../support/crash-state.ts';
import type { Answer } from '../support/http-browser.ts';
import { freePort } from '../support/program.ts';
import { type Report, seededRandom } from './figures.ts';
import type { Flow } from './q10-cast.ts';
import { prepare } from './q10-flows.ts';

export interface LostWrites {
  deeds: number;
  walFrames: number;
  cutsAtFrames: number;
  cutsInsideFrames: number;
  damagedFrames: number;
  halfCheckpoints: number;
  notWhole: number;
  notAPrefix: number;
  acknowledgedLost: number;
}

interface History {
  readonly database: Buffer;
  readonly wal: Buffer;
  readonly checkpointed: Buffer;
  /** What was there once a deed had been answered, and how long the WAL was by then. */
  readonly answered: readonly Answered[];
}

interface Answered {
  readonly name: string;
  readonly walBytes: number;
  readonly state: State;
}

/** SQLite's file format, 4.1 and 4.2: a header of 32 bytes, then frames of 24 bytes and a page. */
const HEADER = 32;
const FRAME_HEADER = 24;

export async function loseWrites(
  folder: string,
  sizes: { frameEvery: number; insidePerFrame: number; damageEvery: number; halfCheckpoints: number },
  report: Report,
): Promise<LostWrites> {
  const history = await makeHistory(folder);
  const { wal } = history;
  const frameBytes = FRAME_HEADER + wal.readUInt32BE(8);
  const frames = (wal.length - HEADER) / frameBytes;
  const figures: LostWrites = {
    deeds: history.answered.length - 1,
    walFrames: frames,
    cutsAtFrames: 0,
    cutsInsideFrames: 0,
    damagedFrames: 0,
    halfCheckpoints: 0,
    notWhole: 0,
    notAPrefix: 0,
    acknowledgedLost: 0,
  };
  const look = lookIn(join(folder, 'cut.db'), history, figures, report);
  const random = seededRandom(22);
  for (let frame = 0; frame <= frames; frame += sizes.frameEvery) {
    const end = HEADER + frame * frameBytes;
    figures.cutsAtFrames++;
    look(`cut at frame ${frame}`, wal.subarray(0, end), end);
    for (
      let n = random() < sizes.insidePerFrame % 1 ? 1 : 0;
      n < sizes.insidePerFrame && frame < frames;
      n++
    ) {
      figures.cutsInsideFrames++;
      const cut = end + 1 + Math.floor(random() * (frameBytes - 1));
      look(`cut inside frame ${frame} at ${cut}`, wal.subarray(0, cut), end);
    }
    if (frame === frames || frame % sizes.damageEvery !== 0) continue;
    figures.damagedFrames++;
    const damaged = Buffer.from(wal);
    // A sector that was never written, in the midst of others that were.
    damaged.fill(0, end + FRAME_HEADER, end + FRAME_HEADER + 512 * (1 + Math.floor(random() * 8)));
    const same = damaged.equals(wal);
    look(`frame ${frame} damaged`, damaged, same ? wal.length : end);
  }
  for (let n = 0; n < sizes.halfCheckpoints; n++) {
    figures.halfCheckpoints++;
    look(`half a checkpoint ${n}`, wal, wal.length, halfCheckpointed(history, random));
  }
  report(`${frames} frames of ${figures.deeds} deeds: every cut leaves whole deeds`);
  return figures;
}

/** Every deed of Q10, one after the other, with a WAL that nothing is moved out of. */
async function makeHistory(folder: string): Promise<History> {
  const path = join(folder, 'history.db');
  const [clock, bytes] = [createClock(), createBytes()];
  const parts = { path, port: await freePort(), clock, bytes, key: randomBytes(32).toString('base64') };
  const before = await openStage(parts);
  const flows = await prepare(before.step, clock).finally(() => before.app.close());
  clock.advance(1_000);
  const stage = await openStage(parts);
  try {
    await sql.raw('pragma wal_autocheckpoint = 0').execute(stage.app.ctx.db);
    const answered: Answered[] = [{ name: 'nothing', ...now(path), walBytes: 0 }];
    for (const flow of flows) {
      const answer = await sendAndWatch(path, flow, answered);
      if (answer.status >= 400)
        throw new Error(`${flow.name}: ${answer.status} ${answer.text.slice(0, 300)}`);
      answered.push({ name: flow.name, ...now(path) });
    }
    await stage.step.sent();
    const image = imageOf(path);
    return { ...image, checkpointed: await checkpoint(stage, path), answered };
  } finally {
    await stage.app.close();
  }
}

/** What lies between the two transactions of a deed that has two is a moment of its own. */
async function sendAndWatch(path: string, flow: Flow, answered: Answered[]): Promise<Answer> {
  const after = (sql: string) => {
    if (flow.between !== undefined && /^commit/i.test(sql))
      answered.push({ name: `in ${flow.name}`, ...now(path) });
  };
  using _ = watchWrites({ after });
  return await flow.send(flow.browser.copy());
}

function now(path: string): { walBytes: number; state: State } {
  const walBytes = imageOf(path).wal.length;
  return { walBytes, state: withDatabase(path, stateOf) };
}

async function checkpoint({ app }: Stage, path: string): Promise<Buffer> {
  await sql.raw('pragma wal_checkpoint(truncate)').execute(app.ctx.db);
  return imageOf(path).database;
}

/** Opens what is left, and finds the deeds up to some moment: all that were answered by `lastsUntil`, none by halves. */
function lookIn(path: string, history: History, figures: LostWrites, report: Report) {
  return (what: string, wal: Buffer, lastsUntil: number, database = history.database): void => {
    putImage(path, { database, wal });
    const found = withDatabase(path, (opened) => {
      try {
        expectWhole(opened);
      } catch (error) {
        figures.notWhole++;
        report(`${what}: ${error}`);
      }
      return stateOf(opened);
    });
    const { answered } = history;
    const last = answered.findLastIndex(({ walBytes }) => walBytes <= lastsUntil);
    const [upTo, next] = [answered[last], answered[last + 1]];
    if (upTo !== undefined && difference(upTo.state, found) === null) return;
    // The deed that was under way may be done already, before it was answered.
    if (next !== undefined && difference(next.state, found) === null) return;
    const other = answered.findIndex(({ state }) => difference(state, found) === null);
    if (other >= 0 && other < last) figures.acknowledgedLost++;
    else figures.notAPrefix++;
    report(`${what}: is neither ${upTo?.name} nor ${next?.name}: ${upTo && difference(upTo.state, found)}`);
  };
}

/** Some of its pages have been written over, others not; the WAL is emptied only after all of them are. */
function halfCheckpointed({ database, checkpointed, wal }: History, random: () => number): Buffer {
  const page = wal.readUInt32BE(8);
  const share = random();
  const mixed = Buffer.alloc(checkpointed.length);
  for (let at = 0; at < checkpointed.length; at += page) {
    const from = random() < share ? checkpointed : database;
    if (at < from.length) from.copy(mixed, at, at, at + page);
  }
  return mixed;
}
