import fc from 'fast-check';
import type { Pdu } from 'smpp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SmppAddress } from '../../src/delivery/sms/address.ts';
import type { Receipt, SmsCarrier } from '../../src/delivery/sms/carrier.ts';
import { openSmpp, type SmppOptions } from '../../src/delivery/sms/smpp.ts';
import { selfSigned } from '../support/sms-certificate.ts';
import { deadPort } from '../support/sms-http.ts';
import {
  expectSilentAbout,
  kindOf,
  message,
  NOW,
  outcomeOf,
  parts,
  patient,
} from '../support/sms-messages.ts';
import {
  addressOf,
  octetSmppServer,
  PASSWORD,
  rawSmppServer,
  smppHeader,
  smppServer,
} from '../support/sms-smpp.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  // Carriers first: they were opened last.
  for (const one of open.splice(0).reverse()) await one.close();
});

const QUICK: SmppOptions = { connectMs: 5_000, reconnectMs: 20, enquireMs: 10_000, unbindMs: 100 };

/** What happens on its own, within five seconds. */
const soon = <T>(check: () => T | Promise<T>, timeout = 5_000): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 5 });

async function serve() {
  const server = await smppServer();
  open.push(server);
  return server;
}

function carrierTo(
  address: SmppAddress,
  options: SmppOptions = {},
  onReceipt?: (receipt: Receipt) => void,
): SmsCarrier {
  const more = onReceipt && { onReceipt: (_: string, receipt: Receipt) => onReceipt(receipt) };
  const carrier = openSmpp(address, { ...parts, ...more }, { ...QUICK, ...options });
  open.push(carrier);
  return carrier;
}

/** The octets of a submitted message, as they came over the wire. */
function fieldsOf(pdu: Pdu | undefined) {
  const { short_message: short, ...fields } = pdu ?? ({} as Pdu);
  return { ...fields, text: (short as { message: string }).message };
}

describe('sending', () => {
  it('submits over one bound transceiver and returns the id of the server', async () => {
    const server = await serve();
    const carrier = carrierTo(server.address);
    expect(await carrier.send(message(), patient())).toEqual({ providerId: 'id-1', parts: 1 });
    expect(await carrier.send(message(), patient())).toEqual({ providerId: 'id-2', parts: 1 });
    expect(server.binds).toHaveLength(1);
    expect(server.binds[0]).toMatchObject({ interface_version: 0x34, system_type: '' });
  });

  it('GSM-7 where the text is, with the alphabet of the message centre', async () => {
    const server = await serve();
    await carrierTo(server.address).send(message({ text: '1234 is your code @€{}Ä\n' }), patient());
    expect(fieldsOf(server.submitted[0])).toMatchObject({
      data_coding: 0,
      text: '1234 is your code @€{}Ä\n',
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      destination_addr: '447700900123',
      registered_delivery: 1,
      esm_class: 0,
    });
  });

  it('UCS-2 where it is not', async () => {
    const server = await serve();
    await carrierTo(server.address).send(message({ text: 'код 1234 😀' }), patient());
    expect(fieldsOf(server.submitted[0])).toMatchObject({ data_coding: 8, text: 'код 1234 😀' });
  });

  it.each([
    ['+15550100100', 1, 1, '15550100100'],
    ['48484', 3, 0, '48484'],
    ['GATE', 5, 0, 'GATE'],
  ])('source %s: TON %i, NPI %i', async (source, ton, npi, addr) => {
    const server = await serve();
    await carrierTo({ ...server.address, source }).send(message(), patient());
    expect(server.submitted[0]).toMatchObject({
      source_addr_ton: ton,
      source_addr_npi: npi,
      source_addr: addr,
    });
  });

  it('every octet of a submit_sm, by 4.4.1 of the specification', async () => {
    const server = await octetSmppServer();
    open.push(server);
    const taken = await carrierTo(server.address).send(message({ text: '@1€' }), patient());
    expect(taken).toEqual({ providerId: 'octet', parts: 1 });
    const fields = [
      [0x00], // service_type
      [0x05, 0x00, ...Buffer.from('GATE\0')], // source: alphanumeric
      [0x01, 0x01, ...Buffer.from('447700900123\0')], // destination: international, E.164
      [0x00, 0x00, 0x00], // esm_class, protocol_id, priority_flag
      [0x00], // schedule_delivery_time: at once
      [...Buffer.from('000000000500000R\0')], // validity_period: five minutes from now
      [0x01, 0x00, 0x00, 0x00], // registered_delivery, replace_if_present, data_coding, sm_default_msg_id
      [0x04, 0x00, 0x31, 0x1b, 0x65], // sm_length, short_message
    ];
    expect(server.submitted[0]?.subarray(16).toString('hex')).toBe(
      Buffer.from(fields.flat()).toString('hex'),
    );
  });

  it.each([
    [300_000, '000000000500000R'],
    [1, '000000000001000R'],
    [-5_000, '000000000001000R'],
    [90_061_000, '000001010101000R'],
    [90 * 86_400_000, '000030000000000R'],
  ])('a message with %i ms to live: validity_period %s', async (left, period) => {
    const server = await octetSmppServer();
    open.push(server);
    await carrierTo(server.address).send(message({ expiresAt: NOW + left }), patient());
    expect(server.submitted[0]?.toString('latin1')).toContain(`\0${period}\0`);
  });

  it('a text of two segments is a bug of ours, and nothing is sent', async () => {
    const server = await serve();
    const sending = carrierTo(server.address).send(message({ text: 'a'.repeat(161) }), patient());
    await expect(sending).rejects.toThrow(RangeError);
    await expect(sending).rejects.toThrow('one segment');
    expect(server.submitted).toEqual([]);
  });

  it('many at once, each with its own answer', async () => {
    const server = await serve();
    server.reply = (pdu) =>
      server.submitted.length % 2 === 0 ? 'ESME_RTHROTTLED' : pdu ? 'ESME_ROK' : 'hang';
    const carrier = carrierTo(server.address);
    const kinds = await Promise.all(Array.from({ length: 20 }, () => kindOf(carrier)));
    expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(10);
    expect(kinds.filter((kind) => kind === 'throttled')).toHaveLength(10);
  });

  it('accepted without a name is accepted', async () => {
    const server = await serve();
    server.messageId = '';
    expect(await carrierTo(server.address).send(message(), patient())).toEqual({ providerId: '', parts: 1 });
  });
});

