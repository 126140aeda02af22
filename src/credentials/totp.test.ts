import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { HOTP, Secret, URI } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { checkTotp, keyInGroups, newTotpSecret, otpauthAddress } from './totp.ts';

/** The RFCs' secret "12345678901234567890" in base32. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const STEP = 30_000;

function codeAt(step: number, secret = RFC_SECRET): string {
  return HOTP.generate({ secret: Secret.fromBase32(secret), digits: 6, counter: step });
}

function check(code: string, now: number, lastStep: number | null = null, searchClock = false) {
  return checkTotp({ secret: RFC_SECRET, code, now, lastStep, searchClock });
}

describe('vectors from outside', () => {
  // RFC 4226 appendix D. Its counters are our steps.
  test.each([
    [0, '755224'],
    [1, '287082'],
    [2, '359152'],
    [3, '969429'],
    [4, '338314'],
    [5, '254676'],
    [6, '287922'],
    [7, '162583'],
    [8, '399871'],
    [9, '520489'],
  ])('RFC 4226 D: count %i is %s', (count, code) => {
    expect(check(code, count * STEP)).toEqual({ verdict: 'accepted', step: count });
  });

  // RFC 6238 appendix B, SHA-1. It shows eight digits; both are the same number modulo a power of ten, so
  // ours are the last six of them.
  test.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('RFC 6238 B: second %i is %s', (second, code) => {
    const step = Math.floor(second / 30);
    expect(check(code.slice(-6), second * 1000)).toEqual({ verdict: 'accepted', step });
  });
});

describe('the window', () => {
  const now = 1_700_000_000_000;
  const current = Math.floor(now / STEP);

  test.each([-1, 0, 1])('R10: the code of step t%i is accepted, and its own step returned', (off) => {
    expect(check(codeAt(current + off), now)).toEqual({ verdict: 'accepted', step: current + off });
  });

  test.each([-2, 2, -3, 3, -120, 120])('R10: the code of step t%i is refused', (off) => {
    expect(check(codeAt(current + off), now)).toEqual({ verdict: 'wrong' });
  });

  test('a step begins and ends to the millisecond', () => {
    const code = codeAt(1000);
    expect(check(code, 999 * STEP - 1)).toEqual({ verdict: 'wrong' });
    expect(check(code, 999 * STEP)).toEqual({ verdict: 'accepted', step: 1000 });
    expect(check(code, 1002 * STEP - 1)).toEqual({ verdict: 'accepted', step: 1000 });
    expect(check(code, 1002 * STEP)).toEqual({ verdict: 'wrong' });
  });

  test.each(['', '12345', '1234567', 'abcdef'])('R12: %j is wrong', (code) => {
    expect(check(code, now)).toEqual({ verdict: 'wrong' });
  });

  test('R12: a number or a list with the right digits is wrong', () => {
    const code = codeAt(current);
    for (const typed of [Number(code), [code], null, undefined]) {
      expect(check(typed as unknown as string, now)).toEqual({ verdict: 'wrong' });
    }
  });

  test('spaces as people type them do not matter', () => {
    const code = codeAt(current);
    expect(check(`${code.slice(0, 3)} ${code.slice(3)}`, now).verdict).toBe('accepted');
  });

  test("another person's code is wrong", () => {
    const another = newTotpSecret(() => Buffer.alloc(20, 7));
    expect(check(codeAt(current, another), now)).toEqual({ verdict: 'wrong' });
  });

  test.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])(
    'D9: %d is no time, and nobody enters by it',
    (at) => {
      expect(() => check('000000', at)).toThrow(RangeError);
    },
  );

  test.each(['', 'GEZDGNBV', 'not base32!', RFC_SECRET.toLowerCase()])('D9: %j is no secret', (secret) => {
    expect(() => checkTotp({ secret, code: '755224', now: 0, lastStep: null })).toThrow(TypeError);
  });
});

describe('R09: a code is accepted once', () => {
  const now = 1_700_000_000_000;
  const current = Math.floor(now / STEP);

  test.each([
    [-1, 0],
    [0, 0],
    [-1, 1],
    [1, 1],
    [0, 50],
  ])('the code of t%i after step t%i was accepted is replayed', (off, last) => {
    expect(check(codeAt(current + off), now, current + last)).toEqual({ verdict: 'replayed' });
    expect(check(codeAt(current + off), now, current + last, true)).toEqual({ verdict: 'replayed' });
  });

  test('the next step is accepted after the last', () => {
    expect(check(codeAt(current + 1), now, current)).toEqual({ verdict: 'accepted', step: current + 1 });
    expect(check(codeAt(current), now, current - 1)).toEqual({ verdict: 'accepted', step: current });
  });

  // Found by trying: with this secret these steps share a code.
  test.each([
    [57_766_335, 57_766_336, '251166'],
    [57_017_782, 57_017_784, '882938'],
  ])('steps %i and %i have one code: accepting it spends both', (earlier, later, code) => {
    expect([codeAt(earlier), codeAt(later)]).toEqual([code, code]);
    const when = (earlier + 1) * STEP;
    expect(check(code, when)).toEqual({ verdict: 'accepted', step: later });
    expect(check(code, when, earlier)).toEqual({ verdict: 'accepted', step: later });
    for (let second = -90; second <= 120; second++) {
      expect(check(code, when + second * 1000, later).verdict).not.toBe('accepted');
    }
  });

  test('whenever it is given again, with the returned step stored, it is not accepted', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.integer({ min: 60_000, max: 4_000_000_000_000 }),
        fc.integer({ min: -1, max: 1 }),
        fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 100 * 365 * 86_400_000 })),
        (bytes, at, off, laterMs) => {
          const secret = newTotpSecret(() => Buffer.from(bytes));
          const code = codeAt(Math.floor(at / STEP) + off, secret);
          const first = checkTotp({ secret, code, now: at, lastStep: null });
          if (first.verdict !== 'accepted') throw new Error('the right code was refused');
          const again = checkTotp({ secret, code, now: at + laterMs, lastStep: first.step });
          // The same six digits may come up by chance (1 in 333 333) at a later step: then that is the code
          // of the hour, and a step nobody has spent. Never one that the first check looked at.
          if (again.verdict === 'accepted') expect(again.step).toBeGreaterThan(Math.floor(at / STEP) + 1);
          else expect(['replayed', 'wrong']).toContain(again.verdict);
          if (laterMs < STEP) expect(again).not.toMatchObject({ verdict: 'accepted', step: first.step });
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('no accepted step ever goes back, whatever is typed when', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -60_000, max: 60_000 })), {
          maxLength: 30,
        }),
        (tries) => {
          let at = now;
          let lastStep: number | null = null;
          for (const [off, passedMs] of tries) {
            at += passedMs; // also backwards: a server's clock can be set
            const verdict = check(codeAt(Math.floor(at / STEP) + off), at, lastStep);
            if (verdict.verdict !== 'accepted') continue;
            expect(verdict.step).toBeGreaterThan(lastStep ?? -1);
            lastStep = verdict.step;
          }
        },
      ),
    );
  });
});

describe('E3: a clock that is off, on the set-up page', () => {
  const now = 1_700_000_010_000;
  const current = Math.floor(now / STEP);

  test.each([2, -2, 7, -7, 120, -120])('a phone %i steps off is told so', (off) => {
    expect(check(codeAt(current + off), now, null, true)).toEqual({
      verdict: 'clock_off',
      offByMs: off * STEP,
    });
  });

  test.each([121, -121, 500])('%i steps off is just wrong', (off) => {
    expect(check(codeAt(current + off), now, null, true)).toEqual({ verdict: 'wrong' });
  });

  test('within the window the code is accepted as ever', () => {
    expect(check(codeAt(current + 1), now, null, true)).toEqual({ verdict: 'accepted', step: current + 1 });
  });

  test('where two steps fit, the nearer one is told', () => {
    // 57 766 335 and 57 766 336 share a code; seen from a hundred steps before, the first is nearer.
    const seen = check('251166', (57_766_335 - 100) * STEP, null, true);
    expect(seen).toEqual({ verdict: 'clock_off', offByMs: 100 * STEP });
  });

  test('near 1970 it does not look before time began', () => {
    expect(check(codeAt(5), 0, null, true)).toEqual({ verdict: 'clock_off', offByMs: 5 * STEP });
    expect(check('000001', 0, null, true)).toEqual({ verdict: 'wrong' });
  });
});

describe('the secret and its address', () => {
  test('R07: 160 bit as 32 characters of base32, and exactly the bytes drawn', () => {
    expect(newTotpSecret(randomBytes)).toMatch(/^[A-Z2-7]{32}$/);
    expect(newTotpSecret(() => Buffer.from('12345678901234567890'))).toBe(RFC_SECRET);
  });

  test('bytes from a shared pool do not leak into the secret', () => {
    const pool = Buffer.alloc(64, 0xff);
    Buffer.from('12345678901234567890').copy(pool, 8);
    expect(newTotpSecret(() => pool.subarray(8, 28))).toBe(RFC_SECRET);
  });

  test('the key in groups of four', () => {
    expect(keyInGroups(RFC_SECRET)).toBe('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ');
    expect(keyInGroups('')).toBe('');
  });

  test('the address is as the Key URI Format has it', () => {
    expect(
      otpauthAddress({ secret: RFC_SECRET, issuer: 'Meridian Pictures', label: 'olivia@meridian.example' }),
    ).toBe(
      `otpauth://totp/Meridian%20Pictures:olivia%40meridian.example?secret=${RFC_SECRET}` +
        '&issuer=Meridian%20Pictures&algorithm=SHA1&digits=6&period=30',
    );
  });

  test('a colon does not end the issuer early', () => {
    const address = otpauthAddress({ secret: RFC_SECRET, issuer: 'Meridian: Pictures', label: 'a:b' });
    expect(address).toContain('otpauth://totp/Meridian%20Pictures:a%20b?');
  });

  test('an app reads from the address what was put in, whatever the names', () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((text) => /[^\s:]/.test(text));
    fc.assert(
      fc.property(name, name, (issuer, label) => {
        const address = otpauthAddress({ secret: RFC_SECRET, issuer, label });
        const url = new URL(address);
        expect([...url.searchParams.keys()]).toEqual(['secret', 'issuer', 'algorithm', 'digits', 'period']);
        const tidy = (text: string) => text.replace(/\s*:\s*/g, ' ').trim();
        expect(url.searchParams.get('issuer')).toBe(tidy(issuer));
        expect(decodeURIComponent(url.pathname.split(':')[1] ?? '')).toBe(tidy(label));
      }),
    );
  });

  test('the library reads it too, and makes the same codes', () => {
    const read = URI.parse(
      otpauthAddress({ secret: RFC_SECRET, issuer: 'Été & Söhne', label: 'x+y@z.example' }),
    );
    expect(read).toMatchObject({
      issuer: 'Été & Söhne',
      label: 'x+y@z.example',
      algorithm: 'SHA1',
      digits: 6,
      period: 30,
    });
    expect(read.secret.base32).toBe(RFC_SECRET);
  });

  test('a lone surrogate in a name does not throw', () => {
    expect(otpauthAddress({ secret: RFC_SECRET, issuer: 'a\ud800', label: 'b' })).toContain('a%EF%BF%BD:b');
  });
});
