/**
 * Any gateway of one's own that takes a signed JSON POST. The protocol is ours, and this is its description.
 *
 * Request: `{ "type": "sms", "id", "to", "text", "expires_at" }` (`to` in E.164; `expires_at` in Unix milliseconds)
 * with the three headers of Standard Webhooks and `Idempotency-Key`, which is the id: the gateway must answer the
 * same key with the same answer and send once.
 * Accepted: 2xx with `{ "id": "…", "parts"?: 1 }`. Anything else with 2xx leaves it open whether it was accepted.
 * Refused: 422 with `{ "error": "number" }` (invalid, landline, opted out, blocked) or `{ "error": "country" }`; 429;
 * 401 or 403. Any other 4xx refuses this one message; 402, 404, 405, 410, 415 and any other status say that the gateway
 * fails. Both mean "not accepted, try elsewhere".
 * Receipt: the gateway posts `{ "type": "sms.receipt", "id", "outcome": "delivered" | "failed" | "on_the_way",
 * "error"?: "…" }`, signed in the same way with the same secret.
 */
import type { HttpAddress } from './address.ts';
import {
  type Accepted,
  type Callback,
  type CarrierParts,
  isCode,
  NotSent,
  type Receipt,
  type ReceiptRefusal,
  type SmsCarrier,
  type SmsMessage,
} from './carrier.ts';
import { type HttpProtocol, overHttp, partsOf } from './http-carrier.ts';
import { type Answer, type HttpOptions, isProviderId, readObject, refusalOf } from './http-exchange.ts';
import { isSignedWebhook, signWebhook } from './webhook-signature.ts';

/** A carrier that posts to a gateway. Signals, errors and times as `SmsCarrier` says. */
export function openHttp(
  address: HttpAddress,
  parts: CarrierParts,
  options: Pick<HttpOptions, 'connectMs'> = {},
): SmsCarrier {
  const protocol: HttpProtocol = {
    name: address.name,
    receipts: address.receipts ? (callback, now) => readHttpReceipt(callback, address.secret, now) : 'none',
    submit({ id, to, text, expiresAt }) {
      const body = JSON.stringify({ type: 'sms', id, to, text, expires_at: expiresAt });
      const signed = signWebhook(address.secret, id, body, parts.now());
      const headers = { ...signed, 'idempotency-key': id, 'content-type': 'application/json' };
      return { method: 'POST', url: address.url, headers, body };
    },
    readAnswer,
    /** Only whether it can be reached: what a HEAD is answered is the gateway's affair. */
    ask: () => ({ method: 'HEAD', url: address.url, headers: {} }),
    checkAnswer(answer) {
      if (answer.status >= 500) throw refusalOf(answer.status);
      return 'reached';
    },
  };
  return overHttp(protocol, options.connectMs);
}

function readAnswer(answer: Answer, message: SmsMessage): Accepted {
  const body = readObject(answer.body);
  if (answer.status === 422 && (body?.error === 'number' || body?.error === 'country')) {
    throw new NotSent(body.error, 'HTTP_422');
  }
  if (answer.status < 200 || answer.status > 299) throw refusalOf(answer.status);
  if (body === null || !isProviderId(body.id)) throw new NotSent('unknown', 'no_id');
  return { providerId: body.id, parts: partsOf(body.parts, message) };
}

/** Verifies and reads a receipt of the gateway. `now` in Unix milliseconds; signatures live five minutes. */
export function readHttpReceipt(
  callback: Callback,
  secret: Uint8Array,
  now: number,
): Receipt | ReceiptRefusal {
  if (!isSignedWebhook(secret, callback.headers, callback.body, now)) return 'bad_signature';
  const body = readObject(callback.body);
  if (body === null) return 'unreadable';
  if (body.type !== 'sms.receipt') return 'not_a_receipt';
  const { id, outcome, error } = body;
  if (!isProviderId(id)) return 'unreadable';
  if (outcome !== 'delivered' && outcome !== 'failed' && outcome !== 'on_the_way') return 'unreadable';
  return { providerId: id, outcome, ...(outcome === 'failed' && isCode(error) && { error }) };
}