describe('refusals', () => {
  it.each([
    ['ESME_RINVDSTADR', 'number'],
    ['ESME_RTHROTTLED', 'throttled'],
    ['ESME_RMSGQFUL', 'throttled'],
    ['ESME_RPROHIBITED', 'credentials'],
    ['ESME_RSYSERR', 'unavailable'],
    ['ESME_RINVBNDSTS', 'unavailable'],
    ['ESME_RSERTYPDENIED', 'credentials'],
    ['ESME_RSUBMITFAIL', 'refused'],
    ['ESME_RINVSRCADR', 'refused'],
    ['ESME_RUNKNOWNERR', 'refused'],
  ])('%s: %s', async (status, kind) => {
    const server = await serve();
    server.reply = () => status;
    const error = await carrierTo(server.address)
      .send(message(), patient())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind, detail: status });
    expectSilentAbout(error, [PASSWORD]);
  });

  it('a status of the server’s own', async () => {
    const server = await serve();
    server.reply = () => '0x0400';
    expect(await outcomeOf(carrierTo(server.address).send(message(), patient()))).toBe('refused 0x0400');
  });
});

describe('not handed over', () => {
  it('nobody listens', async () => {
    const carrier = carrierTo(addressOf(await deadPort()));
    expect(await outcomeOf(carrier.send(message(), patient()))).toBe('unavailable ECONNREFUSED');
  });

  it('a wrong password', async () => {
    const server = await serve();
    const error = await carrierTo({ ...server.address, password: 'wrong-pw' })
      .send(message(), patient())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'credentials', detail: 'ESME_RINVPASWD' });
    expectSilentAbout(error, ['wrong-pw']);
    expect(server.submitted).toEqual([]);
  });

  it.each([
    ['ESME_RBINDFAIL', 'credentials ESME_RBINDFAIL'],
    ['ESME_RALYBND', 'unavailable ESME_RALYBND'],
    ['ESME_RSYSERR', 'unavailable ESME_RSYSERR'],
    ['hang', 'unavailable bind_timeout'],
  ])('bind answered by %s', async (bindReply, outcome) => {
    const server = await serve();
    server.bindReply = bindReply;
    const carrier = carrierTo(server.address, bindReply === 'hang' ? { connectMs: 100 } : {});
    expect(await outcomeOf(carrier.send(message(), patient()))).toBe(outcome);
    expect(server.submitted).toEqual([]);
  });

  it('the connection is broken within the bind', async () => {
    const server = await serve();
    server.bindReply = 'drop';
    expect(await kindOf(carrierTo(server.address))).toBe('unavailable');
  });

  it('the signal aborts before the bind is done', async () => {
    const server = await serve();
    server.bindReply = 'hang';
    const carrier = carrierTo(server.address, { connectMs: 5_000 });
    expect(await outcomeOf(carrier.send(message(), AbortSignal.timeout(50)))).toBe(
      'unavailable connect_timeout',
    );
    expect(await kindOf(carrier, AbortSignal.abort())).toBe('unavailable');
  });

  it('after close', async () => {
    const server = await serve();
    const carrier = carrierTo(server.address);
    await carrier.send(message(), patient());
    await carrier.close();
    expect(await outcomeOf(carrier.send(message(), patient()))).toBe('unavailable closed');
    await carrier.close();
  });
});

