/**
 * Twilio Programmable Messaging, API 2010-04-01, by its documented HTTP.
 * Sources: github.com/twilio/twilio-oai, spec/json/twilio_api_v2010.json (CreateMessage, FetchAccount);
 * twilio.com/docs/api/errors (codes); twilio.com/docs/usage/security (X-Twilio-Signature), with the official
 * twilio-node 6.2.0, lib/webhooks, for ports and repeated parameters. The SDK itself is 21 MB and brings axios.
 */
import { createHmac } from 'node:crypto';
import type { TwilioAddress } from './address.ts';
import {
  type Accepted,
  type Callback,
  type CarrierParts,
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
import { type Answer, basicAuth, type HttpOptions, readObject, refusalOf } from './http-exchange.ts';
import { isSame } from './webhook-signature.ts';

/**
 * Codes that say more than their HTTP status does. Most come with status 400. What is wrong with every message alike,
 * such as a sender that is not the account's, is `credentials`: it may count, and the operator hears of it so.
 */
const KIND_OF_CODE: Readonly<Record<string, NotSentKind>> = {
  10001: 'credentials', // Account is not active
  14107: 'throttled', // Message rate limit exceeded
  20003: 'credentials', // Authenticate
  20005: 'credentials', // Account not active
  20403: 'credentials', // 403 Forbidden
  20404: 'credentials', // Not found: no such account
  20429: 'throttled', // Too many requests: not processed
  21211: 'number', // Invalid 'To' phone number
  21217: 'number', // Phone number does not appear to be valid
  21265: 'number', // 'To' number cannot be a short code
  21266: 'number', // 'To' and 'From' are the same
  21267: 'credentials', // Alphanumeric sender on a trial account
  21268: 'number', // Premium rate or information service
  21408: 'country', // Permission to send to that region not enabled
  21610: 'number', // Unsubscribed recipient (STOP)
  21611: 'throttled', // 'From' number has a full queue
  21612: 'country', // Not reachable by this combination of 'To' and 'From'
  21614: 'number', // 'To' number is not a valid mobile number
  21635: 'number', // 'To' number is a landline
  21660: 'credentials', // 'From' number belongs to another account
  21661: 'credentials', // 'From' number cannot send text messages
  21701: 'credentials', // No such messaging service
  21702: 'credentials', // The messaging service may not send
  21704: 'credentials', // The messaging service has no numbers
  21705: 'credentials', // The messaging service is invalid
  21730: 'unavailable', // System under maintenance
  30002: 'credentials', // Account suspended
  30003: 'number', // Unreachable destination handset
  30004: 'number', // Message blocked
  30005: 'number', // Unknown destination handset
  30006: 'number', // Landline or unreachable carrier
  63038: 'throttled', // Account exceeded its daily message limit
};

/**
 * A carrier that sends by Twilio. Signals, errors and times as `SmsCarrier` says.
 * Twilio knows no idempotency key for messages: that none goes twice is up to the caller.
 */
export function openTwilio(
  address: TwilioAddress,
  parts: CarrierParts,
  options: HttpOptions = {},
): SmsCarrier {
  const account = `${options.baseUrl ?? 'https://api.twilio.com'}/2010-04-01/Accounts/${address.account}`;
  const authorization = basicAuth(address.account, address.token);
  const protocol: HttpProtocol = {
    name: address.name,
    receipts: (callback) => readTwilioReceipt(callback, address.token),
    submit(message) {
      const body = messageForm(address, message, parts).toString();
      const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
      return { method: 'POST', url: `${account}/Messages.json`, headers, body };
    },
    readAnswer,
    ask: () => ({ method: 'GET', url: `${account}.json`, headers: { authorization } }),
    checkAnswer(answer) {
      if (answer.status !== 200) throw refusal(answer);
      const status = readObject(answer.body)?.status;
      if (status !== 'active') throw new NotSent('credentials', 'account_not_active');
      return 'known';
    },
  };
  return overHttp(protocol, options.connectMs);
}

function messageForm(address: TwilioAddress, message: SmsMessage, parts: CarrierParts): URLSearchParams {
  const form = new URLSearchParams({ To: message.to, Body: message.text });
  if ('from' in address.sender) form.set('From', address.sender.from);
  else form.set('MessagingServiceSid', address.sender.messagingService);
  // Seconds in Twilio's queue: 1 to 36000.
  form.set('ValidityPeriod', String(secondsLeft(message, parts.now(), 1, 36_000)));
  if (parts.receiptUrl) form.set('StatusCallback', parts.receiptUrl(address.name));
  return form;
}

function readAnswer(answer: Answer, message: SmsMessage): Accepted {
  if (answer.status !== 201 && answer.status !== 200) throw refusal(answer);
  const body = readObject(answer.body);
  const sid = body?.sid;
  if (typeof sid !== 'string' || !/^(?:SM|MM)[0-9a-f]{32}$/i.test(sid))
    throw new NotSent('unknown', 'no_sid');
  // Born failed: refused like this one message, whatever the status of the answer.
  if (body?.status === 'failed') throw codeRefusal(body.error_code, REFUSED);
  // A string; "0" as long as a messaging service has not chosen its sender.
  return { providerId: sid, parts: partsOf(body?.num_segments, message) };
}

function refusal(answer: Answer): NotSent {
  const code = readObject(answer.body)?.code;
  return answer.status >= 400 && typeof code === 'number'
    ? codeRefusal(code, answer.status)
    : refusalOf(answer.status);
}

const REFUSED = 400;

function codeRefusal(code: unknown, status: number): NotSent {
  const known = typeof code === 'number' && Number.isInteger(code);
  return refusalByCode(KIND_OF_CODE, known ? String(code) : 'no_code', status);
}

/** `MessageStatus` of a callback; statuses of messages that come in are not among them. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  accepted: 'on_the_way',
  scheduled: 'on_the_way',
  queued: 'on_the_way',
  sending: 'on_the_way',
  sent: 'on_the_way',
  partially_delivered: 'on_the_way',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

/**
 * Verifies and reads a status callback. Twilio signs no time, so an old one may be played again: it says what it
 * said before, of the same message.
 */
export function readTwilioReceipt(callback: Callback, token: string): Receipt | ReceiptRefusal {
  const form = new URLSearchParams(callback.body);
  const given = callback.headers['x-twilio-signature'] ?? '';
  // Twilio may or may not sign the port: each way is tried, and none ends the search early.
  const fits = portsOf(callback.url).map((url) => isSame(given, twilioSignature(token, url, form)));
  if (!fits.includes(true)) return 'bad_signature';
  const sid = form.get('MessageSid');
  const status = form.get('MessageStatus');
  if (sid === null || status === null || status === 'received' || status === 'receiving')
    return 'not_a_receipt';
  const outcome = Object.hasOwn(OUTCOMES, status) ? OUTCOMES[status] : undefined;
  if (outcome === undefined || !/^(?:SM|MM)[0-9a-f]{32}$/i.test(sid)) return 'unreadable';
  const code = form.get('ErrorCode') ?? '';
  return { providerId: sid, outcome, ...(outcome === 'failed' && /^\d{4,5}$/.test(code) && { error: code }) };
}

/** HMAC-SHA-1 over the address and the parameters, sorted by name, each value of a name once. */
export function twilioSignature(token: string, url: string, form: URLSearchParams): string {
  const names = [...new Set(form.keys())].sort();
  const values = names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value));
  return createHmac('sha1', token)
    .update(url + values.join(''), 'utf8')
    .digest('base64');
}

function portsOf(url: string): string[] {
  const parts = /^(https?):\/\/([^/?#]*?)(?::\d+)?([/?#].*)?$/.exec(url);
  if (parts === null) return [url];
  const [, scheme, host, rest = ''] = parts;
  const port = scheme === 'https' ? 443 : 80;
  return [url, `${scheme}://${host}${rest}`, `${scheme}://${host}:${port}${rest}`];
}
