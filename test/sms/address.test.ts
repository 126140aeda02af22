import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSmsAddresses } from '../../src/delivery/sms/address.ts';
import { senderKind } from '../../src/delivery/sms/sender.ts';

const SID = `AC${'0'.repeat(31)}1`;
const AWS = 'AKIDEXAMPLE012345678';
const GATEWAY_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function one(text: string) {
  const { carriers, faults } = readSmsAddresses(text);
  expect(faults).toEqual([]);
  expect(carriers).toHaveLength(1);
  return carriers[0];
}

function faultsOf(text: string): string[] {
  const { faults } = readSmsAddresses(text);
  expect(faults.length).toBeGreaterThan(0);
  return faults;
}

describe('addresses that are right', () => {
  it('Twilio, by number: the plus stays a plus', () => {
    expect(one(`twilio://${SID}:to%2Fken@default?from=+15550100`)).toEqual({
      kind: 'twilio',
      name: 'twilio',
      account: SID,
      token: 'to/ken',
      sender: { from: '+15550100' },
    });
  });

  it('Twilio, by messaging service', () => {
    const service = `MG${'a'.repeat(32)}`;
    expect(one(`twilio://${SID}:t@default?messaging_service=${service}`)).toMatchObject({
      sender: { messagingService: service },
    });
  });

  it('AWS, with a slash in the secret', () => {
    expect(one(`aws://${AWS}:a%2Fb%2Bc+d@eu-west-1?sender=GATE`)).toEqual({
      kind: 'aws',
      name: 'aws',
      accessKeyId: AWS,
      secretAccessKey: 'a/b+c+d',
      region: 'eu-west-1',
      sender: 'GATE',
      configurationSet: null,
    });
  });

  it.each([
    `phone-${'0a'.repeat(16)}`,
    `pool-${'0a'.repeat(16)}`,
    'arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-1',
  ])('AWS, sender %s', (sender) => {
    expect(one(`aws://${AWS}:s@us-gov-west-1?sender=${sender}&configuration_set=login`)).toMatchObject({
      sender,
      configurationSet: 'login',
    });
  });

  it('Vonage, with and without a signature secret', () => {
    expect(one('vonage://abcd1234:secret@default?from=Gate')).toMatchObject({
      from: 'Gate',
      signatureSecret: null,
    });
    expect(one('vonage://abcd1234:secret@default?from=Gate&signature_secret=a%26b')).toMatchObject({
      signatureSecret: 'a&b',
    });
  });

  it('SMPP: ports, TLS, IPv6', () => {
    expect(one('smpp://user:p%40ss@smsc.example.com?source=+15550100')).toEqual({
      kind: 'smpp',
      name: 'smpp',
      host: 'smsc.example.com',
      port: 2775,
      tls: false,
      systemId: 'user',
      password: 'p@ss',
      systemType: '',
      source: '+15550100',
    });
    expect(one('smpps://user:pass@[2001:db8::1]:8775/?source=48484&system_type=OTP')).toMatchObject({
      host: '2001:db8::1',
      port: 8775,
      tls: true,
      systemType: 'OTP',
    });
    expect(one('smpps://user:pass@host?source=Gate')).toMatchObject({ port: 3550 });
  });

  it('an own gateway: the address is kept without its secret, the query is its own', () => {
    const read = one(`https://:${GATEWAY_SECRET}@[::1]:8443/sms?route=otp`);
    expect(read).toMatchObject({ kind: 'http', name: 'http', url: 'https://[::1]:8443/sms?route=otp' });
    expect(Buffer.from((read as { secret: Uint8Array }).secret).toString('base64')).toBe(
      GATEWAY_SECRET.slice('whsec_'.length),
    );
    expect(one('http://:a%20long%20enough%20secret@gateway/')).toMatchObject({ url: 'http://gateway/' });
  });

  it('an own gateway that posts no receipts says so; the rest of the query goes on as it was', () => {
    const url = (query: string) => one(`https://:${GATEWAY_SECRET}@gateway/sms${query}`);
    expect(url('')).toMatchObject({ receipts: true });
    expect(url('?receipts=yes&b=%20')).toMatchObject({ receipts: true, url: 'https://gateway/sms?b=%20' });
    expect(url('?a=1+2&receipts=no&a=3')).toMatchObject({
      receipts: false,
      url: 'https://gateway/sms?a=1+2&a=3',
    });
    expect(url('?receipts=no')).toMatchObject({ receipts: false, url: 'https://gateway/sms' });
    // A gateway may have a parameter of that name itself.
    expect(url('?receipts=full&receipts=no')).toMatchObject({
      receipts: false,
      url: 'https://gateway/sms?receipts=full',
    });
    expect(url('?receipts=maybe&b=1')).toMatchObject({
      receipts: true,
      url: 'https://gateway/sms?receipts=maybe&b=1',
    });
  });

  it('several, in their order, each with a name of its own', () => {
    const twilio = `twilio://${SID}:t@default?from=Gate`;
    const { carriers, faults } = readSmsAddresses(`${twilio}, smpp://u:p@h?source=Gate ,${twilio}`);
    expect(faults).toEqual([]);
    expect(carriers.map(({ name }) => name)).toEqual(['twilio', 'smpp', 'twilio-2']);
  });
});

