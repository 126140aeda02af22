/** A clock that stands still until a test moves it. Times are Unix milliseconds, as everywhere in Sallyport. */
export interface TestClock {
  now(): number;
  advance(ms: number): void;
  set(ms: number): void;
}

/** Hand `clock.now` to whatever asks for the time. It starts at noon UTC on 1 October 2026. */
export function createClock(startMs: number = Date.UTC(2026, 9, 1, 12)): TestClock {
  let nowMs = whole(startMs);
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs = whole(nowMs + ms);
    },
    set(ms) {
      nowMs = whole(ms);
    },
  };
}

export const seconds = (n: number): number => n * 1_000;
export const minutes = (n: number): number => seconds(n * 60);
export const hours = (n: number): number => minutes(n * 60);
export const days = (n: number): number => hours(n * 24);

function whole(ms: number): number {
  if (!Number.isSafeInteger(ms)) throw new Error(`A time is a whole number of milliseconds, not ${ms}`);
  return ms;
}
