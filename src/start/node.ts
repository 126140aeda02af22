/** The running server: what it does when it begins to listen, beside the requests, and when it ends. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { LiveKeyRing } from '../credentials/sealed-secret.ts';
import type { MailCarrier } from '../delivery/mail.ts';
import type { SmsSender } from '../delivery/sms/failover.ts';
import { ANNOUNCE_EVERY_MS, createAnnouncer, runningNodes } from '../flows/announce-keys.ts';
import { checkClock } from '../flows/check-clock.ts';
import type { Clock } from '../flows/clock.ts';
import type { Context } from '../flows/context.ts';
import type { Outbox } from '../flows/outbox.ts';
import { sweep } from '../flows/sweep.ts';
import { tellEndedPasses } from '../flows/tell-ended-passes.ts';
import { noteCarriers } from '../flows/text-messages-seen.ts';
import { watchTexts } from '../flows/text-messages-watch.ts';
import { isPostgresUrl } from '../store/database.ts';
import type { Server } from '../web/server.ts';
import { FINISH_WITHIN_MS, letConnectionsEnd, stopListening } from '../web/stop-listening.ts';
import { createJobs } from './jobs.ts';
import { keyFileWatch } from './key-file-watch.ts';
import { refuseUnfinishedCopy } from './refusals.ts';

/** How often the outbox looks for messages that nobody woke it for: retries, and other nodes' leftovers. */
const OUTBOX_EVERY_MS = 5_000;
const CHECK_CLOCK_EVERY_MS = 5_000;
const SWEEP_EVERY_MS = 3_600_000;
const LOOK_AT_KEYS_EVERY_MS = 5_000;
const WATCH_TEXTS_EVERY_MS = 60_000;
const NOTE_CARRIERS_EVERY_MS = 10_000;
/**
 * How long a job may take to end. Less than requests, since those that hang are waited for with them: what comes after
 * must be over before the program's patience (`EXIT_WITHIN_MS`) is.
 */
const JOBS_END_WITHIN_MS = 5_000;

export interface NodeParts {
  readonly ctx: Context;
  readonly config: Config;
  readonly clock: Clock;
  readonly keys: LiveKeyRing;
  readonly server: Server;
  readonly outbox: Outbox;
  readonly mail: MailCarrier | undefined;
  readonly sender: SmsSender | null;
  readonly logger: Logger;
  /** By which the other nodes, and commands, know it. */
  readonly name: string;
}

export function createNode(parts: NodeParts) {
  const { ctx, config, clock, keys, server, outbox, mail, logger } = parts;
  const { announce, withdraw } = createAnnouncer(ctx, parts.name, keys);
  const lookAtKeys = config.keys === null ? keyFileWatch(config, ctx.db, keys, announce) : async () => {};
  const jobs = createJobs(logger);
  // By a wrong clock a job would end, tell or sweep away what is not over, for all nodes.
  const ifRight = async (job: () => Promise<unknown>) => (clock.mayServe() ? job() : null);
  const beginJobs = () => {
    jobs.every(ANNOUNCE_EVERY_MS, announce);
    jobs.every(LOOK_AT_KEYS_EVERY_MS, lookAtKeys);
    jobs.every(CHECK_CLOCK_EVERY_MS, () => checkClock(ctx));
    jobs.every(OUTBOX_EVERY_MS, async () => outbox.wake());
    jobs.every(OUTBOX_EVERY_MS, () => ifRight(() => tellEndedPasses(ctx)));
    jobs.every(SWEEP_EVERY_MS, () => ifRight(() => sweep(ctx)));
    jobs.every(NOTE_CARRIERS_EVERY_MS, noteChangedCarriers(ctx));
    jobs.every(WATCH_TEXTS_EVERY_MS, () => ifRight(() => watchTexts(ctx)));
  };
  let served = false;
  return {
    async listen() {
      await checkClock(ctx);
      // Before the first request: a rotation waits for whoever may seal. One that began before it was heard of this
      // has written its key by now.
      if (!isPostgresUrl(config.databaseUrl)) await warnOfOthers(ctx, logger);
      await announce();
      try {
        await lookAtKeys();
        // Nor has anybody begun to finish a restore here, who could not know of this server yet.
        await refuseUnfinishedCopy(ctx.db, config);
        await server.listen({ port: config.port, host: config.host });
      } catch (error) {
        await withdraw();
        throw error;
      }
      served = true;
      beginJobs();
      outbox.wake();
      void warnOfMail(mail, logger);
    },
    async close({ idleMs = 0 }: { readonly idleMs?: number } = {}) {
      // A mail server that hangs is not waited for: what it has not taken by then stays in the outbox.
      setTimeout(() => mail?.close({ force: true }), FINISH_WITHIN_MS).unref();
      // At the same time as the requests, so that all together end within that time.
      const jobsEnd = jobs.stop(JOBS_END_WITHIN_MS);
      if (idleMs > 0) await stopListening(server);
      letConnectionsEnd(server, idleMs);
      await server.close();
      const jobsEnded = await jobsEnd;
      await outbox.stop();
      // E6: only now does nothing here seal or open any more, so that a key may go. A job that hangs might still: then
      // this server counts as running until it has been silent for long enough.
      if (jobsEnded) await withdraw();
      await parts.sender?.close();
      mail?.close();
      await ctx.db.destroy();
      // Whoever reads the log tells an end in order from a kill.
      if (served) logger.info('Sallyport has stopped');
    },
  };
}

/** Not a reason not to start: who was killed could not say so, and is to come back at once. */
async function warnOfOthers(ctx: Context, logger: Logger): Promise<void> {
  const others = (await runningNodes(ctx)).map(({ name }) => name);
  if (others.length === 0) return;
  logger.warn(
    { others },
    `another server is at work on this SQLite file, or was killed less than three minutes ago: ${others.join(', ')}. SQLite takes one server: if that one still runs, stop one of them`,
  );
}

/** For `sms status`: soon after a carrier took the first message, and not at each one. */
function noteChangedCarriers(ctx: Context): () => Promise<void> {
  let noted = '';
  return async () => {
    const now = JSON.stringify(ctx.texts.status());
    if (now === noted) return;
    await noteCarriers(ctx);
    noted = now;
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
