import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Logger, pino } from 'pino';
import type { Command } from '../cli/arguments.ts';
import type { Config } from '../config.ts';
import { createHasher, type Hasher } from '../credentials/password.ts';
import type { LiveKeyRing } from '../credentials/sealed-secret.ts';
import type { RandomBytes } from '../credentials/token.ts';
import { inboxCarrier } from '../delivery/inbox.ts';
import { type MailCarrier, smtpCarrier } from '../delivery/mail.ts';
import type { Carrier } from '../delivery/message.ts';
import { asCarrier } from '../delivery/sms/as-carrier.ts';
import { NotSent } from '../delivery/sms/carrier.ts';
import type { FailoverOptions, SmsSender } from '../delivery/sms/failover.ts';
import type { Clock } from '../flows/clock.ts';
import type { Context } from '../flows/context.ts';
import { makeDemo } from '../flows/demo-data.ts';
import { noteBounce } from '../flows/mail.ts';
import { createOutbox, type Outbox } from '../flows/outbox.ts';
import { settleText } from '../flows/text-messages.ts';
import { noteDelivery } from '../flows/text-messages-receipts.ts';
import { type Db, hasPeople } from '../store/database.ts';
import { insertInbox } from '../store/outbox.ts';
import { createServer, type RouteEntry, type Server } from '../web/server.ts';
import { createNode } from './node.ts';
import { guardedClock, movedClock } from './node-clock.ts';
import { prepareDatabase, withDatabase } from './open-database.ts';
import { isMarked, refuseMissingFile } from './refusals.ts';
import { openTexts } from './text-carriers.ts';

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
  /** Also by a clock that stands before what is on record. */
  readonly beforeRecords?: boolean;
  /** The database whose key file holds the keys, where it is not the one that is opened. */
  readonly keysOf?: string;
  /** How patient the carriers of text messages are waited for. */
  readonly textPatience?: Omit<FailoverOptions, 'now'>;
}

/**
 * config -> store -> flows -> servers.
 * @throws ConfigFaults when this configuration, this database and these keys do not belong together.
 */
export async function wire(config: Config, mode: Command['command'], parts: Parts = {}): Promise<App> {
  const logger = parts.logger ?? pino({ level: config.logLevel });
  const onCopies = parts.onCopies === true;
  // A command says itself what is wrong with the clock, and stops.
  const clockLogger = mode === 'operate' ? pino({ level: 'silent' }) : logger;
  const clock = parts.now === undefined ? guardedClock(parts, clockLogger) : movedClock(parts.now);
  if (mode === 'operate') refuseMissingFile(config);
  // Whoever works on copies works on whole tables.
  return withDatabase(config.databaseUrl, { patient: onCopies }, async (db) => {
    const keys = await prepareDatabase(db, config, mode, { ...parts, clock, onCopies });
    const { ctx, ...sending } = await wireFlows({ config, mode, parts, logger, db, clock, keys });
    // Also after a first start that was cut off before the people were made.
    if (mode === 'demo' && !(await hasPeople(db))) await makeDemo(ctx);
    const { dev, trustedProxies } = config;
    const { server, routes } = await createServer(ctx, { dev, trustedProxies, logger });
    // Nodes in containers may share name and port: each goes by a name of its own.
    const name = `${hostname()}:${config.port} ${randomBytes(3).toString('hex')}`;
    const node = createNode({ ...sending, ctx, clock, keys, server, config, logger, name });
    return { ctx, server, routes, outbox: sending.outbox, ...node };
  });
}

interface Wiring {
  readonly config: Config;
  readonly mode: Command['command'];
  readonly parts: Parts;
  readonly logger: Logger;
  readonly db: Db;
  readonly clock: Clock;
  readonly keys: LiveKeyRing;
}

/** What flows need, and what sends their messages. */
async function wireFlows({ config, mode, parts, logger, db, clock, keys }: Wiring) {
  const { now } = clock;
  const mail =
    config.mail === null ? undefined : smtpCarrier(config.mail.smtpUrl, config.mail.from, config.url);
  const texts = await openTexts(config, mode, now, logger, parts.textPatience, (carrier, receipt) => {
    noteDelivery(ctx, carrier, receipt).catch((err: unknown) => logger.error({ err }, 'a receipt was lost'));
  });
  const carriers = chooseCarriers(config, db, now, mail, texts.sender);
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
    random: parts.random ?? randomBytes,
    keys,
    hasher: parts.hasher ?? createHasher({ atOnce: config.hashesAtOnce }),
    settings: {
      url: config.url,
      product: config.product,
      support: config.support,
      // The demo's server has its inbox, also where a command of the operator's looks on.
      textMessages: carriers.sms !== null || config.sms.carriers.length > 0 || (await isMarked(db)) !== null,
    },
    texts: { ...texts.channel, tried: outbox.tried },
    mail,
    // A command of the operator's only posts: the running server sends.
    wakeOutbox: mode === 'operate' ? () => {} : outbox.wake,
  };
  return { ctx, outbox, mail, sender: texts.sender };
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
