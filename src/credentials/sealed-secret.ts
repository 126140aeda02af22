/** Secrets at rest (E6): sealed under keys that are kept outside the database, each in the place it belongs. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { drawBytes, type RandomBytes } from './token.ts';

/** The keys of this installation. The first seals; all open, so that keys can be rotated. */
export interface KeyRing {
  readonly keys: readonly { id: string; bytes: Buffer }[];
}

/** A ring whose keys are exchanged while servers and jobs hold it: all of them have the new ones at once. */
export class LiveKeyRing implements KeyRing {
  keys: KeyRing['keys'];

  constructor(ring: KeyRing) {
    this.keys = ring.keys;
  }

  exchange(ring: KeyRing): void {
    this.keys = ring.keys;
  }
}

/** Where a sealed text belongs. Moved to another row or another user's, it does not open. */
export interface SealContext {
  table: string;
  row: string;
  user: string;
}

/** A key in the settings cannot be used. The message names its position, never its content: it goes to logs. */
export class KeyFault extends Error {
  override readonly name = 'KeyFault';
  /** Counted from 1, as in the message; 0 when there is no key at all. */
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

/** A sealed text does not open: its key is not in the ring, or it was changed, moved or cut. */
export class CannotOpen extends Error {
  override readonly name = 'CannotOpen';
  readonly reason: 'unknown_key' | 'damaged';

  constructor(reason: 'unknown_key' | 'damaged') {
    super(reason === 'unknown_key' ? 'sealed with a key that is not in the ring' : 'sealed text is damaged');
    this.reason = reason;
  }
}

const VERSION = 'v1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEAL_KEY = 'sallyport sealed secret v1';

/** A new key for the ring: 256 bit as base64. */
export function newKey(random: RandomBytes): string {
  return drawBytes(random, KEY_BYTES).toString('base64');
}

/** Reads a comma list of 32-byte keys in base64 or base64url. Throws `KeyFault`. */
export function parseKeys(text: string): KeyRing {
  if (text.trim() === '') throw new KeyFault(0, 'There is no key: at least one is needed.');
  const parts = text.split(',').map((part) => part.trim());
  const keys = parts.map((part, index) => {
    const bytes = Buffer.from(part, 'base64');
    // Buffer.from skips what it does not know: without this look a mistyped key would be another, shorter one.
    if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(part) || bytes.length !== KEY_BYTES) {
      const wrong = part === '' ? 'is empty' : `is not ${KEY_BYTES} bytes in base64`;
      throw new KeyFault(index + 1, `Key ${index + 1} of ${parts.length} ${wrong}.`);
    }
    return { id: keyId(bytes), bytes };
  });
  keys.forEach((key, index) => {
    const first = keys.findIndex((other) => other.id === key.id);
    if (first === index) return;
    throw new KeyFault(index + 1, `Key ${index + 1} of ${parts.length} is the same as key ${first + 1}.`);
  });
  return { keys };
}

/** The ring as `parseKeys` reads it: for the key file, and for the operator's settings. Never for a log. */
export function keysAsText(ring: KeyRing): string {
  return ring.keys.map((key) => key.bytes.toString('base64')).join(',');
}

/**
 * The name a key goes by in sealed texts: 48 bits of its SHA-256.
 *
 * It reveals nothing useful: the key is 256 random bits, so a guess at it cannot even begin, and all that
 * we compute with it goes through HKDF, of which this digest is no part.
 */
function keyId(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 8);
}

/** The ring's first key, which seals and authenticates what is new. Throws `KeyFault` for an empty ring. */
export function sealingKey(ring: KeyRing): { id: string; bytes: Buffer } {
  const first = ring.keys[0];
  if (first === undefined) throw new KeyFault(0, 'There is no key: at least one is needed.');
  return first;
}

/**
 * A key for one use only: HKDF-SHA-256, 32 bytes (RFC 5869). No salt, as the ring's keys are uniformly
 * random already (§3.1); the label keeps the uses apart, so that what one use shows cannot help in another.
 */
export function deriveKey(ringKey: Buffer, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', ringKey, '', label, 32));
}

/**
 * Seals a text for one place: AES-256-GCM with a random nonce of 96 bit (NIST SP 800-38D §8.2.2), as
 * `v1.<key id>.<nonce>.<ciphertext and tag>` in base64url. The text's length stays visible.
 *
 * Random nonces are good for 2^32 seals per key (§8.3): a thousand a second for 49 days; people's set-ups
 * and messages stay far below, and a rotation starts anew.
 */
export function seal(ring: KeyRing, ctx: SealContext, plaintext: string, random: RandomBytes): string {
  // A lone surrogate has no UTF-8 and would come back as U+FFFD: better no secret than a changed one.
  if (!plaintext.isWellFormed()) throw new TypeError('cannot seal a text that is not well-formed Unicode');
  const key = sealingKey(ring);
  const nonce = drawBytes(random, NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', deriveKey(key.bytes, SEAL_KEY), nonce);
  cipher.setAAD(placeOf(key.id, ctx));
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return [VERSION, key.id, nonce.toString('base64url'), body.toString('base64url')].join('.');
}

/** Opens what `seal` made for the same place. Throws `CannotOpen`; half-opened text never comes out. */
export function open(ring: KeyRing, ctx: SealContext, sealed: string): string {
  const { keyId, nonce, body } = takeApart(sealed);
  const key = ring.keys.find((each) => each.id === keyId);
  if (key === undefined) throw new CannotOpen('unknown_key');
  const decipher = createDecipheriv('aes-256-gcm', deriveKey(key.bytes, SEAL_KEY), nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(placeOf(keyId, ctx));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(body.subarray(0, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    throw new CannotOpen('damaged');
  }
}

/** The id of the key that sealed this text: which rows a rotation still has to re-seal. Throws `CannotOpen`. */
export function sealedKeyId(sealed: string): string {
  return takeApart(sealed).keyId;
}

function takeApart(sealed: string): { keyId: string; nonce: Buffer; body: Buffer } {
  const [version, keyId, nonceText, bodyText, ...more] = sealed.split('.');
  if (version !== VERSION || !keyId || nonceText === undefined || bodyText === undefined || more.length > 0) {
    throw new CannotOpen('damaged');
  }
  const nonce = decodeExactly(nonceText);
  const body = decodeExactly(bodyText);
  if (nonce.length !== NONCE_BYTES || body.length < TAG_BYTES) throw new CannotOpen('damaged');
  return { keyId, nonce, body };
}

/** One spelling only: base64url has spare bits and Node skips unknown letters, and a changed text must not open. */
function decodeExactly(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new CannotOpen('damaged');
  return bytes;
}

/** As a JSON array, because joined texts could be cut elsewhere: row "1", user "23" must not be row "12", user "3". */
function placeOf(keyId: string, ctx: SealContext): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, ctx.table, ctx.row, ctx.user]), 'utf8');
}
