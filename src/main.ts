#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer as createSocketServer } from 'node:net';
import { type Logger, pino } from 'pino';
import { type Command, readCommand } from './cli/arguments.ts';
import { demoText } from './cli/demo.ts';
import { type Parsed, runOperatorCommand } from './cli/operator.ts';
import { type Config, ConfigFaults, readConfig, readKeyFile } from './config.ts';
import { createHasher, type Hasher } from './credentials/password.ts';
import type { KeyRing } from './credentials/sealed-secret.ts';
import type { RandomBytes } from './credentials/token.ts';
import { inboxCarrier } from './delivery/inbox.ts';
import { smtpCarrier } from './delivery/mail.ts';
import type { Carrier } from './delivery/message.ts';
import { type Clock, type ClockFault, createClock } from './flows/clock.ts';
import type { Context } from './flows/context.ts';
import { DEMO_MARK, makeDemo } from './flows/demo-data.ts';
import { checkClock } from './flows/health.ts';
import { createOutbox, type Outbox } from './flows/outbox.ts';
import { sweep } from './flows/sweep.ts';
import { tellEndedPasses } from './flows/tell-ended-passes.ts';
import {
  type Db,
  databaseName,
  dropAllTables,
  hasPeople,
  isEmptyDatabase,
  isPostgresUrl,
  migrate,
  NewerDatabase,
  openDatabase,
  sqlitePath,
} from './store/database.ts';
import { readMeta, sealedKeyNames, writeMeta } from './store/meta.ts';
import { insertInbox } from './store/outbox.ts';
import { DatabaseBusy } from './store/postgres.ts';
import { createServer, type RouteEntry, type Server } from './web/server.ts';

/** How often the outbox looks for messages that nobody woke it for: retries, and other nodes' leftovers. */
const OUTBOX_EVERY_MS = 5_000;
const CHECK_CLOCK_EVERY_MS = 5_000;
const SWEEP_EVERY_MS = 3_600_000;
/** How long requests under way may take to finish when the program is told to stop. */
const FINISH_WITHIN_MS = 8_000;

export interface App {
  readonly ctx: Context;
  readonly server: Server;
  readonly routes: readonly RouteEntry[];
  readonly outbox: Outbox;
  /** @returns once the port is open. */
  listen(): Promise<void>;
  /** Stops accepting, finishes what is under way, closes the database. */
  close(): Promise<void>;
}

/** Parts that tests bring along: a clock they move, random bytes, a quiet logger. */
export interface Parts {
  /** A clock that is moved at will, and never doubted. */
  readonly now?: () => number;
  /** The machine's clock and its steady one, as the guarded clock reads them. */
  readonly wall?: () => number;
  readonly steady?: () => number;
  readonly random?: RandomBytes;
  readonly hasher?: Hasher;
  readonly logger?: Logger;
}

/** config -> store -> flows -> servers. */
export async function wire(config: Config, mode: Command['command'], parts: Parts = {}): Promise<App> {
  const logger = parts.logger ?? pino({ level: config.logLevel });
  const db = open(config.databaseUrl);
  try {
    return await wireOver(db, config, mode, logger, parts);
  } catch (error) {
    await db.destroy();
    throw error instanceof DatabaseBusy ? cannotBeOpened(config.databaseUrl, error.cause) : error;
  }
}

function open(databaseUrl: string): Db {
  try {
    return openDatabase(databaseUrl);
  } catch (error) {
    throw cannotBeOpened(databaseUrl, error);
  }
}

function cannotBeOpened(databaseUrl: string, error: unknown): ConfigFaults {
  const why = error instanceof Error ? error.message || error.name : error;
  return new ConfigFaults([
    `The database ${databaseName(databaseUrl)} cannot be opened: ${why}. Set it right, or set DATABASE_URL to another.`,
  ]);
}

