import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressHmac,
  type CodeBinding,
  codeHmac,
  codeMatches,
  newSixDigitCode,
  parseSixDigits,
} from './one-time-code.ts';
import { type KeyRing, newKey, parseKeys } from './sealed-secret.ts';

/** Gives these 32-bit numbers, one after the other. */
function numbers(...given: number[]) {
  return (size: number) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32BE(given.shift() ?? 0);
    return bytes;
  };
}

describe('newSixDigitCode', () => {
  test.each([
    [0, '000000'],
    [12_345, '012345'],
    [999_999, '999999'],
    [1_000_000, '000000'],
    [4_293_999_999, '999999'],
  ])('number %i gives %s', (number, code) => {
    expect(newSixDigitCode(numbers(number))).toBe(code);
  });

  test.each([4_294_000_000, 4_294_967_295])(
    'number %i, which would favour low codes, is drawn again',
    (number) => {
      expect(newSixDigitCode(numbers(number, number, 7))).toBe('000007');
    },
  );

  test('a broken source of randomness throws and does not hang', () => {
    expect(() => newSixDigitCode((size) => Buffer.alloc(size, 0xff))).toThrow(/randomness/);
  });

  test('each digit is about equally likely in each place', () => {
    const draws = 20_000;
    const counts = Array.from({ length: 6 }, () => new Array<number>(10).fill(0));
    for (let draw = 0; draw < draws; draw++) {
      Array.from(newSixDigitCode(randomBytes)).forEach((digit, place) => {
        const row = counts[place] ?? [];
        row[Number(digit)] = (row[Number(digit)] ?? 0) + 1;
      });
    }
    // Expected 2000 with a deviation of 42: 300 is seven of them, so chance does not fail this.
    for (const count of counts.flat()) expect(Math.abs(count - draws / 10)).toBeLessThan(300);
  });
});

describe('parseSixDigits', () => {
  test.each([
    ['012345', '012345'],
    [' 012 345 ', '012345'],
    ['012-345', '012345'],
    ['0-1-2-3-4-5', '012345'],
    ['012\u00a0345', '012345'], // no-break space
    ['012\u202f345', '012345'], // narrow no-break space
    ['012\u3000345', '012345'], // ideographic space
    ['012\u2011345', '012345'], // no-break hyphen
    ['012\u2013345', '012345'], // en dash
    ['012\u2212345', '012345'], // minus
    ['\u200e012345\u200b', '012345'], // marks that come along when copying
    ['012345\r\n', '012345'],
    ['000000', '000000'],
  ])('R12: %j is %s', (typed, code) => {
    expect(parseSixDigits(typed)).toBe(code);
  });

  test.each([
    '',
    ' ',
    '12345',
    '1234567',
    '12345a',
    '+12345',
    '12.345',
    '1e5000',
    '0x1234',
    '\uff10\uff11\uff12\uff13\uff14\uff15',
    '٠١٢٣٤٥',
  ])('R12: %j is no code', (typed) => expect(parseSixDigits(typed)).toBeNull());

  test.each([[123456], [null], [undefined], [['123456']], [{ length: 6 }], [true]])(
    'R12, R67: %j, which is no text, is no code',
    (typed) => expect(parseSixDigits(typed as unknown as string)).toBeNull(),
  );

  test('a very long text is refused unread', () => {
    expect(parseSixDigits(`${' '.repeat(1_000_000)}123456`)).toBeNull();
  });

  test('separators anywhere do not matter; what it gives is given again', () => {
    const separator = fc.constantFrom('', ' ', '-', '\u00a0', '\u2013');
    const digit = fc.constantFrom(...'0123456789');
    fc.assert(
      fc.property(fc.array(fc.tuple(separator, digit), { minLength: 6, maxLength: 6 }), (typed) => {
        const code = typed.map(([, each]) => each).join('');
        expect(parseSixDigits(typed.flat().join(''))).toBe(code);
        expect(parseSixDigits(code)).toBe(code);
      }),
    );
  });
});

describe('codes as HMAC', () => {
  const old = newKey(randomBytes);
  const ring = parseKeys(old);
  const binding: CodeBinding = { purpose: 'login', loginId: 'l1', userId: 'u1', code: '012345' };
  const text = fc.string({ unit: 'binary' });
  const bindings = fc.record({ purpose: text, loginId: text, userId: text, code: text });

  test('R14: a code matches where it was made for, and only there', () => {
    fc.assert(
      fc.property(bindings, bindings, (made, tried) => {
        const stored = codeHmac(ring, made);
        expect(codeMatches(ring, stored, made)).toBe(true);
        const same = JSON.stringify(Object.values(made)) === JSON.stringify(Object.values(tried));
        expect(codeMatches(ring, stored, tried)).toBe(same);
      }),
    );
  });

  test.each<Partial<CodeBinding>>([
    { purpose: 'enroll' },
    { loginId: 'l2' },
    { userId: 'u2' },
    { code: '012346' },
    { code: '12345' },
    { loginId: 'l1u', userId: '1' },
    { purpose: 'loginl1', loginId: '' },
  ])('T22: with %j instead it is wrong', (other) => {
    expect(codeMatches(ring, codeHmac(ring, binding), { ...binding, ...other })).toBe(false);
  });

  test('R20: what is stored shows neither the code nor the user', () => {
    const stored = codeHmac(ring, binding);
    expect(stored).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(stored).not.toContain('012345');
  });

  test('a code on its way lives through a rotation, and dies with its key', () => {
    const fresh = newKey(randomBytes);
    const rotated = parseKeys(`${fresh},${old}`);
    expect(codeMatches(rotated, codeHmac(ring, binding), binding)).toBe(true);
    expect(codeMatches(parseKeys(fresh), codeHmac(ring, binding), binding)).toBe(false);
    expect(codeHmac(rotated, binding)).not.toBe(codeHmac(ring, binding));
    expect(codeMatches(parseKeys(fresh), codeHmac(rotated, binding), binding)).toBe(true);
  });

  test('a damaged or empty stored value matches nothing', () => {
    for (const stored of ['', 'x', `${codeHmac(ring, binding)}=`]) {
      expect(codeMatches(ring, stored, binding)).toBe(false);
    }
  });

  test('a ring without keys makes nothing and matches nothing', () => {
    const empty: KeyRing = { keys: [] };
    expect(() => codeHmac(empty, binding)).toThrow(/no key/);
    expect(codeMatches(empty, codeHmac(ring, binding), binding)).toBe(false);
  });
});

describe('addressHmac', () => {
  const old = newKey(randomBytes);
  const fresh = newKey(randomBytes);

  test('is the same for the same label and text, and for no others', () => {
    const ring = parseKeys(old);
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (label, text, label2, text2) => {
        const made = addressHmac(ring, label, text);
        expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/);
        expect(addressHmac(ring, label2, text2) === made).toBe(label === label2 && text === text2);
      }),
    );
    expect(addressHmac(ring, 'ab', 'c')).not.toBe(addressHmac(ring, 'a', 'bc'));
  });

  test('goes by the first key only', () => {
    const made = addressHmac(parseKeys(old), 'password', 'olivia@meridian.example');
    expect(addressHmac(parseKeys(`${old},${fresh}`), 'password', 'olivia@meridian.example')).toBe(made);
    expect(addressHmac(parseKeys(`${fresh},${old}`), 'password', 'olivia@meridian.example')).not.toBe(made);
  });
});
