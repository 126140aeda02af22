import { describe, expect, test } from 'vitest';
import { days, hours, minutes, NOW, seconds } from './testing/scene.ts';
import {
  CODE_LIFE_MS,
  CODE_MAILS_PER_DAY,
  CODE_SENDS,
  CODE_TRIES,
  type Counter,
  countCodeTry,
  countPasswordTry,
  FREE_PASSWORDS,
  FREE_PASSWORDS_KNOWN,
  nextSendAt,
  renewedLogin,
  type Try,
  WRONG_CODES_TOLD,
} from './throttle.ts';

type Rule = (counter: Counter | null, now: number) => Try;

const known: Rule = (counter, now) => countPasswordTry(counter, FREE_PASSWORDS_KNOWN, now);
const unknown: Rule = (counter, now) => countPasswordTry(counter, FREE_PASSWORDS, now);

/** Wrong tries as fast as they are heard. @returns how long each heard one had to wait after the one before. */
function waits(rule: Rule, tries: number): number[] {
  const found: number[] = [];
  let counter: Counter | null = null;
  let now = NOW;
  for (let n = 0; n < tries; n++) {
    const refused = rule(counter, now);
    let waited = 0;
    if (!refused.heard) {
      if (refused.reason === 'dead') break;
      waited = refused.until - now;
      expect(rule(counter, refused.until - 1).heard, 'not a millisecond earlier').toBe(false);
      now = refused.until;
    }
    const heard = rule(counter, now);
    if (!heard.heard) throw new Error('unheard after the wait');
    counter = heard.next;
    found.push(waited);
  }
  return found;
}

/** Guesses that arrive in parallel, counted one after the other. @returns how many were compared. */
function storm(rule: Rule, guesses: readonly number[]): { compared: number; counter: Counter | null } {
  let counter: Counter | null = null;
  let compared = 0;
  for (const at of guesses) {
    const answer = rule(counter, at);
    if (!answer.heard) continue;
    compared++;
    counter = answer.next;
  }
  return { compared, counter };
}

const every = (stepMs: number, forMs: number) =>
  Array.from({ length: Math.ceil(forMs / stepMs) }, (_, n) => NOW + n * stepMs);

