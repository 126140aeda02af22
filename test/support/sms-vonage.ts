/**
 * Vonage's side, after its OpenAPI "Messages API" 1.20.0 (channelOptionsSms, outboundMessageCommon, the error
 * responses) and, for signed webhooks, developer.vonage.com/en/getting-started/concepts/webhooks.
 */
import { createHash, createHmac } from 'node:crypto';
import type { FakeServer, Reply, Seen } from './sms-http.ts';
import { httpServer } from './sms-http.ts';

export const API_KEY = 'abcd1234';
export const API_SECRET = 'Vonage:secret/1';
export const SIGNATURE_SECRET = 'a signature secret of thirty-two+';
export const UUID = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab';

export function vonageServer(reply?: () => Reply | 'never'): Promise<FakeServer> {
  return httpServer((seen) => {
    const wrong = checkRequest(seen);
    if (wrong !== null) return wrong;
    if (reply) return reply();
    if (seen.method === 'GET') return { status: 200, body: { value: 10.28, autoReload: false } };
    return { status: 202, headers: { 'x-request-id': UUID }, body: { message_uuid: UUID } };
  });
}

/** RFC 7807, as the API writes it. */
export function vonageError(status: number, hash: string, title: string): Reply {
  const body = {
    type: `https://developer.vonage.com/api-errors${hash}`,
    title,
    detail: 'about 447700900123',
    instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
  };
  return { status, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify(body) };
}

function checkRequest({ method, path, headers, body }: Seen): Reply | null {
  const basic = Buffer.from(`${API_KEY}:${API_SECRET}`).toString('base64');
  if (headers.authorization !== `Basic ${basic}`) {
    return vonageError(401, '/#unauthorized', 'You did not provide correct credentials.');
  }
  if (method === 'GET' && path === '/account/get-balance') return null;
  if (method !== 'POST' || path !== '/v1/messages') return vonageError(404, '#not-found', 'Not Found');
  if (headers['content-type'] !== 'application/json') return vonageError(415, '#content-type-header', 'type');
  const rules: Record<string, (value: unknown) => boolean> = {
    message_type: (value) => value === 'text',
    channel: (value) => value === 'sms',
    to: (value) => /^[1-9]\d{6,14}$/.test(String(value)),
    from: (value) => /^[A-Za-z0-9 ._&-]{1,15}$/.test(String(value)),
    text: (value) => typeof value === 'string' && value.length <= 3200,
    ttl: (value) => Number.isInteger(value) && Number(value) >= 20 && Number(value) <= 604_800,
    client_ref: (value) => typeof value === 'string' && value.length <= 100,
    webhook_url: (value) => URL.canParse(String(value)),
    webhook_version: (value) => value === 'v1',
  };
  const input = JSON.parse(body) as Record<string, unknown>;
  if (!rules.to?.(input.to)) return vonageError(422, '/messages#1430', 'Invalid recipient');
  const complete = ['message_type', 'channel', 'from', 'text'].every((name) => name in input);
  const right = Object.entries(input).every(([name, value]) => rules[name]?.(value) === true);
  return complete && right ? null : vonageError(422, '/messages#1020', 'Invalid params');
}

/** A status webhook as Vonage sends it, signed by its secret. `iat` in Unix seconds. */
export function vonageWebhook(
  body: string,
  iat: number,
  changes: { secret?: string; alg?: string; claims?: object } = {},
) {
  const payload_hash = createHash('sha256').update(body).digest('hex');
  const claims = { iat, jti: UUID, iss: 'Vonage', payload_hash, api_key: API_KEY, ...changes.claims };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${part({ alg: changes.alg ?? 'HS256', typ: 'JWT' })}.${part(claims)}`;
  const signature = createHmac('sha256', changes.secret ?? SIGNATURE_SECRET)
    .update(head)
    .digest('base64url');
  return {
    url: 'https://auth.example.com/receipts/vonage',
    headers: { authorization: `Bearer ${head}.${signature}` },
    body,
  };
}
