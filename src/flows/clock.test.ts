/** T25, Q9: what a process makes of a machine's clock that is set, slewed, or simply wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockFault, createClock, type DatabaseTime } from './clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 9, 1, 12);

/** A machine: `pass` lets time go by, `set` moves its clock and nothing else. */
function machine(startedAt = NOON) {
  let [elapsed, offset] = [0, startedAt];
  const faults: (ClockFault | null)[] = [];
  const leaps: number[] = [];
  const unnoted: (Error | null)[] = [];
  const clock = createClock({
    wall: () => offset + elapsed,
    steady: () => 5_000 + elapsed,
    onFault: (fault) => faults.push(fault),
    onLeap: (byMs) => leaps.push(byMs),
    onUnnoted: (failure) => unnoted.push(failure),
  });
  return {
    clock,
    faults,
    leaps,
    unnoted,
    pass(ms: number) {
      elapsed += ms;
    },
    set(byMs: number) {
      offset += byMs;
    },
    /** What an untouched clock would say. */
    truth: () => NOON + elapsed,
    wall: () => offset + elapsed,
  };
}

/** Time goes by while requests come in, each asking for the time. */
function goOn({ clock, pass }: ReturnType<typeof machine>, ms: number, everyMs = SECOND): number[] {
  const seen: number[] = [];
  for (let gone = 0; gone < ms; gone += everyMs) {
    pass(Math.min(everyMs, ms - gone));
    seen.push(clock.now());
  }
  return seen;
}

const compare = (m: ReturnType<typeof machine>, database: DatabaseTime, tookMs: number) =>
  m.clock.heed(m.clock.judge(database, tookMs));

describe('T25: a clock that is left alone', () => {
  it('is the machine’s, to the millisecond, in whole numbers', () => {
    const m = machine();
    expect(m.clock.now()).toBe(NOON);
    m.pass(1_234.6);
    expect(m.clock.now()).toBe(NOON + 1_234);
    m.pass(DAY);
    expect(m.clock.now()).toBe(NOON + DAY + 1_234);
    expect([m.clock.fault(), m.clock.mayServe()]).toEqual([null, true]);
  });

  it('follows NTP: steps of up to two seconds and a pace a little off', () => {
    const m = machine();
    m.set(1_900);
    expect(m.clock.now()).toBe(m.wall());
    for (let n = 0; n < 100; n++) {
      m.pass(SECOND);
      m.set(0.5);
      expect(m.clock.now()).toBe(Math.floor(m.wall()));
    }
    expect(m.clock.fault()).toBeNull();
  });

  it('waits out a small step back: it stands still, then goes on with the machine', () => {
    const m = machine();
    m.pass(10 * SECOND);
    const before = m.clock.now();
    m.set(-1_500);
    m.pass(500);
    expect(m.clock.now()).toBe(before);
    m.pass(1_000);
    expect(m.clock.now()).toBe(before);
    m.pass(700);
    expect(m.clock.now()).toBe(before + 700);
    expect(m.clock.now()).toBe(m.wall());
    expect(m.clock.fault()).toBeNull();
  });
});

describe('T25: a clock that is set back while the process runs', () => {
  it.each([
    ['five minutes, during a pass', 5 * MINUTE],
    ['an hour', HOUR],
    ['a day', DAY],
    ['just more than is waited out', 2_001],
  ])('%s: time goes on at its own pace, nothing lives longer, and the fault is said', (_, back) => {
    const m = machine();
    m.pass(MINUTE);
    m.clock.now();
    m.set(-back);
    m.pass(SECOND);
    expect(m.clock.now()).toBe(m.truth());
    expect(m.clock.fault()).toEqual({ fault: 'set_back', byMs: back });
    goOn(m, 24 * HOUR, 10 * MINUTE);
    // Q9: what was good for 24 hours is over after 24 hours.
    expect(m.clock.now()).toBe(m.truth());
    expect(m.clock.mayServe()).toBe(true);
  });

  it('set right again it is followed again, and the fault is over', () => {
    const m = machine();
    m.set(-HOUR);
    m.pass(SECOND);
    expect(m.clock.fault()).toMatchObject({ fault: 'set_back' });
    m.set(HOUR);
    m.pass(SECOND);
    expect([m.clock.now(), m.clock.fault()]).toEqual([m.wall(), null]);
  });
});

