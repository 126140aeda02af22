/**
 * A whole Sallyport for one test: real HTTP over a real database file, with a clock that the test moves, the
 * development inbox, and every log line kept. `await using door = await openDoor()` closes it again, and fails the
 * test if anything was logged as an error.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { inject } from 'vitest';
import { type Config, readConfig } from '../../src/config.ts';
import type { Hasher } from '../../src/credentials/password.ts';
import { DEMO_MARK } from '../../src/flows/demo-data.ts';
import { type App, type Parts, wire } from '../../src/start/wire.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import { writeMeta } from '../../src/store/meta.ts';
import './compile-once.ts';
import { createClock, type TestClock } from './clock.ts';
import { type Doorstep, doorstepOf } from './doorstep.ts';
import { letConnectionsLast } from './lasting-connections.ts';
import { emptyDatabase, freshDatabaseOn } from './postgres.ts';
import { quickHasher } from './scene.ts';

export { appOn, codesOn, cookieOf, submit } from './pages.ts';
export { type NewPerson, PASSWORD, type Person, quickHasher } from './scene.ts';

export interface DoorOptions {
  /** The demo's people: Olivia, Theo, Nina, Sam, and Iris's invitation. */
  demo?: boolean;
  /** `false`: as in production, with mail to nowhere. No test that sends anything may ask for it. */
  dev?: boolean;
  /** Such as `https://login.example.test`: what a proxy in front would speak. */
  url?: string;
  /** Cheap by default; `createHasher()` where the work itself is looked at. */
  hasher?: Hasher;
  /** Believe `X-Forwarded-For` of this machine, so that a test can come from many networks. */
  proxied?: boolean;
  /** Further settings, such as `SMS_URL`. */
  env?: Record<string, string>;
  textPatience?: NonNullable<Parts['textPatience']>;
}

export interface LogLine {
  level: number;
  msg: string;
  err?: { message: string; stack: string };
  [key: string]: unknown;
}

export interface Door extends Doorstep, AsyncDisposable {
  readonly app: App;
  readonly port: number;
  readonly clock: TestClock;
  readonly log: readonly LogLine[];
  close(): Promise<void>;
}

const KEY = randomBytes(32).toString('base64');

/** The demo takes no database that has tables already but its own. */
async function markAsDemo(url: string): Promise<void> {
  const db = openDatabase(url);
  await writeMeta(db, DEMO_MARK, 'made by a test');
  await db.destroy();
}

async function makeTables(url: string): Promise<void> {
  const db = openDatabase(url);
  await migrate(db);
  await db.destroy();
}

interface TestDatabase {
  readonly url: string;
  remove(): Promise<void>;
}

/** Of this process, those of doors that are closed: a new database costs a fifth of a second, an emptied one little. */
const freeDatabases: string[] = [];
const databases = new Set<string>();
if (inject('postgres') !== '') letConnectionsLast(databases);

/** An empty database with its tables: a file of its own, or where the run is over PostgreSQL one on its server. */
async function freshDatabase(): Promise<TestDatabase> {
  const server = inject('postgres');
  return server === '' ? freshFile() : freshOn(server);
}

async function freshOn(server: string): Promise<TestDatabase> {
  const url = freeDatabases.pop() ?? (await freshDatabaseOn(server));
  if (!databases.has(url)) await makeTables(url);
  databases.add(url);
  return {
    url,
    async remove() {
      const db = openDatabase(url);
      await emptyDatabase(db);
      await db.destroy();
      freeDatabases.push(url);
    },
  };
}

// In memory where that is possible: each commit is synced, and no test is about the disk.
const newFolder = () => mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-'));

/** Made once, and written out for each door. */
async function makeEmptyFile(): Promise<Buffer> {
  const folder = newFolder();
  const file = join(folder, 'empty.db');
  await makeTables(`sqlite:${file}`);
  const content = readFileSync(file);
  rmSync(folder, { recursive: true });
  return content;
}

let emptyFile: Promise<Buffer> | undefined;

async function freshFile(): Promise<TestDatabase> {
  emptyFile ??= makeEmptyFile();
  const content = await emptyFile;
  const folder = newFolder();
  const file = join(folder, 'sallyport.db');
  writeFileSync(file, content);
  return { url: `sqlite:${file}`, remove: async () => rmSync(folder, { recursive: true, force: true }) };
}

export async function openDoor(options: DoorOptions = {}): Promise<Door> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openOn(await freePort(), options);
    } catch (error) {
      // Another test's server took the port in between.
      if (attempt === 5 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'))
        throw error;
    }
  }
}

async function openOn(port: number, options: DoorOptions): Promise<Door> {
  const { demo = false, dev = true, hasher = quickHasher, proxied = false } = options;
  const database = await freshDatabase();
  const clock = createClock();
  const log: LogLine[] = [];
  const config: Config = {
    ...readConfig(
      {
        PORT: String(port),
        DATABASE_URL: database.url,
        SALLYPORT_KEYS: KEY,
        SALLYPORT_SUPPORT: 'help@sallyport.example',
        ...(options.url === undefined ? {} : { SALLYPORT_URL: options.url }),
        ...(dev ? {} : { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'login@sallyport.example' }),
        ...(proxied ? { TRUSTED_PROXIES: '127.0.0.1' } : {}),
        ...options.env,
      },
      dev ? 'dev' : 'serve',
    ),
  };
  const logger = pino({ level: 'info' }, { write: (line: string) => log.push(JSON.parse(line) as LogLine) });
  if (demo) await markAsDemo(database.url);
  let app: App;
  try {
    const { textPatience = {} } = options;
    app = await wire(config, demo ? 'demo' : 'serve', { now: clock.now, hasher, logger, textPatience });
  } catch (error) {
    await database.remove();
    throw error;
  }
  try {
    await app.listen();
  } catch (error) {
    await app.close();
    await database.remove();
    throw error;
  }
  const close = async () => {
    await app.close();
    await database.remove();
    const errors = log.filter((line) => line.level >= 50);
    if (errors.length > 0) {
      throw new Error(`logged as an error: ${errors.map((e) => e.err?.stack ?? e.msg).join('\n')}`);
    }
  };
  const step = doorstepOf({
    ctx: app.ctx,
    origin: `http://localhost:${port}`,
    now: clock.now,
    sent: () => app.outbox.drain(),
    appCode: codesInTurn(clock),
  });
  return { ...step, app, port, clock, log, close, [Symbol.asyncDispose]: close };
}

const STEP_MS = 30_000;

/** An app's codes, each once, as the server takes them: where the last one was of this half minute, the clock moves. */
function codesInTurn(clock: TestClock): Door['appCode'] {
  const used = new Map<string, number>();
  const stepNow = () => Math.floor(clock.now() / STEP_MS);
  return ({ app, name }) => {
    if (app === null) throw new Error(`${name} has no app`);
    if (stepNow() <= (used.get(app.secret) ?? 0)) clock.advance(STEP_MS);
    used.set(app.secret, stepNow());
    return app.codeAt(clock.now());
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
