#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import { createServer as createSocketServer } from 'node:net';
import { hostname } from 'node:os';
import { type Logger, pino } from 'pino';
import { type Command, readCommand } from './cli/arguments.ts';
import { demoText } from './cli/demo.ts';
import { type Parsed, runApartCommand, runOperatorCommand, runsApart } from './cli/operator.ts';
import { type Config, ConfigFaults, keyFileAt, keyFileOf, readConfig, readKeyFile } from './config.ts';
import { createHasher, type Hasher } from './credentials/password.ts';
import { type KeyRing, LiveKeyRing } from './credentials/sealed-secret.ts';
import type { RandomBytes } from './credentials/token.ts';
import { inboxCarrier } from './delivery/inbox.ts';
import { type MailCarrier, smtpCarrier } from './delivery/mail.ts';
import type { Carrier } from './delivery/message.ts';
import { asCarrier } from './delivery/sms/as-carrier.ts';
import { type CarrierParts, NotSent } from './delivery/sms/carrier.ts';
import { type FailoverOptions, failover, type SmsSender } from './delivery/sms/failover.ts';
import { openCarriers } from './delivery/sms/open-carriers.ts';
import { ANNOUNCE_EVERY_MS, createAnnouncer } from './flows/announce-keys.ts';
import { type Clock, type ClockFault, createClock } from './flows/clock.ts';
import type { Context } from './flows/context.ts';
import { DEMO_MARK, makeDemo } from './flows/demo-data.ts';
import { checkClock } from './flows/health.ts';
import { noteBounce } from './flows/mail.ts';
import { createOutbox, type Outbox } from './flows/outbox.ts';
import type { Place } from './flows/place.ts';
import { sweep } from './flows/sweep.ts';
import { tellEndedPasses } from './flows/tell-ended-passes.ts';
import { type TextChannel, textsByInbox } from './flows/text-channel.ts';
import { settleText } from './flows/text-messages.ts';
import { noteDelivery } from './flows/text-messages-receipts.ts';
import { watchTexts } from './flows/text-messages-watch.ts';
import { COPIED_AT } from './store/backup.ts';
import {
  type Db,
  databaseName,
  dropAllTables,
  hasPeople,
  isEmptyDatabase,
  isPostgresUrl,
  migrateAt,
  NewerDatabase,
  openDatabase,
  patiently,
  sqlitePath,
} from './store/database.ts';
import { DatabaseBusy } from './store/database-busy.ts';
import { readMeta, sealedKeyNames, writeMeta } from './store/meta.ts';
import { insertInbox } from './store/outbox.ts';
import { createServer, type RouteEntry, type Server } from './web/server.ts';
import { FINISH_WITHIN_MS, letConnectionsEnd, stopListening } from './web/stop-listening.ts';

/** How often the outbox looks for messages that nobody woke it for: retries, and other nodes' leftovers. */
const OUTBOX_EVERY_MS = 5_000;
const CHECK_CLOCK_EVERY_MS = 5_000;
const SWEEP_EVERY_MS = 3_600_000;
const LOOK_AT_KEYS_EVERY_MS = 5_000;
const WATCH_TEXTS_EVERY_MS = 60_000;
/** How long a stop may take: whoever told the program to stop kills it after ten seconds. */
const EXIT_WITHIN_MS = 9_500;
/** How long a connection that a proxy keeps may lie idle then. */
const IDLE_WHILE_STOPPING_MS = 3_000;

export interface App {
  readonly ctx: Context;
  readonly server: Server;
  readonly routes: readonly RouteEntry[];
  readonly outbox: Outbox;
  /** @returns once the port is open. */
  listen(): Promise<void>;
  /**
   * Stops accepting, finishes what is under way, closes the database. Connections that proxies keep are answered
   * for `idleMs` more (default: none), each for the last time, before those that nothing came on are cut.
   */
  close(p?: { readonly idleMs?: number }): Promise<void>;
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
  /** Also over a copy that is not fit to serve: to finish its restore, or only to read. */
  readonly onCopies?: boolean;
  /** How patient the carriers of text messages are waited for. */
  readonly textPatience?: Omit<FailoverOptions, 'now'>;
}

/** config -> store -> flows -> servers. */
export async function wire(config: Config, mode: Command['command'], parts: Parts = {}): Promise<App> {
  const logger = parts.logger ?? pino({ level: config.logLevel });
  // Whoever works on copies works on whole tables.
  const db = open(config.databaseUrl, parts.onCopies);
  try {
    return await wireOver(db, config, mode, logger, parts);
  } catch (error) {
    await db.destroy();
    throw error instanceof DatabaseBusy ? cannotBeOpened(config.databaseUrl, error.cause) : error;
  }
}

