/**
 * What HTTP carriers make of servers that do not behave, one table for all of them: which failures certainly left
 * the message with us, and which leave it open.
 */
import { createServer as createTlsServer } from 'node:https';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type {
  AwsAddress,
  HttpAddress,
  TwilioAddress,
  VonageAddress,
} from '../../src/delivery/sms/address.ts';
import { openAws } from '../../src/delivery/sms/aws.ts';
import { NotSent, type SmsCarrier } from '../../src/delivery/sms/carrier.ts';
import { openHttp } from '../../src/delivery/sms/http-gateway.ts';
import { openTwilio } from '../../src/delivery/sms/twilio.ts';
import { openVonage } from '../../src/delivery/sms/vonage.ts';
import * as aws from '../support/sms-aws.ts';
import { selfSigned } from '../support/sms-certificate.ts';
import { deadPort, type FakeServer, httpServer, listen, type Reply, rawServer } from '../support/sms-http.ts';
import { expectSilentAbout, kindOf, message, outcomeOf, parts, patient } from '../support/sms-messages.ts';
import * as twilio from '../support/sms-twilio.ts';
import * as vonage from '../support/sms-vonage.ts';

const twilioAddress: TwilioAddress = {
  kind: 'twilio',
  name: 'twilio',
  account: twilio.SID,
  token: twilio.TOKEN,
  sender: { from: 'Gate' },
};
const awsAddress: AwsAddress = {
  kind: 'aws',
  name: 'aws',
  accessKeyId: aws.KEY,
  secretAccessKey: aws.SECRET,
  region: aws.REGION,
  sender: 'Gate',
  configurationSet: null,
};
const vonageAddress: VonageAddress = {
  kind: 'vonage',
  name: 'vonage',
  apiKey: vonage.API_KEY,
  apiSecret: vonage.API_SECRET,
  from: 'Gate',
  signatureSecret: null,
};
const GATEWAY_SECRET = 'a secret of the gateway';
const httpAddress: HttpAddress = {
  kind: 'http',
  name: 'http',
  url: '',
  secret: Buffer.from(GATEWAY_SECRET),
  receipts: true,
};

const CARRIERS: [string, (baseUrl: string, connectMs?: number) => SmsCarrier, Reply][] = [
  [
    'twilio',
    (baseUrl, connectMs = 5_000) => openTwilio(twilioAddress, parts, { baseUrl, connectMs }),
    { status: 201, body: { sid: twilio.MESSAGE_SID, status: 'queued', num_segments: '1' } },
  ],
  [
    'aws',
    (baseUrl, connectMs = 5_000) => openAws(awsAddress, parts, { baseUrl, connectMs }),
    { status: 200, body: { MessageId: 'an-id' } },
  ],
  [
    'vonage',
    (baseUrl, connectMs = 5_000) => openVonage(vonageAddress, parts, { baseUrl, connectMs }),
    { status: 202, body: { message_uuid: vonage.UUID } },
  ],
  [
    'http',
    (baseUrl, connectMs = 5_000) => openHttp({ ...httpAddress, url: `${baseUrl}/sms` }, parts, { connectMs }),
    { status: 200, body: { id: 'an-id' } },
  ],
];

const SECRETS = [twilio.TOKEN, aws.SECRET, vonage.API_SECRET, GATEWAY_SECRET];

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(server: Promise<FakeServer>): Promise<FakeServer> {
  const started = await server;
  open.push(started);
  return started;
}

