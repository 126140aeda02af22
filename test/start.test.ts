import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInbox } from './support/inbox.ts';
import {
  buildIfOld,
  type Ended,
  freePort,
  type Program,
  runProgram,
  startProgram,
} from './support/program.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
/** What a server of real people needs at least. Nothing is sent in these tests. */
const REAL = {
  SALLYPORT_URL: 'https://login.example.com',
  SALLYPORT_SUPPORT: 'help@example.com',
  SMTP_URL: 'smtp://mailer:hushhush@127.0.0.1:9',
  MAIL_FROM: 'login@example.com',
};

interface Person {
  email: string;
  password: string;
  about: string;
  otpauth: string | undefined;
}

/** The lines of people that the demo prints. */
function peopleIn(stdout: string): Person[] {
  const line = /^ +(\S+@\S+) +(clap the slate twice) +(.+?)(?: +(otpauth:\S+))?$/gm;
  return [...stdout.matchAll(line)].map(([, email = '', password = '', about = '', otpauth]) => ({
    email,
    password,
    about,
    otpauth,
  }));
}
const otpauthIn = (stdout: string) => peopleIn(stdout).flatMap((person) => person.otpauth ?? []);

/** Ends it as the system does. @returns how it ended, and after how long. */
async function terminate(program: Program): Promise<Ended & { afterMs: number }> {
  const began = performance.now();
  program.signal('SIGTERM');
  const ended = await program.ended;
  return { ...ended, afterMs: performance.now() - began };
}

const folders = mkdtempSync(join(tmpdir(), 'sallyport-start-'));
afterAll(() => rmSync(folders, { recursive: true }));
const newFolder = () => mkdtempSync(join(folders, 'test-'));

/** A folder with a demo in `demo.db` that was started once and ended in order: tests take copies. */
const made = newFolder();
let firstStdout: string;
const copyOfDemo = () => {
  const folder = newFolder();
  cpSync(made, folder, { recursive: true });
  return folder;
};

