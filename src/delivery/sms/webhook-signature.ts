/**
 * Signatures of the HTTP gateway, both ways, after Standard Webhooks 1.0
 * (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md): HMAC-SHA-256 over id, time and body.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds a signature may be old, or ahead of our clock; the tolerance of the reference libraries. */
const TOLERANCE_S = 300;
const LEAST_SECRET_BYTES = 16;

/** The key out of `whsec_` with base64, or the bytes of any other text; null if shorter than 16 bytes. */
export function readSecret(text: string): Uint8Array | null {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const key = base64 === undefined ? Buffer.from(text, 'utf8') : Buffer.from(base64, 'base64');
  return key.length < LEAST_SECRET_BYTES ? null : new Uint8Array(key);
}

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** The three headers for a body. `now` in Unix milliseconds. */
export function signWebhook(secret: Uint8Array, id: string, body: string, now: number): SignedHeaders {
  const time = String(Math.floor(now / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': `v1,${mac(secret, id, time, body)}`,
  };
}

/** Whether one of the signatures fits and the time is within five minutes of `now` (Unix milliseconds). */
export function isSignedWebhook(
  secret: Uint8Array,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  now: number,
): boolean {
  const id = headers['webhook-id'];
  const time = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !time || !signatures || !/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(Math.floor(now / 1000) - Number(time)) > TOLERANCE_S) return false;
  const expected = mac(secret, id, time, body);
  // Several stand side by side while a secret is changed; each is compared, and none ends the search early.
  return signatures
    .split(' ')
    .map((signature) => signature.startsWith('v1,') && isSame(signature.slice(3), expected))
    .includes(true);
}

function mac(secret: Uint8Array, id: string, time: string, body: string): string {
  return createHmac('sha256', secret).update(`${id}.${time}.${body}`, 'utf8').digest('base64');
}

/** Equal texts, in a time that tells nothing but the length. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given, 'utf8'), Buffer.from(expected, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}
