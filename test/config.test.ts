import fs, {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readCommand } from '../src/cli/arguments.ts';
import { ConfigFaults, KNOWN_SETTINGS, readConfig } from '../src/config.ts';
import { readKeyFile } from '../src/start/key-file.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 9).toString('base64');
/** What a server of real people needs at least. */
const REAL = {
  SALLYPORT_URL: 'https://login.example.com',
  SALLYPORT_SUPPORT: 'help@example.com',
  SMTP_URL: 'smtps://mailer:secret@mail.example.com:465',
  MAIL_FROM: 'Example <login@example.com>',
};

/** The faults that reading ends in; none if it does not. */
function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigFaults) return error.faults;
    throw error;
  }
  return [];
}
const serveFaults = (env: NodeJS.ProcessEnv) => faultsOf(() => readConfig(env, 'serve'));

describe('settings', () => {
  test('development and the demo need none', () => {
    for (const mode of ['dev', 'demo'] as const) {
      expect(readConfig({}, mode)).toEqual({
        host: '127.0.0.1',
        port: 3000,
        url: 'http://localhost:3000',
        databaseUrl: 'sqlite:./data/sallyport.db',
        keys: null,
        product: 'Sallyport',
        support: expect.stringMatching(/./),
        mail: null,
        sms: { carriers: [], policy: expect.anything() },
        trustedProxies: [],
        logLevel: 'warn',
        hashesAtOnce: expect.any(Number),
        dev: true,
      });
    }
  });

  test('a server of real people', () => {
    expect(readConfig(REAL, 'serve')).toEqual({
      host: '127.0.0.1',
      port: 3000,
      url: 'https://login.example.com',
      databaseUrl: 'sqlite:./data/sallyport.db',
      keys: null,
      product: 'Sallyport',
      support: 'help@example.com',
      mail: { smtpUrl: REAL.SMTP_URL, from: REAL.MAIL_FROM },
      sms: { carriers: [], policy: expect.anything() },
      trustedProxies: [],
      logLevel: 'info',
      hashesAtOnce: expect.any(Number),
      dev: false,
    });
  });

  test('everything that can be set', () => {
    const config = readConfig(
      {
        ...REAL,
        PORT: '8080',
        HOST: '0.0.0.0',
        DATABASE_URL: 'sqlite:/var/lib/sallyport.db',
        SALLYPORT_KEYS: `${KEY},${OTHER_KEY}`,
        SALLYPORT_NAME: 'Meridian',
        TRUSTED_PROXIES: '10.0.0.5, 192.168.0.0/16,fd00::/8',
        LOG_LEVEL: 'debug',
      },
      'serve',
    );
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      url: 'https://login.example.com',
      databaseUrl: 'sqlite:/var/lib/sallyport.db',
      product: 'Meridian',
      trustedProxies: ['10.0.0.5', '192.168.0.0/16', 'fd00::/8'],
      logLevel: 'debug',
    });
    expect(config.keys?.keys.map((k) => k.bytes[0])).toEqual([7, 9]);
  });

  test.each([
    ['PORT', { PORT: '8080' }, { port: 8080, url: 'http://localhost:8080' }],
    [
      'an address with a slash at its end',
      { SALLYPORT_URL: 'https://a.example/' },
      { url: 'https://a.example' },
    ],
    ['an address on this machine', { SALLYPORT_URL: 'http://127.0.0.1:9' }, { url: 'http://127.0.0.1:9' }],
    ['an address on this machine, IPv6', { SALLYPORT_URL: 'http://[::1]:9' }, { url: 'http://[::1]:9' }],
    ['spaces around', { PORT: ' 81 ', HOST: ' ::1 ' }, { port: 81, host: '::1' }],
    ['nothing but spaces', { PORT: ' ', SALLYPORT_NAME: '', SMTP_URL: '' }, { port: 3000, mail: null }],
    ['a bare sender', { ...REAL, MAIL_FROM: 'a@b.example' }, { mail: { from: 'a@b.example' } }],
  ] as const)('%s is read', (_what, env, expected) => {
    expect(readConfig(env, 'dev')).toMatchObject(expected);
  });

  test.each([
    ['SALLYPORT_SUPPORT', undefined, /is missing.*help@example\.com/],
    ['SMTP_URL', undefined, /is missing.*smtps:\/\/USER:PASSWORD@/],
    ['MAIL_FROM', undefined, /is missing.*Example <login@example\.com>/],
    ['PORT', '0', /"0".*from 1 to 65535/],
    ['PORT', '65536', /"65536".*from 1 to 65535/],
    ['PORT', '80a', /"80a".*from 1 to 65535/],
    ['PORT', '-1', /"-1".*from 1 to 65535/],
    ['PORT', '3e3', /"3e3".*from 1 to 65535/],
    ['SALLYPORT_URL', 'login.example.com', /"login\.example\.com".*https:\/\/login\.example\.com/],
    ['SALLYPORT_URL', 'ftp://login.example.com', /such as https:/],
    [
      'SALLYPORT_URL',
      'https://example.com/login',
      /"https:\/\/example\.com\/login".*only scheme, host and port/,
    ],
    ['SALLYPORT_URL', 'https://example.com/?a=b', /only scheme, host and port/],
    ['SALLYPORT_URL', 'https://example.com/#a', /only scheme, host and port/],
    ['SALLYPORT_URL', 'https://me:secret@example.com', /only scheme, host and port/],
    ['SALLYPORT_URL', 'http://login.example.com', /Cookies need https/],
    ['SALLYPORT_URL', 'http://localhost.example.com', /Cookies need https/],
    ['DATABASE_URL', 'sqlite:', /DATABASE_URL.*sqlite:\.\/data\/sallyport\.db/],
    ['DATABASE_URL', 'mysql://me:secret@db/x', /DATABASE_URL.*sqlite:\.\/data\/sallyport\.db/],
    ['DATABASE_URL', 'sqlite://data/sallyport.db', /DATABASE_URL.*sqlite:\.\/data\/sallyport\.db/],
    ['DATABASE_URL', './sallyport.db', /DATABASE_URL.*sqlite:\.\/data\/sallyport\.db/],
    ['SALLYPORT_KEYS', 'secret', /SALLYPORT_KEYS.*Key 1 of 1 is not 32 bytes in base64/],
    ['SALLYPORT_KEYS', `${KEY},secret`, /SALLYPORT_KEYS.*Key 2 of 2 is not 32 bytes/],
    ['SALLYPORT_KEYS', `${KEY},`, /SALLYPORT_KEYS.*Key 2 of 2 is empty/],
    ['SALLYPORT_KEYS', `${KEY},${KEY}`, /SALLYPORT_KEYS.*Key 2 of 2 is the same as key 1/],
    ['SALLYPORT_NAME', 'n'.repeat(41), /SALLYPORT_NAME.*at most 40 characters/],
    ['SALLYPORT_NAME', 'Pay http://x', /SALLYPORT_NAME.*without : \/ < >/],
    ['SALLYPORT_NAME', 'a\u0000b', /SALLYPORT_NAME/],
    ['SMTP_URL', 'https://mail.example.com', /SMTP_URL.*smtp:\/\/host:587/],
    ['SMTP_URL', 'mail.example.com', /SMTP_URL.*smtp:\/\/host:587/],
    ['SMTP_URL', 'smtp:', /SMTP_URL.*smtp:\/\/host:587/],
    ['MAIL_FROM', 'login', /"login".*Example <login@example\.com>/],
    ['MAIL_FROM', 'Example <login@>', /"Example <login@>".*login@example\.com/],
    ['MAIL_FROM', 'a@b.example, c@d.example', /MAIL_FROM/],
    ['TRUSTED_PROXIES', '10.0.0.1,proxy', /"proxy".*10\.0\.0\.5,192\.168\.0\.0\/16/],
    ['TRUSTED_PROXIES', '10.0.0.0/33', /"10\.0\.0\.0\/33"/],
    ['TRUSTED_PROXIES', '10.0.0.0/', /"10\.0\.0\.0\/"/],
    ['TRUSTED_PROXIES', '::1/64/2', /"::1\/64\/2"/],
    ['LOG_LEVEL', 'loud', /"loud".*fatal, error, warn, info/],
    ['GEOIP_FILE', '/var/lib/places.mmdb', /GEOIP_FILE.*Remove it/],
  ])('%s = %s is one fault, with how to mend it', (setting, value, says) => {
    const faults = serveFaults({ ...REAL, [setting]: value });
    expect(faults).toEqual([expect.stringMatching(says)]);
    expect(faults[0]).toContain(setting);
    expect(faults[0]).not.toContain('secret');
  });

  test.each([
    'smtps://mailer:sec/ret@mail.example.com',
    'smtps://mailer:sec@ret@mail.example.com:x',
    'smtps://mailer:sec?ret#@mail.example.com',
    'smtp:mailer:sec-ret@mail.example.com',
    'mailer:sec-ret@mail.example.com:587',
    'smtp://mailer:sec-ret',
  ])('E6: no piece of the password in SMTP_URL = %s is told, nor as DATABASE_URL', (address) => {
    for (const setting of ['SMTP_URL', 'DATABASE_URL']) {
      const faults = serveFaults({ ...REAL, [setting]: address });
      expect(faults.join('\n')).toContain(setting);
      expect(faults.join('\n')).not.toMatch(/sec|ret/);
    }
  });

  test('E6: nor of one in a postgres:// address or its query, nor in SALLYPORT_URL', () => {
    for (const env of [
      { DATABASE_URL: 'postgres://me:s3cr3t@db.example.com/', SALLYPORT_KEYS: KEY },
      { DATABASE_URL: 'postgres:///sallyport?host=db&password=s3cr3t', SALLYPORT_KEYS: KEY },
      { SALLYPORT_URL: 'https://me:s3cr3t@login.example.com' },
      { SALLYPORT_URL: 'https://me:s3cr3t/@login.example.com' },
    ]) {
      const said = serveFaults({ ...REAL, ...env }).join('\n');
      expect(said).not.toBe('');
      expect(said).not.toMatch(/s3c/);
      expect(said).not.toContain(KEY);
    }
  });

  test('PostgreSQL has no file to keep a key beside: it must be given', () => {
    const faults = serveFaults({ ...REAL, DATABASE_URL: 'postgres://db.example.com/sallyport' });
    expect(faults).toContainEqual(
      expect.stringMatching(/SALLYPORT_KEYS is missing.*openssl rand -base64 32/),
    );
  });

  test('the demo runs on this machine only', () => {
    const read = () => readConfig({ SALLYPORT_URL: 'https://login.example.com' }, 'demo');
    expect(faultsOf(read)).toEqual([expect.stringMatching(/SALLYPORT_URL.*localhost only.*sallyport serve/)]);
  });

  test('a name like one of ours that is none is refused: it would be a setting without effect', () => {
    const faults = serveFaults({ ...REAL, SALLYPORT_KEY: KEY, SALLYPORT_SUPPORTS: 'x' });
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/^SALLYPORT_KEY is not a setting.*SALLYPORT_KEYS/);
    expect(faults[1]).toMatch(/^SALLYPORT_SUPPORTS is not a setting.*SALLYPORT_SUPPORT/);
    expect(faults.join()).not.toContain(KEY);
  });

  describe('text messages', () => {
    const GATEWAY = 'http://:a-secret-of-sixteen@127.0.0.1:9/sms';
    const SMS = { ...REAL, SMS_URL: GATEWAY, SMS_COUNTRIES: 'DE, AT' };
    const policyOf = (env: NodeJS.ProcessEnv) => readConfig(env, 'serve').sms.policy;

    test.each([
      [{ SMS_URL: 'twilio://me:secret@x' }, /^SMS_URL, address 1 \(twilio\).*/],
      [{ SMS_COUNTRIES: undefined }, /SMS_COUNTRIES is missing.*SMS_COUNTRIES=DE,AT,CH/],
      [{ SMS_COUNTRIES: 'de' }, /SMS_COUNTRIES names "de"/],
      [{ SMS_COUNTRIES: 'DE,EU' }, /SMS_COUNTRIES names "EU".*DE,US/],
      [{ SMS_LIMITS: 'account/days=5' }, /"account\/days=5".*number\/10min/],
      [{ SMS_LIMITS: 'account/day=many' }, /"account\/day=many".*number from 0/],
      [{ SMS_LIMITS: 'account/day=-1' }, /"account\/day=-1"/],
      [{ SMS_LIMITS: 'prefix/verified=101' }, /"prefix\/verified=101".*0 to 100/],
      [{ SMS_LIMITS: 'instance/spend=300000' }, /"instance\/spend=300000".*200000/],
      [{ SMS_PRICES: 'US=0.05' }, /"US=0.05".*US:0\.008/],
      [{ SMS_PRICES: 'US:cheap' }, /"US:cheap"/],
      [{ SMS_PRICES: 'XX:1' }, /"XX:1"/],
      [{ SMS_MODE: 'off' }, /SMS_MODE is "off".*live or record-only/],
      [{ SMS_LIMIT: 'account/day=5' }, /SMS_LIMIT is not a setting.*SMS_LIMITS/],
    ])('S07, S09: %o is one fault, with how to mend it, and without the secret', (over, says) => {
      const faults = serveFaults({ ...SMS, ...over });
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults) expect(fault).toMatch(says);
      expect(faults.join()).not.toContain('secret');
    });

    test('S07: a carrier serves the countries that are named, and the limits are those of the table', () => {
      const { policy, carriers } = readConfig(SMS, 'serve').sms;
      expect(carriers.map(({ name }) => name)).toEqual(['http']);
      expect(policy.countries).toEqual(new Set(['DE', 'AT']));
      expect(policy.limits).toMatchObject({
        'person/hour': 5,
        'person/day': 10,
        'number/10min': 3,
        'number/hour': 5,
        'number/day': 10,
        'prefix/hour': 10,
        'network/hour': 10,
        'network/day': 30,
        'account/day': 200,
        'instance/day': 2000,
      });
    });

    test('S09: limits and prices as they are set, money in ten-thousandths, rounded up', () => {
      const policy = policyOf({
        ...SMS,
        SMS_LIMITS: 'account/day=1000, account/spend=12.5,numbers/run=8',
        SMS_PRICES: 'US:0.00791,default:0.1',
        SMS_MODE: 'record-only',
      });
      expect(policy.limits).toMatchObject({ 'account/day': 1000, 'account/spend': 125_000 });
      expect(policy.signals['numbers/run']).toBe(8);
      expect(policy.prices).toEqual({ otherwise: 1000, of: new Map([['US', 80]]) });
      expect(policy.mode).toBe('record-only');
    });

    test('the development inbox costs nothing: every country, unless some are named', () => {
      expect(readConfig({}, 'dev').sms).toMatchObject({ carriers: [], policy: { countries: 'all' } });
      const some = readConfig({ SMS_COUNTRIES: 'SE' }, 'dev').sms.policy;
      expect(some.countries).toEqual(new Set(['SE']));
    });
  });

  test('every fault is listed at once, each by its setting', () => {
    const wrong = {
      PORT: 'x',
      SALLYPORT_URL: 'x',
      DATABASE_URL: 'x',
      SALLYPORT_KEYS: 'x',
      SALLYPORT_NAME: '<x>',
      MAIL_FROM: 'x',
      TRUSTED_PROXIES: 'x,y',
      LOG_LEVEL: 'x',
      SMS_URL: 'x',
      SMS_COUNTRIES: 'XX',
      SMS_LIMITS: 'x',
      SMS_PRICES: 'x',
      SMS_MODE: 'x',
      SMS_COUNTRYS: 'x',
      SALLYPORT_X: 'x',
    };
    const named = serveFaults(wrong).map((fault) => /^[A-Z_]+/.exec(fault)?.[0]);
    const missing = ['SMTP_URL', 'SALLYPORT_SUPPORT'];
    expect(named.sort()).toEqual([...Object.keys(wrong), ...missing, 'TRUSTED_PROXIES'].sort());
  });

  test('Q11: hashing leaves a core and one of Node’s threads to everything else', () => {
    const atOnce = (env: NodeJS.ProcessEnv) => readConfig(env, 'dev').hashesAtOnce;
    const spare = Math.max(1, availableParallelism() - 1);
    expect(atOnce({})).toBe(Math.min(spare, 3));
    expect(atOnce({ UV_THREADPOOL_SIZE: '2' })).toBe(1);
    expect(atOnce({ UV_THREADPOOL_SIZE: '1' })).toBe(1);
    expect(atOnce({ UV_THREADPOOL_SIZE: '1024' })).toBe(spare);
    expect(atOnce({ UV_THREADPOOL_SIZE: 'many' })).toBe(Math.min(spare, 3));
  });

  test('all that is read is among the known settings', () => {
    const asked = new Set<string>();
    const env = new Proxy(
      {},
      {
        get: (_, name) => {
          asked.add(String(name));
          return undefined;
        },
      },
    );
    readConfig(env, 'dev');
    expect([...asked].sort()).toEqual([...KNOWN_SETTINGS].sort());
  });
});

