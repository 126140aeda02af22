import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openHttp, readHttpReceipt } from '../../src/delivery/sms/http-gateway.ts';
import { isSignedWebhook, readSecret, signWebhook } from '../../src/delivery/sms/webhook-signature.ts';
import { type Conduct, type FakeServer, httpServer, type Seen } from '../support/sms-http.ts';
import { message, NOW, NUMBER, outcomeOf, parts, patient, TEXT } from '../support/sms-messages.ts';

const SECRET = Buffer.from('0123456789abcdef0123');

const open: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function gateway(answer: (seen: Seen) => Conduct) {
  const server = await httpServer(answer);
  open.push(server);
  const address = {
    kind: 'http',
    name: 'http',
    url: `${server.url}/sms?route=otp`,
    secret: SECRET,
    receipts: true,
  } as const;
  return { server, carrier: openHttp(address, parts) };
}

/** A gateway as its description wants one: checks the signature anew and sends once for each key. */
function goodGateway() {
  const sent = new Map<string, string>();
  return gateway(({ headers, body }) => {
    const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = headers;
    const mac = createHmac('sha256', SECRET).update(`${id}.${time}.${body}`).digest('base64');
    if (signature !== `v1,${mac}`) return { status: 401 };
    const key = String(headers['idempotency-key']);
    if (!sent.has(key)) sent.set(key, `gw-${sent.size + 1}`);
    return { status: 202, body: { id: sent.get(key) } };
  });
}

describe('sending', () => {
  it('posts the message, signed, with its id as the key', async () => {
    const { server, carrier } = await goodGateway();
    const one = message();
    expect(await carrier.send(one, patient())).toEqual({ providerId: 'gw-1', parts: 1 });
    expect(server.seen[0]).toMatchObject({ method: 'POST', path: '/sms?route=otp' });
    expect(server.seen[0]?.headers).toMatchObject({
      'webhook-id': one.id,
      'webhook-timestamp': String(NOW / 1000),
      'idempotency-key': one.id,
      'content-type': 'application/json',
    });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      type: 'sms',
      id: one.id,
      to: NUMBER,
      text: TEXT,
      expires_at: NOW + 300_000,
    });
  });

  it('the same message twice is the same message to the gateway', async () => {
    const { carrier } = await goodGateway();
    const one = message();
    await carrier.send(one, patient());
    expect(await carrier.send(one, patient())).toMatchObject({ providerId: 'gw-1' });
    expect(await carrier.send(message(), patient())).toMatchObject({ providerId: 'gw-2' });
  });

  it.each<[Conduct, unknown]>([
    [
      { status: 200, body: { id: 'a', parts: 2 } },
      { providerId: 'a', parts: 2 },
    ],
    [
      { status: 201, body: { id: 'a', parts: -2 } },
      { providerId: 'a', parts: 1 },
    ],
    [{ status: 422, body: { error: 'number' } }, 'number HTTP_422'],
    [{ status: 422, body: { error: 'country' } }, 'country HTTP_422'],
    [{ status: 422, body: { error: 'else' } }, 'refused HTTP_422'],
    [{ status: 400, body: { error: 'number' } }, 'refused HTTP_400'],
    [{ status: 429 }, 'throttled HTTP_429'],
    [{ status: 401 }, 'credentials HTTP_401'],
    [{ status: 200, body: { ok: true } }, 'unknown no_id'],
    [{ status: 204 }, 'unknown no_id'],
  ])('%o: %o', async (answer, outcome) => {
    const { carrier } = await gateway(() => answer);
    expect(await outcomeOf(carrier.send(message(), patient()))).toEqual(outcome);
  });

  it('a wrong secret is refused by the gateway', async () => {
    const { server } = await goodGateway();
    const address = {
      kind: 'http',
      name: 'http',
      url: server.url,
      secret: Buffer.from('another secret, quite long'),
      receipts: true,
    } as const;
    expect(await outcomeOf(openHttp(address, parts).send(message(), patient()))).toBe('credentials HTTP_401');
  });
});

