const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/**
 * A counter of wrong tries in a row. The flow writes `next` in its own committed write *before* it compares
 * anything (D5), so fifty parallel guesses are fifty counted guesses.
 */
export interface Counter {
  readonly wrong: number;
  /** Nothing is heard before this moment. */
  readonly waitUntil: number;
  readonly lastAt: number;
}

export type Try =
  | { readonly heard: true; readonly next: Counter }
  | { readonly heard: false; readonly reason: 'wait'; readonly until: number }
  | { readonly heard: false; readonly reason: 'dead' };

/** Nothing was counted yet. */
export const FRESH_COUNTER: Counter = { wrong: 0, waitUntil: 0, lastAt: 0 };

/** D6: NIST SP 800-63B-4 §3.2.2 allows at most 100 consecutive failures. */
export const DEAD_AFTER = 100;
const WAITS_MINUTES = [15, 30, 60, 120, 240] as const;

/**
 * `dies`: at a hundred wrong ones it is heard no more. True of authenticators and backup codes, which can be
 * made anew; codes to a mailbox and pass codes only ever wait, since nothing could bring them back.
 *
 * D6: after every tenth wrong code in a row the next is heard only after 15, 30, 60, 120, then 240 minutes.
 */
export function countCodeTry(counter: Counter | null, now: number, dies = true): Try {
  const { wrong, waitUntil } = counter ?? FRESH_COUNTER;
  if (dies && wrong >= DEAD_AFTER) return { heard: false, reason: 'dead' };
  if (now < waitUntil) return { heard: false, reason: 'wait', until: waitUntil };
  const next = wrong + 1;
  const tens = Math.floor(next / 10);
  const minutes = WAITS_MINUTES[Math.min(tens, WAITS_MINUTES.length) - 1] ?? 0;
  const wait = next % 10 === 0 ? minutes * MINUTE_MS : 0;
  return { heard: true, next: { wrong: next, waitUntil: wait > 0 ? now + wait : waitUntil, lastAt: now } };
}

/** D7: five wrong passwords are free; a browser known to the user has ten of its own. */
export const FREE_PASSWORDS = 5;
export const FREE_PASSWORDS_KNOWN = 10;
const PASSWORD_WAITS_SECONDS = [1, 2, 4, 8, 15, 30] as const;
/** A day without a wrong one forgets the count, so that last year's typing does not slow today's. */
export const PASSWORD_MEMORY_MS = 24 * 60 * MINUTE_MS;

/** D7: beyond the free ones each is heard only after 1, 2, 4, 8, 15, then 30 seconds. Never a lock-out. */
export function countPasswordTry(counter: Counter | null, free: number, now: number): Try {
  const old = counter ?? FRESH_COUNTER;
  const { wrong, waitUntil } = now - old.lastAt >= PASSWORD_MEMORY_MS ? FRESH_COUNTER : old;
  if (now < waitUntil) return { heard: false, reason: 'wait', until: waitUntil };
  const next = wrong + 1;
  const place = Math.min(next - free, PASSWORD_WAITS_SECONDS.length - 1);
  const wait = next < free ? 0 : (PASSWORD_WAITS_SECONDS[Math.max(place, 0)] ?? 30) * SECOND_MS;
  // Where there is no wait, no moment is written: a clock that jumps back must not make one of it.
  return { heard: true, next: { wrong: next, waitUntil: wait === 0 ? 0 : now + wait, lastAt: now } };
}

/** E4, D6: a six-digit code sent to a phone or a mailbox. */
export const CODE_LIFE_MS = 10 * MINUTE_MS;
export const CODE_TRIES = 5;
export const CODE_SENDS = 3;
/** D6: mails with codes per address and day. */
export const CODE_MAILS_PER_DAY = 10;

/** E4: a code may be sent again after 30 s, then after 60 s; `null` when three have been sent. */
export function nextSendAt(sends: number, lastSentAt: number): number | null {
  if (sends >= CODE_SENDS) return null;
  return lastSentAt + (sends <= 1 ? 30 : 60) * SECOND_MS;
}

/** D6: a right password followed by this many wrong codes is mailed to the user. */
export const WRONG_CODES_TOLD = 3;

/** D1: a login's life, renewed by progress, up to a most. */
export const LOGIN_LIFE_MS = 10 * MINUTE_MS;
export const LOGIN_LIFE_MOST_MS = 30 * MINUTE_MS;

/** … and the most that asking for passes, again and again, can make of it. */
export const LOGIN_WITH_REQUEST_MOST_MS = 120 * MINUTE_MS;

export function renewedLogin(createdAt: number, now: number): number {
  return Math.min(now + LOGIN_LIFE_MS, createdAt + LOGIN_LIFE_MOST_MS);
}
