import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CannotOpen,
  deriveKey,
  KeyFault,
  newKey,
  open,
  parseKeys,
  type SealContext,
  seal,
  sealedKeyId,
  sealingKey,
} from './sealed-secret.ts';

const first = newKey(randomBytes);
const second = newKey(randomBytes);
const ring = parseKeys(first);
const place: SealContext = { table: 'authenticator', row: 'a1', user: 'u1' };

/** Why it does not open; fails if it does. */
function whyNot(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof CannotOpen) return error.reason;
    throw error;
  }
  throw new Error('it opened');
}

describe('keys', () => {
  test('a new key is 256 bit of base64 and is read back', () => {
    expect(newKey((size) => Buffer.alloc(size, 0xfb))).toBe(Buffer.alloc(32, 0xfb).toString('base64'));
    expect(sealingKey(parseKeys(first)).bytes.toString('base64')).toBe(first);
  });

  test('a comma list, spaces around, base64 and base64url, padded or not', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const spellings = [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      `${bytes.toString('base64url')}=`,
    ];
    for (const spelling of spellings) {
      const keys = parseKeys(` ${first} ,\n${spelling}`).keys;
      expect(keys.map((key) => key.bytes.toString('base64'))).toEqual([first, bytes.toString('base64')]);
    }
  });

  test('an id is eight characters, the same for the same key, and no part of it', () => {
    const key = sealingKey(ring);
    expect(key.id).toMatch(/^[A-Za-z0-9_-]{8}$/);
    expect(sealingKey(parseKeys(first)).id).toBe(key.id);
    expect(key.bytes.toString('base64url')).not.toContain(key.id);
  });

  const short = randomBytes(31).toString('base64');
  const long = randomBytes(33).toString('base64');
  test.each([
    ['', 0, 'There is no key: at least one is needed.'],
    ['  ', 0, 'There is no key: at least one is needed.'],
    [short, 1, 'Key 1 of 1 is not 32 bytes in base64.'],
    [`${first},${long}`, 2, 'Key 2 of 2 is not 32 bytes in base64.'],
    [`${first},`, 2, 'Key 2 of 2 is empty.'],
    [`${first},${second},${first}`, 3, 'Key 3 of 3 is the same as key 1.'],
    [
      `${first},${first.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')}`,
      2,
      'Key 2 of 2 is the same as key 1.',
    ],
    [first.replace(/^../, '!!'), 1, 'Key 1 of 1 is not 32 bytes in base64.'],
    [`${first.slice(0, 20)} ${first.slice(20)}`, 1, 'Key 1 of 1 is not 32 bytes in base64.'],
  ])('a fault names the position, never the key (case %#)', (text, position, message) => {
    const fault = (() => {
      try {
        parseKeys(text);
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(fault).toBeInstanceOf(KeyFault);
    expect(fault).toMatchObject({ position, message, name: 'KeyFault' });
    for (const part of text.split(',').filter((each) => each.trim().length > 8)) {
      expect(String(fault)).not.toContain(part.slice(0, 8));
    }
  });
});

describe('deriveKey', () => {
  test('is HKDF-SHA-256 without salt (RFC 5869 A.3, with 32 of its 42 bytes)', () => {
    const okm = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d';
    expect(deriveKey(Buffer.alloc(22, 0x0b), '').toString('hex')).toBe(okm);
  });

  test('each label gives another key, and none the ring key itself', () => {
    const key = sealingKey(ring).bytes;
    const made = ['a', 'b', ''].map((label) => deriveKey(key, label).toString('hex'));
    expect(new Set([...made, key.toString('hex')]).size).toBe(4);
  });
});

describe('seal and open', () => {
  const text = fc.string({ unit: 'binary' });
  const places = fc.record({ table: text, row: text, user: text });

  test('what is sealed opens in its place', () => {
    fc.assert(
      fc.property(places, text, (ctx, plaintext) => {
        expect(open(ring, ctx, seal(ring, ctx, plaintext, randomBytes))).toBe(plaintext);
      }),
    );
  });

  test('E6: the form is v1, key id, nonce of 96 bit, ciphertext and tag', () => {
    const [version, keyId, nonce, body, ...more] = seal(ring, place, 'secret', randomBytes).split('.');
    expect([version, keyId, more.length]).toEqual(['v1', sealingKey(ring).id, 0]);
    expect(Buffer.from(nonce ?? '', 'base64url')).toHaveLength(12);
    expect(Buffer.from(body ?? '', 'base64url')).toHaveLength('secret'.length + 16);
  });

  test('R08: the sealed text shows nothing, and is another each time', () => {
    const sealed = Array.from({ length: 100 }, () => seal(ring, place, 'GEZDGNBVGY3TQOJQ', randomBytes));
    expect(new Set(sealed).size).toBe(100);
    expect(new Set(sealed.map((each) => each.split('.')[2])).size).toBe(100);
    for (const each of sealed) expect(each).not.toContain('GEZDGNBV');
  });

  test('any changed character fails, also in the spare bits of base64', () => {
    const characters = fc.constantFrom(
      ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. v',
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 5 }), fc.nat(), characters, (plaintext, at, character) => {
        const sealed = seal(ring, place, plaintext, randomBytes);
        const changed = at % sealed.length;
        fc.pre(sealed[changed] !== character);
        const tampered = sealed.slice(0, changed) + character + sealed.slice(changed + 1);
        expect(['damaged', 'unknown_key']).toContain(whyNot(() => open(ring, place, tampered)));
      }),
      { numRuns: 3000 },
    );
  });

  test('any changed byte of the body fails', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.integer({ min: 1, max: 255 }), (plaintext, at, flip) => {
        const parts = seal(ring, place, plaintext, randomBytes).split('.');
        const body = Buffer.from(parts[3] ?? '', 'base64url');
        const changed = at % body.length;
        body[changed] = (body[changed] ?? 0) ^ flip;
        const tampered = [...parts.slice(0, 3), body.toString('base64url')].join('.');
        expect(whyNot(() => open(ring, place, tampered))).toBe('damaged');
      }),
    );
  });

  test('cut, lengthened or foreign text fails', () => {
    const sealed = seal(ring, place, 'secret', randomBytes);
    for (let length = 0; length < sealed.length; length++) {
      expect(whyNot(() => open(ring, place, sealed.slice(0, length)))).toBe('damaged');
    }
    for (const other of [
      `${sealed}A`,
      `${sealed}=`,
      `${sealed}.`,
      ` ${sealed}`,
      `${sealed}\n`,
      sealed.replace('v1', 'v2'),
      '....',
    ]) {
      expect(whyNot(() => open(ring, place, other))).toBe('damaged');
    }
  });

  test('E6: another table, row or user fails, also where the joined texts are the same', () => {
    fc.assert(
      fc.property(places, places, (made, tried) => {
        const sealed = seal(ring, made, 'secret', randomBytes);
        fc.pre(made.table !== tried.table || made.row !== tried.row || made.user !== tried.user);
        expect(whyNot(() => open(ring, tried, sealed))).toBe('damaged');
      }),
    );
    const sealed = seal(ring, place, 'secret', randomBytes);
    for (const other of [
      { row: 'a1u', user: '1' },
      { table: 'authenticatora', row: '1' },
      { user: 'u2' },
      { row: 'a2' },
    ]) {
      expect(whyNot(() => open(ring, { ...place, ...other }, sealed))).toBe('damaged');
    }
  });

  test('another key fails, and says that it is the key', () => {
    const sealed = seal(ring, place, 'secret', randomBytes);
    expect(whyNot(() => open(parseKeys(second), place, sealed))).toBe('unknown_key');
  });

  test('another key under the same id fails too', () => {
    const sealed = seal(ring, place, 'secret', randomBytes);
    const forged = { keys: [{ id: sealingKey(ring).id, bytes: randomBytes(32) }] };
    expect(whyNot(() => open(forged, place, sealed))).toBe('damaged');
  });

  test('the key id cannot be changed to another key of the ring', () => {
    const both = parseKeys(`${first},${second}`);
    const sealed = seal(both, place, 'secret', randomBytes);
    const moved = sealed.replace(sealingKey(ring).id, both.keys[1]?.id ?? '');
    expect(whyNot(() => open(both, place, moved))).toBe('damaged');
  });

  test('rotation: a new first key opens the old and seals by itself; without the old key nothing opens', () => {
    const sealed = seal(ring, place, 'secret', randomBytes);
    const rotated = parseKeys(`${second},${first}`);
    expect(open(rotated, place, sealed)).toBe('secret');
    const again = seal(rotated, place, 'secret', randomBytes);
    expect(sealedKeyId(sealed)).toBe(sealingKey(ring).id);
    expect(sealedKeyId(again)).toBe(sealingKey(rotated).id);
    expect(open(parseKeys(second), place, again)).toBe('secret');
    expect(whyNot(() => open(ring, place, again))).toBe('unknown_key');
  });

  test('sealedKeyId refuses what was never sealed', () => {
    expect(whyNot(() => sealedKeyId('hello'))).toBe('damaged');
  });

  test('an empty ring, a lone surrogate and a short nonce seal nothing', () => {
    expect(() => seal({ keys: [] }, place, 'secret', randomBytes)).toThrow(KeyFault);
    expect(() => seal(ring, place, 'a\ud800', randomBytes)).toThrow(TypeError);
    expect(() => seal(ring, place, 'secret', () => Buffer.alloc(4))).toThrow(/random bytes/);
  });

  test('no error holds the secret, the key or the sealed text', () => {
    const sealed = seal(ring, place, 'GEZDGNBV', randomBytes);
    for (const attempt of [
      () => open(parseKeys(second), place, sealed),
      () => open(ring, { ...place, row: 'x' }, sealed),
    ]) {
      try {
        attempt();
      } catch (error) {
        expect(JSON.stringify([String(error), error])).not.toMatch(/GEZDGNBV|v1\./);
      }
    }
  });
});
