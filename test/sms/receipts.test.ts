/** Receipts of carriers: believed by their signature alone, and shown as what became of messages. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { watchTexts } from '../../src/flows/text-messages-watch.ts';
import { viewTextMessages } from '../../src/flows/view-text-messages.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { insertTextMessage, type TextMessageRow } from '../../src/store/text-messages.ts';
import { hours, minutes } from '../support/clock.ts';
import { type Door, openDoor } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';
import { PASSWORD, SYSTEM_ID, smppServer } from '../support/sms-smpp.ts';

let gateway: SmsGateway;
let door: Door;
let account: AccountRow;
let people = 0;
async function openUp(): Promise<void> {
  gateway = await smsGateway(() => door.clock.now());
  const twilio = `twilio://AC${'a'.repeat(32)}:token-of-twilio@default?from=%2B15550100`;
  const env = {
    SMS_URL: `${gateway.address},${twilio}`,
    SMS_COUNTRIES: 'US',
    SMS_LIMITS: 'network/hour=1000,network/day=1000,prefix/hour=1000,numbers/run=20',
  };
  door = await openDoor({ env });
  account = await door.addAccount({ name: 'Meridian', mandates: ['sms'] });
}
async function shut(): Promise<void> {
  await door.close();
  await gateway.close();
}

/** Somebody asks for a code. @returns the carrier's name for the message. */
async function messageSent(): Promise<string> {
  people += 1;
  const phone = `+1415555${String(1000 + 37 * people)}`;
  const who = await door.addPerson({
    email: `r${people}@people.example`,
    method: 'sms',
    phone,
    in: [{ account }],
  });
  await door.password(door.browser(), who);
  return `gw-${gateway.handed.at(-1)?.id}`;
}
const receipt = (given: object, over = {}) => gateway.receipt(door.url, door.clock.now(), given, over);
const stateOf = async (providerId: string) =>
  (
    await door.rows<{ state: string; reason: string | null }>(
      `select state, reason from text_messages where provider_id = '${providerId}'`,
    )
  )[0];