beforeAll(async () => {
  buildIfOld();
  await using demo = startProgram(['demo'], { cwd: made, env: await demoEnv() });
  await demo.printed('begins anew');
  const { code, stderr } = await terminate(demo);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  firstStdout = demo.stdout;
});
const demoEnv = async (over = {}) => ({
  PORT: String(await freePort()),
  DATABASE_URL: 'sqlite:./demo.db',
  ...over,
});
/** Runs what must refuse to start. */
const refusal = async (folder: string, args: readonly string[], env: Record<string, string>) => {
  const { code, stdout, stderr } = await runProgram(args, { cwd: folder, env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Sallyport did not start:\n( {2}- .+\n)+$/);
  return stderr;
};

describe.concurrent('wrong settings', () => {
  test('every fault is told at once, with how to mend it, without a secret, and nothing is made', async () => {
    const folder = newFolder();
    const stderr = await refusal(folder, ['serve'], {
      PORT: '80000',
      SALLYPORT_URL: 'http://login.example.com',
      DATABASE_URL: 'mysql://me:hushhush@db/sallyport',
      SALLYPORT_KEYS: `${KEY},hushhush`,
      SALLYPORT_KEY: KEY,
      SMTP_URL: 'mailer:hushhush@mail.example.com',
      TRUSTED_PROXIES: 'proxy',
    });
    const named = [...stderr.matchAll(/^ {2}- ([A-Z_]+)/gm)].map(([, name]) => name).sort();
    expect(named).toEqual([
      'DATABASE_URL',
      'MAIL_FROM',
      'PORT',
      'SALLYPORT_KEY',
      'SALLYPORT_KEYS',
      'SALLYPORT_SUPPORT',
      'SALLYPORT_URL',
      'SMTP_URL',
      'TRUSTED_PROXIES',
    ]);
    expect(stderr).not.toMatch(/hushhush/);
    expect(stderr).not.toContain(KEY);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('a port that somebody has is said in words', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => taken.once('listening', listening));
    const address = taken.address();
    const PORT = String(typeof address === 'object' ? address?.port : '');
    try {
      const folder = copyOfDemo();
      expect(await refusal(folder, ['demo'], await demoEnv({ PORT }))).toMatch(/port is in use.*set PORT/);
    } finally {
      taken.close();
    }
  });

  test('HOST is where it listens: one that this machine has not is an error', async () => {
    const folder = copyOfDemo();
    // 192.0.2.0/24 is for documentation only (RFC 5737).
    const env = await demoEnv({ HOST: '192.0.2.1' });
    const { code, stderr } = await runProgram(['demo'], { cwd: folder, env });
    expect(code).toBe(1);
    expect(stderr).toContain('192.0.2.1');
  });

  test('a mistake on the command line is exit code 2, help is 0', async () => {
    const folder = newFolder();
    const [mistake, help] = await Promise.all([
      runProgram(['sevre'], { cwd: folder }),
      runProgram(['help'], { cwd: folder }),
    ]);
    expect(mistake).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/sevre.*\n.*sallyport help/),
    });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/sallyport serve --dev[\s\S]*sallyport demo --reset/);
  });

  test('--version; the first word of commands alone lists them and no others', async () => {
    const folder = newFolder();
    const [version, keys] = await Promise.all([
      runProgram(['--version'], { cwd: folder }),
      runProgram(['keys'], { cwd: folder }),
    ]);
    const { version: ours } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(version).toEqual({ code: 0, stdout: `${ours}\n`, stderr: '' });
    expect(keys).toMatchObject({ code: 0, stderr: '' });
    expect([...keys.stdout.matchAll(/^ {2}sallyport (\S+ \S+)/gm)].map(([, name]) => name)).toEqual([
      'keys list',
      'keys rotate',
      'keys remove',
    ]);
  });

  test('a command where no database is makes none, and says so', async () => {
    const folder = newFolder();
    new DatabaseSync(join(folder, 'empty.db')).close();
    const refused: readonly (readonly [string, readonly string[]])[] = [
      ['./elsewhere/sallyport.db', ['account', 'list']],
      ['./elsewhere/sallyport.db', ['account', 'create', 'Meridian', '--owner', 'o@meridian.example']],
      ['./elsewhere/sallyport.db', ['keys', 'rotate']],
      ['./empty.db', ['account', 'list']],
    ];
    await Promise.all(
      refused.map(async ([file, args]) => {
        const env = { DATABASE_URL: `sqlite:${file}` };
        const { code, stdout, stderr } = await runProgram(args, { cwd: folder, env });
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(/^Not done:\n {2}- There is no database .*Set DATABASE_URL/);
        expect(stderr).toContain(file);
      }),
    );
    expect(readdirSync(folder)).toEqual(['empty.db']);
  });

  test('a second server over a SQLite file, or one after a kill, warns and names the other', async () => {
    const folder = newFolder();
    const env = { PORT: String(await freePort()), DATABASE_URL: 'sqlite:./sallyport.db' };
    await using first = startProgram(['serve', '--dev'], { cwd: folder, env });
    await first.printed('Sallyport listens');
    expect(first.stdout).not.toContain('another server');
    first.signal('SIGKILL');
    await first.ended;
    await using second = startProgram(['serve', '--dev'], {
      cwd: folder,
      env: { ...env, LOG_LEVEL: 'info' },
    });
    await second.printed('Sallyport listens');
    const lines = second.stdout.split('\n').filter((line) => line.includes('another server'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`killed less than three minutes ago: \\S+:${env.PORT} `));
    const { stdout } = await terminate(second);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      msg: 'Sallyport has stopped',
    });
  });
});