describe('faults say where and how to mend it', () => {
  it.each([
    ['', 'empty'],
    ['smpp://u:p@h?source=Gate,', 'address 2'],
    ['mailto:x', 'no known carrier'],
    ['constructor://x', 'no known carrier'],
    [`twilio://${SID}:t@default`, 'either from or messaging_service'],
    [
      `twilio://${SID}:t@default?from=Gate&messaging_service=MG${'a'.repeat(32)}`,
      'either from or messaging_service',
    ],
    [`twilio://SK${'a'.repeat(32)}:t@default?from=Gate`, 'Account SID'],
    [`twilio://${SID}@default?from=Gate`, 'auth token is missing'],
    [`twilio://${SID}:t@example.com?from=Gate`, 'the word default'],
    [`twilio://${SID}:t@default:80?from=Gate`, 'without a port'],
    [`twilio://${SID}:t@default?from=Gate&form=1`, 'not known'],
    [`twilio://${SID}:t@default?from=Gate&from=Door`, 'stands twice'],
    [`twilio://${SID}:t@default?from=TwelveLetters`, 'at most 11'],
    [`twilio://${SID}:t@default?from=0044`.replace('0044', '+0044'), 'from must be'],
    [`twilio://${SID}:t@default?messaging_service=MG1`, 'MG and 32'],
    [`aws://${AWS}:a/b@eu-west-1?sender=Gate`, '%2F'],
    [`aws://${AWS}:s@europe?sender=Gate`, 'eu-west-1'],
    [`aws://${AWS}:s@eu-west-1`, 'sender must be'],
    [`aws://short:s@eu-west-1?sender=Gate`, 'access key id'],
    [`aws://${AWS}@eu-west-1?sender=Gate`, 'secret access key'],
    ['vonage://abcd1234@default?from=Gate', 'API secret is missing'],
    ['vonage://abcd1234:s@default', 'from must be'],
    ['vonage://abcd1234:s@default?from=Gate&signature_secret=', 'empty'],
    ['smpp://u:p@?source=Gate', 'host is missing'],
    ['smpp://u@h?source=Gate', 'password'],
    ['smpp://a-far-too-long-system-id:p@h?source=Gate', 'system_id'],
    ['smpp://u:p@h:70000?source=Gate', 'port'],
    ['smpp://u:p@h:0?source=Gate', 'port'],
    ['smpp://u:p@h/path?source=Gate', 'path'],
    ['smpp://u:%zz@h?source=Gate', '%25'],
    ['smpp://u:p@h?source=Gate#x', 'percent-encode'],
    ['https://host/path', 'at least 16 bytes'],
    ['https://:short@host/path', 'at least 16 bytes'],
    ['https://user:a-long-enough-secret@host/path', 'signed with a secret alone'],
    ['https://:a-long-enough-secret@/path', 'host is missing'],
  ])('%s', (text, says) => {
    expect(faultsOf(text).join('\n')).toContain(says);
  });

  it('each is a sentence that names its place', () => {
    for (const fault of faultsOf(`twilio://x:y@z?from=&bad=1,aws://x@y`)) {
      expect(fault).toMatch(/^SMS_URL, address [12] \((twilio|aws)\): .+\.$/s);
    }
  });
});

it('no fault repeats a secret, whatever stands around it and wherever it slipped to', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{10,24}$/);
  const scheme = fc.constantFrom('twilio', 'aws', 'vonage', 'smpp', 'smpps', 'http', 'https', 'twillio', '');
  const noise = fc.string({
    unit: fc.constantFrom('/', '?', '#', '@', ':', '&', '=', '%', ',', '[', ']', ' ', 'x'),
    maxLength: 4,
  });
  fc.assert(
    fc.property(
      scheme,
      secret,
      fc.array(noise, { minLength: 4, maxLength: 4 }),
      (name, key, [a, b, c, d]) => {
        const marked = `zz${key}`;
        for (const text of [
          `${name}://user${a}:${b}${marked}${c}@default${d}?from=Gate`,
          `${name}://user:${a}@default?${b}${marked}${c}=1${d}`,
          `${marked}${a}://${b}user@default`,
          `${name}://user:pass@${a}${marked}${b}?from=${c}`,
        ]) {
          for (const fault of readSmsAddresses(text).faults) expect(fault).not.toContain(marked);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it.each([
  ['+15550100', 'number'],
  ['+447700900123', 'number'],
  ['15550100', 'short_code'],
  ['48484', 'short_code'],
  ['Gate', 'name'],
  ['GATE 24', 'name'],
  ['12', null],
  ['123456789', null],
  ['', null],
  ['+0123456789', null],
  ['Sallyportal1', null],
  [' Gate', null],
  ['Gaté', null],
])('sender %j is %j', (sender, kind) => {
  expect(senderKind(sender)).toBe(kind);
});
