/** One database with everybody in place, which is laid down anew for every crash; and each deed as it goes undisturbed. */
import { randomBytes } from 'node:crypto';
import { createClock, type TestClock } from '../support/clock.ts';
import { expectWhole, type Image, imageOf, putImage, watchWrites, withDatabase } from '../support/crash.ts';
import { type Bytes, createBytes, openStage, type Stage } from '../support/crash-stage.ts';
import { difference, orphansIn, type State, stateOf } from '../support/crash-state.ts';
import type { Answer } from '../support/http-browser.ts';
import { freePort } from '../support/program.ts';
import type { Report } from './figures.ts';
import type { Flow } from './q10-cast.ts';
import { prepare } from './q10-flows.ts';

export interface Tally {
  flows: number;
  crashPoints: number;
  images: number;
  failPoints: number;
  between: number;
  notRetried: number;
  orphans: number;
  notWhole: number;
  sessionsByFault: number;
}

export const noTally = (): Tally => ({
  flows: 0,
  crashPoints: 0,
  images: 0,
  failPoints: 0,
  between: 0,
  notRetried: 0,
  orphans: 0,
  notWhole: 0,
  sessionsByFault: 0,
});

export interface Play {
  readonly path: string;
  readonly base: Image;
  readonly clock: TestClock;
  readonly bytes: Bytes;
  readonly tally: Tally;
  readonly report: Report;
  /** Lays the files down and starts a server over them, at the moment at which everybody is in place. */
  open(image: Image): Promise<Stage>;
}

export async function setStage(path: string, report: Report): Promise<{ play: Play; flows: Flow[] }> {
  const [clock, bytes, port] = [createClock(), createBytes(), await freePort()];
  const parts = { path, port, clock, bytes, key: randomBytes(32).toString('base64') };
  bytes.restart('before');
  const stage = await openStage(parts);
  const flows = await prepare(stage.step, clock).finally(() => stage.app.close());
  // A moment later, so that whatever is renewed by the deed shows.
  const at = clock.now() + 1_000;
  const open = (image: Image) => {
    putImage(path, image);
    clock.set(at);
    return openStage(parts);
  };
  return { play: { path, base: imageOf(path), clock, bytes, tally: noTally(), report, open }, flows };
}

/** One deed as it went when nothing was in its way. */
export interface Recording {
  readonly answer: Answer;
  /** The statements that wrote, in their order. */
  readonly statements: readonly string[];
  /** What lay on the disk before each and after each; those of the same bytes once. */
  readonly images: readonly Image[];
  readonly old: State;
  readonly done: State;
}

export async function record(play: Play, flow: Flow): Promise<Recording> {
  await using stage = await play.open(play.base);
  const statements: string[] = [];
  const images = new Map<string, Image>();
  const look = () => {
    const image = imageOf(play.path);
    images.set(image.id, image);
  };
  await stage.step.sent();
  const old = stateIn(play.path);
  let answer: Answer;
  {
    using _ = watchWrites({
      before(sql) {
        if (!isLookedAt(flow, sql)) return;
        statements.push(sql);
        look();
      },
      after(sql) {
        if (isLookedAt(flow, sql)) look();
      },
    });
    play.bytes.restart(flow.name);
    answer = await flow.send(flow.browser.copy());
    await stage.step.sent();
  }
  const done = stateIn(play.path);
  if (answer.status >= 400 || difference(old, done) === null || statements.length === 0) {
    throw new Error(`${flow.name} did not go through: ${answer.status} ${answer.text.slice(0, 300)}`);
  }
  return { answer, statements, images: [...images.values()], old, done };
}

/** Does it belong to the deed, or to the worker that sends messages beside it? */
export function isLookedAt(flow: Flow, sql: string): boolean {
  if (/^\s*commit/i.test(sql)) return flow.outbox === undefined;
  const byWorker = /^\s*(with|update "outbox"|update "text_messages"|insert into "inbox")/i.test(sql);
  return byWorker === (flow.outbox !== undefined);
}

/** Reads beside the server, which goes on. */
export const stateIn = (path: string): State => withDatabase(path, stateOf);

/** The same, and whether the file is whole and holds no secret for nobody. */
export function inspect({ path, tally, report }: Play, what: string): State {
  return withDatabase(path, (database) => {
    try {
      expectWhole(database);
    } catch (error) {
      tally.notWhole++;
      report(`${what}: ${error}`);
    }
    for (const orphan of orphansIn(database)) {
      tally.orphans++;
      report(`${what}: ${orphan}`);
    }
    return stateOf(database);
  });
}
