/**
 * Reads `SMS_URL`: carriers by address, tried in order. Pure; loads no carrier. A fault says how to mend it and
 * repeats nothing of the address but its place in the list and, where it is one of ours, its scheme: with a slip in
 * the wrong place any other part may be a piece of the secret.
 */
import { type AddressFields, splitAddress } from './address-fields.ts';
import { readSecret } from './webhook-signature.ts';

interface Named {
  /** `twilio`, then `twilio-2` for the second of its kind. */
  readonly name: string;
}

export interface TwilioAddress extends Named {
  readonly kind: 'twilio';
  readonly account: string;
  readonly token: string;
  readonly sender: { readonly from: string } | { readonly messagingService: string };
}

export interface AwsAddress extends Named {
  readonly kind: 'aws';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly sender: string;
  readonly configurationSet: string | null;
}

export interface VonageAddress extends Named {
  readonly kind: 'vonage';
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly from: string;
  /** Signs Vonage's receipts; without it none are read. */
  readonly signatureSecret: string | null;
}

export interface SmppAddress extends Named {
  readonly kind: 'smpp';
  /** Without brackets where it is an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
  readonly source: string;
}

export interface HttpAddress extends Named {
  readonly kind: 'http';
  /** Without user info. */
  readonly url: string;
  /** The key itself, out of `whsec_…` or as written. */
  readonly secret: Uint8Array;
}

export type CarrierAddress = TwilioAddress | AwsAddress | VonageAddress | SmppAddress | HttpAddress;

/** An address before it has its name. */
type Nameless = {
  [K in CarrierAddress['kind']]: Omit<Extract<CarrierAddress, { kind: K }>, 'name'>;
}[CarrierAddress['kind']];

const READERS: Readonly<Record<string, (fields: AddressFields) => Nameless | string[]>> = {
  twilio: readTwilio,
  aws: readAws,
  vonage: readVonage,
  smpp: readSmpp,
  smpps: readSmpp,
  http: readHttp,
  https: readHttp,
};

/**
 * Reads a comma list of addresses. Faults are whole sentences for the operator; a text with a fault gives no carrier
 * for that address, and should start nothing.
 */
export function readSmsAddresses(text: string): { carriers: CarrierAddress[]; faults: string[] } {
  const carriers: CarrierAddress[] = [];
  const faults: string[] = [];
  text.split(',').forEach((part, at) => {
    const place = `SMS_URL, address ${at + 1}`;
    const read = readOne(part.trim());
    if (Array.isArray(read)) faults.push(...read.map((fault) => `${place}${fault}`));
    else carriers.push(named(read, carriers));
  });
  return { carriers, faults };
}

function readOne(address: string): Nameless | string[] {
  if (address === '')
    return [': it is empty. Remove the comma too many, or unset SMS_URL to offer no text messages.'];
  const scheme = /^([a-z]+):\/\//i.exec(address)?.[1]?.toLowerCase() ?? '';
  const reader = Object.hasOwn(READERS, scheme) ? READERS[scheme] : undefined;
  if (reader === undefined) {
    return [`: it begins with no known carrier. Write one of ${Object.keys(READERS).join('://, ')}://.`];
  }
  const fields = splitAddress(address, scheme);
  const read = typeof fields === 'string' ? [fields] : reader(fields);
  return Array.isArray(read) ? read.map((fault) => ` (${scheme}): ${fault}`) : read;
}

function named(read: Nameless, before: readonly CarrierAddress[]): CarrierAddress {
  const same = before.filter(({ kind }) => kind === read.kind).length;
  return { ...read, name: same === 0 ? read.kind : `${read.kind}-${same + 1}` } as CarrierAddress;
}

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

/** The query is the gateway's own and stays as it is. */
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
  return { kind: 'http', url: fields.withoutUserInfo, secret };
}

const SENDER =
  'a number such as +15550100, a short code of 3 to 8 digits, or a name of at most 11 letters and digits';

function senderFault(name: string, sender: string | undefined): string[] {
  return when(sender === undefined || !isSender(sender), `${name} must be ${SENDER}.`);
}

function isSender(sender: string): boolean {
  return senderKind(sender) !== null;
}

/** What a sender is: E.164 with its plus, a short code, or an alphanumeric name with at least one letter. */
export function senderKind(sender: string): 'number' | 'short_code' | 'name' | null {
  if (/^\+[1-9]\d{6,14}$/.test(sender)) return 'number';
  if (/^\d{3,8}$/.test(sender)) return 'short_code';
  return /^(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9 ._&-]{0,9}[A-Za-z0-9])?$/.test(sender) ? 'name' : null;
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