describe.each(CARRIERS)('%s', (_, carrierAt, accepted) => {
  it('takes the answer that says accepted', async () => {
    const server = await serve(httpServer(() => accepted));
    expect(await kindOf(carrierAt(server.url))).toBe('accepted');
    expect(server.seen).toHaveLength(1);
  });

  it('nobody listens: not accepted', async () => {
    const carrier = carrierAt(`http://127.0.0.1:${await deadPort()}`);
    expect(await outcomeOf(carrier.send(message(), patient()))).toBe('unavailable ECONNREFUSED');
  });

  it('no such host: not accepted', async () => {
    expect(await kindOf(carrierAt('http://nowhere.invalid'))).toBe('unavailable');
  });

  it('a certificate that nobody vouches for: not accepted', async () => {
    const { key, cert } = selfSigned();
    const server = await listen(createTlsServer({ key, cert }, () => expect.unreachable()));
    open.push(server);
    const outcome = await outcomeOf(carrierAt(`https://127.0.0.1:${server.port}`).send(message(), patient()));
    expect(outcome).toBe('unavailable DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('TLS never comes about: not accepted, after the time for connecting', async () => {
    const server = await serve(rawServer(null));
    const carrier = carrierAt(`https://127.0.0.1:${server.port}`, 60);
    expect(await outcomeOf(carrier.send(message(), patient()))).toBe('unavailable connect_timeout');
  });

  it('the signal aborts before there is a connection: not accepted', async () => {
    const server = await serve(rawServer(null));
    const carrier = carrierAt(`https://127.0.0.1:${server.port}`, 5_000);
    expect(await outcomeOf(carrier.send(message(), AbortSignal.timeout(60)))).toBe('unavailable timeout');
    expect(await outcomeOf(carrier.send(message(), AbortSignal.abort()))).toBe('unavailable timeout');
  });

  it('hangs after it took the message: unknown, as soon as the signal says', async () => {
    const server = await serve(httpServer(() => 'never'));
    const began = performance.now();
    expect(await outcomeOf(carrierAt(server.url).send(message(), AbortSignal.timeout(100)))).toBe(
      'unknown timeout',
    );
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(server.seen).toHaveLength(1);
  });

  it('breaks the connection after it took the message: unknown, and it is not sent again', async () => {
    const server = await serve(httpServer(() => 'reset'));
    expect(await kindOf(carrierAt(server.url))).toBe('unknown');
    expect(server.seen).toHaveLength(1);
  });

  it('breaks off within the answer: unknown', async () => {
    const server = await serve(httpServer(() => 'half_a_body'));
    expect(await kindOf(carrierAt(server.url))).toBe('unknown');
  });

  it('talks something else than HTTP: unknown', async () => {
    const server = await serve(rawServer(Buffer.from('220 mail.example.com ESMTP\r\n')));
    expect(await kindOf(carrierAt(server.url))).toBe('unknown');
    const silent = await serve(rawServer(Buffer.of()));
    expect(await kindOf(carrierAt(silent.url))).toBe('unknown');
  });

  it.each([
    [500, 'unavailable'],
    [502, 'unknown'],
    [503, 'unavailable'],
    [504, 'unknown'],
    [429, 'throttled'],
    [401, 'credentials'],
    [403, 'credentials'],
    [402, 'unavailable'],
    [408, 'unknown'],
    [404, 'unavailable'],
    [405, 'unavailable'],
    [410, 'unavailable'],
    [415, 'unavailable'],
    [422, 'refused'],
    [400, 'refused'],
    [418, 'refused'],
    [200, 'unknown'],
    [204, 'unknown'],
    [299, 'unknown'],
  ])('status %i with a page of HTML: %s', async (status, kind) => {
    const server = await serve(httpServer(() => ({ status, body: '<html>+447700900123</html>' })));
    expect(await kindOf(carrierAt(server.url))).toBe(kind);
  });

  it('follows no redirect', async () => {
    const elsewhere = await serve(httpServer(() => accepted));
    const server = await serve(httpServer(() => ({ status: 307, headers: { location: elsewhere.url } })));
    expect(await kindOf(carrierAt(server.url))).toBe('unavailable');
    expect(elsewhere.seen).toEqual([]);
  });

  it('an answer without end is cut off, long before the time is up', async () => {
    const server = await serve(httpServer(() => 'endless'));
    const outcome = await outcomeOf(carrierAt(server.url).send(message(), patient()));
    expect(outcome).toMatch(/^unknown /);
  });

  it('an id that no header can hold is refused before anything is sent, or does no harm', async () => {
    const server = await serve(httpServer(() => accepted));
    const outcome = await outcomeOf(carrierAt(server.url).send(message({ id: 'a\r\nb' }), patient()));
    expect(typeof outcome === 'string' ? outcome : 'accepted').toMatch(
      /^accepted$|^unavailable bad_request$/,
    );
  });

  it('garbage never counts as accepted, throws nothing but NotSent, and shows nothing', async () => {
    let reply: Reply = { status: 200 };
    const server = await serve(httpServer(() => reply));
    const carrier = carrierAt(server.url);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 599 }), garbage(), async (status, body) => {
        reply = { status, headers: { 'content-type': 'application/json' }, body };
        const error: unknown = await carrier.send(message(), patient()).then(
          (taken) => expect.unreachable(`taken: ${JSON.stringify(taken)}`),
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(NotSent);
        expect((error as NotSent).kind === 'unknown').toBe(status < 300 || [408, 502, 504].includes(status));
        expectSilentAbout(error, SECRETS);
      }),
      { numRuns: 150 },
    );
  });

  it('bytes that are no HTTP never count as accepted either', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const server = await rawServer(bytes);
        try {
          expect(await kindOf(carrierAt(server.url), AbortSignal.timeout(150))).toBe('unknown');
        } finally {
          await server.close();
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** Bodies near enough to an answer, with the fields that carriers look at, and values that none may take. */
function garbage(): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1e300,
      '',
      ' ',
      'a b',
      [],
      {},
      '+447700900123',
      'é',
      '\u0000',
    ),
    fc.constant('x'.repeat(300)),
    fc.array(fc.string(), { maxLength: 2 }),
  );
  const name = fc.constantFrom(
    'sid',
    'MessageId',
    'message_uuid',
    'id',
    'status',
    '__type',
    'type',
    'Reason',
    'error',
    'Fields',
  );
  const close = fc.dictionary(name, value, { maxKeys: 5 }).map((fields) => JSON.stringify(fields));
  return fc.oneof(
    fc.string(),
    close.filter((text) => !text.includes('"+4477')),
    fc.json(),
    close.map((text) => text.slice(0, -1)),
  );
}
