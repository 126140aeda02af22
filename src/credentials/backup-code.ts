/** Codes a person keeps on paper or is read over the telephone: backup codes (B1) and pass codes (P2). */
import { stripSeparators } from './one-time-code.ts';
import { drawBytes, type RandomBytes } from './token.ts';

/** `selector` finds the row and is stored as it is; `secret` (50 bit) is stored as an argon2id hash only. */
export type BackupCode = { selector: string; secret: string };

/** Crockford's base32: no I, L, O (read as 1, 1, 0) and no U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SELECTOR_LENGTH = 2;
const SECRET_LENGTH = 10;
const PASS_LENGTH = 16;
const SELECTORS = ALPHABET.length ** SELECTOR_LENGTH;

/**
 * `count` new codes whose selectors differ from one another and from `takenSelectors` (those of the user's
 * unspent codes).
 *
 * The selector spares nine of ten hashes per try, and gives nothing away: it is drawn apart from the secret.
 * Throws when there are not enough selectors, or the source of randomness keeps repeating itself.
 */
export function newBackupCodes(
  random: RandomBytes,
  p: { count: number; takenSelectors: ReadonlySet<string> },
): BackupCode[] {
  const taken = new Set(p.takenSelectors);
  if (taken.size + p.count > SELECTORS) throw new RangeError('not enough free selectors for backup codes');
  return Array.from({ length: p.count }, () => {
    const selector = drawFreeSelector(random, taken);
    taken.add(selector);
    return { selector, secret: drawText(random, SECRET_LENGTH) };
  });
}

/** As people see it: `xxxx-xxxx-xxxx`, lower case. */
export function formatBackupCode(code: BackupCode): string {
  return inGroups(code.selector + code.secret);
}

/** A new pass code: 16 characters, 80 bit. */
export function newPassCode(random: RandomBytes): string {
  return drawText(random, PASS_LENGTH);
}

/** As people see it: `xxxx-xxxx-xxxx-xxxx`, lower case. */
export function formatPassCode(code: string): string {
  return inGroups(code);
}

/**
 * Reads what was typed under "Enter recovery code": any case, any spaces and dashes, O as 0, I and L as 1.
 * Its length tells a backup code (12) from a pass code (16); `null` if it can be neither.
 */
export function parseRecoveryCode(
  typed: string,
): { kind: 'backup'; selector: string; secret: string } | { kind: 'pass'; code: string } | null {
  const letters = stripSeparators(typed);
  // ASCII is checked before the case is changed: 'ß' would become "SS" and 'ı' an "I".
  if (letters === null || !/^[0-9A-Za-z]+$/.test(letters)) return null;
  const code = letters.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  if (code.includes('U')) return null;
  if (code.length === PASS_LENGTH) return { kind: 'pass', code };
  if (code.length !== SELECTOR_LENGTH + SECRET_LENGTH) return null;
  return { kind: 'backup', selector: code.slice(0, SELECTOR_LENGTH), secret: code.slice(SELECTOR_LENGTH) };
}

/** Drawn again while taken, so that each free one is equally likely; ends also with a broken source. */
function drawFreeSelector(random: RandomBytes, taken: ReadonlySet<string>): string {
  for (let draw = 0; draw < 100 * SELECTORS; draw++) {
    const selector = drawText(random, SELECTOR_LENGTH);
    if (!taken.has(selector)) return selector;
  }
  throw new Error('the source of randomness keeps repeating itself');
}

/** Five bits of each byte: 256 is a multiple of 32, so no character is likelier than another. */
function drawText(random: RandomBytes, length: number): string {
  return Array.from(drawBytes(random, length), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}

function inGroups(code: string): string {
  return code.toLowerCase().match(/.{4}/g)?.join('-') ?? '';
}
