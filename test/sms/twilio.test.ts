import { afterEach, describe, expect, it } from 'vitest';
import type { TwilioAddress } from '../../src/delivery/sms/address.ts';
import type { Callback, CarrierParts } from '../../src/delivery/sms/carrier.ts';
import { openTwilio, readTwilioReceipt, twilioSignature } from '../../src/delivery/sms/twilio.ts';
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
import { MESSAGE_SID, SID, TOKEN, twilioError, twilioServer } from '../support/sms-twilio.ts';

const address: TwilioAddress = {
  kind: 'twilio',
  name: 'twilio',
  account: SID,
  token: TOKEN,
  sender: { from: '+15550100100' },
};

const open: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function twilio(reply?: () => Reply | 'never') {
  const server = await twilioServer(reply);
  open.push(server);
  const carrier = (changes: Partial<TwilioAddress> = {}, more: Partial<CarrierParts> = {}) =>
    openTwilio({ ...address, ...changes }, { ...parts, ...more }, { baseUrl: server.url });
  return { server, carrier, form: () => Object.fromEntries(new URLSearchParams(server.seen[0]?.body)) };
}

describe('sending', () => {
  it('posts CreateMessage and returns its sid', async () => {
    const { server, carrier, form } = await twilio();
    const taken = await carrier().send(message(), patient());
    expect(taken).toEqual({ providerId: MESSAGE_SID, parts: 1 });
    expect(server.seen).toHaveLength(1);
    expect(form()).toEqual({ To: NUMBER, Body: TEXT, From: '+15550100100', ValidityPeriod: '300' });
  });

  it('by a messaging service, which has counted no segments yet', async () => {
    const { carrier, form } = await twilio();
    const sender = { messagingService: `MG${'c'.repeat(32)}` };
    expect(await carrier({ sender }).send(message(), patient())).toMatchObject({ parts: 1 });
    expect(form()).toMatchObject({ MessagingServiceSid: sender.messagingService });
  });

  it('tells where receipts are wanted', async () => {
    const { carrier, form } = await twilio();
    await carrier({}, { receiptUrl: (name) => `https://auth.example.com/r/${name}` }).send(
      message(),
      patient(),
    );
    expect(form()).toMatchObject({ StatusCallback: 'https://auth.example.com/r/twilio' });
  });

  it.each([
    [NOW + 1, '1'],
    [NOW - 1, '1'],
    [NOW + 86_400_000, '36000'],
  ])('a message that lives until %i is valid for %s seconds', async (expiresAt, validity) => {
    const { carrier, form } = await twilio();
    await carrier().send(message({ expiresAt }), patient());
    expect(form()).toMatchObject({ ValidityPeriod: validity });
  });

  it('a number that Twilio finds invalid by itself', async () => {
    const { carrier } = await twilio();
    expect(await outcomeOf(carrier().send(message({ to: '+1' }), patient()))).toBe('number 21211');
  });

  it('a wrong token', async () => {
    const { carrier } = await twilio();
    expect(await outcomeOf(carrier({ token: 'wrong' }).send(message(), patient()))).toBe('credentials 20003');
  });

  // Codes and statuses: twilio.com/docs/api/errors.
  it.each([
    [400, 21211, 'number'],
    [400, 21610, 'number'],
    [400, 21614, 'number'],
    [400, 21635, 'number'],
    [400, 21266, 'number'],
    [400, 21268, 'number'],
    [400, 21265, 'number'],
    [400, 30004, 'number'],
    [400, 30006, 'number'],
    [400, 21408, 'country'],
    [400, 21612, 'country'],
    [429, 20429, 'throttled'],
    [429, 14107, 'throttled'],
    [400, 21611, 'throttled'],
    [400, 63038, 'throttled'],
    [401, 20003, 'credentials'],
    [403, 20005, 'credentials'],
    [404, 20404, 'credentials'],
    [400, 21660, 'credentials'],
    [400, 21661, 'credentials'],
    [400, 21704, 'credentials'],
    [400, 21606, 'refused'],
    [400, 21608, 'refused'],
    [400, 21999, 'refused'],
    [400, 21730, 'unavailable'],
    [503, 20503, 'unavailable'],
    [500, 20500, 'unavailable'],
  ])('status %i, code %i: %s', async (status, code, kind) => {
    const { carrier } = await twilio(() => twilioError(status, code, 'words'));
    const error = await carrier()
      .send(message(), patient())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind, detail: String(code) });
    expectSilentAbout(error, [TOKEN]);
  });

  it('a message that is born failed', async () => {
    const { carrier } = await twilio(() => ({
      status: 201,
      body: { sid: MESSAGE_SID, status: 'failed', error_code: 21610 },
    }));
    expect(await outcomeOf(carrier().send(message(), patient()))).toBe('number 21610');
  });
});

