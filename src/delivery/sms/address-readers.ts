/** What each kind of address must have. Faults are whole sentences but for their place, and repeat no part of it. */
import type { Nameless } from './address.ts';
import type { AddressFields } from './address-fields.ts';
import { isSender, SENDER, senderFault } from './sender.ts';
import { readSecret } from './webhook-signature.ts';

export const READERS: Readonly<Record<string, (fields: AddressFields) => Nameless | string[]>> = {
  twilio: readTwilio,
  aws: readAws,
  vonage: readVonage,
  smpp: readSmpp,
  smpps: readSmpp,
  http: readHttp,
  https: readHttp,
};

function readTwilio(fields: AddressFields): Nameless | string[] {
  const { from, messaging_service: service } = fields.query;
  const faults = [
    ...fields.unknownQuery(['from', 'messaging_service']),
    ...onlyDefaultHost(fields),
    ...when(
      !/^AC[0-9a-f]{32}$/i.test(fields.user),
      'the user must be the Account SID, AC and 32 hexadecimal digits. API keys (SK…) cannot check receipts and are not taken.',
    ),
    ...when(fields.password === '', 'the auth token is missing. Write twilio://SID:TOKEN@default?from=….'),
    ...when((from === undefined) === (service === undefined), 'give either from or messaging_service.'),
    ...(from === undefined ? [] : senderFault('from', from)),
    ...when(
      service !== undefined && !/^MG[0-9a-f]{32}$/i.test(service),
      'messaging_service must be MG and 32 hexadecimal digits.',
    ),
  ];
  if (faults.length > 0) return faults;
  const sender = from === undefined ? { messagingService: service ?? '' } : { from };
  return { kind: 'twilio', account: fields.user, token: fields.password, sender };
}

function readAws(fields: AddressFields): Nameless | string[] {
  const { sender, configuration_set: set } = fields.query;
  const faults = [
    ...fields.unknownQuery(['sender', 'configuration_set']),
    ...when(fields.port !== null, 'take the port away: the region alone says where to send.'),
    ...when(!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(fields.host), 'the host must be a region, such as eu-west-1.'),
    ...when(
      !/^[A-Z0-9]{16,128}$/.test(fields.user),
      'the user must be the access key id, at least 16 capital letters and digits.',
    ),
    ...when(
      fields.password === '',
      'the secret access key is missing. Write aws://KEY:SECRET@eu-west-1?sender=…, with / in the secret as %2F.',
    ),
    ...when(
      sender === undefined ||
        (!isSender(sender) && !/^(?:phone|pool)-[0-9a-f]{32}$|^arn:[A-Za-z0-9_:/-]{1,250}$/.test(sender)),
      `sender must be ${SENDER}, the id of a phone number or pool (phone-…, pool-…), or its ARN.`,
    ),
    ...when(
      set !== undefined && !/^[A-Za-z0-9_:/-]{1,256}$/.test(set),
      'configuration_set must be the name or ARN of one.',
    ),
  ];
  if (faults.length > 0 || sender === undefined) return faults;
  const keys = { accessKeyId: fields.user, secretAccessKey: fields.password };
  return { kind: 'aws', ...keys, region: fields.host, sender, configurationSet: set ?? null };
}

function readVonage(fields: AddressFields): Nameless | string[] {
  const { from, signature_secret: secret } = fields.query;
  const faults = [
    ...fields.unknownQuery(['from', 'signature_secret']),
    ...onlyDefaultHost(fields),
    ...when(!/^[A-Za-z0-9]{4,64}$/.test(fields.user), 'the user must be the API key, letters and digits.'),
    ...when(fields.password === '', 'the API secret is missing. Write vonage://KEY:SECRET@default?from=….'),
    ...senderFault('from', from),
    ...when(
      secret === '',
      'signature_secret is empty. Copy it from the dashboard, or leave it away: then no receipts are read.',
    ),
  ];
  if (faults.length > 0 || from === undefined) return faults;
  const keys = { apiKey: fields.user, apiSecret: fields.password };
  return { kind: 'vonage', ...keys, from, signatureSecret: secret ?? null };
}

function readSmpp(fields: AddressFields): Nameless | string[] {
  const { source, system_type: systemType = '' } = fields.query;
  const faults = [
    ...fields.unknownQuery(['source', 'system_type']),
    ...when(fields.host === '', 'the host is missing. Write smpp://USER:PASS@host:2775?source=….'),
    // SMPP 3.4, 4.1.1: at most 15, 8 and 12 octets. Some servers take longer passwords.
    ...when(
      !/^[\x21-\x7e]{1,15}$/.test(fields.user),
      'the user must be the system_id, 1 to 15 ASCII characters.',
    ),
    ...when(!/^[\x20-\x7e]{1,64}$/.test(fields.password), 'the password must be 1 to 64 ASCII characters.'),
    ...when(!/^[\x20-\x7e]{0,12}$/.test(systemType), 'system_type must be at most 12 ASCII characters.'),
    ...senderFault('source', source),
  ];
  if (faults.length > 0 || source === undefined) return faults;
  const tls = fields.scheme === 'smpps';
  const where = { host: fields.host, port: fields.port ?? (tls ? 3550 : 2775), tls };
  return { kind: 'smpp', ...where, systemId: fields.user, password: fields.password, systemType, source };
}

/** The query is the gateway's own and stays as it is, but for `receipts=yes` and `receipts=no`, which are ours. */
function readHttp(fields: AddressFields): Nameless | string[] {
  const secret = readSecret(fields.password);
  const faults = [
    ...when(fields.host === '', 'the host is missing. Write https://:SECRET@host/path.'),
    ...when(
      fields.user !== '',
      'it has a user. Requests are signed with a secret alone: write https://:SECRET@host/path.',
    ),
    ...when(
      secret === null,
      'the secret must have at least 16 bytes: write https://:SECRET@host/path, where SECRET is whsec_ and base64, or plain characters.',
    ),
  ];
  if (faults.length > 0 || secret === null) return faults;
  return { kind: 'http', ...takeReceipts(fields.withoutUserInfo), secret };
}

const OURS: ReadonlyMap<string, boolean> = new Map([
  ['receipts=yes', true],
  ['receipts=no', false],
]);

/** Any other value of `receipts` is a word of the gateway's, which may have had such a parameter before we did. */
function takeReceipts(address: string): { url: string; receipts: boolean } {
  const url = new URL(address);
  const pairs = url.search.slice(1).split('&');
  const said = pairs.findLast((pair) => OURS.has(pair)) ?? 'receipts=yes';
  url.search = pairs.filter((pair) => !OURS.has(pair)).join('&');
  return { url: url.href, receipts: OURS.get(said) ?? true };
}

function onlyDefaultHost(fields: AddressFields): string[] {
  return when(
    fields.host !== 'default' || fields.port !== null,
    'the host must be the word default, without a port.',
  );
}

function when(wrong: boolean, fault: string): string[] {
  return wrong ? [fault] : [];
}
