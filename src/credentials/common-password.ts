/** What is easily guessed: known passwords, one word with padding, repetition, rows of keys. */
import { dictionary } from '@zxcvbn-ts/language-common';

/** Some 57 000 known passwords and everyday words, lower case. Loaded once per process. */
const KNOWN: ReadonlySet<string> = new Set([
  ...dictionary['passwords-common'],
  ...dictionary['diceware-common'],
]);
const SHORTEST_WORD = 4;
const LONGEST_WORD = 24;

/** Rows, columns and zigzags of keyboards, digits and the alphabet. A piece of one, either way, is a run. */
const KEY_ROWS = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  'qazwsxedcrfvtgbyhnujm',
  '1q2w3e4r5t6y7u8i9o0p',
  '!@#$%^&*()_+',
];
const RUNS = KEY_ROWS.flatMap((row) => [row, Array.from(row).reverse().join('')]).join('\n');
const SHORTEST_RUN = 4;
const SHORTEST_SAME = 3;

/** Fewer than this beside one known word and runs is padding: "password!x7q" is still "password" to a guesser. */
const LEAST_BESIDE_WORD = 6;
/** A shorter text typed again and again is no longer than once. */
const LEAST_REPEATED_UNIT = 8;
const LEAST_DIFFERENT = 4;

/** What is struck out becomes a space, so that what stood left and right of it does not grow together. */
const BLANK = ' ';

/** Letters and digits only. Marks stay: in many scripts a letter is not one without them. */
export function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}

/** The text with the usual disguises taken off: "p@55w0rd" is tried by every guesser. */
export function unmask(text: string): string {
  const letterOf: Record<string, string> = {
    '@': 'a',
    4: 'a',
    3: 'e',
    1: 'i',
    '!': 'i',
    0: 'o',
    5: 's',
    $: 's',
    7: 't',
  };
  return text.replace(/[@431!05$7]/g, (sign) => letterOf[sign] ?? sign);
}

/**
 * The ways to look at a lower-case password: as it is, and its letters with and without disguise. The latter
 * only where they are half of it or more: a password of signs is not judged by the few letters in it.
 */
export function readingsOf(password: string): string[] {
  const letters = [lettersOf(password), lettersOf(unmask(password))];
  return [password, ...letters.filter((reading) => countOf(reading) * 2 >= countOf(password))];
}

/** Strikes every occurrence of the parts out, in the order given. */
export function blankOut(text: string, parts: readonly string[]): string {
  return parts.reduce((rest, part) => rest.replaceAll(part, BLANK), text);
}

/** How many code points are not struck out. */
export function countOf(text: string): number {
  return Array.from(text.replaceAll(BLANK, '')).length;
}

/**
 * Whether a lower-case text is easily guessed, though long.
 *
 * 1. of three different characters or fewer
 * 2. a unit of less than eight, typed again and again
 * 3. little besides runs ("qwertyuiopasdfg", "111222333444555")
 * 4. little besides one known word and runs ("passwordpassword", "dragon1234567890")
 *
 * Only one word is struck out, never all: a phrase of several plain words is what we want people to choose.
 */
export function isCommon(text: string): boolean {
  if (new Set(text.replaceAll(BLANK, '')).size < LEAST_DIFFERENT) return true;
  if (repeatsShortUnit(text)) return true;
  const withoutRuns = blankRuns(text);
  if (withoutRuns !== text && countOf(withoutRuns) < LEAST_BESIDE_WORD) return true;
  const inRuns = countOf(text) - countOf(withoutRuns);
  for (const word of knownWordsIn(text)) {
    const rest = blankOut(text, [word]);
    // Looking for runs costs most, and can strike out no more than it did above: skip where that is too little.
    if (countOf(rest) - inRuns < LEAST_BESIDE_WORD && countOf(blankRuns(rest)) < LEAST_BESIDE_WORD)
      return true;
  }
  return false;
}

function knownWordsIn(text: string): Set<string> {
  const found = new Set<string>();
  for (let from = 0; from + SHORTEST_WORD <= text.length; from++) {
    const furthest = Math.min(text.length, from + LONGEST_WORD);
    for (let to = from + SHORTEST_WORD; to <= furthest; to++) {
      const piece = text.slice(from, to);
      if (KNOWN.has(piece)) found.add(piece);
    }
  }
  return found;
}

/** "abc1abc1abc1abc": at least twice, the last time perhaps not to its end. */
function repeatsShortUnit(text: string): boolean {
  for (let unit = 1; unit < LEAST_REPEATED_UNIT && unit * 2 <= text.length; unit++) {
    if (text.slice(unit) === text.slice(0, -unit)) return true;
  }
  return false;
}

function blankRuns(text: string): string {
  let rest = '';
  for (let at = 0; at < text.length; ) {
    const length = runLengthAt(text, at);
    rest += length > 0 ? BLANK : text.charAt(at);
    at += Math.max(length, 1);
  }
  return rest;
}

/** How long the run is that begins here; 0 if none does. */
function runLengthAt(text: string, at: number): number {
  let same = 1;
  while (at + same < text.length && text[at + same] === text[at]) same++;
  let row = SHORTEST_RUN - 1;
  while (at + row < text.length && RUNS.includes(text.slice(at, at + row + 1))) row++;
  return Math.max(same >= SHORTEST_SAME ? same : 0, row >= SHORTEST_RUN ? row : 0);
}
