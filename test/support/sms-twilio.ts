/**
 * Twilio's side, as far as its published description goes: github.com/twilio/twilio-oai,
 * spec/json/twilio_api_v2010.json, CreateMessage, FetchAccount. Written from that, not from our carrier.
 */
import type { FakeServer, Reply, Seen } from './sms-http.ts';
import { httpServer } from './sms-http.ts';

export const SID = `AC${'0123456789abcdef'.repeat(2)}`;
export const TOKEN = 'fedcba9876543210fedcba9876543210';
export const MESSAGE_SID = `SM${'ab'.repeat(16)}`;

/** The parameters of CreateMessage that a text message may have. */
const KNOWN = [
  'To',
  'StatusCallback',
  'ApplicationSid',
  'MaxPrice',
  'ProvideFeedback',
  'Attempt',
  'ValidityPeriod',
  'ForceDelivery',
  'SmartEncoded',
  'From',
  'MessagingServiceSid',
  'Body',
];

/** Answers as Twilio would to a request in its form; with `reply`, to any request that is in its form. */
export function twilioServer(reply?: () => Reply | 'never'): Promise<FakeServer> {
  return httpServer((seen) => {
    const wrong = checkRequest(seen);
    if (wrong !== null) return wrong;
    if (reply) return reply();
    if (seen.method === 'GET') return { status: 200, body: { sid: SID, status: 'active', type: 'Full' } };
    return { status: 201, body: messageResource(new URLSearchParams(seen.body)) };
  });
}

function checkRequest({ method, path, headers, body }: Seen): Reply | null {
  const basic = Buffer.from(`${SID}:${TOKEN}`).toString('base64');
  if (headers.authorization !== `Basic ${basic}`) return twilioError(401, 20003, 'Authenticate');
  if (method === 'GET' && path === `/2010-04-01/Accounts/${SID}.json`) return null;
  if (method !== 'POST' || path !== `/2010-04-01/Accounts/${SID}/Messages.json`) {
    return twilioError(404, 20404, 'The requested resource was not found');
  }
  if (headers['content-type'] !== 'application/x-www-form-urlencoded') return twilioError(415, 20415, 'type');
  const form = new URLSearchParams(body);
  const unknown = [...form.keys()].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return twilioError(400, 20001, `unknown parameter ${unknown}`);
  if (!/^\+[1-9]\d{6,14}$/.test(form.get('To') ?? ''))
    return twilioError(400, 21211, "Invalid 'To' Phone Number");
  if (!form.get('Body') || (form.get('Body')?.length ?? 0) > 1600)
    return twilioError(400, 21602, 'Message body is required');
  if (form.has('From') === form.has('MessagingServiceSid'))
    return twilioError(400, 21603, "A 'From' phone number is required");
  const validity = Number(form.get('ValidityPeriod') ?? '36000');
  return Number.isInteger(validity) && validity >= 1 && validity <= 36_000
    ? null
    : twilioError(400, 21662, 'validity');
}

/** The message is repeated in the words, number included, as Twilio does. */
export function twilioError(status: number, code: number, words: string): Reply {
  const more = `https://www.twilio.com/docs/errors/${code}`;
  return { status, body: { code, message: `${words} +447700900123`, more_info: more, status } };
}

function messageResource(form: URLSearchParams): object {
  return {
    body: form.get('Body'),
    num_segments: form.has('MessagingServiceSid') ? '0' : '1',
    direction: 'outbound-api',
    from: form.get('From'),
    to: form.get('To'),
    date_updated: 'Tue, 24 Nov 2026 12:00:00 +0000',
    price: null,
    error_message: null,
    uri: `/2010-04-01/Accounts/${SID}/Messages/${MESSAGE_SID}.json`,
    account_sid: SID,
    num_media: '0',
    status: form.has('MessagingServiceSid') ? 'accepted' : 'queued',
    messaging_service_sid: form.get('MessagingServiceSid'),
    sid: MESSAGE_SID,
    date_sent: null,
    date_created: 'Tue, 24 Nov 2026 12:00:00 +0000',
    error_code: null,
    price_unit: 'USD',
    api_version: '2010-04-01',
  };
}
