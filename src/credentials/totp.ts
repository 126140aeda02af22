/** Time-based codes of authenticator apps (E3): 160-bit secret, SHA-1, six digits, 30 seconds, one step either side. */
import { HOTP, Secret } from 'otpauth';
import { parseSixDigits } from './one-time-code.ts';
import { drawBytes, type RandomBytes, sameText } from './token.ts';

/**
 * - `accepted`: store `step`; the write must demand that it is greater than the stored one (D5, R09).
 * - `wrong`: the code belongs to none of the three steps.
 * - `replayed`: it is right, and was spent, or is older than one that was.
 * - `clock_off`: the phone's clock is ahead (positive) or behind (negative) by about `offByMs` milliseconds.
 */
export type TotpVerdict =
  | { verdict: 'accepted'; step: number }
  | { verdict: 'wrong' }
  | { verdict: 'replayed' }
  | { verdict: 'clock_off'; offByMs: number };

const STEP_MS = 30_000;
const DIGITS = 6;
const SECRET_BYTES = 20;
/** One step either side: a code lives up to 90 s. ASVS 6.5.5 says 30 s; RFC 6238 §5.2 allows a step for the way. */
const STEPS_EITHER_SIDE = 1;
/** How far the set-up page looks for a clock that is off: 60 minutes either side. */
const CLOCK_SEARCH_STEPS = (60 * 60_000) / STEP_MS;

/** The newest step whose code is accepted at this moment: once it is spent, no code made up to now is any more. */
export function newestTotpStep(now: number): number {
  return Math.floor(now / STEP_MS) + STEPS_EITHER_SIDE;
}

/** A new secret: 160 bit (RFC 4226 §4 R6) as 32 characters of base32 without padding (RFC 4648 §6). */
export function newTotpSecret(random: RandomBytes): string {
  return base32(drawBytes(random, SECRET_BYTES));
}

/** The address an authenticator app reads from the QR code or the link (Key URI Format). It holds the secret. */
export function otpauthAddress(p: { secret: string; issuer: string; label: string }): string {
  const issuer = encodePart(p.issuer);
  return (
    `otpauth://totp/${issuer}:${encodePart(p.label)}` +
    `?secret=${p.secret}&issuer=${issuer}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`
  );
}

/** The secret in groups of four, to be typed from the screen. */
export function keyInGroups(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? '';
}

/**
 * Whether a typed code belongs to the secret at `now` (server's clock, Unix ms; R11), and was not spent.
 *
 * `lastStep` is the last accepted step, `null` before the confirming code. `searchClock` is for the set-up
 * page only: at login it would tell a guesser which codes were nearly right.
 *
 * 1. not six digits → wrong
 * 2. of none of the three steps → wrong, or clock_off if asked and found within the hour
 * 3. of a step not after `lastStep` → replayed (RFC 6238 §5.2)
 * 4. else accepted
 *
 * Where one code belongs to two steps (once in a million) the later one counts. Were the earlier stored,
 * the same digits could be given again for the later; so both are spent at once.
 *
 * Throws for a `now` or a secret that cannot be one: those are bugs, and nobody may enter by them.
 */
export function checkTotp(p: {
  secret: string;
  code: string;
  now: number;
  lastStep: number | null;
  searchClock?: boolean;
}): TotpVerdict {
  const secret = readSecret(p.secret);
  const current = stepAt(p.now);
  const code = parseSixDigits(p.code);
  if (code === null) return { verdict: 'wrong' };

  // All three, always: leaving early would tell by time which one it was.
  let found: number | null = null;
  for (let step = current - STEPS_EITHER_SIDE; step <= current + STEPS_EITHER_SIDE; step++) {
    if (isCodeOf(secret, step, code)) found = step;
  }
  if (found === null) return p.searchClock ? searchClock(secret, current, code) : { verdict: 'wrong' };
  if (p.lastStep !== null && !(found > p.lastStep)) return { verdict: 'replayed' };
  return { verdict: 'accepted', step: found };
}

/** Nearest first, so that a chance hit far away does not hide the true one; at equal distance, behind first. */
function searchClock(secret: Secret, current: number, code: string): TotpVerdict {
  for (let distance = STEPS_EITHER_SIDE + 1; distance <= CLOCK_SEARCH_STEPS; distance++) {
    for (const off of [-distance, distance]) {
      if (isCodeOf(secret, current + off, code)) return { verdict: 'clock_off', offByMs: off * STEP_MS };
    }
  }
  return { verdict: 'wrong' };
}

function isCodeOf(secret: Secret, step: number, code: string): boolean {
  if (step < 0) return false; // before 1970 there are no steps, and a counter cannot be negative
  return sameText(HOTP.generate({ secret, algorithm: 'SHA1', digits: DIGITS, counter: step }), code);
}

function stepAt(now: number): number {
  if (!Number.isSafeInteger(now) || now < 0) throw new RangeError('now must be Unix milliseconds');
  return Math.floor(now / STEP_MS);
}

function readSecret(text: string): Secret {
  // Said here in our words, because the library's error would quote a character of the secret.
  if (!/^[A-Z2-7]{26,}$/.test(text)) throw new TypeError('not a TOTP secret of at least 128 bit in base32');
  return Secret.fromBase32(text);
}

function base32(bytes: Buffer): string {
  // Copied, because a Buffer's own ArrayBuffer may be the shared pool: with other people's bytes in it.
  return new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32;
}

/** A colon would end the issuer (Key URI Format, "Label"); a lone surrogate cannot be encoded and would throw. */
function encodePart(text: string): string {
  return encodeURIComponent(
    text
      .toWellFormed()
      .replace(/\s*:\s*/g, ' ')
      .trim(),
  );
}
