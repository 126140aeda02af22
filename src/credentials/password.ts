/** Passwords (U3): hashed slowly and a few at a time, and judged before they are taken. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { availableParallelism } from 'node:os';
import { type Algorithm, hash, type Options, parseOptions, type Version, verify } from '@node-rs/argon2';
import { blankOut, countOf, isCommon, lettersOf, readingsOf, unmask } from './common-password.ts';

/** Too many wait for a hash. Callers answer 503: let them in later, not the server fall over now. */
export class HashingOverloaded extends Error {
  override readonly name = 'HashingOverloaded';

  constructor() {
    super('too many passwords and backup codes are waiting to be hashed');
  }
}

/** Hashes passwords and backup codes' secrets. Every method may reject with `HashingOverloaded`. */
export interface Hasher {
  /**
   * Waits for a turn and does in it what leads to a hash: what is read and counted first. So a crowd waits here,
   * where waiting costs nothing, and not at the database, where everybody else would wait with it; and whoever
   * is refused was not counted. Hashes inside come one after another, without waiting again.
   */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** A PHC string with a salt of its own. Rejects with RangeError for a text that `judgePassword` calls too long. */
  hash(text: string): Promise<string>;
  /** Whether the text is the hashed one. Rejects for a malformed hash, which is a bug or a damaged database. */
  verify(hash: string, text: string): Promise<boolean>;
  /** The same work for nothing: for unknown addresses, so that the time does not tell them from known ones (D8). */
  verifyDummy(text: string): Promise<false>;
  /** Whether the hash was made with less than today's parameters: then hash anew after the right password. */
  needsRehash(hash: string): boolean;
  /** How many wait for their turn now. */
  readonly waiting: number;
}

// The library's enums are `const enum`s, which isolatedModules cannot read: hence their numbers.
const ARGON2ID: Algorithm.Argon2id = 2;
const VERSION_19: Version.V0x13 = 1;
/** OWASP Password Storage: argon2id, 19 MiB (given in KiB), two passes, one lane. The salt is 16 random bytes. */
const PARAMETERS = {
  algorithm: ARGON2ID,
  version: VERSION_19,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
  outputLen: 32,
} as const satisfies Options;
const SALT_BYTES = 16;

/** Of random bytes nobody kept; a test holds its parameters to be today's. */
export const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$0d51QLW08PtypMQLDAVPdQ$GP2muQFZs7pqWFsqR2mSF+KVjz52ae/meZehKt97mPE';

const MIN_LENGTH = 15;
const MAX_LENGTH = 256;
/** In UTF-16 units. NFC makes at most one code point of four, each of two units: what is longer cannot fit. */
const LONGEST_TYPED = MAX_LENGTH * 8;
/** What must be left of a password without the names in it: the least that 63B-4 §3.1.1.2 takes from anybody. */
const LEAST_BESIDE_NAMES = 8;
const PRODUCT = 'sallyport';

/** Whoever would wait longer for their turn is told to come again: by then they would have pressed again anyway. */
const LONGEST_WAIT_MS = 2_000;
/** What a turn is thought to take before any has been seen. */
const FIRST_GUESS_MS = 50;
/** Turns that may read and count while others hash, so that no core waits for the database. */
const AHEAD = 2;

/**
 * Makes the process's one hasher: at most `atOnce` hashes run (each takes a core and 19 MiB), the others wait
 * first come, first served. Refused is who would wait longer than two seconds by how long turns have taken of
 * late, and who would be the one after `queueLimit` that wait. By default one core is left to everything that is
 * not hashing: the thread that answers pages must not wait for a core behind its own hashes.
 */
export function createHasher(p: { atOnce?: number; queueLimit?: number } = {}): Hasher {
  const atOnce = p.atOnce ?? Math.max(1, availableParallelism() - 1);
  const queueLimit = p.queueLimit ?? 500;
  if (!(atOnce >= 1)) throw new RangeError('a hasher needs to run at least one hash at once');
  const [turns, cores] = [createPlaces(atOnce + AHEAD), createPlaces(atOnce)];
  /** Of the turn that runs: does one thing after another, so that a turn never takes more than one core. */
  const turn = new AsyncLocalStorage<OneByOne>();
  let present = 0;
  let turnMs = FIRST_GUESS_MS;

  const waiting = () => Math.max(0, present - atOnce);
  const isFull = () =>
    present >= atOnce + queueLimit || (waiting() * turnMs) / (atOnce + AHEAD) > LONGEST_WAIT_MS;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (turn.getStore() !== undefined) return work();
    if (isFull()) throw new HashingOverloaded();
    present++;
    try {
      return await turns.hold(async () => {
        const began = performance.now();
        const outcome = await turn.run(oneByOne(), work);
        turnMs += (performance.now() - began - turnMs) / 16;
        return outcome;
      });
    } finally {
      present--;
    }
  }

  const alone: OneByOne = (work) => {
    const hashing = () => cores.hold(work);
    return turn.getStore()?.(hashing) ?? inTurn(hashing);
  };

  return {
    inTurn,
    async hash(text) {
      if (text.length > LONGEST_TYPED) throw new RangeError('too long to be hashed');
      return alone(() => hash(normalizePassword(text), PARAMETERS));
    },
    async verify(stored, text) {
      return alone(() => verify(stored, normalizePassword(text)));
    },
    async verifyDummy(text) {
      await alone(() => verify(DUMMY_HASH, normalizePassword(text)));
      return false;
    },
    needsRehash,
    get waiting() {
      return waiting();
    },
  };
}