describe('T25: a clock that leaps ahead', () => {
  it.each([
    ['an hour', HOUR],
    ['a day', DAY],
    ['just more than is followed at once', 2_001],
  ])('%s, for less than a minute: it is not followed, so no wait ends early', (_, ahead) => {
    const m = machine();
    m.set(ahead);
    goOn(m, MINUTE - SECOND);
    expect(m.clock.now()).toBe(m.truth());
    m.set(-ahead);
    m.pass(SECOND);
    expect([m.clock.now(), m.clock.fault(), m.leaps]).toEqual([m.truth(), null, []]);
    // A second leap has its own minute.
    m.set(ahead);
    goOn(m, MINUTE - SECOND);
    expect(m.clock.now()).toBe(m.truth());
  });

  it('that lasts a minute is believed: the machine slept, or was set right', () => {
    const m = machine();
    m.set(HOUR);
    const seen = goOn(m, MINUTE + 2 * SECOND);
    expect(seen.indexOf(seen.find((t) => t > NOON + HOUR) ?? 0)).toBe(60);
    expect([m.clock.now(), m.clock.fault()]).toEqual([m.wall(), null]);
  });

  it('Q9: a leap that is believed is said, with its size, in the moment in which it is and only then', () => {
    const m = machine();
    m.set(HOUR);
    goOn(m, MINUTE);
    expect(m.leaps).toEqual([]);
    goOn(m, 2 * SECOND);
    expect(m.leaps).toEqual([HOUR]);
    goOn(m, HOUR, MINUTE);
    // Back is no leap: that is a fault, and said as one.
    m.set(-DAY);
    goOn(m, 2 * MINUTE);
    expect(m.leaps).toEqual([HOUR]);
    m.set(2 * DAY);
    goOn(m, 2 * MINUTE);
    expect(m.leaps).toEqual([HOUR, DAY]);
  });

  it('is not believed because nobody asked for the time meanwhile', () => {
    const m = machine();
    m.set(HOUR);
    m.pass(10 * MINUTE);
    expect(m.clock.now()).toBe(m.truth());
    m.pass(MINUTE);
    expect(m.clock.now()).toBe(m.wall());
  });

  it('believed and then taken back is a clock set back: what ended stays ended', () => {
    const m = machine();
    m.set(DAY);
    goOn(m, 2 * MINUTE);
    m.set(-DAY);
    m.pass(SECOND);
    expect(m.clock.now()).toBe(m.truth() + DAY);
    expect(m.clock.fault()).toEqual({ fault: 'set_back', byMs: DAY });
  });
});

describe('T25: whatever is done to the machine’s clock', () => {
  const deeds = fc.array(
    fc.record({
      pass: fc.double({ min: 0, max: 200_000, noNaN: true }),
      set: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -3_000, max: 3_000 }),
        fc.integer({ min: -2 * DAY, max: 2 * DAY }),
      ),
    }),
    { maxLength: 40 },
  );

  it('time never goes back', () => {
    fc.assert(
      fc.property(deeds, (all) => {
        const m = machine();
        let last = m.clock.now();
        for (const { pass, set } of all) {
          m.pass(pass);
          m.set(set);
          const next = m.clock.now();
          expect(next).toBeGreaterThanOrEqual(last);
          expect(Number.isSafeInteger(next)).toBe(true);
          last = next;
        }
      }),
    );
  });

  it('one leap, up or down, moves it by no more than two seconds within its minute', () => {
    const leap = fc.integer({ min: -2 * DAY, max: 2 * DAY });
    const readings = fc.array(fc.integer({ min: 1, max: 59_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(leap, readings, (by, all) => {
        const m = machine();
        m.set(by);
        m.clock.now();
        let gone = 0;
        for (const ms of all.filter((_, n) => all.slice(0, n + 1).reduce((a, b) => a + b) < MINUTE)) {
          m.pass(ms);
          gone += ms;
          expect(Math.abs(m.clock.now() - (NOON + gone))).toBeLessThanOrEqual(2_000);
        }
      }),
    );
  });
});

