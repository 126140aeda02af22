/** How far a node's clock may be from the database's, or leap at once, before it is thought wrong. */
export const CLOCK_TOLERANCE_MS = 2_000;
/** A leap ahead that lasts this long is believed: the machine slept, or its clock was set right. */
const BELIEVED_AFTER_MS = 60_000;

export type ClockFault =
  /** Set back while running: this node goes on by its own time and wants to be started again. */
  | { readonly fault: 'set_back'; readonly byMs: number }
  /** Another clock than the database's, by which the other nodes go. */
  | { readonly fault: 'off_database'; readonly byMs: number }
  /** It stands before records that are there already, so what has ended would live again. */
  | { readonly fault: 'before_records'; readonly byMs: number };

export interface Clock {
  /** Unix milliseconds, UTC. Never goes back, and follows no leap that does not last (T25). */
  readonly now: () => number;
  fault(): ClockFault | null;
  /** May requests be answered by this clock? One set back goes on by its own, steady time. */
  mayServe(): boolean;
  /** Compares with the database. `at` is its clock, read within `tookMs`; `newest` the newest moment recorded. */
  compare(database: { readonly at: number | null; readonly newest: number | null }, tookMs: number): void;
}

export interface ClockParts {
  /** The machine's clock. */
  readonly wall: () => number;
  /** Milliseconds since whenever, at a steady pace, whatever becomes of the machine's clock. */
  readonly steady: () => number;
  readonly onFault: (fault: ClockFault | null) => void;
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
  let told: ClockFault['fault'] | null = null;

  function now(): number {
    const steady = parts.steady();
    const expected = last + (steady - mark);
    const leap = parts.wall() - expected;
    if (leap > CLOCK_TOLERANCE_MS) aheadSince ??= steady;
    else aheadSince = null;
    const believed = aheadSince !== null && steady - aheadSince >= BELIEVED_AFTER_MS;
    if (believed) aheadSince = null;
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
    mayServe: () => apart === null,
    compare({ at, newest }, tookMs) {
      const here = now();
      apart = null;
      const off = at === null ? 0 : Math.abs(at - (here - tookMs / 2));
      if (off > CLOCK_TOLERANCE_MS + tookMs / 2) apart = { fault: 'off_database', byMs: Math.round(off) };
      const before = newest === null ? 0 : newest - here;
      if (before > CLOCK_TOLERANCE_MS) apart = { fault: 'before_records', byMs: before };
      const found = fault();
      const kind = found?.fault ?? null;
      if (kind !== told) parts.onFault(found);
      told = kind;
    },
  };
}
