import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawBytes, hashToken, newId, newToken, sameText } from './token.ts';

describe('tokens and ids', () => {
  test('R42, R68: a token is 256 bit in base64url', () => {
    const token = newToken(randomBytes);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  test('a token is exactly the bytes it was given', () => {
    expect(newToken((size) => Buffer.alloc(size, 0xff))).toBe(Buffer.alloc(32, 0xff).toString('base64url'));
  });

  test('an id is 128 bit in lower-case hex', () => {
    expect(newId(randomBytes)).toMatch(/^[0-9a-f]{32}$/);
    expect(newId((size) => Buffer.alloc(size, 0xab))).toBe('ab'.repeat(16));
  });

  test('a thousand tokens and ids are all different', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newToken(randomBytes))).size).toBe(1000);
    expect(new Set(Array.from({ length: 1000 }, () => newId(randomBytes))).size).toBe(1000);
  });

  test.each([0, 31, 33])('a source that gives %i bytes instead of 32 is refused', (size) => {
    expect(() => newToken(() => Buffer.alloc(size))).toThrow(/random bytes/);
    expect(() => drawBytes(() => Buffer.alloc(size), 32)).toThrow(/random bytes/);
  });
});

test('hashToken is SHA-256 in base64url (FIPS 180-2 vector "abc")', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(hashToken('abc')).toBe(Buffer.from(abc, 'hex').toString('base64url'));
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(hashToken(text)).toBe(createHash('sha256').update(text).digest('base64url'));
    }),
  );
});

describe('sameText', () => {
  test('is equality', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(sameText(a, a)).toBe(true);
        expect(sameText(a, b)).toBe(a === b);
        expect(sameText(a, `${a}${b}`)).toBe(b === '');
      }),
    );
  });

  test('keeps lone surrogates and normal forms apart', () => {
    expect(sameText('\ud800', '\ud801')).toBe(false);
    expect(sameText('\u00e9', 'e\u0301')).toBe(false);
  });
});