it('probes by HEAD: any answer but a failing server means reachable', async () => {
  const { server, carrier } = await gateway(() => ({ status: 405 }));
  await carrier.probe?.(patient());
  expect(server.seen[0]?.method).toBe('HEAD');
  const failing = await gateway(() => ({ status: 503 }));
  expect(await outcomeOf(failing.carrier.probe?.(patient()) ?? Promise.reject())).toBe(
    'unavailable HTTP_503',
  );
});

describe('Standard Webhooks', () => {
  // The example of the specification and its libraries.
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const body = '{"test": 2432232314}';
  const at = 1_614_265_330_000;
  const secret = readSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw') ?? new Uint8Array();
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };

  it('signs as the published example', () => {
    expect(signWebhook(secret, id, body, at)).toEqual(headers);
  });

  it('takes it, also among others, within five minutes', () => {
    expect(isSignedWebhook(secret, headers, body, at)).toBe(true);
    expect(isSignedWebhook(secret, headers, body, at + 300_000)).toBe(true);
    const several = { ...headers, 'webhook-signature': `v1,AAAA v1a,x ${headers['webhook-signature']}` };
    expect(isSignedWebhook(secret, several, body, at - 300_000)).toBe(true);
  });

  it.each<[string, Record<string, string | undefined>, string, number]>([
    ['too old', headers, body, at + 301_000],
    ['from the future', headers, body, at - 301_000],
    ['another body', headers, `${body} `, at],
    ['another id', { ...headers, 'webhook-id': 'x' }, body, at],
    ['another time', { ...headers, 'webhook-timestamp': '1614265331' }, body, at],
    ['a time that is none', { ...headers, 'webhook-timestamp': '1614265330.0' }, body, at],
    [
      'another version',
      { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1', 'v2') },
      body,
      at,
    ],
    ['an empty signature', { ...headers, 'webhook-signature': 'v1,' }, body, at],
    ['no signature', { ...headers, 'webhook-signature': undefined }, body, at],
    ['no id', { ...headers, 'webhook-id': '' }, body, at],
  ])('refuses %s', (_, given, text, now) => {
    expect(isSignedWebhook(secret, given, text, now)).toBe(false);
  });

  it('takes no secret shorter than 16 bytes', () => {
    expect(readSecret('fifteen bytes..')).toBeNull();
    expect(readSecret('sixteen bytes...')).not.toBeNull();
    expect(readSecret('whsec_c2hvcnQ=')).toBeNull();
  });
});

describe('receipts', () => {
  const read = (body: string, secret: Uint8Array = SECRET) =>
    readHttpReceipt({ url: '', headers: { ...signWebhook(secret, 'r1', body, NOW) }, body }, SECRET, NOW);
  const receipt = (fields: object) =>
    JSON.stringify({ type: 'sms.receipt', id: 'gw-1', outcome: 'delivered', ...fields });

  it.each<[object, unknown]>([
    [{}, { providerId: 'gw-1', outcome: 'delivered' }],
    [{ outcome: 'on_the_way' }, { providerId: 'gw-1', outcome: 'on_the_way' }],
    [{ outcome: 'failed' }, { providerId: 'gw-1', outcome: 'failed' }],
    [
      { outcome: 'failed', error: 'landline' },
      { providerId: 'gw-1', outcome: 'failed', error: 'landline' },
    ],
    [
      { outcome: 'failed', error: NUMBER },
      { providerId: 'gw-1', outcome: 'failed' },
    ],
    [{ outcome: 'lost' }, 'unreadable'],
    [{ id: '' }, 'unreadable'],
    [{ type: 'sms' }, 'not_a_receipt'],
  ])('%o: %o', (fields, outcome) => {
    expect(read(receipt(fields))).toEqual(outcome);
  });

  it('are not read of one that posts none', () => {
    const silent = openHttp(
      { kind: 'http', name: 'http', url: 'http://x/', secret: SECRET, receipts: false },
      parts,
    );
    expect(silent.receipts).toBe('none');
  });

  it('no JSON, or signed by another', () => {
    expect(read('[]')).toBe('unreadable');
    expect(read(receipt({}), Buffer.from('another secret, quite long'))).toBe('bad_signature');
  });
});
