import { hash as argon2, parseOptions } from '@node-rs/argon2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHasher, DUMMY_HASH, HashingOverloaded, judgePassword, normalizePassword } from './password.ts';

const hasher = createHasher();
const NAMES = ['Meridian Pictures', 'Olivia Hart', 'olivia@meridian.example'];

describe('the hash', () => {
  test('U3: argon2id, 19 MiB, two passes, one lane, a salt of 16 bytes, as a PHC string', async () => {
    const stored = await hasher.hash('clap the slate twice');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hasher.hash('clap the slate twice')).not.toBe(stored);
    expect(await hasher.verify(stored, 'clap the slate twice')).toBe(true);
    expect(await hasher.verify(stored, 'clap the slate twice ')).toBe(false);
  });

  test.each(['a', 'é'])(
    'R02: passwords of %j that differ only after byte 72 do not match',
    async (letter) => {
      const start = letter.repeat(Math.ceil(72 / Buffer.byteLength(letter)));
      const stored = await hasher.hash(`${start}x`);
      expect(await hasher.verify(stored, `${start}y`)).toBe(false);
      expect(await hasher.verify(stored, start)).toBe(false);
      expect(await hasher.verify(stored, `${start}x`)).toBe(true);
    },
  );

  test('R02: the 256th character counts, and so does what follows a zero byte', async () => {
    const stored = await hasher.hash(`${'a'.repeat(255)}b`);
    expect(await hasher.verify(stored, `${'a'.repeat(255)}c`)).toBe(false);
    expect(await hasher.verify(await hasher.hash('abc\0def'), 'abc\0deg')).toBe(false);
  });

  test('R02: composed and decomposed letters are one password', async () => {
    const composed = 'fenêtre ouverte à Málaga';
    const decomposed = composed.normalize('NFD');
    expect(decomposed).not.toBe(composed);
    expect(await hasher.verify(await hasher.hash(composed), decomposed)).toBe(true);
    expect(await hasher.verify(await hasher.hash(decomposed), composed)).toBe(true);
    expect(normalizePassword(decomposed)).toBe(composed);
  });

  test.each(['', 'garbage', '$argon2id$v=19$m=19456,t=2,p=1$', '$2b$10$abcdefghijklmnopqrstuv'])(
    'a malformed hash (%j) throws: it is a bug, not a wrong password',
    async (stored) => {
      await expect(hasher.verify(stored, 'x')).rejects.toThrow();
      expect(() => hasher.needsRehash(stored)).toThrow();
    },
  );

  test('a megabyte of accents neither matches nor stops the process', async () => {
    const flood = '\u0301\u0327'.repeat(500_000);
    const began = performance.now();
    expect(await hasher.verify(DUMMY_HASH, flood)).toBe(false);
    expect(await hasher.verifyDummy(flood)).toBe(false);
    expect(judgePassword(flood, { names: [flood] })).toBe('too_long');
    await expect(hasher.hash(flood)).rejects.toThrow(RangeError);
    // Normalised it takes minutes; this bound is wide for slow machines.
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('re-hashing', () => {
  const today = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

  test.each([
    [{}, false],
    [{ memoryCost: 65_536 }, false],
    [{ timeCost: 3 }, false],
    [{ memoryCost: 19_455 }, true],
    [{ timeCost: 1 }, true],
    [{ parallelism: 2 }, true],
    [{ outputLen: 16 }, true],
    [{ salt: new Uint8Array(8) }, true],
    [{ algorithm: 1 }, true],
    [{ version: 0 }, true],
  ])('made with %j: %s', async (other, expected) => {
    expect(hasher.needsRehash(await argon2('x', { ...today, ...other }))).toBe(expected);
  });
});

describe('D8: the dummy', () => {
  test('has the parameters of a new hash, so that it costs the same', async () => {
    expect(parseOptions(DUMMY_HASH)).toEqual(parseOptions(await hasher.hash('x')));
  });

  test('never matches', async () => {
    for (const text of ['', 'x', 'clap the slate twice', DUMMY_HASH]) {
      expect(await hasher.verifyDummy(text)).toBe(false);
    }
  });

  test('waits its turn as a real one does', async () => {
    const narrow = createHasher({ atOnce: 1, queueLimit: 1 });
    const both = [narrow.verifyDummy('a'), narrow.verifyDummy('b')];
    await expect(narrow.verifyDummy('c')).rejects.toBeInstanceOf(HashingOverloaded);
    expect(await Promise.all(both)).toEqual([false, false]);
  });
});

describe('the queue', () => {
  test('first come, first served, and no more at once than allowed', async () => {
    const narrow = createHasher({ atOnce: 1 });
    const done: number[] = [];
    const all = [1, 2, 3, 4, 5].map(async (each) => {
      await narrow.hash(`password ${each}`);
      done.push(each);
    });
    expect(narrow.waiting).toBe(4);
    await Promise.all(all);
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(narrow.waiting).toBe(0);
    // The places are counted right after the queue has run dry: again one runs and two wait.
    const again = [narrow.hash('a'), narrow.hash('b'), narrow.hash('c')];
    expect(narrow.waiting).toBe(2);
    await Promise.all(again);
  });

  test('when too many wait, the next is refused; when they are through, others may come', async () => {
    const narrow = createHasher({ atOnce: 2, queueLimit: 3 });
    const accepted = Array.from({ length: 5 }, () => narrow.hash('x'));
    expect(narrow.waiting).toBe(3);
    await expect(narrow.hash('x')).rejects.toBeInstanceOf(HashingOverloaded);
    await expect(narrow.verify(DUMMY_HASH, 'x')).rejects.toMatchObject({ name: 'HashingOverloaded' });
    expect(await Promise.all(accepted)).toHaveLength(5);
    expect(narrow.waiting).toBe(0);
    expect(await narrow.hash('x')).toMatch(/^\$argon2id/);
  });

  test('one that fails gives its place free', async () => {
    const narrow = createHasher({ atOnce: 1 });
    for (let i = 0; i < 3; i++) await expect(narrow.verify('garbage', 'x')).rejects.toThrow();
    expect(await narrow.verify(await narrow.hash('x'), 'x')).toBe(true);
  });

  test('Q11: what leads to a hash waits for its turn, and is not begun for whom there is none', async () => {
    const narrow = createHasher({ atOnce: 1, queueLimit: 4 });
    const begun: number[] = [];
    const { promise: go, resolve: letGo } = Promise.withResolvers<void>();
    const turn = (who: number) =>
      narrow.inTurn(async () => {
        begun.push(who);
        await go;
        return narrow.verify(DUMMY_HASH, `password ${who}`);
      });
    const accepted = [1, 2, 3, 4, 5].map(turn);
    await expect(turn(6)).rejects.toBeInstanceOf(HashingOverloaded);
    // One to hash, and two who read and count meanwhile: no core waits for the database.
    expect(begun).toEqual([1, 2, 3]);
    expect(narrow.waiting).toBe(4);
    letGo();
    expect(await Promise.all(accepted)).toEqual([false, false, false, false, false]);
    expect(begun).toEqual([1, 2, 3, 4, 5]);
    expect(narrow.waiting).toBe(0);
  });

  test('a turn hashes without waiting again, one after another, also what is a turn of its own elsewhere', async () => {
    const narrow = createHasher({ atOnce: 1, queueLimit: 0 });
    const done: number[] = [];
    await narrow.inTurn(async () => {
      const ten = Array.from({ length: 10 }, async (_, n) => {
        await narrow.inTurn(() => narrow.hash(`code ${n}`));
        done.push(n);
      });
      await expect(narrow.verify('garbage', 'x')).rejects.toThrow();
      await Promise.all(ten);
    });
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(narrow.waiting).toBe(0);
  });

  test('Q11: as many may wait as will have their turn soon: the quicker turns are, the more', async () => {
    const hasher = createHasher({ atOnce: 1 });
    const come = async () => {
      const { promise: end, resolve: letEnd } = Promise.withResolvers<void>();
      const all = Array.from({ length: 1000 }, () => hasher.inTurn(() => end).then(() => 'through'));
      const settled = Promise.allSettled(all);
      const waiting = hasher.waiting;
      letEnd();
      const through = (await settled).filter((s) => s.status === 'fulfilled');
      expect(through).toHaveLength(waiting + 1);
      return waiting;
    };
    const atFirst = await come();
    // Two seconds of turns that are thought to take a twentieth of one, three at a time.
    expect(atFirst).toBe(121);
    // Those that came took next to nothing.
    expect(await come()).toBeGreaterThan(2 * atFirst);
    for (let i = 0; i < 5; i++) await come();
    expect(await come()).toBe(500);
  });

  test('a hasher that could run nothing is refused', () => {
    expect(() => createHasher({ atOnce: 0 })).toThrow(RangeError);
    expect(() => createHasher({ atOnce: Number.NaN })).toThrow(RangeError);
  });
});

describe('judgePassword', () => {
  const judge = (typed: string, names: readonly string[] = NAMES) => judgePassword(typed, { names });

  test.each([
    'clap the slate twice',
    'roll sound then action',
    'correct horse battery staple',
    'tree fox and banana',
    'kq7wmz2xbn5tr4v', // fifteen, by a password manager
    'U8$k2!pQz@9xLm&4',
    '~}{)(?>/;,]^%|_-+="', // signs only
    'пароль для работы над фильмом',
    '映画の撮影は毎朝六時に始まります',
    '🎬🎥🎞📽🍿🎭🎪🎨🎧🎼🎹🥁🎷🎺🎸',
    'my password is a long phrase',
    'olivia likes to walk at night', // a name may be in it
    'the year 2024 had 366 days',
  ])('R03: %j is ok: no rule of composition', (typed) => {
    expect(judge(typed)).toBe('ok');
  });

  test('R01, R02: 15 to 256, counted in code points after NFC', () => {
    expect(judge('kq7wmz2xbn5tr4')).toBe('too_short');
    expect(judge('')).toBe('too_short');
    const emoji = ['🎬', '🎥', '🎞', '📽', '🍿', '🎭', '🎪', '🎨', '🎧', '🎼', '🎹', '🥁', '🎷', '🎺'];
    expect(emoji.join('')).toHaveLength(28); // UTF-16 units
    expect(judge(emoji.join(''))).toBe('too_short');
    const accents = 'éàüõçñêîôûëïÿŵ'; // 14, and 28 when decomposed
    expect(judge(accents.normalize('NFD'))).toBe('too_short');
    expect(judge(`${accents}ř`.normalize('NFD'))).toBe('ok');
    const phrase = 'clap the slate twice and call for sound before the '.repeat(6);
    expect(judge(phrase.slice(0, 256))).toBe('ok');
    expect(judge(phrase.slice(0, 257))).toBe('too_long');
    expect(judge('x'.repeat(1_000_000))).toBe('too_long');
  });

  test('256 letters that decompose into four code points each still fit', () => {
    const letters = Array.from({ length: 64 }, (_, i) => String.fromCodePoint(0x1f80 + (i % 48)))
      .join('')
      .repeat(4);
    expect(Array.from(letters)).toHaveLength(256);
    expect(judge(letters.normalize('NFD'))).toBe('ok');
  });

  test.each([
    'aaaaaaaaaaaaaaaa',
    'AaAaAaAaAaAaAaAa',
    '!!!!!!!!!!!!!!!',
    '               ',
    '🎬'.repeat(20),
    'a-a-a-a-a-a-a-a',
  ])('%j is one character', (typed) => expect(judge(typed)).toBe('one_character'));

  test.each([
    'passwordpassword',
    'PasswordPassword',
    'password password',
    'passwordpasswordpass',
    'Password!!!!!!!!',
    'P@ssw0rdP@ssw0rd',
    'password1234567',
    '1234567password',
    'Passw0rd-2345678',
    'sunshine!2345678',
    '123456789012345',
    '543210987654321',
    'abcdefghijklmnop',
    'ponmlkjihgfedcba',
    'qwertyuiopasdfg',
    'qwertyuiop12345',
    'azertyuiopqsdfg',
    '1qaz2wsx3edc4rfv',
    'q1w2e3r4t5y6u7i8',
    '111222333444555',
    'abc123abc123abc',
    'xk4xk4xk4xk4xk4',
    '!@#!@#!@#!@#!@#',
    'ab             ',
    '010011000111010110',
    'bhrh0h2oof6xbqjeh', // in the list of known ones as it is
    'basketball12345',
    'dragon1234567890',
  ])('R04: %j is common', (typed) => {
    expect(judge(typed)).toBe('common');
  });

  test.each([
    'sallyportsallyport',
    'Sallyport 2024!',
    'SallyPort-SallyPort',
    '$allyp0rt$allyp0rt',
    'meridian pictures',
    'MeridianPictures2024',
    'meridian-meridian',
    'Olivia Hart Olivia Hart',
    'oliviahart12345',
    '0l1v14h4rt0l1v14h4rt',
    'olivia@meridian.example',
    'olivia password1',
    'hartoliviameridian',
  ])('U3: %j is made of names', (typed) => {
    expect(judge(typed)).toBe('contains_name');
  });

  test("names are this person's: to others the same words are a phrase", () => {
    expect(judge('meridian pictures', [])).toBe('ok');
    expect(judge('Zoë Zoë Zoë moonlight'.normalize('NFD'), ['Zoë Moonlight'])).toBe('contains_name');
  });

  test('odd names strike out nothing', () => {
    for (const name of ['', ' ', '@', '.*', 'al', 'e', '***', '🎬']) {
      expect(judge('clap the slate twice', [name])).toBe('ok');
    }
  });

  test('it answers for any text and names, without delay', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.array(fc.string({ unit: 'binary' })),
        (typed, names) => {
          expect(['ok', 'too_short', 'too_long', 'common', 'contains_name', 'one_character']).toContain(
            judge(typed, names),
          );
        },
      ),
    );
    const began = performance.now();
    judge('password1qaz2wsxqwertyuiopdragonmonkeysunshine'.repeat(5));
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('random passwords of 15 letters and digits are ok', () => {
    const character = fc.constantFrom(...'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789');
    // A fixed seed: one in many millions is refused by chance, and no run should fail for it.
    fc.assert(
      fc.property(fc.array(character, { minLength: 15, maxLength: 20 }), (characters) => {
        fc.pre(new Set(characters).size > 8); // fast-check likes to repeat itself
        expect(judge(characters.join(''))).toBe('ok');
      }),
      { seed: 15, numRuns: 2000 },
    );
  });
});
