/**
 * Vonage Messages API v1, by its documented HTTP. Of Vonage's two ways to send a text message, the SMS API is kept
 * for those who have it, and this one is what Vonage tells new users to take
 * (developer.vonage.com/en/messages/guides/sms-migration-to-messages).
 * Sources: Vonage's OpenAPI "Messages API" 1.20.0 (developer.vonage.com/en/api/messages: SendMessage,
 * channelOptionsSms, outboundMessageCommon, messageStatusSMS, x-errors); developer.vonage.com/en/api-errors;
 * developer.vonage.com/en/getting-started/concepts/webhooks (signed webhooks); the Account API for the balance.
 */
import { createHash, createHmac } from 'node:crypto';
import type { VonageAddress } from './address.ts';
import {
  type Accepted,
  type Callback,
  type CarrierParts,
  isCode,
  NotSent,
  type NotSentKind,
  type Outcome,
  type Receipt,
  type ReceiptRefusal,
  type SmsCarrier,
  type SmsMessage,
  secondsLeft,
} from './carrier.ts';
import { type HttpProtocol, overHttp, partsOf, refusalByCode } from './http-carrier.ts';
import {
  type Answer,
  basicAuth,
  type HttpOptions,
  isProviderId,
  readObject,
  refusalOf,
} from './http-exchange.ts';
import { isSame } from './webhook-signature.ts';

/** The part of `type` behind the hash: a number of the Messages API, or a word of all Vonage APIs. */
const KIND_OF_ERROR: Readonly<Record<string, NotSentKind>> = {
  1000: 'throttled', // Throttled
  1030: 'unavailable', // Internal error
  1040: 'number', // Invalid message, for example an unrecognised prefix
  1050: 'number', // Number barred
  1060: 'credentials', // Partner account barred
  1070: 'throttled', // Provider quota exceeded
  1080: 'credentials', // Account not enabled for REST
  1100: 'unavailable', // Not submitted: communication failed
  1120: 'country', // The sender is not taken, due to local regulations
  1140: 'credentials', // Facility not allowed
  1170: 'number', // Invalid recipient
  1190: 'number', // Absent subscriber, permanent
  1240: 'number', // Illegal number: opted out by STOP
  1241: 'throttled', // Too many send requests
  1250: 'country', // Unroutable
  1251: 'country', // Unable to route traffic to a destination
  1280: 'number', // Number blocked by carrier
  1300: 'number', // Not part of the provider network
  1310: 'number', // Not suitable device
  1430: 'number', // Invalid recipient for the given channel
  1460: 'throttled', // Daily message limit exceeded
  1472: 'throttled', // Fraud Defender burst protection
  1474: 'country', // Fraud Defender country block
  1475: 'country', // Fraud Defender network block
  'account-suspended': 'credentials',
  forbidden: 'credentials',
  'invalid-api-key': 'credentials',
  'low-balance': 'credentials',
  throttled: 'throttled',
  unauthorized: 'credentials',
  'unavailable-legal': 'country',
  unprovisioned: 'credentials',
};

/**
 * A carrier that sends by Vonage. Signals, errors and times as `SmsCarrier` says. `baseUrl` takes the place of both
 * hosts. `client_ref` is an echo, no idempotency key: that no message goes twice is up to the caller.
 */
export function openVonage(
  address: VonageAddress,
  parts: CarrierParts,
  options: HttpOptions = {},
): SmsCarrier {
  const authorization = basicAuth(address.apiKey, address.apiSecret);
  const secret = address.signatureSecret;
  const protocol: HttpProtocol = {
    name: address.name,
    receipts: secret === null ? 'none' : (callback, now) => readVonageReceipt(callback, secret, now),
    submit(message) {
      const body = JSON.stringify(messageBody(address, message, parts));
      const headers = { authorization, 'content-type': 'application/json', accept: 'application/json' };
      const url = `${options.baseUrl ?? 'https://api.nexmo.com'}/v1/messages`;
      return { method: 'POST', url, headers, body };
    },
    readAnswer,
    ask() {
      const url = `${options.baseUrl ?? 'https://rest.nexmo.com'}/account/get-balance`;
      return { method: 'GET', url, headers: { authorization, accept: 'application/json' } };
    },
    checkAnswer(answer) {
      if (answer.status !== 200) throw refusal(answer);
      if (typeof readObject(answer.body)?.value !== 'number') throw new NotSent('unknown', 'unreadable');
      return 'known';
    },
  };
  return overHttp(protocol, options.connectMs);
}

