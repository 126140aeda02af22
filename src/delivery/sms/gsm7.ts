/**
 * How many segments a text takes on the air, after 3GPP TS 23.038 (the alphabet, 6.2.1, and its extension, 6.2.1.1)
 * and 23.040 (9.2.3.24.1: a header of six octets in every segment of a longer text). National tables are not used.
 */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const ESCAPE = 0x1b;
const EXTENSION: ReadonlyMap<string, number> = new Map([
  ['\f', 0x0a],
  ['^', 0x14],
  ['{', 0x28],
  ['}', 0x29],
  ['\\', 0x2f],
  ['[', 0x3c],
  ['~', 0x3d],
  [']', 0x3e],
  ['|', 0x40],
  ['€', 0x65],
]);

const SEPTETS: ReadonlyMap<string, readonly number[]> = new Map([
  // The escape is no character of a text: it would swallow the next one.
  ...[...BASIC].flatMap((char, at): [string, number[]][] => (at === ESCAPE ? [] : [[char, [at]]])),
  ...[...EXTENSION].map(([char, at]): [string, number[]] => [char, [ESCAPE, at]]),
]);

export interface Sizing {
  readonly alphabet: 'gsm7' | 'ucs2';
  /** Septets of GSM-7, or 16-bit units of UCS-2. */
  readonly units: number;
  /** At least 1. */
  readonly segments: number;
}

/** Whether every character is in the GSM-7 alphabet or its extension table. */
export function isGsm7(text: string): boolean {
  return [...text].every((char) => SEPTETS.has(char));
}

/** The septets of a text, one per octet, as SMPP's default alphabet has them; null if it is not GSM-7. */
export function encodeGsm7(text: string): Uint8Array | null {
  const septets: number[] = [];
  for (const char of text) {
    const code = SEPTETS.get(char);
    if (code === undefined) return null;
    septets.push(...code);
  }
  return Uint8Array.from(septets);
}

/** How long a text is and how many segments it needs. A character is never cut in two, so the last unit of a segment may stay empty. */
export function sizeText(text: string): Sizing {
  const gsm7 = isGsm7(text);
  const lengths = [...text].map((char) => (gsm7 ? (SEPTETS.get(char)?.length ?? 0) : char.length));
  const units = lengths.reduce((sum, length) => sum + length, 0);
  const alphabet = gsm7 ? 'gsm7' : 'ucs2';
  if (units <= (gsm7 ? 160 : 70)) return { alphabet, units, segments: 1 };
  return { alphabet, units, segments: fill(lengths, gsm7 ? 153 : 67) };
}

function fill(lengths: readonly number[], room: number): number {
  let segments = 1;
  let used = 0;
  for (const length of lengths) {
    if (used + length > room) {
      segments += 1;
      used = 0;
    }
    used += length;
  }
  return segments;
}