describe('handed over, and no answer', () => {
  it('hangs: unknown as soon as the signal says, and the next message is sent', async () => {
    const server = await serve();
    server.reply = () => (server.submitted.length === 1 ? 'hang' : 'ESME_ROK');
    const carrier = carrierTo(server.address);
    expect(await outcomeOf(carrier.send(message(), AbortSignal.timeout(80)))).toBe('unknown timeout');
    expect(await kindOf(carrier)).toBe('accepted');
    expect(server.binds).toHaveLength(1);
  });

  it('the connection breaks: unknown, and it connects again by itself', async () => {
    const server = await serve();
    server.reply = () => (server.submitted.length === 1 ? 'drop' : 'ESME_ROK');
    const carrier = carrierTo(server.address);
    expect(await kindOf(carrier)).toBe('unknown');
    expect(server.submitted).toHaveLength(1);
    await soon(() => expect(server.binds).toHaveLength(2));
    expect(await kindOf(carrier)).toBe('accepted');
    expect(server.binds).toHaveLength(2);
  });

  it.each([
    ['enquire_link_resp', 0x80000015],
    ['generic_nack', 0x80000000],
    ['no command at all', 0x8000beef],
  ])('an answer that is none, by %s with status 0: unknown', async (_, command) => {
    const server = await octetSmppServer(command);
    open.push(server);
    const outcome = await outcomeOf(carrierTo(server.address).send(message(), patient()));
    expect(outcome).toBe('unknown no_submit_sm_resp');
  });

  it('the carrier is closed meanwhile: unknown', async () => {
    const server = await serve();
    server.reply = () => 'hang';
    const carrier = carrierTo(server.address);
    const sending = kindOf(carrier);
    await soon(() => expect(server.submitted).toHaveLength(1));
    await carrier.close();
    expect(await sending).toBe('unknown');
  });
});

describe('the connection', () => {
  it('is kept awake by enquire_link', async () => {
    const server = await serve();
    carrierTo(server.address, { enquireMs: 20 });
    await soon(() => expect(server.enquired).toBeGreaterThan(2));
    expect(server.binds).toHaveLength(1);
  });

  it('is given up and made anew when enquire_link is not answered', async () => {
    const server = await serve();
    server.awake = false;
    carrierTo(server.address, { enquireMs: 20, enquireTimeoutMs: 30 });
    await soon(() => expect(server.binds.length).toBeGreaterThan(1));
  });

  it('comes back by itself, and at once when somebody sends', async () => {
    const server = await serve();
    const carrier = carrierTo(server.address, { reconnectMs: 60_000 });
    await carrier.send(message(), patient());
    server.dropAll();
    await soon(async () => expect(await kindOf(carrier)).toBe('accepted'));
    expect(server.binds).toHaveLength(2);
  });

  it('ends when the server unbinds, politely, and comes back', async () => {
    const server = await serve();
    const carrier = carrierTo(server.address);
    await carrier.send(message(), patient());
    server.push('unbind', {});
    await soon(() => expect(server.binds).toHaveLength(2));
    expect(await kindOf(carrier)).toBe('accepted');
  });

  it('answers the server’s own enquire_link', async () => {
    const server = await serve();
    await carrierTo(server.address).send(message(), patient());
    server.push('enquire_link', {});
    await soon(() => expect(server.acknowledged[0]?.command).toBe('enquire_link_resp'));
  });

  it('probes by enquire_link', async () => {
    const server = await serve();
    await carrierTo(server.address).probe?.(patient());
    expect(server.enquired).toBe(1);
    const dead = carrierTo(addressOf(await deadPort()));
    expect(await outcomeOf(dead.probe?.(patient()) ?? Promise.reject())).toBe('unavailable ECONNREFUSED');
  });
});

