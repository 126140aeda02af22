import {
  type ClockNotes,
  clearSetBack,
  noteMoment,
  noteSetBack,
  readClockNotes,
  type SaidRight,
} from '../store/clock-notes.ts';
import { type Db, newestMoment, ping } from '../store/database.ts';
import { isPostgres } from '../store/dialect.ts';
import type { Clock, ClockFault } from './clock.ts';
import type { Context } from './context.ts';
import { endUndatedPasses } from './end-undated-passes.ts';

/** How old the note of the newest moment may be: so much, and the five seconds from one look to the next. */
const NOTE_EVERY_MS = 30_000;
/**
 * Q9: a pass may last a minute too long. Who starts no more than this before the newest record is at most 20 + 35
 * = 55 seconds behind the last moment of the run before, so its passes go on: a step of seconds, as NTP makes them,
 * ends nobody's. Nobody is served before the records are reached, whatever the step.
 */
const MAY_STAND_BEFORE_MS = 20_000;

interface Look {
  readonly fault: ClockFault | null;
  /** The newest moment on record that it was compared with, if there is any. */
  readonly newest: number | null;
  readonly notes: ClockNotes;
  /** This very moment: by the database's clock, where it has one. */
  readonly moment: number;
}

/**
 * T25: compares the clock with the database's, and that with what is on record: SQLite has no clock, and PostgreSQL's
 * may have been set back with all others. Of PostgreSQL's records only those count that its own clock has dated: a
 * single node whose clock was wrong must not make everybody else's wrong. Changes nothing.
 */
export async function lookAtClock(db: Db, clock: Pick<Clock, 'judge' | 'now'>): Promise<Look> {
  // Before the clock is read: whatever is on record by then is older.
  const notes = await readClockNotes(db);
  const { newest: noted, saidRight } = notes;
  const newest = isPostgres(db) ? noted : later(noted, await newestMoment(db, saidRight));
  const before = performance.now();
  const at = await ping(db);
  const tookMs = performance.now() - before;
  const fault = clock.judge({ at, newest }, tookMs);
  return { fault, newest, notes, moment: at ?? clock.now() };
}

/**
 * The same, and does what follows. A process that starts before what is on record cannot know how long it is since:
 * that is noted at once, whatever becomes of the process, and before anybody is served again by any, passes of
 * unknown age end. One that was right before knows, since its own time went on.
 */
export async function checkClock(ctx: Context): Promise<void> {
  const { db, clock } = ctx;
  const { fault, newest, notes, moment } = await lookAtClock(db, clock);
  if (fault !== null) {
    clock.heed(fault);
    if (fault.fault === 'before_records' && fault.byMs > MAY_STAND_BEFORE_MS && !clock.wasRight()) {
      await noteSetBack(db, later(newest, await newestMoment(db)) ?? moment);
    }
    return;
  }
  if (notes.setBackBefore !== null) await settleSetBack(ctx, notes.setBackBefore, notes.saidRight);
  clock.heed(null);
  // Nothing that people need: where it cannot be written, they are served all the same.
  if (notes.newest === null || moment - notes.newest >= NOTE_EVERY_MS) {
    clock.noted(await noteMoment(db, moment).then(() => null, asError));
  }
}

/** Another process may have noted it, and ended before it could know; one whose own time went on is right again. */
async function settleSetBack(ctx: Context, before: number, saidRight: SaidRight | null): Promise<void> {
  // What the operator said makes even that time doubtful.
  const doubted = saidRight !== null && before <= saidRight.until;
  if (!doubted && ctx.clock.vouchesFor(before)) await clearSetBack(ctx.db, before);
  else await endUndatedPasses(ctx);
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
const later = (a: number | null, b: number | null) => (a === null || (b !== null && b > a) ? b : a);