describe.concurrent('the demo', () => {
  test('prints where to look, a line per person, and what to try first', () => {
    const [address] = /http:\/\/localhost:\d+/.exec(firstStdout) ?? [];
    expect(firstStdout).toContain(`Sallyport demo: ${address}\n`);
    expect(firstStdout).toContain(`${address}/dev/inbox\n`);
    expect(firstStdout).toMatch(/Try first:\n +1\. /);
    expect(peopleIn(firstStdout)).toEqual([
      person('olivia', /^owner of Meridian Pictures, set up with an app$/, /^otpauth:\/\/totp\//),
      person('theo', /^member of Meridian Pictures, set up by text message$/),
      person('nina', /^member of Meridian Pictures, not set up$/),
      person('sam', /^member of Meridian Pictures and Crestline Studio, set up with an app$/, /^otpauth:/),
    ]);
    const secrets = otpauthIn(firstStdout).map((url) => new URL(url).searchParams.get('secret'));
    expect(secrets).toEqual([
      expect.stringMatching(/^[A-Z2-7]{32}$/),
      expect.stringMatching(/^[A-Z2-7]{32}$/),
    ]);
    expect(secrets[0]).not.toBe(secrets[1]);
  });

  test('E6: keeps its key beside the database, for its owner alone', () => {
    expect(statSync(join(made, 'demo.keys')).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(join(made, 'demo.db'));
    const [url = ''] = otpauthIn(firstStdout);
    expect(bytes.includes(new URL(url).searchParams.get('secret') ?? '')).toBe(false);
    expect(bytes.includes('4155550132')).toBe(false);
  });

  test('started again it keeps its data; PORT is honoured; it answers; SIGTERM ends it with 0', async () => {
    const folder = copyOfDemo();
    const env = await demoEnv();
    const origin = `http://localhost:${env.PORT}`;
    await using demo = startProgram(['demo'], { cwd: folder, env });
    await demo.printed('begins anew');
    expect(otpauthIn(demo.stdout)).toEqual(otpauthIn(firstStdout));
    expect(demo.stdout).toContain(`Sallyport demo: ${origin}\n`);

    const health = await fetch(`http://127.0.0.1:${env.PORT}/health`);
    expect(health.status).toBe(200);
    const page = await fetch(`${origin}/login`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Log in')]);
    const invitation = await createInbox(origin).link('iris@meridian.example');
    // The link was written by the first start, which listened elsewhere.
    expect(new URL(invitation).pathname).toMatch(/^\/invitations\/./);

    const { code, stderr, afterMs } = await terminate(demo);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(afterMs).toBeLessThan(10_000);
    // Folded back into one file: nothing was left half done.
    expect(existsSync(join(folder, 'demo.db-wal'))).toBe(false);
  });

  test('S3: a browser that keeps its connection, and one that sends nothing more, do not hold up the end', async () => {
    const folder = copyOfDemo();
    const env = await demoEnv();
    await using demo = startProgram(['demo'], { cwd: folder, env });
    await demo.printed('begins anew');
    const idle = connect(Number(env.PORT), '127.0.0.1');
    const kept = connect(Number(env.PORT), '127.0.0.1');
    kept.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n');
    await new Promise((answered) => kept.once('data', answered));
    const { code, afterMs } = await terminate(demo);
    expect(code).toBe(0);
    expect(afterMs).toBeLessThan(10_000);
    idle.destroy();
    kept.destroy();
  });

  test('--reset begins anew, with the same people and other secrets', async () => {
    const folder = copyOfDemo();
    await using demo = startProgram(['demo', '--reset'], { cwd: folder, env: await demoEnv() });
    await demo.printed('begins anew');
    expect(peopleIn(demo.stdout).map((p) => p.email)).toEqual(peopleIn(firstStdout).map((p) => p.email));
    const before = otpauthIn(firstStdout);
    const after = otpauthIn(demo.stdout);
    expect(after).toHaveLength(before.length);
    expect(after.filter((url) => before.includes(url))).toEqual([]);
  });

  test('refuses an address that is not this machine', async () => {
    const folder = newFolder();
    const env = await demoEnv({ SALLYPORT_URL: 'https://login.example.com' });
    expect(await refusal(folder, ['demo'], env)).toMatch(/SALLYPORT_URL.*localhost only/);
  });

  test('and real people never meet: neither starts on the other’s database, nor takes it away', async () => {
    const folder = copyOfDemo();
    expect(await refusal(folder, ['serve'], await demoEnv(REAL))).toMatch(
      /demo\.db is the demo's.*Set DATABASE_URL/,
    );

    const env = await demoEnv({ DATABASE_URL: 'sqlite:./real.db' });
    await using real = startProgram(['serve', '--dev'], { cwd: folder, env });
    await real.printed('Sallyport listens');
    expect((await terminate(real)).code).toBe(0);
    const before = readFileSync(join(folder, 'real.db'));
    for (const args of [['demo'], ['demo', '--reset']]) {
      expect(await refusal(folder, args, env)).toMatch(/real\.db was not made by the demo.*DATABASE_URL=/);
    }
    expect(readFileSync(join(folder, 'real.db')).equals(before)).toBe(true);
  });

  test('refuses to reset a database of another program', async () => {
    const folder = newFolder();
    const file = join(folder, 'diary.db');
    const diary = new DatabaseSync(file);
    diary.exec("create table pages (text); insert into pages values ('kept')");
    diary.close();
    for (const args of [['demo'], ['demo', '--reset']]) {
      const env = await demoEnv({ DATABASE_URL: `sqlite:${file}` });
      expect(await refusal(folder, args, env)).toMatch(/diary\.db was not made by the demo/);
    }
    const again = new DatabaseSync(file);
    expect(again.prepare('select text from pages').all()).toEqual([{ text: 'kept' }]);
    again.close();
  });
});

describe.concurrent('a server of real people', () => {
  test('starts with settings alone, makes its database and key where told, and has no inbox', async () => {
    const folder = newFolder();
    const env = await demoEnv({ ...REAL, DATABASE_URL: `sqlite:${join(folder, 'deep', 'sallyport.db')}` });
    await using server = startProgram(['serve'], { cwd: folder, env });
    await server.printed('Sallyport listens');
    expect(server.stdout).toContain(`127.0.0.1:${env.PORT} as https://login.example.com`);
    const answers = ['/health', '/login', '/dev/inbox', '/dev/inbox.json'].map(async (path) => {
      return (await fetch(`http://127.0.0.1:${env.PORT}${path}`)).status;
    });
    expect(await Promise.all(answers)).toEqual([200, 200, 404, 404]);
    expect(statSync(join(folder, 'deep', 'sallyport.keys')).mode & 0o777).toBe(0o600);
    const { code, stdout, stderr } = await terminate(server);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toMatch(/hushhush/);
  });
});

describe.concurrent('E6: keys', () => {
  test('no key beside a database that holds something: says where it should be, and makes none', async () => {
    const folder = copyOfDemo();
    rmSync(join(folder, 'demo.keys'));
    expect(await refusal(folder, ['demo'], await demoEnv())).toMatch(
      /no key.*SALLYPORT_KEYS.*demo\.keys.*Bring the key back/,
    );
    expect(existsSync(join(folder, 'demo.keys'))).toBe(false);
  });

  test('a key file that others can read: says so and stops', async () => {
    const folder = copyOfDemo();
    chmodSync(join(folder, 'demo.keys'), 0o644);
    expect(await refusal(folder, ['demo'], await demoEnv())).toMatch(
      /demo\.keys can be read by others.*chmod 600/,
    );
  });

  test('another key: names the tables and how many rows need the right one', async () => {
    const folder = copyOfDemo();
    const stderr = await refusal(folder, ['demo'], await demoEnv({ SALLYPORT_KEYS: KEY }));
    expect(stderr).toMatch(
      /3 rows of authenticators are sealed with key \S{8}, .*SALLYPORT_KEYS.*Add that key/,
    );
    expect(stderr).not.toContain(KEY);
    expect(stderr).not.toContain(readFileSync(join(folder, 'demo.keys'), 'utf8').trim());
  });

  test('the right key behind another one: starts', async () => {
    const folder = copyOfDemo();
    const right = readFileSync(join(folder, 'demo.keys'), 'utf8').trim();
    const env = await demoEnv({ SALLYPORT_KEYS: `${KEY},${right}` });
    await using demo = startProgram(['demo'], { cwd: folder, env });
    await demo.printed('begins anew');
    expect(otpauthIn(demo.stdout)).toEqual(otpauthIn(firstStdout));
  });
});

const person = (name: string, about: RegExp, otpauth?: RegExp): Person => ({
  email: `${name}@meridian.example`,
  password: 'clap the slate twice',
  about: expect.stringMatching(about),
  otpauth: otpauth === undefined ? undefined : expect.stringMatching(otpauth),
});
