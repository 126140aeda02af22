/** How far a node's clock may be from the database's, or leap at once, before it is thought wrong. */
export const CLOCK_TOLERANCE_MS = 2_000;
/** A leap ahead that lasts this long is believed: the machine slept, or its clock was set right. */
const BELIEVED_AFTER_MS = 60_000;
/**
 * A process becomes right up to some seconds before the moment that it was found to stand before, and it must never
 * vouch for that one: should a failover bring the note back, the passes live again as well.
 */
const VOUCHES_AFTER_MS = 20_000;

export type ClockFault =
  /** Set back while running: this node goes on by its own time and wants to be started again. */
  | { readonly fault: 'set_back'; readonly byMs: number }
  /** Another clock than the database's, by which the other nodes go. */
  | { readonly fault: 'off_database'; readonly byMs: number }
  /** It (and the database's, if that has one) stands before what is on record: what has ended would live again. */
  | { readonly fault: 'before_records'; readonly byMs: number };

export interface Clock {
  /** Unix milliseconds, UTC. Never goes back, and follows no leap that does not last (T25). */
  readonly now: () => number;
  fault(): ClockFault | null;
  /** May requests be answered by this clock? One set back goes on by its own, steady time. */
  mayServe(): boolean;
  /** Compares with the database, and shuts and opens nothing. `at` is its clock, read within `tookMs`. */
  judge(database: DatabaseTime, tookMs: number): ClockFault | null;
  /** What was judged counts from now on: with a fault nobody is served. */
  heed(judged: ClockFault | null): void;
  /** Was it once compared and found right? Then this process knows how much time has gone by since. */
  wasRight(): boolean;
  /** Does it know how long this moment is ago? Only of one since it was right. */
  vouchesFor(moment: number): boolean;
  /** Whether the moment could be noted in the database: told when that changes. `null`: it could. */
  noted(failure: Error | null): void;
}

export interface DatabaseTime {
  /** Its own clock, if it has one. */
  readonly at: number | null;
  /** A moment that it knows to have been, dated by that clock where there is one. */
  readonly newest: number | null;
}

export interface ClockParts {
  /** The machine's clock. */
  readonly wall: () => number;
  /** Milliseconds since whenever, at a steady pace, whatever becomes of the machine's clock. */
  readonly steady: () => number;
  readonly onFault: (fault: ClockFault | null) => void;
  /** A leap ahead by so many milliseconds lasted, and is followed from now on. */
  readonly onLeap: (byMs: number) => void;
  /** The moment cannot be noted in the database, or (`null`) can be again. */
  readonly onUnnoted: (failure: Error | null) => void;
}

/**
 * The process's clock, guarded. A clock that is set back must not lengthen a pass or bring a session back; one
 * that leaps ahead for a moment must not end anybody's wait. Between readings of the machine's clock that fit
 * together it follows that clock; otherwise it goes on at a steady pace.
 */
export function createClock(parts: ClockParts): Clock {
  let last = parts.wall();
  let mark = parts.steady();
  let aheadSince: number | null = null;
  let setBack: ClockFault | null = null;
  let apart: ClockFault | null = null;
  let rightSince: number | null = null;
  let unnoted = false;
  /** The database has a clock. */
  let asked = false;
  let told: ClockFault['fault'] | null = null;

  function now(): number {
    const steady = parts.steady();
    const expected = last + (steady - mark);
    const leap = parts.wall() - expected;
    if (leap > CLOCK_TOLERANCE_MS) aheadSince ??= steady;
    else aheadSince = null;
    const believed = aheadSince !== null && steady - aheadSince >= BELIEVED_AFTER_MS;
    if (believed) {
      aheadSince = null;
      parts.onLeap(Math.round(leap));
      // Where there is another clock to ask, nobody is served by the new time before that one agrees.
      if (asked) apart = { fault: 'off_database', byMs: Math.round(leap) };
    }
    setBack = leap < -CLOCK_TOLERANCE_MS ? { fault: 'set_back', byMs: Math.round(-leap) } : null;
    const follow = believed || Math.abs(leap) <= CLOCK_TOLERANCE_MS;
    // Small steps back are waited out: time stands still until the machine's clock has caught up.
    last = Math.max(last, follow ? expected + leap : expected);
    mark = steady;
    return Math.floor(last);
  }

  function fault(): ClockFault | null {
    now();
    return apart ?? setBack;
  }

  return {
    now,
    fault,
    mayServe() {
      now();
      return apart === null;
    },
    wasRight: () => rightSince !== null,
    vouchesFor: (moment) => rightSince !== null && moment > rightSince + VOUCHES_AFTER_MS,
    noted(failure) {
      if (unnoted !== (failure !== null)) parts.onUnnoted(failure);
      unnoted = failure !== null;
    },
    judge({ at, newest }, tookMs) {
      asked ||= at !== null;
      const here = now();
      const off = at === null ? 0 : Math.abs(at - (here - tookMs / 2));
      if (off > CLOCK_TOLERANCE_MS + tookMs / 2) return { fault: 'off_database', byMs: Math.round(off) };
      const before = newest === null ? 0 : newest - (at ?? here);
      return before > CLOCK_TOLERANCE_MS ? { fault: 'before_records', byMs: before } : null;
    },
    heed(judged) {
      apart = judged;
      if (judged === null) rightSince ??= now();
      const found = fault();
      const kind = found?.fault ?? null;
      if (kind !== told) parts.onFault(found);
      told = kind;
    },
  };
}