/** So many at once; the others wait, first come, first served. */
function createPlaces(count: number): { hold: OneByOne } {
  const queue: (() => void)[] = [];
  let taken = 0;
  return {
    async hold(work) {
      if (taken < count) taken++;
      else await new Promise<void>((begin) => queue.push(begin));
      try {
        return await work();
      } finally {
        // The place goes straight to the longest waiting, so that no newcomer can slip in between.
        const begin = queue.shift();
        if (begin) begin();
        else taken--;
      }
    },
  };
}

type OneByOne = <T>(work: () => Promise<T>) => Promise<T>;

function oneByOne(): OneByOne {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}

function needsRehash(stored: string): boolean {
  const made = parseOptions(stored);
  return (
    made.algorithm !== PARAMETERS.algorithm ||
    made.version !== PARAMETERS.version ||
    made.memoryCost < PARAMETERS.memoryCost ||
    made.timeCost < PARAMETERS.timeCost ||
    made.parallelism !== PARAMETERS.parallelism ||
    made.outputLen < PARAMETERS.outputLen ||
    made.saltLen < SALT_BYTES
  );
}

/**
 * NFC, so that "é" typed on a Mac and on Windows is one password (63B-4 §3.1.1.2). `hash` and `verify` do it
 * themselves too: no caller can forget it.
 *
 * What is longer than any password can be is given back as it is: it matches nothing anyway, and the work of
 * NFC grows with the square of a run of accents (200 000 take ten seconds), which would stop everybody's log-in.
 */
export function normalizePassword(typed: string): string {
  return typed.length > LONGEST_TYPED ? typed : typed.normalize('NFC');
}

/** `one_character`: the same one again and again. `common`: known, easily guessed, or one word and padding. */
export type PasswordVerdict = 'ok' | 'too_short' | 'too_long' | 'one_character' | 'contains_name' | 'common';

/**
 * Whether a password may be set (U3, R01, R04; 63B-4 §3.1.1.2). Lengths are code points after NFC: 15 to 256.
 * `names`: the account's and the person's names and e-mail address, as they are; the product's is added here.
 *
 * 1. shorter or longer → too_short, too_long
 * 2. the same character throughout → one_character
 * 3. names in it, and without them fewer than eight letters and digits, or only a common one → contains_name
 * 4. a known common password, one with a little padding, repetition or a row of keys → common
 * 5. else ok: no rule asks for digits or signs, and a phrase of plain words is welcome
 */
export function judgePassword(typed: string, p: { names: readonly string[] }): PasswordVerdict {
  if (typed.length > LONGEST_TYPED) return 'too_long';
  const normal = normalizePassword(typed);
  const length = Array.from(normal).length;
  if (length < MIN_LENGTH) return 'too_short';
  if (length > MAX_LENGTH) return 'too_long';

  const password = normal.toLowerCase();
  const readings = readingsOf(password);
  if (readings.some((reading) => new Set(reading).size === 1)) return 'one_character';

  const parts = namePartsOf([PRODUCT, ...p.names]);
  const isMadeOfNames = (letters: string) => {
    const without = blankOut(letters, parts);
    return without !== letters && (countOf(without) < LEAST_BESIDE_NAMES || isCommon(without));
  };
  if ([password, unmask(password)].map(lettersOf).some(isMadeOfNames)) return 'contains_name';
  return readings.some(isCommon) ? 'common' : 'ok';
}

/**
 * Whole names, the local part of an e-mail address, and words of four letters and more; longest first, so
 * that "meridianpictures" goes before "meridian". Wholes under three letters would strike out half the language.
 */
function namePartsOf(names: readonly string[]): string[] {
  const parts = names.flatMap((name) => {
    const text = normalizePassword(name).toLowerCase();
    const wholes = [text, text.split('@')[0] ?? ''].map(lettersOf).filter((whole) => whole.length >= 3);
    return [...wholes, ...text.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word.length >= 4)];
  });
  return [...new Set(parts)].sort((a, b) => b.length - a.length);
}