async function wireOver(
  db: Db,
  config: Config,
  mode: Command['command'],
  logger: Logger,
  parts: Parts,
): Promise<App> {
  const clock = parts.now === undefined ? guardedClock(parts, logger) : movedClock(parts.now);
  const { now } = clock;
  const random = parts.random ?? randomBytes;
  const empty = await isEmptyDatabase(db);
  await refuseWrongDatabase(db, config, mode, empty);
  const keys = config.keys ?? readKeyFile(sqlitePath(config.databaseUrl), empty);
  await migrate(db);
  if (mode === 'demo') await writeMeta(db, DEMO_MARK, 'made by sallyport demo');
  await refuseMissingKeys(db, keys);

  const carriers = chooseCarriers(config, db, now);
  const outbox = createOutbox({
    db,
    keys,
    now,
    carriers,
    onError: (err, message) => logger.error({ err, message }, 'a message could not be sent'),
  });
  const ctx: Context = {
    db,
    now,
    clock,
    random,
    keys,
    hasher: parts.hasher ?? createHasher(),
    settings: {
      url: config.url,
      product: config.product,
      support: config.support,
      // The demo's server has its inbox, also where a command of the operator's looks on.
      textMessages: carriers.sms !== null || (await isMarked(db)) !== null,
    },
    // A command of the operator's only posts: the running server sends.
    wakeOutbox: mode === 'operate' ? () => {} : outbox.wake,
  };
  // Also after a first start that was cut off before the people were made.
  if (mode === 'demo' && !(await hasPeople(db))) await makeDemo(ctx);
  const { server, routes } = await createServer(ctx, {
    dev: config.dev,
    trustedProxies: config.trustedProxies,
    logger,
  });
  const jobs: NodeJS.Timeout[] = [];
  return {
    ctx,
    server,
    routes,
    outbox,
    async listen() {
      await checkClock(ctx, clock);
      await server.listen({ port: config.port, host: config.host });
      jobs.push(
        every(CHECK_CLOCK_EVERY_MS, () => checkClock(ctx, clock), logger),
        every(OUTBOX_EVERY_MS, async () => outbox.wake(), logger),
        every(OUTBOX_EVERY_MS, () => tellEndedPasses(ctx), logger),
        every(SWEEP_EVERY_MS, () => sweep(ctx), logger),
      );
      outbox.wake();
    },
    async close() {
      for (const job of jobs) clearInterval(job);
      // Half a request never finishes: whoever still holds a connection then is let go.
      const patience = setTimeout(() => server.server.closeAllConnections(), FINISH_WITHIN_MS);
      await server.close();
      clearTimeout(patience);
      await outbox.stop();
      await db.destroy();
    },
  };
}

function guardedClock(parts: Parts, logger: Logger): Clock {
  return createClock({
    wall: parts.wall ?? Date.now,
    steady: parts.steady ?? (() => performance.now()),
    onFault: (fault) =>
      fault === null
        ? logger.warn('the clock is right again')
        : logger.error({ fault }, `this node is not ready: ${CLOCK_FAULTS[fault.fault]}`),
  });
}

const CLOCK_FAULTS: Readonly<Record<ClockFault['fault'], string>> = {
  set_back:
    'the clock was set back while it ran; it goes on by its own time. Start it again once the clock is right',
  off_database: "its clock is not the database's. Set both right (NTP)",
  before_records:
    'its clock stands before records that the database has already. Set it right; if it is right, wait for as long',
};

/** A test's clock, which is moved at will. */
const movedClock = (now: () => number): Clock => ({
  now,
  fault: () => null,
  mayServe: () => true,
  compare: () => {},
});

/** A job beside the requests. One that fails is logged and tried again at its next turn. */
function every(ms: number, job: () => Promise<unknown>, logger: Logger): NodeJS.Timeout {
  const run = () => job().catch((err: unknown) => logger.error({ err }, 'a job beside the requests failed'));
  return setInterval(run, ms).unref();
}

function chooseCarriers(config: Config, db: Db, now: () => number): { email: Carrier; sms: Carrier | null } {
  const inbox = (channel: 'email' | 'sms') => inboxCarrier(channel, (m) => insertInbox(db, m), now);
  return {
    email:
      config.mail === null ? inbox('email') : smtpCarrier(config.mail.smtpUrl, config.mail.from, config.url),
    sms: config.dev ? inbox('sms') : null,
  };
}

/** The demo's passwords are known to everybody: its database and a real one must never be mixed up. */
async function refuseWrongDatabase(
  db: Db,
  config: Config,
  mode: Command['command'],
  empty: boolean,
): Promise<void> {
  if (empty) return;
  const marked = (await isMarked(db)) !== null;
  if (mode === 'demo' && !marked) {
    throw new ConfigFaults([
      `The database ${databaseName(config.databaseUrl)} was not made by the demo. Give the demo one of its own: DATABASE_URL=sqlite:./data/demo.db npm start`,
    ]);
  }
  if (mode === 'serve' && marked && !config.dev) {
    throw new ConfigFaults([
      `The database ${databaseName(config.databaseUrl)} is the demo's, whose passwords everybody knows. Set DATABASE_URL to another one.`,
    ]);
  }
}

