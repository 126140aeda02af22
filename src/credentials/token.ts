/**
 * Random tokens, ids, and the constant-time comparison everything here uses. What this folder owns, and
 * what it must not know, stands in its README.md.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** A source of cryptographically secure bytes: `randomBytes` of node:crypto, or a test's own. */
export type RandomBytes = (size: number) => Buffer;

/**
 * Draws exactly `size` bytes.
 *
 * Throws when the source gives fewer or more: a short read would make secrets that can be guessed, and
 * nobody would notice.
 */
export function drawBytes(random: RandomBytes, size: number): Buffer {
  const bytes = random(size);
  if (bytes.length !== size) throw new Error(`asked for ${size} random bytes, got ${bytes.length}`);
  return bytes;
}

/** A new bearer token (session, cookie, link): 256 bit as 43 characters of base64url (ASVS 7.2.3, RFC 4648 §5). */
export function newToken(random: RandomBytes): string {
  return drawBytes(random, 32).toString('base64url');
}

/**
 * What the database keeps instead of a token: SHA-256 as base64url.
 *
 * No salt and no slow hash: 256 random bits cannot be guessed, and the plain digest is what the row is
 * found by. Never use it for anything a person could choose or type.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64url');
}

/** A new row id: 128 bit as 32 lowercase hex digits. A name and not a secret: knowing one must open nothing. */
export function newId(random: RandomBytes): string {
  return drawBytes(random, 16).toString('hex');
}

/**
 * Whether two texts are the same, in a time that does not tell where they differ (ASVS 11.2.4).
 *
 * Digests are compared, so that texts of different lengths can be given too. UTF-16 is hashed as it is:
 * in UTF-8 all lone surrogates would become the same U+FFFD, and two different texts one.
 */
export function sameText(a: string, b: string): boolean {
  const digestOf = (text: string) => createHash('sha256').update(text, 'utf16le').digest();
  return timingSafeEqual(digestOf(a), digestOf(b));
}
