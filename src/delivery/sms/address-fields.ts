/**
 * The parts of one address, percent-decoded. Written out rather than left to `URL`: that turns the plus of
 * `from=+15550100` into a blank, and its errors repeat the address with its secret.
 */
export interface AddressFields {
  readonly scheme: string;
  readonly user: string;
  readonly password: string;
  /** In lower case, without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number | null;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The address as `URL` writes it, with path and query, for carriers that are reached by it. */
  readonly withoutUserInfo: string;
  /** Faults for every parameter but these, and for one that stands twice. */
  unknownQuery(known: readonly string[]): string[];
}

const SHAPE =
  /^[a-z]+:\/\/(?:([^/?#@]*)@)?(\[[0-9a-f:.]+\]|[^/?#@:[\]]*)(?::(\d{1,5}))?(\/[^?#]*)?(?:\?([^#]*))?$/i;

/** The parts, or a fault in words that repeat nothing of the address. */
export function splitAddress(address: string, scheme: string): AddressFields | string {
  const web = scheme === 'http' || scheme === 'https';
  const shape = SHAPE.exec(address);
  if (shape === null) return UNREADABLE;
  const [, userInfo = '', host = '', portText, path = '', queryText] = shape;
  if (!web && path !== '' && path !== '/')
    return 'it has a path. Write / within the user or secret as %2F, or remove it.';
  const colon = userInfo.indexOf(':');
  const user = decode(colon < 0 ? userInfo : userInfo.slice(0, colon));
  const password = decode(colon < 0 ? '' : userInfo.slice(colon + 1));
  const port = portText === undefined ? null : Number(portText);
  const pairs = (queryText ?? '').split('&').filter((pair) => pair !== '');
  const entries = pairs.map((pair) => splitPair(pair));
  if (user === null || password === null || entries.some((entry) => entry === null)) return BAD_PERCENT;
  if (port === 0 || (port ?? 0) > 65_535) return 'the port must be between 1 and 65535.';
  const url = `${scheme}://${host}${portText === undefined ? '' : `:${portText}`}${path}${queryText === undefined ? '' : `?${queryText}`}`;
  if (!URL.canParse(url)) return UNREADABLE;
  return {
    scheme,
    user,
    password,
    host: host.toLowerCase().replace(/^\[|\]$/g, ''),
    port,
    // Without a prototype: a parameter may be called anything.
    query: Object.assign(Object.create(null), Object.fromEntries(entries as [string, string][])),
    withoutUserInfo: new URL(url).href,
    unknownQuery: (known) => queryFaults(entries as [string, string][], known),
  };
}

const UNREADABLE =
  'it cannot be read. Write CARRIER://USER:SECRET@host?name=value, and percent-encode what is special within user and secret: / as %2F, @ as %40, : as %3A, ? as %3F, # as %23, a comma as %2C.';
const BAD_PERCENT = 'a percent sign is not followed by two hexadecimal digits. Write the sign itself as %25.';

function splitPair(pair: string): [string, string] | null {
  const equals = pair.indexOf('=');
  const name = decode(equals < 0 ? pair : pair.slice(0, equals));
  const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
  return name === null || value === null ? null : [name, value];
}

function queryFaults(entries: readonly [string, string][], known: readonly string[]): string[] {
  const names = entries.map(([name]) => name);
  const faults: string[] = [];
  if (names.some((name) => !known.includes(name))) {
    faults.push(
      `it has a parameter that is not known. It takes ${known.join(' and ')}; write & and ? within a secret as %26 and %3F.`,
    );
  }
  if (new Set(names).size < names.length) faults.push('a parameter stands twice. Keep one.');
  return faults;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