describe('T25: compared with the database', () => {
  it.each([
    ['90 s ahead of it', -90 * SECOND, 'off_database', 90 * SECOND],
    ['90 s behind it', 90 * SECOND, 'off_database', 90 * SECOND],
    ['two seconds off', 2 * SECOND, null, 0],
    ['a little more', 2_001, 'off_database', 2_001],
  ] as const)('%s', (_, databaseIsAhead, fault, byMs) => {
    const m = machine();
    compare(m, { at: NOON + databaseIsAhead, newest: null }, 0);
    expect(m.clock.fault()).toEqual(fault === null ? null : { fault, byMs });
    expect(m.clock.mayServe()).toBe(fault === null);
    expect(m.faults).toEqual(fault === null ? [] : [{ fault, byMs }]);
  });

  it('a slow answer is no wrong clock: half of its time is taken off, and the other half allowed', () => {
    const m = machine();
    // Asked at noon, answered from the database's noon, arrived six seconds later.
    m.pass(6 * SECOND);
    compare(m, { at: NOON, newest: null }, 6 * SECOND);
    expect(m.clock.fault()).toBeNull();
    compare(m, { at: NOON - 3 * SECOND, newest: null }, 6 * SECOND);
    expect(m.clock.fault()).toEqual({ fault: 'off_database', byMs: 6 * SECOND });
  });

  it('is said once, and once more when it is over', () => {
    const m = machine();
    for (let n = 0; n < 3; n++) compare(m, { at: m.wall() + HOUR, newest: null }, 0);
    for (let n = 0; n < 3; n++) compare(m, { at: m.wall(), newest: null }, 0);
    expect(m.faults).toEqual([{ fault: 'off_database', byMs: HOUR }, null]);
    expect(m.clock.mayServe()).toBe(true);
  });

  it('a clock set back is said too, though the node may go on', () => {
    const m = machine();
    m.set(-HOUR);
    m.pass(SECOND);
    compare(m, { at: m.truth(), newest: null }, 0);
    expect(m.faults).toEqual([{ fault: 'set_back', byMs: HOUR }]);
    expect(m.clock.mayServe()).toBe(true);
  });

  it('a machine that slept: shut until its clock is believed, then ready again', () => {
    const m = machine();
    // Asleep, the steady clock stands still; the database's does not.
    m.set(HOUR);
    const look = () => compare(m, { at: m.wall(), newest: null }, 0);
    look();
    expect(m.clock.mayServe()).toBe(false);
    goOn(m, MINUTE);
    look();
    expect([m.clock.now(), m.clock.mayServe()]).toEqual([m.wall(), true]);
  });
});

describe('T25: whether this process knows how time went by', () => {
  it('not before it was compared, nor by a wrong clock; once right it does, whatever becomes of the clock', () => {
    const m = machine();
    expect(m.clock.wasRight()).toBe(false);
    compare(m, { at: null, newest: NOON + HOUR }, 0);
    expect(m.clock.wasRight()).toBe(false);
    m.pass(HOUR);
    compare(m, { at: null, newest: NOON + HOUR }, 0);
    expect(m.clock.wasRight()).toBe(true);
    m.set(-DAY);
    m.pass(SECOND);
    compare(m, { at: NOON - DAY, newest: null }, 0);
    expect([m.clock.wasRight(), m.clock.mayServe()]).toEqual([true, false]);
  });

  it('nor does it vouch for what it was found before, once it is right: a failover may bring that back', () => {
    const m = machine();
    compare(m, { at: null, newest: NOON + HOUR }, 0);
    m.pass(HOUR - SECOND);
    compare(m, { at: null, newest: NOON + HOUR }, 0);
    expect([m.clock.wasRight(), m.clock.vouchesFor(NOON + HOUR)]).toEqual([true, false]);
    m.pass(HOUR);
    expect(m.clock.vouchesFor(NOON + HOUR)).toBe(false);
    expect(m.clock.vouchesFor(NOON + 2 * HOUR)).toBe(true);
  });

  it('that the moment cannot be noted is told once, and once that it can be again', () => {
    const m = machine();
    const failure = new Error('disk full');
    for (const tried of [null, failure, failure, null, null, failure]) m.clock.noted(tried);
    expect(m.unnoted).toEqual([failure, null, failure]);
  });

  it('to judge opens and shuts nothing: the door stays as it is until the judgement is heeded', () => {
    const m = machine();
    expect(m.clock.judge({ at: null, newest: NOON + HOUR }, 0)).toMatchObject({ fault: 'before_records' });
    expect([m.clock.mayServe(), m.clock.fault(), m.faults]).toEqual([true, null, []]);
    compare(m, { at: null, newest: NOON + HOUR }, 0);
    m.pass(HOUR);
    expect(m.clock.judge({ at: null, newest: NOON + HOUR }, 0)).toBeNull();
    expect(m.clock.mayServe()).toBe(false);
  });
});