describe('the key file', () => {
  let folder: string;
  let database: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
    database = join(folder, 'sallyport.db');
    file = join(folder, 'sallyport.keys');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (text: string, mode = 0o600) => {
    writeFileSync(file, text);
    chmodSync(file, mode);
  };

  test('E6: made once beside an empty database, for its owner alone', () => {
    const made = readKeyFile(database, true);
    expect(made.keys).toHaveLength(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(readKeyFile(database, true)).toEqual(made);
    expect(readKeyFile(database, false)).toEqual(made);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('Q1: the key is on the disk before anything is sealed with it', () => {
    const [write, sync] = [vi.spyOn(fs, 'writeFileSync'), vi.spyOn(fs, 'fsyncSync')];
    syncBuiltinESMExports();
    try {
      readKeyFile(database, true);
      expect(write).toHaveBeenCalledOnce();
      expect(sync).toHaveBeenCalledExactlyOnceWith(write.mock.calls[0]?.[0]);
      expect(sync.mock.invocationCallOrder[0]).toBeGreaterThan(write.mock.invocationCallOrder[0] ?? Infinity);
    } finally {
      write.mockRestore();
      sync.mockRestore();
      syncBuiltinESMExports();
    }
  });

  test('E6: also where new files are readable by all, or by nobody', () => {
    for (const mask of [0o000, 0o022]) {
      const old = process.umask(mask);
      try {
        readKeyFile(database, true);
        expect(statSync(file).mode & 0o777).toBe(0o600);
      } finally {
        process.umask(old);
        rmSync(file);
      }
    }
  });

  test('two databases in one folder have keys of their own', () => {
    const [one, two] = [readKeyFile(database, true), readKeyFile(join(folder, 'demo.db'), true)];
    expect(one).not.toEqual(two);
    expect(existsSync(join(folder, 'demo.keys'))).toBe(true);
    readKeyFile(join(folder, 'plain'), true);
    expect(existsSync(join(folder, 'plain.keys'))).toBe(true);
  });

  test('E6: a list of keys, the first seals', () => {
    put(`${OTHER_KEY},${KEY}\n`);
    expect(readKeyFile(database, false).keys.map((k) => k.bytes[0])).toEqual([9, 7]);
  });

  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])('E6: refused with mode %o', (mode) => {
    put(KEY, mode);
    const faults = faultsOf(() => readKeyFile(database, false));
    expect(faults).toEqual([expect.stringContaining(`chmod 600 ${file}`)]);
  });

  test('E6: missing beside a database that holds something: an error, and no new key', () => {
    const faults = faultsOf(() => readKeyFile(database, false));
    expect(faults).toEqual([expect.stringContaining(file)]);
    expect(faults[0]).toMatch(/SALLYPORT_KEYS.*Bring the key back/);
    expect(existsSync(file)).toBe(false);
  });

  test.each([
    ['empty', '', /There is no key/],
    ['half written', KEY.slice(0, 20), /Key 1 of 1 is not 32 bytes/],
    ['of another program', 'secret stuff\nin lines', /Key 1 of 1/],
  ])('E6: %s, it is refused by name and not told', (_what, text, says) => {
    put(text);
    const faults = faultsOf(() => readKeyFile(database, true));
    expect(faults).toEqual([expect.stringMatching(says)]);
    expect(faults[0]).toContain(file);
    if (text !== '') expect(faults[0]).not.toContain(text);
  });
});

describe('the command line', () => {
  test.each([
    [['serve'], { command: 'serve', dev: false }],
    [['serve', '--dev'], { command: 'serve', dev: true }],
    [['--dev', 'serve'], { command: 'serve', dev: true }],
    [['demo'], { command: 'demo', reset: false }],
    [['demo', '--reset'], { command: 'demo', reset: true }],
    [[], { command: 'help' }],
    [['help'], { command: 'help' }],
    [['--help'], { command: 'help' }],
    [['serve', '--help'], { command: 'help' }],
    [['demo', '--reset', '--help'], { command: 'help' }],
  ])('sallyport %j', (args, expected) => {
    expect(readCommand(args)).toMatchObject(expected);
  });

  test.each([
    [['sevre'], /"sallyport sevre" is no command/],
    [['serve', '--reset'], /"sallyport serve --reset" is no command/],
    [['demo', '--dev'], /"sallyport demo --dev" is no command/],
    [['help', '--dev', 'me'], /"me" is one word too many/],
    [['serve', 'now', 'please'], /"now please" is one word too many/],
    [['serve', '--prot', '80'], /--prot/],
    [['serve', '--dev=yes'], /--dev/],
    [['-x'], /-x/],
  ])('sallyport %j is a mistake, told in words', (args, says) => {
    expect(readCommand(args)).toEqual({ command: 'unknown', fault: expect.stringMatching(says) });
  });
});
