import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BackupCode,
  formatBackupCode,
  formatPassCode,
  newBackupCodes,
  newPassCode,
  parseRecoveryCode,
} from './backup-code.ts';
import { createHasher } from './password.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('newBackupCodes', () => {
  const all = ALPHABET.split('').flatMap((a) => ALPHABET.split('').map((b) => a + b));

  test('B1: ten of two and ten Crockford characters, selectors all different', () => {
    const codes = newBackupCodes(randomBytes, { count: 10, takenSelectors: new Set() });
    expect(codes).toHaveLength(10);
    for (const code of codes) {
      expect(code.selector).toMatch(/^[0-9A-HJKMNP-TV-Z]{2}$/);
      expect(code.secret).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    }
    expect(new Set(codes.map((code) => code.selector)).size).toBe(10);
    expect(new Set(codes.map((code) => code.secret)).size).toBe(10);
  });

  test('B1: selectors of unspent codes are not given again, even where few are free', () => {
    const free = ['A7', 'ZZ', '00'];
    const takenSelectors = new Set(all.filter((each) => !free.includes(each)));
    const codes = newBackupCodes(randomBytes, { count: 3, takenSelectors });
    expect(codes.map((code) => code.selector).sort()).toEqual([...free].sort());
    expect(takenSelectors.size).toBe(1021);
  });

  test('more than there are selectors is refused and does not hang', () => {
    expect(() => newBackupCodes(randomBytes, { count: 1, takenSelectors: new Set(all) })).toThrow(RangeError);
    expect(() => newBackupCodes(randomBytes, { count: 1025, takenSelectors: new Set() })).toThrow(RangeError);
  });

  test('a source of randomness that stands still is refused and does not hang', () => {
    const still = (size: number) => Buffer.alloc(size, 1);
    expect(() => newBackupCodes(still, { count: 2, takenSelectors: new Set() })).toThrow(/randomness/);
  });

  test('every byte gives one character, and each character comes from eight bytes', () => {
    const seen = Array.from({ length: 256 }, (_, byte) =>
      newPassCode((size) => Buffer.alloc(size, byte)).charAt(0),
    );
    for (const character of ALPHABET) expect(seen.filter((each) => each === character)).toHaveLength(8);
  });
});

describe('what people see and type', () => {
  const code: BackupCode = { selector: 'A7', secret: '0123ZYXW1K' };

  test('B1: xxxx-xxxx-xxxx in lower case; P2: sixteen likewise', () => {
    expect(formatBackupCode(code)).toBe('a701-23zy-xw1k');
    expect(formatPassCode('A70123ZYXW1KMNPQ')).toBe('a701-23zy-xw1k-mnpq');
    expect(newPassCode(randomBytes)).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/);
  });

  test.each([
    'a701-23zy-xw1k',
    'A70123ZYXW1K',
    ' A701 23zy  xw1k ',
    'a7o1-23zy-xwik',
    'a7OL-23zy-xwLk',
    'a701\u201323zy\u2212xw1k',
    'a701\u00a023zy\u00adxw1k\u200b',
    'a-7-0-1-2-3-z-y-x-w-1-k-',
  ])('B1: %j is read as the code', (typed) => {
    expect(parseRecoveryCode(typed)).toEqual({ kind: 'backup', ...code });
  });

  test('P2: the length tells a pass code', () => {
    expect(parseRecoveryCode('a701-23zy-xw1k-mnpq')).toEqual({ kind: 'pass', code: 'A70123ZYXW1KMNPQ' });
  });

  test.each([
    '',
    '012345',
    'a701-23zy-xw1',
    'a701-23zy-xw1km',
    'a701-23zy-xw1k-mnp',
    'a701-23zy-xw1k-mnpq0',
    'u701-23zy-xw1k',
    'a701-23zy-xw1ß',
    'a701-23zy-xwık',
    'a701_23zy_xw1k',
    '\uff21701-23zy-xw1k',
    '0'.repeat(100_000),
  ])('%j is no code', (typed) => {
    expect(parseRecoveryCode(typed)).toBeNull();
  });

  test('what is no text is no code', () => {
    for (const typed of [null, 12, ['a70123zyxw1k'], {}]) {
      expect(parseRecoveryCode(typed as unknown as string)).toBeNull();
    }
  });

  test('every code that is shown is read back, in any case, with any separators', () => {
    const separators = fc.constantFrom('', ' ', '-', '\u2014', '\u00a0');
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(255)), separators, fc.boolean(), (stream, separator, upper) => {
        const random = (size: number) => Buffer.from(Array.from(stream.take(size)));
        const [made] = newBackupCodes(random, { count: 1, takenSelectors: new Set() });
        if (made === undefined) throw new Error('no code was made');
        const pass = newPassCode(random);
        const type = (shown: string) => {
          const typed = shown.replaceAll('-', separator);
          return upper ? typed.toUpperCase() : typed;
        };
        expect(parseRecoveryCode(type(formatBackupCode(made)))).toEqual({ kind: 'backup', ...made });
        expect(parseRecoveryCode(type(formatPassCode(pass)))).toEqual({ kind: 'pass', code: pass });
      }),
    );
  });
});

test('R22: the secret goes through the hasher, and only itself matches', async () => {
  const hasher = createHasher({ atOnce: 2 });
  const [one, two] = newBackupCodes(randomBytes, { count: 2, takenSelectors: new Set() });
  const stored = await hasher.hash(one?.secret ?? '');
  expect(stored).not.toContain(one?.secret);
  expect(await hasher.verify(stored, one?.secret ?? '')).toBe(true);
  expect(await hasher.verify(stored, two?.secret ?? '')).toBe(false);
});
