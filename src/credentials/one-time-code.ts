/** Six-digit codes sent by text message and e-mail: made, read from what people type, and kept only as an HMAC. */
import { createHmac } from 'node:crypto';
import { deriveKey, type KeyRing, sealingKey } from './sealed-secret.ts';
import { drawBytes, type RandomBytes, sameText } from './token.ts';

/** What a code is good for (R14, T22). Elsewhere the same six digits are just wrong. */
export type CodeBinding = { purpose: string; loginId: string; userId: string; code: string };

/** The largest multiple of a million within 32 bits: above it a remainder would favour the low codes. */
const UNBIASED_BELOW = 4_294_000_000;
const CODE_KEY = 'sallyport one-time code v1';
const ADDRESS_KEY = 'sallyport address counter v1';

/** Longer than any code with its decoration; what is longer is not searched through at all. */
const LONGEST_TYPED = 64;
/** Spaces of any script, dashes, and the invisible marks that come along when copying from a message. */
const SEPARATORS = /[\s\p{Z}\p{Pd}\p{Cf}\u2212]/gu;

/** What was typed, without spaces, hyphens, dashes and invisible marks; `null` if it cannot be a code. */
export function stripSeparators(typed: string): string | null {
  // Forms and JSON can hold numbers and arrays where the type says string (R12, R67): they are no code.
  if (typeof typed !== 'string' || typed.length > LONGEST_TYPED) return null;
  return typed.replace(SEPARATORS, '');
}

/**
 * Six ASCII digits from what a person typed ("012 345", "012-345"), leading zeros kept; `null` if it is
 * anything else.
 */
export function parseSixDigits(typed: string): string | null {
  const digits = stripSeparators(typed);
  return digits !== null && /^[0-9]{6}$/.test(digits) ? digits : null;
}

/**
 * A new code, "000000" to "999999", each as likely as any other (NIST SP 800-63B-4 §3.1.3.2).
 *
 * Throws when a source of randomness gives nothing usable a hundred times: by chance that never happens
 * (1 in 4433 each), so the source is broken, and waiting for it would hang the server.
 */
export function newSixDigitCode(random: RandomBytes): string {
  for (let draw = 0; draw < 100; draw++) {
    const number = drawBytes(random, 4).readUInt32BE();
    if (number < UNBIASED_BELOW) return String(number % 1_000_000).padStart(6, '0');
  }
  throw new Error('the source of randomness gives no usable bytes');
}

/**
 * What the database keeps instead of a code: HMAC-SHA-256 as base64url under the ring's first key.
 *
 * A million codes are tried through in a second, so a plain or salted hash would hide nothing from someone
 * with the database; the key is not in there. Purpose, login and user are inside, so a code taken to
 * another place does not match.
 */
export function codeHmac(ring: KeyRing, binding: CodeBinding): string {
  return bindingHmac(sealingKey(ring).bytes, binding);
}

/**
 * Whether this code, for this purpose, login and user, is the stored one.
 *
 * Every key of the ring is tried, so that a rotation does not kill the codes on their way; always all of
 * them, and each in constant time, so the time tells nothing.
 */
export function codeMatches(ring: KeyRing, stored: string, binding: CodeBinding): boolean {
  let matches = false;
  for (const key of ring.keys) {
    if (sameText(bindingHmac(key.bytes, binding), stored)) matches = true;
  }
  return matches;
}

/**
 * The key of a counter by typed address (D7): HMAC-SHA-256 as base64url, under the ring's first key.
 *
 * People type passwords into the address field: the counters' table must not show what was typed. `label`
 * keeps counters of different kinds apart; the caller gives `text` in its one canonical spelling, else each
 * spelling gets tries of its own. After a rotation all counts start anew, which costs a few free tries.
 */
export function addressHmac(ring: KeyRing, label: string, text: string): string {
  return hmac(deriveKey(sealingKey(ring).bytes, ADDRESS_KEY), [label, text]);
}

function bindingHmac(ringKey: Buffer, b: CodeBinding): string {
  return hmac(deriveKey(ringKey, CODE_KEY), [b.purpose, b.loginId, b.userId, b.code]);
}

/** As a JSON array, because joined texts could be cut elsewhere: ["ab","c"] must not be ["a","bc"]. */
function hmac(key: Buffer, parts: readonly string[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
}
