/** Requests that are wrong on purpose. Each is wrong for certain: whoever answers one with success has a fault. */

export interface Malformed {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** Odd, but nothing that must be refused: no fault of the server may follow, and no more is asked. */
  readonly onlyOdd?: true;
}

export interface Target {
  readonly method: string;
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly cookie: string;
}

const FORM = 'application/x-www-form-urlencoded';
const encode = (fields: Readonly<Record<string, string>>) => new URLSearchParams({ ...fields }).toString();
const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;

/** Ways to spoil the value of one field; `name` and `value` are percent-encoded. */
const SPOILED: Readonly<Record<string, (name: string, value: string) => string | Buffer>> = {
  'a field twice': (name, value) => `${name}=${value}&${name}=${value}`,
  'a list': (name, value) => `${name}[]=${value}&${name}[]=${value}`,
  'an object': (name, value) => `${name}[a]=${value}`,
  'a prototype': (name, value) => `${name}[__proto__][x]=${value}`,
  'a NUL': (name, value) => `${name}=${value}%00`,
  'bad UTF-8': (name) => `${name}=%FF`,
  'a lone surrogate': (name) => `${name}=%ED%A0%80`,
  'half an escape': (name, value) => `${name}=${value}%2`,
  'sixty thousand characters': (name) => `${name}=${'a'.repeat(60_000)}`,
  'a megabyte': (name) => `${name}=${'a'.repeat(1_000_000)}`,
  'raw bytes': (name) =>
    Buffer.concat([Buffer.from(`${name}=a`), Buffer.from([0xff, 0xfe, 0xed, 0xa0, 0x80])]),
  'a raw NUL': (name, value) => `${name}=${value}\0b`,
};

const OTHER_BODIES: Readonly<Record<string, readonly [type: string, body: string]>> = {
  'JSON null': ['application/json', 'null'],
  'JSON lists': ['application/json', '{"code":["1"],"email":["a"],"password":[]}'],
  'JSON with a key twice': ['application/json', '{"code":"1","code":"2"}'],
  'JSON ten thousand deep': ['application/json', deep('[', ']', 10_000)],
  'JSON objects deep': ['application/json', deep('{"a":', '}', 8_000)],
  'broken JSON': ['application/json', '{"code":'],
  'plain text': ['text/plain', 'code=1'],
  multipart: [
    'multipart/form-data; boundary=x',
    '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
  ],
  XML: ['application/xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
  'four thousand fields': [FORM, Array.from({ length: 4_000 }, (_, n) => `f${n}=${n}`).join('&')],
  'a megabyte of fields': [FORM, 'a=1&'.repeat(250_000)],
  'an unknown field': [FORM, 'nonsense=1'],
  'a prototype as a field': [FORM, '__proto__=x'],
};

const QUERIES: Readonly<Record<string, string>> = {
  'an unknown query': 'nonsense=1',
  'a query twice': 'a=1&a=2',
  'bad UTF-8 in the query': 'x=%FF',
  'a NUL in the query': 'x=%00',
  'half an escape in the query': '%',
  'a long query': `x=${'a'.repeat(9_000)}`,
  'a prototype in the query': '__proto__=1',
};

const ODD_HEADERS: Readonly<Record<string, Record<string, string>>> = {
  'broken cookies': { cookie: 'session=%FF%00; login=%; known=%ED%A0%80; pass=%%%' },
  'a thousand cookies': { cookie: 'login=x; '.repeat(1_000) },
  'odd languages': { 'accept-language': 'x-'.repeat(3_000) },
  'odd encodings': { 'accept-encoding': 'br;q=x, gzip;q=-1, *' },
  'odd proxies': { 'x-forwarded-for': 'nonsense, ::::, 999.1.1.1' },
  'a hundred headers': Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x-${n}`, 'y'])),
};

const PATHS = [
  '/%',
  '/%FF',
  '/login/%00',
  '/..%2f..%2fetc/passwd',
  '/__proto__',
  '//x.example',
  '/assets/%2e%2e/x',
];

/** One more of them, chosen by `random`. */
export function malform(target: Target, random: () => number): Malformed {
  const { method, path, cookie } = target;
  const headers = { cookie, 'sec-fetch-site': 'same-origin', 'x-forwarded-for': network(random) };
  const dice = random();
  if (dice < 0.08) {
    const [what, odd] = pick(Object.entries(ODD_HEADERS), random);
    return { what, method: 'GET', path, headers: { ...headers, ...odd }, body: '', onlyOdd: true };
  }
  if (dice < 0.11) {
    return {
      what: 'a flood of headers',
      method: 'GET',
      path,
      headers: { ...headers, cookie: 'a'.repeat(30_000) },
      body: '',
    };
  }
  if (dice < 0.16) return { what: 'a path', method: 'GET', path: pick(PATHS, random), headers, body: '' };
  if (dice < 0.2) {
    const other = pick(['PUT', 'DELETE', 'PATCH', 'PROPFIND'], random);
    return { what: other, method: other, path, headers, body: '' };
  }
  if (method === 'GET' || dice < 0.3) {
    const [what, query] = pick(Object.entries(QUERIES), random);
    const body = method === 'GET' ? '' : encode(target.fields);
    const typed = method === 'GET' ? headers : { ...headers, 'content-type': FORM };
    return { what, method, path: `${path}${path.includes('?') ? '&' : '?'}${query}`, headers: typed, body };
  }
  if (dice < 0.34) {
    const foreign = { ...headers, 'sec-fetch-site': 'cross-site', 'content-type': FORM };
    return { what: 'a form from elsewhere', method, path, headers: foreign, body: encode(target.fields) };
  }
  return malformedBody(target, headers, random);
}

function malformedBody(target: Target, headers: Malformed['headers'], random: () => number): Malformed {
  const { method, path, fields } = target;
  const names = Object.keys(fields);
  if (names.length === 0 || random() < 0.4) {
    const [what, [type, body]] = pick(Object.entries(OTHER_BODIES), random);
    return { what, method, path, headers: { ...headers, 'content-type': type }, body };
  }
  const name = pick(names, random);
  const [what, spoil] = pick(Object.entries(SPOILED), random);
  const { [name]: value = '', ...rest } = fields;
  const parts = [Buffer.from(encode(rest)), Buffer.from(spoil(name, encodeURIComponent(value)))];
  const body = Buffer.concat([
    parts[0] as Buffer,
    Buffer.from(names.length > 1 ? '&' : ''),
    parts[1] as Buffer,
  ]);
  return { what, method, path, headers: { ...headers, 'content-type': FORM }, body };
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** Each from a network of its own, so that no limit on networks keeps them from the code behind it. */
function network(random: () => number): string {
  return `10.${[0, 0, 0].map(() => Math.floor(random() * 250)).join('.')}`;
}