describe('D6 wrong codes', () => {
  test('D6 after every tenth in a row: 15, 30, 60, 120, then 240 minutes', () => {
    const found = waits(countCodeTry, 100);
    expect(found).toHaveLength(100);
    const afterTens = found.filter((_, n) => n > 0 && n % 10 === 0).map((ms) => ms / minutes(1));
    expect(afterTens).toEqual([15, 30, 60, 120, 240, 240, 240, 240, 240]);
    expect(found.filter((_, n) => n % 10 !== 0).every((ms) => ms === 0)).toBe(true);
    expect(found[0]).toBe(0);
  });

  test('D6 at 100 it is dead, for good', () => {
    for (const wrong of [100, 101, 1000]) {
      const counter = { wrong, waitUntil: 0, lastAt: NOW };
      for (const now of [NOW, NOW + days(1), NOW + days(4000)]) {
        expect(countCodeTry(counter, now)).toEqual({ heard: false, reason: 'dead' });
      }
    }
  });

  test('D6 the hundredth is still heard, and after it dead is said at once, without any wait', () => {
    const answer = countCodeTry({ wrong: 99, waitUntil: NOW, lastAt: NOW - 1 }, NOW);
    expect(answer).toMatchObject({ heard: true, next: { wrong: 100, lastAt: NOW } });
    if (answer.heard) expect(countCodeTry(answer.next, NOW + 1)).toEqual({ heard: false, reason: 'dead' });
  });

  test('D6 a try that is not heard is not counted, and the wait does not grow by asking', () => {
    const { counter } = storm(countCodeTry, Array<number>(10).fill(NOW));
    const until = NOW + minutes(15);
    for (const now of [NOW, NOW + minutes(7), until - 1]) {
      expect(countCodeTry(counter, now)).toEqual({ heard: false, reason: 'wait', until });
    }
    expect(countCodeTry(counter, until)).toMatchObject({ heard: true, next: { wrong: 11 } });
  });

  test('D6 without a count, the first is counted', () => {
    expect(countCodeTry(null, NOW)).toMatchObject({ heard: true, next: { wrong: 1, lastAt: NOW } });
  });

  test('D6 time alone forgets nothing', () => {
    const { counter } = storm(countCodeTry, Array<number>(9).fill(NOW));
    expect(countCodeTry(counter, NOW + days(400))).toMatchObject({ heard: true, next: { wrong: 10 } });
  });

  test('Q4 D5 a thousand in parallel: ten compared, whatever the order', () => {
    expect(storm(countCodeTry, Array<number>(1000).fill(NOW)).compared).toBe(10);
  });

  test('Q4 a steady storm: ten until 15 minutes after the tenth, then ten more', () => {
    const tenth = 9 * 50;
    expect(storm(countCodeTry, every(50, minutes(15))).compared).toBe(10);
    expect(storm(countCodeTry, every(50, minutes(15) + tenth)).compared).toBe(10);
    expect(storm(countCodeTry, every(50, minutes(15) + tenth + 1)).compared).toBe(11);
    expect(storm(countCodeTry, every(50, minutes(45))).compared).toBe(20);
  });

  test('Q4 D6 a storm of ten years: a hundred in all', () => {
    expect(storm(countCodeTry, every(minutes(5), days(3650))).compared).toBe(100);
    expect(storm(countCodeTry, every(hours(5), days(3650))).compared).toBe(100);
  });

  test('Q4 D6 in bursts of every size and pause: never more than ten in 15 minutes, nor a hundred in all', () => {
    for (const burst of [1, 3, 7, 10, 11, 64]) {
      for (const pause of [seconds(1), minutes(1), minutes(14), minutes(15), minutes(61), hours(4)]) {
        const guesses = every(pause, pause * 400).flatMap((at) => Array<number>(burst).fill(at));
        const compared: number[] = [];
        let counter: Counter | null = null;
        for (const at of guesses) {
          const answer = countCodeTry(counter, at);
          if (!answer.heard) continue;
          compared.push(at);
          counter = answer.next;
        }
        expect(compared.filter((at) => at < NOW + minutes(15)).length).toBeLessThanOrEqual(10);
        expect(compared.length).toBeLessThanOrEqual(100);
      }
    }
  });
});

