import { afterEach, describe, expect, it } from 'vitest';
import type { VonageAddress } from '../../src/delivery/sms/address.ts';
import type { CarrierParts } from '../../src/delivery/sms/carrier.ts';
import { openVonage, readVonageReceipt } from '../../src/delivery/sms/vonage.ts';
import type { FakeServer, Reply } from '../support/sms-http.ts';
import {
  expectSilentAbout,
  message,
  NOW,
  NUMBER,
  outcomeOf,
  parts,
  patient,
  TEXT,
} from '../support/sms-messages.ts';
import {
  API_KEY,
  API_SECRET,
  SIGNATURE_SECRET,
  UUID,
  vonageError,
  vonageServer,
  vonageWebhook,
} from '../support/sms-vonage.ts';

const address: VonageAddress = {
  kind: 'vonage',
  name: 'vonage',
  apiKey: API_KEY,
  apiSecret: API_SECRET,
  from: '+447700900001',
  signatureSecret: SIGNATURE_SECRET,
};

const open: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function vonage(reply?: () => Reply | 'never') {
  const server = await vonageServer(reply);
  open.push(server);
  const carrier = (changes: Partial<VonageAddress> = {}, more: Partial<CarrierParts> = {}) =>
    openVonage({ ...address, ...changes }, { ...parts, ...more }, { baseUrl: server.url });
  return { server, carrier, sent: () => JSON.parse(server.seen[0]?.body ?? '') as unknown };
}

describe('sending', () => {
  it('posts to the Messages API, numbers without their plus', async () => {
    const { server, carrier, sent } = await vonage();
    const one = message();
    expect(await carrier().send(one, patient())).toEqual({ providerId: UUID, parts: 1 });
    expect(server.seen).toHaveLength(1);
    expect(sent()).toEqual({
      message_type: 'text',
      channel: 'sms',
      to: NUMBER.slice(1),
      from: '447700900001',
      text: TEXT,
      ttl: 300,
      client_ref: one.id,
    });
  });

  it('tells where receipts are wanted, in which form; the least time to live is 20 s', async () => {
    const { carrier, sent } = await vonage();
    const receiptUrl = (name: string) => `https://auth.example.com/r/${name}`;
    await carrier({ from: 'Gate' }, { receiptUrl }).send(message({ expiresAt: NOW }), patient());
    expect(sent()).toMatchObject({
      from: 'Gate',
      ttl: 20,
      webhook_url: 'https://auth.example.com/r/vonage',
      webhook_version: 'v1',
    });
  });

  it('a wrong secret, and a number Vonage finds invalid by itself', async () => {
    const { carrier } = await vonage();
    const wrong = carrier({ apiSecret: 'wrong' }).send(message(), patient());
    expect(await outcomeOf(wrong)).toBe('credentials unauthorized');
    expect(await outcomeOf(carrier().send(message({ to: '+0' }), patient()))).toBe('number 1430');
  });

  // x-errors of the OpenAPI, and developer.vonage.com/en/api-errors.
  it.each([
    [422, '/messages#1430', 'Invalid recipient', 'number'],
    [422, '/messages#110', 'Invalid recipient', 'number'],
    [422, '/messages#1170', '1170', 'number'],
    [422, '/messages#1240', '1240', 'number'],
    [422, '/messages#1050', '1050', 'number'],
    [422, '/messages#1474', '1474', 'country'],
    [422, '/messages#1251', '1251', 'country'],
    [422, '/messages#1000', '1000', 'throttled'],
    [429, '#throttled', 'Rate Limit Hit', 'throttled'],
    [401, '/#unauthorized', 'You did not provide correct credentials.', 'credentials'],
    [401, '/#unprovisioned', 'No access', 'credentials'],
    [402, '#low-balance', 'Low balance', 'credentials'],
    [403, '#account-suspended', 'Suspended', 'credentials'],
    [422, '/messages#1060', '1060', 'credentials'],
    [422, '/messages#1120', 'Invalid sender', 'country'],
    [422, '/messages#1020', 'Invalid params', 'refused'],
    [422, '/messages#1999', '1999', 'refused'],
    [404, '#not-found', 'Not Found', 'unavailable'],
    [422, '/messages#1030', 'Internal error', 'unavailable'],
    [422, '/messages#1100', 'Communication Failed', 'unavailable'],
    [500, '/messages#1030', 'Internal error', 'unavailable'],
  ])('status %i, type …%s, %s: %s', async (status, hash, title, kind) => {
    const { carrier } = await vonage(() => vonageError(status, hash, title));
    const error = await carrier()
      .send(message(), patient())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind, detail: hash.split('#')[1] });
    expectSilentAbout(error, [API_SECRET]);
  });
});

