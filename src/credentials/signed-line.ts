/** Lines of an export that comes back: whoever carried it in between must not have changed them. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey, type KeyRing, sealingKey } from './sealed-secret.ts';

const LINE_KEY = 'sallyport activity line v1';
/** Last in the line, so that what stands before it is signed as it stands, whatever reads and writes JSON. */
const SIGNED = /^(\{.+),"mac":"([A-Za-z0-9_-]{43})"\}$/;

/**
 * Adds `mac`, the HMAC-SHA-256 (RFC 2104) of the line without it, as base64url.
 * @param json an object of JSON in one line that is not empty and has no `mac` of its own.
 */
export function signLine(ring: KeyRing, json: string): string {
  return `${json.slice(0, -1)},"mac":"${hmacOf(sealingKey(ring).bytes, json).toString('base64url')}"}`;
}

export type ReadLine =
  /** `json` is the line as it was signed here, without its `mac`. */
  | { readonly signed: true; readonly json: string }
  /** `bears`: it has a `mac`, but no key of the ring made it for this line. */
  | { readonly signed: false; readonly bears: boolean };

/** Any key of the ring will do, so that an export from before a rotation still counts. */
export function readSignedLine(ring: KeyRing, line: string): ReadLine {
  const [, before, mac] = SIGNED.exec(line) ?? [];
  if (before === undefined || mac === undefined) return { signed: false, bears: /"mac"\s*:/.test(line) };
  const json = `${before}}`;
  const given = Buffer.from(mac, 'base64url');
  const signed = ring.keys.some(({ bytes }) => timingSafeEqual(hmacOf(bytes, json), given));
  return signed ? { signed, json } : { signed, bears: true };
}

function hmacOf(ringKey: Buffer, json: string): Buffer {
  return createHmac('sha256', deriveKey(ringKey, LINE_KEY)).update(json).digest();
}
