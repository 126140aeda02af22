/**
 * Reads `SMS_URL`: carriers by address, tried in order. Pure; loads no carrier. A fault says how to mend it and
 * repeats nothing of the address but its place in the list and, where it is one of ours, its scheme: with a slip in
 * the wrong place any other part may be a piece of the secret.
 */
import { splitAddress } from './address-fields.ts';
import { READERS } from './address-readers.ts';

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
  /** Without user info, and without what is ours in its query. */
  readonly url: string;
  /** The key itself, out of `whsec_…` or as written. */
  readonly secret: Uint8Array;
  /** Does it post receipts? As the address says: yes, unless `receipts=no`. */
  readonly receipts: boolean;
}

export type CarrierAddress = TwilioAddress | AwsAddress | VonageAddress | SmppAddress | HttpAddress;

/** An address before it has its name. */
export type Nameless = {
  [K in CarrierAddress['kind']]: Omit<Extract<CarrierAddress, { kind: K }>, 'name'>;
}[CarrierAddress['kind']];

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
