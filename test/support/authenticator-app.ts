/**
 * The authenticator app on the person's phone, written from RFC 4226, RFC 6238 and Google's Key URI format with
 * nothing but node:crypto: it shares no code with the server, so that a mistake there is not repeated here.
 */
import { createHmac } from 'node:crypto';

const PERIOD_MS = 30_000;
const DIGITS = 6;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export interface AuthenticatorApp {
  /** The key in base32, as the app was given it: upper case, no spaces. */
  secret: string;
  /** Empty if the key was typed by hand. */
  issuer: string;
  /** The whole decoded label, usually `issuer:person`; empty if the key was typed by hand. */
  label: string;
  /** What the app shows at that moment (Unix milliseconds): six digits, leading zeros kept. */
  codeAt(ms: number): string;
}

/**
 * Scans what the QR code or the link holds. Like real apps it knows SHA-1, six digits and 30 seconds; unlike
 * most of them it throws if it is told anything else, instead of showing wrong codes.
 */
export function appFromAddress(otpauthUrl: string): AuthenticatorApp {
  const url = new URL(otpauthUrl);
  if (url.protocol !== 'otpauth:' || url.host !== 'totp') {
    throw new Error(`Not an otpauth://totp/ address: ${otpauthUrl}`);
  }
  expectParameter(url, 'algorithm', 'SHA1');
  expectParameter(url, 'digits', String(DIGITS));
  expectParameter(url, 'period', String(PERIOD_MS / 1_000));

  const label = decodeURIComponent(url.pathname.slice(1));
  if (label === '') throw new Error('The address has no label, so the app could not show whose code it is');
  // Apps read this query as percent-encoding only: for them a plus sign is a plus sign.
  if (url.search.includes('+')) throw new Error('A space in the address must be %20, not +');
  const issuer = url.searchParams.get('issuer') ?? '';
  const prefix = label.includes(':') ? label.slice(0, label.indexOf(':')) : issuer;
  if (issuer !== prefix) throw new Error(`The label says "${prefix}", the issuer says "${issuer}"`);

  return { ...appFromKey(url.searchParams.get('secret') ?? ''), issuer, label };
}

/** Types the key by hand; spaces and small letters do not matter. */
export function appFromKey(base32Key: string): AuthenticatorApp {
  const secret = base32Key.replaceAll(/\s/g, '').toUpperCase();
  const key = decodeBase32(secret);
  return { secret, issuer: '', label: '', codeAt: (ms) => codeOfStep(key, Math.floor(ms / PERIOD_MS)) };
}

/** RFC 4648 base32 to bytes; padding is optional. */
export function decodeBase32(text: string): Buffer {
  const digits = text.replace(/=+$/, '');
  if (digits === '') throw new Error('The key is empty');
  // One, three or six digits in the last group of eight cannot hold whole bytes.
  if ([1, 3, 6].includes(digits.length % 8)) throw new Error(`The key has a digit too few or too many`);

  const bytes: number[] = [];
  let buffered = 0;
  let bits = 0;
  for (const digit of digits) {
    const value = BASE32.indexOf(digit);
    if (value === -1) throw new Error(`"${digit}" is not a base32 digit`);
    buffered = ((buffered << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffered >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

/** RFC 4226 section 5.3: HMAC-SHA-1 over the counter, dynamically truncated. */
function codeOfStep(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

function expectParameter(url: URL, name: string, known: string): void {
  const value = url.searchParams.get(name);
  if (value !== null && value !== known) throw new Error(`This app does not know ${name}=${value}`);
}