function open(databaseUrl: string, patient = false): Db {
  try {
    return openDatabase(databaseUrl, { patient });
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
  const clock =
    parts.now === undefined
      ? // A command says so itself, and stops.
        guardedClock(parts, mode === 'operate' ? pino({ level: 'silent' }) : logger)
      : movedClock(parts.now);
  const { now } = clock;
  const random = parts.random ?? randomBytes;
  const empty = await isEmptyDatabase(db);
  await refuseWrongDatabase(db, config, mode, empty);
  if (parts.onCopies !== true) await refuseUnfinishedCopy(db, config);
  const keys = new LiveKeyRing(config.keys ?? readKeyFile(sqlitePath(config.databaseUrl), empty));
  await migrateAt(config.databaseUrl, db);
  if (mode === 'operate') await refuseWrongClock(db, clock);
  if (mode === 'demo') await writeMeta(db, DEMO_MARK, 'made by sallyport demo');
  await patiently(config.databaseUrl, db, (patient) => refuseMissingKeys(patient, keys, config));

  const mail =
    config.mail === null ? undefined : smtpCarrier(config.mail.smtpUrl, config.mail.from, config.url);
  const sending = await openTexts(config, mode, now, logger, parts.textPatience, (carrier, receipt) => {
    noteDelivery(ctx, carrier, receipt).catch((err: unknown) => logger.error({ err }, 'a receipt was lost'));
  });
  const carriers = chooseCarriers(config, db, now, mail, sending.sender);
  const outbox = createOutbox({
    db,
    keys,
    now,
    carriers,
    mayWork: clock.mayServe,
    onError: (err, message) => {
      // What a carrier answers is no fault of ours, and told with the outcome.
      if (!(err instanceof NotSent)) logger.error({ err, message }, 'a message could not be sent');
    },
    onBounced: (bounce) => noteBounce(ctx, bounce),
    onTextOutcome: (message, outcome) => settleText(ctx, message, outcome),
  });
  const ctx: Context = {
    db,
    now,
    clock,
    random,
    keys,
    hasher: parts.hasher ?? createHasher({ atOnce: config.hashesAtOnce }),
    settings: {
      url: config.url,
      product: config.product,
      support: config.support,
      // The demo's server has its inbox, also where a command of the operator's looks on.
      textMessages: carriers.sms !== null || config.sms.carriers.length > 0 || (await isMarked(db)) !== null,
    },
    texts: { ...sending.channel, tried: outbox.tried },
    mail,
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
  // By a wrong clock a job would end, tell or sweep away what is not over, for all nodes.
  const whileRight = (job: () => Promise<unknown>) => async () => (clock.mayServe() ? job() : null);
  // Nodes in containers may share name and port: each goes by a name of its own.
  const node = `${hostname()}:${config.port} ${randomBytes(3).toString('hex')}`;
  const { announce, withdraw } = createAnnouncer(ctx, node, keys);
  const lookAtKeys = config.keys === null ? keyFileWatch(config, db, keys, announce) : async () => {};
  return {
    ctx,
    server,
    routes,
    outbox,
    async listen() {
      await checkClock(ctx, clock);
      // Before the first request: a rotation waits for whoever may seal. One that began before it was heard of this
      // has written its key by now.
      await announce();
      try {
        await lookAtKeys();
        // Nor has anybody begun to finish a restore here, who could not know of this server yet.
        await refuseUnfinishedCopy(db, config);
        await server.listen({ port: config.port, host: config.host });
      } catch (error) {
        await withdraw();
        throw error;
      }
      jobs.push(
        every(ANNOUNCE_EVERY_MS, announce, logger),
        every(LOOK_AT_KEYS_EVERY_MS, lookAtKeys, logger),
        every(CHECK_CLOCK_EVERY_MS, () => checkClock(ctx, clock), logger),
        every(OUTBOX_EVERY_MS, async () => outbox.wake(), logger),
        every(
          OUTBOX_EVERY_MS,
          whileRight(() => tellEndedPasses(ctx)),
          logger,
        ),
        every(
          SWEEP_EVERY_MS,
          whileRight(() => sweep(ctx)),
          logger,
        ),
        every(
          WATCH_TEXTS_EVERY_MS,
          whileRight(() => watchTexts(ctx)),
          logger,
        ),
      );
      outbox.wake();
      void warnOfMail(mail, logger);
    },
    async close({ idleMs = 0 } = {}) {
      for (const job of jobs) clearInterval(job);
      if (idleMs > 0) await stopListening(server);
      letConnectionsEnd(server, idleMs);
      await server.close();
      // Nor does the end wait for a mail server that hangs.
      setTimeout(() => mail?.close({ force: true }), FINISH_WITHIN_MS).unref();
      await outbox.stop();
      // E6: only now does nothing here seal or open any more, so that a key may go.
      await withdraw();
      await sending.sender?.close();
      mail?.close();
      await db.destroy();
    },
  };
}

/** Not a reason not to start: mails wait in the outbox, and whoever has an app needs none to log in. */
async function warnOfMail(mail: MailCarrier | undefined, logger: Logger): Promise<void> {
  await mail
    ?.check()
    .catch((err: unknown) =>
      logger.warn({ err, server: mail.server }, 'no mail leaves now. Look with: sallyport mail test ADDRESS'),
    );
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

/** T25: a deed of the operator's by a wrong clock would end what lives, or leave alive what has ended. */
async function refuseWrongClock(db: Db, clock: Clock): Promise<void> {
  await checkClock({ db }, clock);
  const fault = clock.fault();
  if (fault === null || fault.fault === 'set_back') return;
  const seconds = Math.round(fault.byMs / 1000);
  throw new ConfigFaults([
    fault.fault === 'off_database'
      ? `The clock of this machine is ${seconds} seconds off the database's. Set both right (NTP), then run this again.`
      : `The clock of this machine stands ${seconds} seconds before the newest record in the database. Set it right, then run this again. If it is right, the record was made by a wrong one: wait for as long.`,
  ]);
}

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

function chooseCarriers(
  config: Config,
  db: Db,
  now: () => number,
  mail: MailCarrier | undefined,
  sender: SmsSender | null,
): { email: Carrier; sms: Carrier | null } {
  const inbox = (channel: 'email' | 'sms') => inboxCarrier(channel, (m) => insertInbox(db, m), now);
  return {
    email: mail ?? inbox('email'),
    sms: sender !== null ? asCarrier(sender, now) : config.dev ? inbox('sms') : null,
  };
}

/**
 * The carriers of text messages, and what flows know of them. A command of the operator's opens none: the running
 * server sends. Receipts are asked for only where a carrier could reach us.
 */
async function openTexts(
  { sms, url }: Config,
  mode: Command['command'],
  now: () => number,
  logger: Logger,
  patience: Parts['textPatience'],
  onReceipt: NonNullable<CarrierParts['onReceipt']>,
): Promise<{ sender: SmsSender | null; channel: TextChannel }> {
  const common = {
    policy: sms.policy,
    warn: (what: object, words: string) => logger.warn(what, words),
    open: () => openCarriers(sms.carriers, { now }),
    carriers: sms.carriers.map(({ name }) => name),
  };
  if (sms.carriers.length === 0 || mode === 'operate') return { sender: null, channel: textsByInbox(common) };
  const receiptUrl = (carrier: string) => `${url}/receipts/sms/${carrier}`;
  const carriers = await openCarriers(sms.carriers, {
    now,
    onReceipt,
    ...(url.startsWith('https:') && { receiptUrl }),
  });
  const sender = failover(carriers, { now, ...patience });
  const named = (name: string) => carriers.find((carrier) => carrier.name === name);
  return {
    sender,
    channel: textsByInbox({
      ...common,
      ready: () => sender.status().some(({ state }) => state !== 'open'),
      status: () => sender.status(),
      readerOf(name) {
        const receipts = named(name)?.receipts;
        return typeof receipts === 'function' ? receipts : null;
      },
      tellsDelivery: (name) => (named(name)?.receipts ?? 'none') !== 'none',
    }),
  };
}

/** Where text messages go, said at the start: with `--dev` too they leave the house, and cost. */
function textsInWords({ carriers, policy }: Config['sms']): string {
  if (carriers.length === 0) return '';
  if (policy.mode === 'record-only')
    return 'Text messages are recorded and not sent (SMS_MODE=record-only): people with text messages need their backup codes.\n';
  const by = carriers.map(({ name }) => name).join(', then ');
  const to = policy.countries === 'all' ? 'everywhere' : [...policy.countries].join(', ');
  return `Text messages leave by ${by}, to numbers of ${to}.\n`;
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

/** T35: in a copy lives what was spent, ended or revoked since it was made. */
async function refuseUnfinishedCopy(db: Db, config: Config): Promise<void> {
  const tables = await db.introspection.getTables();
  const copiedAt = tables.some((t) => t.name === 'meta') ? await readMeta(db, COPIED_AT) : null;
  if (copiedAt === null) return;
  throw new ConfigFaults([
    `The database ${databaseName(config.databaseUrl)} is a copy, made at ${new Date(Number(copiedAt)).toISOString()}, and not fit to serve yet: sessions and codes that were ended or used since live in it. Finish the restore: sallyport restore --finish`,
  ]);
}

/** Takes over what `sallyport keys` writes into the key file, if that opens all there is; else the old keys stay. */
function keyFileWatch(
  config: Config,
  db: Db,
  ring: LiveKeyRing,
  announce: () => Promise<void>,
): () => Promise<void> {
  const database = sqlitePath(config.databaseUrl);
  const stamp = () => {
    const stat = statSync(keyFileOf(database), { throwIfNoEntry: false });
    return `${stat?.ino} ${stat?.ctimeMs}`;
  };
  // Not what it is now: it may have been changed since the keys were read.
  let seen = '';
  return async () => {
    const now = stamp();
    if (now === seen) return;
    seen = now;
    const found = readKeyFile(database, false);
    await refuseMissingKeys(db, found, config);
    ring.exchange(found);
    await announce();
  };
}

/** E6: sealed rows and no fitting key: does not start. */
async function refuseMissingKeys(db: Db, keys: KeyRing, config: Config): Promise<void> {
  const have = new Set(keys.keys.map((k) => k.id));
  const missing = (await sealedKeyNames(db)).filter((found) => !have.has(found.keyId));
  if (missing.length === 0) return;
  const where =
    config.keys === null
      ? `in the key file ${keyFileOf(sqlitePath(config.databaseUrl))}`
      : 'among SALLYPORT_KEYS';
  throw new ConfigFaults(
    missing.map(
      ({ table, keyId, rows }) =>
        `${rows} rows of ${table} are sealed with key ${keyId}, which is not ${where}. Add that key behind the others.`,
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
  const stop = (signal: NodeJS.Signals) => {
    // Such as a mail server that hangs: its message was not acknowledged, so it stays in the outbox.
    setTimeout(() => {
      process.stderr.write('Sallyport stopped before everything under way was finished.\n');
      process.exit(1);
    }, EXIT_WITHIN_MS).unref();
    // Somebody at a terminal (SIGINT) has no proxy, and does not want to wait.
    app.close({ idleMs: signal === 'SIGTERM' ? IDLE_WHILE_STOPPING_MS : 0 }).then(
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
  process.stdout.write(textsInWords(config.sms));
  process.stdout.write(
    mode === 'demo'
      ? await demoText(app.ctx)
      : `Sallyport listens on ${config.host}:${config.port} as ${config.url}\n`,
  );
}

/** A command of the operator's, over the same database; its messages leave through the running server. */
async function operate(config: Config, parsed: Parsed): Promise<void> {
  if (runsApart(parsed)) {
    process.exitCode = await runApartCommand(placeOf(config), parsed);
    return;
  }
  const onCopies = 'onCopies' in parsed.command && parsed.command.onCopies === true;
  const app = await wire(config, 'operate', { onCopies });
  try {
    process.exitCode = await runOperatorCommand(app.ctx, parsed);
  } finally {
    await app.close();
  }
}

/** For commands that copy or replace the database, or change its keys. */
export function placeOf(config: Config, parts: Parts = {}): Place {
  const given = isPostgresUrl(config.databaseUrl) ? null : sqlitePath(config.databaseUrl);
  const keyFile = given === null || config.keys !== null ? null : keyFileOf(given);
  return {
    // What it is beside, and what takes its place, goes by the file itself and not by a link to it.
    sqliteFile: given !== null && existsSync(given) ? realpathSync(given) : given,
    now: parts.now ?? Date.now,
    keyFile: keyFile === null ? null : keyFileAt(keyFile),
    async open(instead) {
      // Another file has no keys beside it: this installation's are what must open it.
      const there =
        instead === undefined
          ? config
          : {
              ...config,
              databaseUrl: `sqlite:${instead.sqliteFile}`,
              keys: config.keys ?? readKeyFile(given ?? '', false),
            };
      const app = await wire(there, 'operate', { ...parts, onCopies: true });
      return { ctx: app.ctx, close: () => app.close() };
    },
  };
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