async function isMarked(db: Db): Promise<string | null> {
  const tables = await db.introspection.getTables();
  return tables.some((t) => t.name === 'meta') ? readMeta(db, DEMO_MARK) : null;
}

/** E6: sealed rows and no fitting key: does not start. */
async function refuseMissingKeys(db: Db, keys: KeyRing): Promise<void> {
  const have = new Set(keys.keys.map((k) => k.id));
  const missing = (await sealedKeyNames(db)).filter((found) => !have.has(found.keyId));
  if (missing.length === 0) return;
  throw new ConfigFaults(
    missing.map(
      ({ table, keyId, rows }) =>
        `${rows} rows of ${table} are sealed with key ${keyId}, which is not among SALLYPORT_KEYS. Add that key behind the others.`,
    ),
  );
}

/** @throws with the code of `listen`'s own fault when the port cannot be had. */
async function refuseTakenPort(config: Config): Promise<void> {
  const probe = createSocketServer().listen(config.port, config.host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

/** `demo --reset`: takes away the database that the demo made, and no other. */
async function resetDemo(config: Config): Promise<void> {
  const path = isPostgresUrl(config.databaseUrl) ? null : sqlitePath(config.databaseUrl);
  if (path !== null && !existsSync(path)) return;
  const db = open(config.databaseUrl);
  try {
    await refuseWrongDatabase(db, config, 'demo', await isEmptyDatabase(db));
    if (path === null) await dropAllTables(db);
  } catch (error) {
    throw error instanceof DatabaseBusy ? cannotBeOpened(config.databaseUrl, error.cause) : error;
  } finally {
    await db.destroy();
  }
  if (path === null) return;
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

async function run(args: readonly string[]): Promise<void> {
  const command = readCommand(args);
  switch (command.command) {
    case 'help':
      process.stdout.write(command.text);
      return;
    case 'unknown':
      process.stderr.write(`${command.fault}\nSee: sallyport help\n`);
      process.exitCode = 2;
      return;
    case 'operate':
      return operate(readConfig(process.env, 'operate'), command.parsed);
    case 'serve':
      return serve(readConfig(process.env, command.dev ? 'dev' : 'serve'), 'serve');
    case 'demo': {
      const config = readConfig(process.env, 'demo');
      if (command.reset) {
        // Nothing is taken away under a demo that still runs, nor before this one could start.
        await refuseTakenPort(config);
        await resetDemo(config);
      }
      return serve(config, 'demo');
    }
    default:
      return unknownCommand(command);
  }
}

async function serve(config: Config, mode: 'serve' | 'demo'): Promise<void> {
  const app = await wire(config, mode);
  const stop = () => {
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await app.listen();
  process.stdout.write(
    mode === 'demo'
      ? await demoText(app.ctx)
      : `Sallyport listens on ${config.host}:${config.port} as ${config.url}\n`,
  );
}

/** A command of the operator's, over the same database; its messages leave through the running server. */
async function operate(config: Config, parsed: Parsed): Promise<void> {
  const app = await wire(config, 'operate');
  try {
    process.exitCode = await runOperatorCommand(app.ctx, parsed);
  } finally {
    await app.close();
  }
}

function unknownCommand(command: never): never {
  throw new Error(`unknown command ${JSON.stringify(command)}`);
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is in use. Stop what uses it, or set PORT to another.',
  EACCES: 'This user may not open that port. Set PORT to 1024 or more.',
  EADDRNOTAVAIL: 'HOST is no address of this machine. Set it to 127.0.0.1, 0.0.0.0 or one of its own.',
  ENOTFOUND: 'HOST cannot be found. Set it to 127.0.0.1, 0.0.0.0 or an address of this machine.',
};

/** A fault of the caller's is said in words, all at once; a bug keeps its stack. */
function reportAndExit(error: unknown): void {
  if (error instanceof ConfigFaults) {
    process.stderr.write(`Sallyport did not start:\n${error.faults.map((f) => `  - ${f}\n`).join('')}`);
  } else if (error instanceof NewerDatabase) {
    process.stderr.write(`Sallyport did not start:\n  - ${error.message}\n`);
  } else if (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code in LISTEN_FAULTS
  ) {
    process.stderr.write(`Sallyport did not start:\n  - ${LISTEN_FAULTS[error.code]} (${error.message})\n`);
  } else {
    console.error(error);
  }
  process.exit(1);
}

if (import.meta.main) run(process.argv.slice(2)).catch(reportAndExit);