describe('a receipt', () => {
  beforeAll(openUp);
  afterAll(shut);
  it('signed by its carrier: delivered is the last word', async () => {
    const id = await messageSent();
    expect(await receipt({ id, outcome: 'on_the_way' })).toBe(204);
    expect(await stateOf(id)).toEqual({ state: 'sent', reason: null });
    expect(await receipt({ id, outcome: 'failed', error: 'EXPIRED' })).toBe(204);
    expect(await stateOf(id)).toEqual({ state: 'failed', reason: 'EXPIRED' });
    expect(await receipt({ id, outcome: 'delivered' })).toBe(204);
    expect(await receipt({ id, outcome: 'failed' })).toBe(204);
    expect(await stateOf(id)).toEqual({ state: 'delivered', reason: null });
  });

  it.each<[string, object, object, number]>([
    ['forged', { outcome: 'delivered' }, { secret: 'another-secret-of-it' }, 403],
    ['of a carrier that there is none of', { outcome: 'delivered' }, { carrier: 'vonage' }, 404],
    ['to another carrier than its own', { outcome: 'delivered' }, { carrier: 'twilio' }, 403],
    ['signed, and nonsense', { outcome: 'perhaps' }, {}, 400],
    ['signed, and something else', { type: 'sms.received' }, {}, 204],
    ['of an odd name', { outcome: 'delivered' }, { carrier: '__proto__' }, 404],
  ])('that is %s changes nothing: %o', async (_what, given, over, status) => {
    const id = await messageSent();
    expect(await receipt({ id, ...given }, over)).toBe(status);
    expect(await stateOf(id)).toEqual({ state: 'sent', reason: null });
  });

  it('that is too old is refused', async () => {
    const id = await messageSent();
    const at = door.clock.now();
    door.clock.advance(minutes(6));
    expect(await gateway.receipt(door.url, at, { id, outcome: 'delivered' })).toBe(403);
  });

  it('of Twilio is a form, signed over the address that Twilio was told', async () => {
    const id = await messageSent();
    const sid = `SM${'b'.repeat(32)}`;
    await door.ctx.db
      .updateTable('text_messages')
      .set({ carrier: 'twilio', provider_id: sid })
      .where('provider_id', '=', id)
      .execute();
    const form = new URLSearchParams({ MessageSid: sid, MessageStatus: 'delivered' });
    const post = async (signature: string) => {
      const response = await fetch(`${door.url}/receipts/sms/twilio`, {
        method: 'POST',
        headers: { 'x-twilio-signature': signature },
        body: form,
      });
      await response.arrayBuffer();
      return response.status;
    };
    // twilio.com/docs/usage/security: the address, then each parameter by name, HMAC-SHA1 by the auth token.
    const signed = `${door.url}/receipts/sms/twilioMessageSid${sid}MessageStatusdelivered`;
    const by = (token: string) => createHmac('sha1', token).update(signed).digest('base64');
    expect(await post(by('another-token'))).toBe(403);
    expect(await stateOf(sid)).toEqual({ state: 'sent', reason: null });
    expect(await post(by('token-of-twilio'))).toBe(204);
    expect(await stateOf(sid)).toEqual({ state: 'delivered', reason: null });
  });

  it('R48: needs no page of ours, and no cookie makes a difference', async () => {
    const id = await messageSent();
    const response = await fetch(`${door.url}/receipts/sms/http`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', cookie: 'session=x; login=x', 'content-type': 'text/plain' },
      body: JSON.stringify({ type: 'sms.receipt', id, outcome: 'delivered' }),
    });
    expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([403, '', []]);
  });

  it.each([
    ['too long', 'x'.repeat(17 * 1024), 413],
    ['empty', '', 403],
    ['no text', Buffer.from([0xff, 0xfe, 0x00]), 403],
  ])('Q8: whose body is %s is refused', async (_what, body, status) => {
    const response = await fetch(`${door.url}/receipts/sms/http`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  });

  it('faster than the answer it belongs to is not lost', async () => {
    const early: Promise<number>[] = [];
    // Answered only once its receipt has been taken.
    gateway.answer = async (message): Promise<'accept'> => {
      early.push(receipt({ id: `gw-${message.id}`, outcome: 'delivered' }));
      await early.at(-1);
      return 'accept';
    };
    const id = await messageSent();
    expect(await Promise.all(early)).toEqual([204]);
    await expect
      .poll(() => stateOf(id), { timeout: 8_000, interval: 100 })
      .toMatchObject({ state: 'delivered' });
  });
});

it('SMPP: a code goes over the line to the message centre, and its receipt comes back over the same', async () => {
  const server = await smppServer();
  onTestFinished(() => server.close());
  const { port } = server.address;
  door = await openDoor({
    env: { SMS_URL: `smpp://${SYSTEM_ID}:${PASSWORD}@127.0.0.1:${port}?source=GATE`, SMS_COUNTRIES: 'US' },
  });
  onTestFinished(() => door.close());
  await expect.poll(() => server.binds.length, { timeout: 5_000 }).toBe(1);
  account = await door.addAccount({ name: 'Meridian', mandates: ['sms'] });
  const theo = await door.addPerson({ email: 'theo@people.example', method: 'sms', in: [{ account }] });
  server.messageId = 'smsc-1';
  const page = await door.password(door.browser(), theo);
  expect(page.text).toContain('We sent a code by text message to');
  expect(server.submitted).toHaveLength(1);
  expect(await stateOf('smsc-1')).toEqual({ state: 'sent', reason: null });
  server.push('deliver_sm', { esm_class: 4, short_message: 'id:smsc-1 stat:UNDELIV err:027' });
  await expect.poll(() => stateOf('smsc-1'), { timeout: 5_000 }).toEqual({ state: 'failed', reason: '027' });
});

it('a carrier whose receipts fall below half in a country over 20 messages is told of, once', async () => {
  await openUp();
  onTestFinished(shut);
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) ids.push(await messageSent());
  for (const id of ids.slice(0, 9)) await receipt({ id, outcome: 'delivered' });
  door.clock.advance(minutes(6));
  await watchTexts(door.ctx);
  await watchTexts(door.ctx);
  const told = () => door.count('help@sallyport.example', /^http delivers few text messages in US$/);
  expect(await told()).toBe(1);
  expect((await door.newest('help@sallyport.example')).text).not.toMatch(/\+1415/);
  const { days, blockedBy } = await viewTextMessages(door.ctx, account.id, 1);
  expect(days).toEqual([
    {
      day: new Date(door.clock.now()).toISOString().slice(0, 10),
      country: 'US',
      sent: 20,
      delivered: 9,
      verified: 0,
      failed: 0,
      blocked: 0,
    },
  ]);
  expect(blockedBy).toEqual([]);
});