it('probes by asking for the balance', async () => {
  const { server, carrier } = await vonage();
  await carrier().probe?.(patient());
  expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/account/get-balance' });
  const wrong = carrier({ apiSecret: 'wrong' }).probe?.(patient()) ?? Promise.reject();
  expect(await outcomeOf(wrong)).toBe('credentials unauthorized');
});

describe('receipts', () => {
  const IAT = NOW / 1000;

  /** As the documentation shows one. */
  function status(fields: object = {}): string {
    return JSON.stringify({
      message_uuid: UUID,
      to: NUMBER.slice(1),
      from: '447700900001',
      timestamp: '2026-11-24T12:00:00Z',
      status: 'delivered',
      channel: 'sms',
      client_ref: 'abc123',
      usage: { currency: 'EUR', price: '0.0333' },
      destination: { network_code: '12345' },
      sms: { count_total: '1' },
      ...fields,
    });
  }
  const read = (callback: Parameters<typeof readVonageReceipt>[0], now = NOW) =>
    readVonageReceipt(callback, SIGNATURE_SECRET, now);

  it.each([
    ['submitted', 'on_the_way'],
    ['delivered', 'delivered'],
    ['rejected', 'failed'],
    ['undeliverable', 'failed'],
  ])('%s is %s', (word, outcome) => {
    expect(read(vonageWebhook(status({ status: word }), IAT))).toEqual({ providerId: UUID, outcome });
  });

  it.each(['1240', 1240])('a failure with its code, %j', (title) => {
    const error = { type: 'https://developer.vonage.com/api-errors/messages#1240', title, detail: NUMBER };
    expect(read(vonageWebhook(status({ status: 'rejected', error }), IAT))).toEqual({
      providerId: UUID,
      outcome: 'failed',
      error: '1240',
    });
  });

  it('within five minutes of its time, either way, and not beyond', () => {
    const callback = vonageWebhook(status(), IAT);
    expect(read(callback, NOW + 300_000)).toMatchObject({ outcome: 'delivered' });
    expect(read(callback, NOW - 300_000)).toMatchObject({ outcome: 'delivered' });
    expect(read(callback, NOW + 301_000)).toBe('bad_signature');
    expect(read(callback, NOW - 301_000)).toBe('bad_signature');
  });

  it('is refused unsigned, signed by another, for another body, or by another algorithm', () => {
    const body = status();
    const right = vonageWebhook(body, IAT);
    expect(read({ ...right, headers: {} })).toBe('bad_signature');
    expect(read(vonageWebhook(body, IAT, { secret: 'another' }))).toBe('bad_signature');
    expect(read({ ...right, body: body.replace('delivered', 'rejected') })).toBe('bad_signature');
    expect(read(vonageWebhook(body, IAT, { alg: 'none' }))).toBe('bad_signature');
    expect(read(vonageWebhook(body, IAT, { alg: 'HS512' }))).toBe('bad_signature');
    expect(read(vonageWebhook(body, IAT, { claims: { iat: 'soon' } }))).toBe('bad_signature');
    expect(read(vonageWebhook(body, IAT, { claims: { payload_hash: undefined } }))).toBe('bad_signature');
    const [head, claims] = right.headers.authorization.split('.');
    expect(read({ ...right, headers: { authorization: `${head}.${claims}.` } })).toBe('bad_signature');
    expect(read({ ...right, headers: { authorization: `${head}.${claims}.AAAA` } })).toBe('bad_signature');
  });

  it('signed, but of something else or in no known form', () => {
    expect(read(vonageWebhook('not json', IAT))).toBe('unreadable');
    expect(read(vonageWebhook(status({ status: 'toString' }), IAT))).toBe('unreadable');
    expect(read(vonageWebhook(status({ message_uuid: 7 }), IAT))).toBe('unreadable');
    expect(read(vonageWebhook(status({ channel: 'whatsapp' }), IAT))).toBe('not_a_receipt');
    const inbound = JSON.stringify({ channel: 'sms', message_uuid: UUID, text: 'hi' });
    expect(read(vonageWebhook(inbound, IAT))).toBe('not_a_receipt');
  });

  it('the open carrier reads them with a signature secret, and says so without', () => {
    const { receipts } = openVonage(address, parts);
    expect(typeof receipts === 'function' && receipts(vonageWebhook(status(), IAT), NOW)).toMatchObject({
      outcome: 'delivered',
    });
    expect(openVonage({ ...address, signatureSecret: null }, parts).receipts).toBe('none');
  });
});