function messageBody(address: VonageAddress, message: SmsMessage, parts: CarrierParts): object {
  return {
    message_type: 'text',
    channel: 'sms',
    // Vonage wants numbers without their plus.
    to: message.to.replace(/^\+/, ''),
    from: address.from.replace(/^\+/, ''),
    text: message.text,
    // Seconds: 20 to 604800.
    ttl: secondsLeft(message, parts.now(), 20, 604_800),
    client_ref: message.id,
    ...(parts.receiptUrl && { webhook_url: parts.receiptUrl(address.name), webhook_version: 'v1' }),
  };
}

function readAnswer(answer: Answer, message: SmsMessage): Accepted {
  if (answer.status !== 202) throw refusal(answer);
  const id = readObject(answer.body)?.message_uuid;
  if (!isProviderId(id)) throw new NotSent('unknown', 'no_message_uuid');
  return { providerId: id, parts: partsOf(null, message) };
}

function refusal(answer: Answer): NotSent {
  const body = readObject(answer.body);
  const type = typeof body?.type === 'string' ? body.type : '';
  const code = type.slice(type.lastIndexOf('#') + 1);
  if (answer.status < 400 || !type.includes('#') || !isCode(code)) return refusalOf(answer.status);
  // The published example of a refused recipient has a code of its own, #110; its title is the same as of #1430.
  if (body?.title === 'Invalid recipient') return new NotSent('number', code);
  return refusalByCode(KIND_OF_ERROR, code, answer.status);
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  submitted: 'on_the_way',
  delivered: 'delivered',
  read: 'delivered',
  rejected: 'failed',
  undeliverable: 'failed',
};

/**
 * Verifies and reads a status webhook: a JWT in the Authorization header, signed by HMAC-SHA-256 with the account's
 * signature secret, with the SHA-256 of the body in `payload_hash` and its time in `iat`. `now` in Unix milliseconds.
 */
export function readVonageReceipt(callback: Callback, secret: string, now: number): Receipt | ReceiptRefusal {
  if (!isSigned(callback, secret, now)) return 'bad_signature';
  const body = readObject(callback.body);
  if (body === null) return 'unreadable';
  if (body.channel !== 'sms' || body.status === undefined) return 'not_a_receipt';
  const status = String(body.status);
  const outcome = Object.hasOwn(OUTCOMES, status) ? OUTCOMES[status] : undefined;
  if (outcome === undefined || !isProviderId(body.message_uuid)) return 'unreadable';
  // A text by the description, a number in some of Vonage's own examples.
  const code = String((body.error as { title?: unknown } | null | undefined)?.title ?? '');
  const error = outcome === 'failed' && /^\d{1,5}$/.test(code) ? { error: code } : {};
  return { providerId: body.message_uuid, outcome, ...error };
}

/** Seconds between Vonage's clock and ours; Vonage itself names five minutes for its signed notifications. */
const TOLERANCE_S = 300;

function isSigned(callback: Callback, secret: string, now: number): boolean {
  const token = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(callback.headers.authorization ?? '');
  if (token === null) return false;
  const [, header = '', claims = '', signature = ''] = token;
  const expected = createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url');
  if (!isSame(signature, expected)) return false;
  // Only after that is anything in it believed: and even then, no other algorithm.
  if (decodeJwtPart(header)?.alg !== 'HS256') return false;
  const { iat, payload_hash: hash } = decodeJwtPart(claims) ?? {};
  if (typeof iat !== 'number' || !(Math.abs(now / 1000 - iat) <= TOLERANCE_S)) return false;
  const digest = createHash('sha256').update(callback.body, 'utf8').digest('hex');
  return typeof hash === 'string' && isSame(hash.toLowerCase(), digest);
}

function decodeJwtPart(part: string): Readonly<Record<string, unknown>> | null {
  return readObject(Buffer.from(part, 'base64url').toString('utf8'));
}