describe('over TLS', () => {
  const certificate = selfSigned();

  it('by a certificate that is vouched for', async () => {
    const server = await smppServer(certificate);
    open.push(server);
    expect(await kindOf(carrierTo(server.address, { ca: certificate.cert, connectMs: 10_000 }))).toBe(
      'accepted',
    );
  });

  it('not by one that is not: nothing is said to it', async () => {
    const server = await smppServer(certificate);
    open.push(server);
    const outcome = await outcomeOf(
      carrierTo(server.address, { connectMs: 10_000 }).send(message(), patient()),
    );
    expect(outcome).toBe('unavailable DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(server.binds).toEqual([]);
  });
});

describe('receipts', () => {
  const text =
    'id:id-1 sub:001 dlvrd:001 submit date:2611241200 done date:2611241201 stat:DELIVRD err:000 text:493817 is';

  it('come to onReceipt, and are acknowledged', async () => {
    const server = await serve();
    const seen: Receipt[] = [];
    await carrierTo(server.address, {}, (receipt) => seen.push(receipt)).send(message(), patient());
    server.push('deliver_sm', { esm_class: 4, short_message: text });
    await soon(() => expect(seen).toEqual([{ providerId: 'id-1', outcome: 'delivered' }]));
    await soon(() =>
      expect(server.acknowledged[0]).toMatchObject({ command: 'deliver_sm_resp', command_status: 0 }),
    );
  });

  it('messages that come in are acknowledged and no receipts; a listener that throws ends nothing', async () => {
    const server = await serve();
    const seen = vi.fn(() => {
      throw new Error('listener');
    });
    const carrier = carrierTo(server.address, {}, seen);
    await carrier.send(message(), patient());
    server.push('deliver_sm', { esm_class: 0, short_message: 'STOP' });
    server.push('deliver_sm', { esm_class: 4, short_message: text });
    await soon(() => expect(server.acknowledged).toHaveLength(2));
    expect(seen).toHaveBeenCalledTimes(1);
    expect(await kindOf(carrier)).toBe('accepted');
  });
});

describe('garbage on the wire', () => {
  it('instead of a bind response: never accepted, nothing but NotSent, nobody dies', async () => {
    let bytes: Uint8Array = new Uint8Array();
    const server = await rawSmppServer(() => bytes);
    open.push(server);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 80 }), pduLike()), async (garbage) => {
        bytes = garbage;
        const carrier = openSmpp(server.address, parts, { ...QUICK, connectMs: 40 });
        expect(await kindOf(carrier)).toMatch(/^(unavailable|credentials)$/);
        await carrier.close();
      }),
      { numRuns: 60 },
    );
  });

  it('on a bound connection: it is lost, and comes back', async () => {
    const server = await serve();
    const carrier = carrierTo(server.address);
    await carrier.send(message(), patient());
    for (const bytes of [
      Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      Buffer.from([0, 0, 0, 8, 1, 2, 3, 4]),
      Buffer.alloc(64, 0xff),
    ]) {
      server.write(bytes);
      await soon(async () => expect(await kindOf(carrier, AbortSignal.timeout(500))).toBe('accepted'));
    }
  });

  it('in the place of an answer: never accepted', async () => {
    const server = await serve();
    server.reply = () => 'hang';
    const carrier = carrierTo(server.address);
    await carrier.probe?.(patient());
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 60 }), pduLike()), async (bytes) => {
        const before = server.submitted.length;
        const sending = kindOf(carrier, AbortSignal.timeout(40));
        const handedOver = soon(() => expect(server.submitted.length).toBeGreaterThan(before), 30);
        await handedOver.then(
          () => server.write(bytes),
          () => {},
        );
        expect(await sending).not.toBe('accepted');
      }),
      { numRuns: 60 },
    );
  });
});

/** Right lengths and headers around wrong contents; no submit_sm_resp or bind response that says "accepted". */
function pduLike(): fc.Arbitrary<Uint8Array> {
  const command = fc.constantFrom(
    0x80000000,
    0x80000004,
    0x80000009,
    0x80000015,
    5,
    6,
    0x15,
    0x102,
    0x103,
    0x7777,
    0x8000beef,
  );
  const body = fc.uint8Array({ maxLength: 60 });
  return fc
    .record({
      command,
      status: fc.integer({ min: 1, max: 0xffff }),
      sequence: fc.integer({ min: 0, max: 5 }),
      body,
    })
    .map(({ command: id, status, sequence, body: rest }) =>
      Buffer.concat([smppHeader(16 + rest.length, id, status, sequence), rest]),
    );
}