describe('probing', () => {
  it('an active account', async () => {
    const { server, carrier } = await twilio();
    await carrier().probe?.(patient());
    expect(server.seen[0]?.path).toBe(`/2010-04-01/Accounts/${SID}.json`);
  });

  it('a suspended one, and a wrong token', async () => {
    const { carrier } = await twilio(() => ({ status: 200, body: { sid: SID, status: 'suspended' } }));
    expect(await outcomeOf(carrier().probe?.(patient()) ?? Promise.reject())).toBe(
      'credentials account_not_active',
    );
    expect(await outcomeOf(carrier({ token: 'x' }).probe?.(patient()) ?? Promise.reject())).toBe(
      'credentials 20003',
    );
  });
});

describe('receipts', () => {
  const url = 'https://auth.example.com/r/twilio?a=1';

  function callback(fields: Record<string, string>, at = url, token = TOKEN): Callback {
    const form = new URLSearchParams({ AccountSid: SID, From: '+15550100100', To: NUMBER, ...fields });
    return {
      url: at,
      headers: { 'x-twilio-signature': twilioSignature(token, at, form) },
      body: form.toString(),
    };
  }

  it('the signature of the published example', () => {
    // twilio.com/docs/usage/security: the token 12345 and this request.
    const form = new URLSearchParams({
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    });
    const example = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(twilioSignature('12345', example, form)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=');
    const given = {
      url: example,
      headers: { 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' },
      body: `${form}`,
    };
    expect(readTwilioReceipt(given, '12345')).toBe('not_a_receipt');
  });

  it.each([
    ['accepted', 'on_the_way'],
    ['queued', 'on_the_way'],
    ['sending', 'on_the_way'],
    ['sent', 'on_the_way'],
    ['delivered', 'delivered'],
    ['undelivered', 'failed'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('%s is %s', (status, outcome) => {
    expect(readTwilioReceipt(callback({ MessageSid: MESSAGE_SID, MessageStatus: status }), TOKEN)).toEqual({
      providerId: MESSAGE_SID,
      outcome,
    });
  });

  it('a failure with its code: filtered', () => {
    const failed = callback({ MessageSid: MESSAGE_SID, MessageStatus: 'undelivered', ErrorCode: '30007' });
    expect(readTwilioReceipt(failed, TOKEN)).toEqual({
      providerId: MESSAGE_SID,
      outcome: 'failed',
      error: '30007',
    });
  });

  it('with or without the port in what was signed', () => {
    const fields = { MessageSid: MESSAGE_SID, MessageStatus: 'delivered' };
    const signed = callback(fields, 'https://auth.example.com:443/r/twilio?a=1');
    expect(readTwilioReceipt({ ...signed, url }, TOKEN)).toMatchObject({ outcome: 'delivered' });
    const plain = callback(fields);
    const withPort = 'https://auth.example.com:8443/r/twilio?a=1';
    expect(readTwilioReceipt({ ...plain, url: withPort }, TOKEN)).toMatchObject({ outcome: 'delivered' });
  });

  it('is refused with another token, address, parameter, or no signature', () => {
    const fields = { MessageSid: MESSAGE_SID, MessageStatus: 'delivered' };
    const right = callback(fields);
    expect(readTwilioReceipt(callback(fields, url, 'other'), TOKEN)).toBe('bad_signature');
    expect(readTwilioReceipt({ ...right, url: `${url}&b=2` }, TOKEN)).toBe('bad_signature');
    expect(readTwilioReceipt({ ...right, body: `${right.body}&ErrorCode=1` }, TOKEN)).toBe('bad_signature');
    expect(readTwilioReceipt({ ...right, body: right.body.replace('delivered', 'failed') }, TOKEN)).toBe(
      'bad_signature',
    );
    expect(readTwilioReceipt({ ...right, headers: {} }, TOKEN)).toBe('bad_signature');
    expect(readTwilioReceipt({ ...right, headers: { 'x-twilio-signature': '' } }, TOKEN)).toBe(
      'bad_signature',
    );
    expect(readTwilioReceipt({ ...right, url: 'no url' }, TOKEN)).toBe('bad_signature');
  });

  it('signed, but of something else or in no known form', () => {
    expect(readTwilioReceipt(callback({ MessageSid: MESSAGE_SID, Body: 'hi' }), TOKEN)).toBe('not_a_receipt');
    const came = callback({ MessageSid: MESSAGE_SID, MessageStatus: 'received' });
    expect(readTwilioReceipt(came, TOKEN)).toBe('not_a_receipt');
    const odd = callback({ MessageSid: MESSAGE_SID, MessageStatus: 'constructor' });
    expect(readTwilioReceipt(odd, TOKEN)).toBe('unreadable');
    expect(readTwilioReceipt(callback({ MessageSid: 'x', MessageStatus: 'sent' }), TOKEN)).toBe('unreadable');
  });

  it('the open carrier reads them', async () => {
    const carrier = openTwilio(address, parts);
    const read = carrier.receipts;
    if (typeof read !== 'function') return expect.unreachable();
    expect(read(callback({ MessageSid: MESSAGE_SID, MessageStatus: 'sent' }), NOW)).toMatchObject({
      outcome: 'on_the_way',
    });
  });
});