describe('D7 wrong passwords', () => {
  test('D7 five are free, then 1, 2, 4, 8, 15, 30 seconds, at most 30', () => {
    const free = [0, 0, 0, 0, 0];
    expect(waits(unknown, 14).map((ms) => ms / 1000)).toEqual([...free, 1, 2, 4, 8, 15, 30, 30, 30, 30]);
  });

  test('D7 a browser known to the user has ten of its own', () => {
    const free = Array<number>(10).fill(0);
    expect(waits(known, 18).map((ms) => ms / 1000)).toEqual([...free, 1, 2, 4, 8, 15, 30, 30, 30]);
    expect([FREE_PASSWORDS, FREE_PASSWORDS_KNOWN]).toEqual([5, 10]);
  });

  test('D7 it is a delay and never a lock-out, however many', () => {
    expect(waits(unknown, 3000).every((ms) => ms <= seconds(30))).toBe(true);
    const counter = { wrong: 1_000_000, waitUntil: NOW, lastAt: NOW };
    expect(countPasswordTry(counter, FREE_PASSWORDS, NOW)).toMatchObject({
      heard: true,
      next: { waitUntil: NOW + seconds(30) },
    });
  });

  test('D7 a thousand in parallel: five compared, ten from a known browser', () => {
    expect(storm(unknown, Array<number>(1000).fill(NOW)).compared).toBe(5);
    expect(storm(known, Array<number>(1000).fill(NOW)).compared).toBe(10);
  });

  test('D7 a steady storm of an hour: one in 30 seconds, once the waits are grown', () => {
    const { compared } = storm(unknown, every(100, hours(1)));
    expect(compared).toBeLessThanOrEqual(5 + 5 + 3600 / 30);
    expect(compared).toBeGreaterThanOrEqual(3600 / 30);
  });

  test.for([
    ['five free', unknown, FREE_PASSWORDS],
    ['ten free', known, FREE_PASSWORDS_KNOWN],
  ] as const)('D7 where no wait is set, no moment is written: %s', ([, rule, free]) => {
    let counter: Counter | null = null;
    for (let n = 1; n <= free; n++) {
      const answer = rule(counter, NOW);
      if (!answer.heard) throw new Error('a free one was not heard');
      const waitUntil = n < free ? 0 : NOW + seconds(1);
      expect(answer.next).toEqual({ wrong: n, waitUntil, lastAt: NOW });
      // A clock that jumps back makes no wait of it.
      expect(rule(answer.next, NOW - hours(1)).heard).toBe(n < free);
      counter = answer.next;
    }
  });

  test('D7 a day later the count is forgotten, and with it the wait', () => {
    const worn: Counter = { wrong: 50, waitUntil: NOW - hours(23), lastAt: NOW - days(1) };
    expect(unknown(worn, NOW)).toEqual({ heard: true, next: { wrong: 1, waitUntil: 0, lastAt: NOW } });
  });

  test('D7 told until when', () => {
    const { counter } = storm(unknown, Array<number>(5).fill(NOW));
    expect(unknown(counter, NOW)).toEqual({ heard: false, reason: 'wait', until: NOW + seconds(1) });
    expect(unknown(counter, NOW + seconds(1)).heard).toBe(true);
  });
});

describe('D6 codes that only wait', () => {
  test('D6 a mailbox or a pass code is never dead: after a hundred wrong ones it still waits its 240 minutes', () => {
    const worn: Counter = { wrong: 119, waitUntil: 0, lastAt: NOW };
    const answer = countCodeTry(worn, NOW, false);
    expect(answer).toEqual({ heard: true, next: { wrong: 120, waitUntil: NOW + minutes(240), lastAt: NOW } });
    expect(countCodeTry(worn, NOW)).toEqual({ heard: false, reason: 'dead' });
  });
});

describe('E4, D6 codes sent to a phone or a mailbox', () => {
  test('E4 again after 30 seconds, then after 60, then no more', () => {
    expect(nextSendAt(1, NOW)).toBe(NOW + seconds(30));
    expect(nextSendAt(2, NOW)).toBe(NOW + seconds(60));
    expect(nextSendAt(3, NOW)).toBeNull();
    expect(nextSendAt(4, NOW)).toBeNull();
  });

  test('E4 D6 ten minutes, five tries, three sends, ten mails a day', () => {
    expect([CODE_LIFE_MS, CODE_TRIES, CODE_SENDS, CODE_MAILS_PER_DAY]).toEqual([minutes(10), 5, 3, 10]);
  });

  test('D6 three wrong codes after a right password are mailed to the user', () => {
    expect(WRONG_CODES_TOLD).toBe(3);
  });
});

describe('D1 the life of a login', () => {
  test.for([
    ['D1 ten minutes at first', 0, 10],
    ['D1 renewed by progress', 9, 19],
    ['D1 renewed up to thirty', 19, 29],
    ['D1 at most thirty', 20, 30],
    ['D1 at most thirty, late', 29, 30],
  ] as const)('%s', ([, progressAt, endsAt]) => {
    expect(renewedLogin(NOW, NOW + minutes(progressAt))).toBe(NOW + minutes(endsAt));
  });

  test('D1 progress every minute never carries it past thirty', () => {
    let expiresAt = renewedLogin(NOW, NOW);
    for (let now = NOW; now < expiresAt; now += minutes(1)) expiresAt = renewedLogin(NOW, now);
    expect(expiresAt).toBe(NOW + minutes(30));
  });
});