describe('T25: a leap that is believed, where the database has a clock', () => {
  it('nobody is served by the new time before the database agrees', () => {
    const m = machine();
    compare(m, { at: NOON, newest: null }, 0);
    m.set(HOUR);
    m.clock.now();
    m.pass(MINUTE);
    // The very request that comes first is refused.
    expect(m.clock.mayServe()).toBe(false);
    expect(m.clock.fault()).toEqual({ fault: 'off_database', byMs: HOUR });
    compare(m, { at: m.wall(), newest: null }, 0);
    expect([m.clock.now(), m.clock.mayServe()]).toEqual([m.wall(), true]);
  });

  it('where it has none, the machine’s own is all there is', () => {
    const m = machine();
    compare(m, { at: null, newest: NOON }, 0);
    m.set(HOUR);
    goOn(m, MINUTE + SECOND);
    expect([m.clock.now(), m.clock.mayServe()]).toEqual([m.wall(), true]);
  });
});

describe('T25: compared with what is on record, where the database has a clock', () => {
  it('the database’s stands before it as well: nobody knows what has ended', () => {
    const m = machine();
    compare(m, { at: NOON, newest: NOON + DAY }, 0);
    expect(m.clock.fault()).toEqual({ fault: 'before_records', byMs: DAY });
    expect(m.clock.mayServe()).toBe(false);
  });

  it('only this node’s does: it is off the database, and nothing is wrong with anybody else', () => {
    const database = { at: NOON, newest: NOON - SECOND };
    const [wrong, other] = [machine(NOON - HOUR), machine()];
    compare(wrong, database, 0);
    compare(other, database, 0);
    expect(wrong.clock.fault()).toEqual({ fault: 'off_database', byMs: HOUR });
    expect(other.clock.fault()).toBeNull();
  });

  it('only the database’s does: that is no other time than the one it had, to which it must be set again', () => {
    const m = machine();
    compare(m, { at: NOON - HOUR, newest: NOON }, 0);
    expect(m.clock.fault()).toEqual({ fault: 'off_database', byMs: HOUR });
  });
});

describe('T25: compared with what is on record, where the database has no clock', () => {
  it('started before its own records: what has ended would live again, so it does not serve', () => {
    const m = machine();
    compare(m, { at: null, newest: NOON + HOUR }, 0);
    expect(m.clock.fault()).toEqual({ fault: 'before_records', byMs: HOUR });
    expect(m.clock.mayServe()).toBe(false);
    // It waits for as long.
    m.pass(HOUR - 2 * SECOND);
    compare(m, { at: null, newest: NOON + HOUR }, 0);
    expect([m.clock.fault(), m.clock.mayServe()]).toEqual([null, true]);
  });

  it.each([
    ['an empty database', null],
    ['records of yesterday', NOON - DAY],
    ['records of this moment', NOON],
  ])('%s: nothing is wrong', (_, newest) => {
    const m = machine();
    compare(m, { at: null, newest }, 0);
    expect([m.clock.fault(), m.clock.mayServe(), m.faults]).toEqual([null, true, []]);
  });
});
