import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { isSupportedCountry } from 'libphonenumber-js/max';
import { type KeyRing, parseKeys } from './credentials/sealed-secret.ts';
import { type CarrierAddress, readSmsAddresses } from './delivery/sms/address.ts';
import type { TextPolicy } from './rules/text-messages.ts';
import { readTextPolicy } from './rules/text-messages-settings.ts';

/** What the environment says, read once. Nobody else reads the environment. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Public address, without a trailing slash. */
  readonly url: string;
  readonly databaseUrl: string;
  /** `null`: none given; with SQLite the key file beside the database is used or made. */
  readonly keys: KeyRing | null;
  readonly product: string;
  readonly support: string;
  /** `null`: the development inbox. */
  readonly mail: { readonly smtpUrl: string; readonly from: string } | null;
  /** Text messages: their carriers in order (none: with `dev` the inbox, else there are none), and their limits. */
  readonly sms: { readonly carriers: readonly CarrierAddress[]; readonly policy: TextPolicy };
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  readonly hashesAtOnce: number;
  readonly dev: boolean;
}

export class ConfigFaults extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigFaults';
    this.faults = faults;
  }
}

/** `operate`: a command of the operator's, which sends nothing by itself. */
export type Mode = 'serve' | 'dev' | 'demo' | 'operate';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const SETTINGS = [
  'PORT',
  'HOST',
  'DATABASE_URL',
  'SMTP_URL',
  'MAIL_FROM',
  'SMS_URL',
  'SMS_COUNTRIES',
  'SMS_LIMITS',
  'SMS_PRICES',
  'SMS_MODE',
  'GEOIP_FILE',
  'LOG_LEVEL',
  'TRUSTED_PROXIES',
  'UV_THREADPOOL_SIZE',
] as const;

/**
 * Reads and judges all settings.
 * @throws ConfigFaults listing every fault at once, each with how to mend it.
 */
export function readConfig(env: NodeJS.ProcessEnv, mode: Mode): Config {
  const dev = mode === 'dev' || mode === 'demo';
  const quiet = mode === 'operate';
  const faults: string[] = [];
  const text = (name: string) => env[name]?.trim() || undefined;
  for (const name of Object.keys(env)) {
    if (name.startsWith('SALLYPORT_') && !KNOWN.has(name)) {
      faults.push(`${name} is not a setting of Sallyport. Known are: ${[...KNOWN].join(', ')}.`);
    }
  }
  const port = readPort(text('PORT'), faults);
  const host = text('HOST') ?? '127.0.0.1';
  const url = readUrl(text('SALLYPORT_URL') ?? `http://localhost:${port}`, mode, faults);
  const databaseUrl = readDatabaseUrl(text('DATABASE_URL') ?? 'sqlite:./data/sallyport.db', faults);
  const logLevel = text('LOG_LEVEL') ?? (dev || quiet ? 'warn' : 'info');
  if (!LOG_LEVELS.includes(logLevel)) {
    faults.push(`LOG_LEVEL is "${logLevel}". Write one of ${LOG_LEVELS.join(', ')}.`);
  }
  if (text('GEOIP_FILE') !== undefined) {
    faults.push(
      'GEOIP_FILE is set, but this version shows no places beside network addresses yet. Remove it.',
    );
  }
  const config: Config = {
    host,
    port,
    url,
    databaseUrl,
    keys: readKeys(text('SALLYPORT_KEYS'), databaseUrl, faults),
    product: readProduct(text('SALLYPORT_NAME') ?? 'Sallyport', faults),
    support: readSupport(text('SALLYPORT_SUPPORT'), dev || quiet, faults),
    mail: readMail(text('SMTP_URL'), text('MAIL_FROM'), dev || quiet, faults),
    sms: readSms(env, faults),
    trustedProxies: readProxies(text('TRUSTED_PROXIES'), faults),
    logLevel,
    hashesAtOnce: hashesAtOnce(text('UV_THREADPOOL_SIZE')),
    dev,
  };
  if (faults.length > 0) throw new ConfigFaults(faults);
  return config;
}

/**
 * A hash takes a core and one of Node's threads (four, or what UV_THREADPOOL_SIZE says, which Node itself reads).
 * One core is left to the thread that answers pages, one thread to files, names and compression.
 */
function hashesAtOnce(threads = '4'): number {
  return Math.max(1, Math.min(availableParallelism(), Number(threads) || 4) - 1);
}

const KNOWN = new Set(['SALLYPORT_URL', 'SALLYPORT_KEYS', 'SALLYPORT_NAME', 'SALLYPORT_SUPPORT']);
/** For the help text: everything that is read. */
export const KNOWN_SETTINGS: readonly string[] = [...SETTINGS, ...KNOWN];

function readPort(text: string | undefined, faults: string[]): number {
  if (text === undefined) return 3000;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  faults.push(`PORT is "${text}". Write a number from 1 to 65535.`);
  return 3000;
}