describe('carriers that say nothing', () => {
  /** A day's messages that a carrier took, in the past and settled. */
  async function taken(carrier: string, count: number, over: Partial<TextMessageRow> = {}): Promise<void> {
    for (let n = 0; n < count; n++) {
      const id = `${carrier}-${crypto.randomUUID()}`;
      const at = door.clock.now() - minutes(10);
      await insertTextMessage(door.ctx.db, { ...TAKEN, id, at, carrier, provider_id: id, ...over });
    }
  }
  const TAKEN = {
    account_id: null,
    user_id: null,
    purpose: 'code',
    country: 'US',
    prefix_hmac: 'p',
    number_hmac: 'n',
    price: 1,
    state: 'sent',
    reason: null,
    parts: 1,
    settled_at: 1,
    receipt_at: null,
    // Used, so that nothing but receipts is missing.
    verified_at: 1,
    asks: 1,
  } as const;
  const alerts = async () =>
    (await door.rows<{ data: string }>(`select data from audit_events where kind = 'sms.alert'`)).map(
      ({ data }) => JSON.parse(data),
    );

  it('as their address says, or since they cannot reach us, raise no alert', async () => {
    const twilio = `twilio://AC${'a'.repeat(32)}:token-of-twilio@default?from=%2B15550100`;
    const aws = 'aws://AKIDEXAMPLE012345678:secret@eu-west-1?sender=GATE';
    const vonage = 'vonage://abcd1234:secret@default?from=Gate&signature_secret=s';
    door = await openDoor({
      env: {
        SMS_URL: `http://:a-long-enough-secret@127.0.0.1:9/sms?receipts=no,${twilio},${aws},${vonage}`,
        SMS_COUNTRIES: 'US',
      },
    });
    onTestFinished(() => door.close());
    expect(door.ctx.settings.url).toMatch(/^http:/);
    for (const carrier of ['http', 'twilio', 'aws', 'vonage']) await taken(carrier, 20);
    await watchTexts(door.ctx);
    expect(await alerts()).toEqual([]);
  });

  it('though they should: no receipt has ever come, told once a day, and no rate', async () => {
    door = await openDoor({
      env: { SMS_URL: 'http://:a-long-enough-secret@127.0.0.1:9/sms', SMS_COUNTRIES: 'US,DE' },
    });
    onTestFinished(() => door.close());
    await taken('http', 19, { country: 'DE' });
    await watchTexts(door.ctx);
    expect(await alerts()).toEqual([]);
    await taken('http', 20);
    await watchTexts(door.ctx);
    await watchTexts(door.ctx);
    expect(await alerts()).toEqual([{ what: 'no_receipts', carrier: 'http', sent: 39 }]);
    const mail = await door.newest('help@sallyport.example');
    expect(mail.subject).toBe('No receipts come from http');
    expect(mail.text).toContain(`It is ${door.ctx.settings.url}/receipts/sms/http`);
    expect(mail.text).toContain('receipts=no');
    door.clock.advance(hours(25));
    await taken('http', 20);
    await watchTexts(door.ctx);
    expect(await alerts()).toHaveLength(2);
    // One has come: from now on the rate is what counts.
    await taken('http', 1, { country: 'DE', state: 'failed', receipt_at: door.clock.now() });
    await watchTexts(door.ctx);
    expect((await alerts()).slice(2)).toEqual([
      { what: 'receipts', carrier: 'http', country: 'US', sent: 20, delivered: 0 },
    ]);
  });
});

it('one whose receipts reach half is not', async () => {
  await openUp();
  onTestFinished(shut);
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) ids.push(await messageSent());
  for (const id of ids.slice(0, 10)) await receipt({ id, outcome: 'delivered' });
  door.clock.advance(minutes(6));
  await watchTexts(door.ctx);
  expect(await door.count('help@sallyport.example', /delivers few/)).toBe(0);
});
