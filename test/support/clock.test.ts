import { describe, expect, it } from 'vitest';
import { createClock, days, hours, minutes, seconds } from './clock.ts';

describe('the test clock', () => {
  it('stands still at noon on 1 October 2026 until it is moved', () => {
    const clock = createClock();
    expect(new Date(clock.now()).toISOString()).toBe('2026-10-01T12:00:00.000Z');
    clock.advance(hours(36));
    expect(new Date(clock.now()).toISOString()).toBe('2026-10-03T00:00:00.000Z');
    clock.set(5);
    expect(clock.now()).toBe(5);
  });

  it('counts in milliseconds', () => {
    expect([seconds(1), minutes(1), hours(1), days(1)]).toEqual([1_000, 60_000, 3_600_000, 86_400_000]);
  });

  it('refuses a time that is no whole number of milliseconds', () => {
    expect(() => createClock(0.5)).toThrow(/whole number/);
    expect(() => createClock().advance(Number.NaN)).toThrow(/whole number/);
  });

  it('can be handed over as a bare function', () => {
    const { now, advance } = createClock(0);
    advance(1);
    expect(now()).toBe(1);
  });
});