function readUrl(text: string, mode: Mode, faults: string[]): string {
  const url = URL.parse(text);
  const fault = (what: string) => {
    // A fault goes to logs, and before the @ may stand a password.
    faults.push(`SALLYPORT_URL is "${text.replace(/^(\w+:\/\/)?.*@/s, '$1…@')}". ${what}`);
    return text;
  };
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return fault('Write the public address people see, such as https://login.example.com.');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
    return fault('Write only scheme, host and port: Sallyport wants a host of its own, without a path.');
  }
  const local = LOOPBACK.has(url.hostname);
  if (mode === 'demo' && !local) {
    return fault('The demo prints its passwords, so it runs on localhost only. Use `sallyport serve`.');
  }
  if (url.protocol === 'http:' && !local) {
    return fault('Cookies need https. Write https://…; plain http is for localhost only.');
  }
  return url.origin;
}

function readDatabaseUrl(text: string, faults: string[]): string {
  // Not `sqlite://name`: a file at the root of the disk is not what is meant.
  if (/^sqlite:(?!\/\/[^/]).+/.test(text)) return text;
  // Never shown: of an address that cannot be read nobody knows where its password ends.
  if (isPostgresAddress(text)) {
    const url = URL.parse(text);
    if (url !== null && url.hostname !== '' && url.pathname.length > 1) return text;
    faults.push(
      'DATABASE_URL names PostgreSQL, but not which server and database. Write postgres://USER:PASSWORD@db.example.com:5432/sallyport.',
    );
    return text;
  }
  faults.push(
    'DATABASE_URL is no database address. Write sqlite:./data/sallyport.db or postgres://USER:PASSWORD@host:5432/sallyport.',
  );
  return text;
}

const isPostgresAddress = (text: string) => /^postgres(ql)?:/.test(text);

function readKeys(text: string | undefined, databaseUrl: string, faults: string[]): KeyRing | null {
  if (text === undefined) {
    if (isPostgresAddress(databaseUrl)) {
      faults.push('SALLYPORT_KEYS is missing. Make one with: openssl rand -base64 32');
    }
    return null;
  }
  try {
    return parseKeys(text);
  } catch (error) {
    faults.push(`SALLYPORT_KEYS: ${error instanceof Error ? error.message : 'cannot be read'}`);
    return null;
  }
}

function readProduct(text: string, faults: string[]): string {
  if (text.length <= 40 && !/[\p{C}:/<>]/u.test(text)) return text;
  faults.push('SALLYPORT_NAME is the name people see: at most 40 characters, without : / < >.');
  return text;
}

function readSupport(text: string | undefined, dev: boolean, faults: string[]): string {
  if (text !== undefined) return text;
  if (!dev) {
    faults.push(
      'SALLYPORT_SUPPORT is missing. Write whom people turn to, such as help@example.com or an address.',
    );
  }
  return 'the people who run this demo';
}

function readMail(
  smtpUrl: string | undefined,
  from: string | undefined,
  dev: boolean,
  faults: string[],
): Config['mail'] {
  const wanted = !dev || smtpUrl !== undefined;
  if (smtpUrl === undefined) {
    if (!dev)
      faults.push('SMTP_URL is missing. Write smtps://USER:PASSWORD@mail.example.com:465 or the like.');
  } else {
    const url = URL.parse(smtpUrl);
    if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
      faults.push(
        'SMTP_URL is no address of a mail server. Write smtp://host:587 or smtps://USER:PASSWORD@host:465.',
      );
    }
  }
  if (from === undefined) {
    if (wanted) faults.push(MAIL_FROM_MISSING);
  } else if (!/^[^<>\n]*<[^<>@\s]+@[^<>@\s]+>$|^[^<>@\s]+@[^<>@\s]+$/.test(from)) {
    faults.push(`MAIL_FROM is "${from}". Write login@example.com or Example <login@example.com>.`);
  }
  return smtpUrl === undefined || from === undefined ? null : { smtpUrl, from };
}

const MAIL_FROM_MISSING = 'MAIL_FROM is missing. Write the sender, such as Example <login@example.com>.';

function readSms(env: NodeJS.ProcessEnv, faults: string[]): Config['sms'] {
  const text = (name: string) => env[name]?.trim() || undefined;
  const address = text('SMS_URL');
  const carriers = address === undefined ? { carriers: [], faults: [] } : readSmsAddresses(address);
  const { policy, faults: more } = readTextPolicy(
    {
      countries: text('SMS_COUNTRIES'),
      mode: text('SMS_MODE'),
      limits: text('SMS_LIMITS'),
      prices: text('SMS_PRICES'),
    },
    { carriers: address !== undefined, isCountry: (code) => isSupportedCountry(code) },
  );
  faults.push(...carriers.faults, ...more);
  // A limit that is misspelt would be no limit.
  for (const name of Object.keys(env)) {
    if (address !== undefined && name.startsWith('SMS_') && !(SETTINGS as readonly string[]).includes(name)) {
      const known = SETTINGS.filter((s) => s.startsWith('SMS_')).join(', ');
      faults.push(`${name} is not a setting of Sallyport. Known are: ${known}.`);
    }
  }
  return { carriers: carriers.carriers, policy };
}

function readProxies(text: string | undefined, faults: string[]): string[] {
  const proxies = (text ?? '').split(',').flatMap((p) => (p.trim() === '' ? [] : [p.trim()]));
  for (const proxy of proxies) {
    const [address = '', bits, more] = proxy.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const bitsOk = bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most);
    if (family === 0 || !bitsOk || more !== undefined) {
      faults.push(
        `TRUSTED_PROXIES names "${proxy}". Write addresses or ranges, such as 10.0.0.5,192.168.0.0/16.`,
      );
    }
  }
  return proxies;
}
