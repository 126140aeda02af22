/**
 * Several processes of the built program over one database, behind a round-robin: what a test does at their door
 * is what it does at any other, only the clock is the real one. Knows nothing of vitest, so that scripts can use it.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseKeys } from '../../src/credentials/sealed-secret.ts';
import { inboxCarrier } from '../../src/delivery/inbox.ts';
import type { Context } from '../../src/flows/context.ts';
import { createOutbox } from '../../src/flows/outbox.ts';
import { textsByInbox } from '../../src/flows/text-channel.ts';
import { settleText } from '../../src/flows/text-messages.ts';
import { movedClock } from '../../src/start/node-clock.ts';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { insertInbox } from '../../src/store/outbox.ts';
import type { Door } from '../support/door.ts';
import { type Doorstep, doorstepOf } from '../support/doorstep.ts';
import { type Ended, freePort, type Program, startProgram } from '../support/program.ts';
import { type RoundRobin, type RoundRobinOptions, startRoundRobin } from '../support/round-robin.ts';
import { quickHasher } from '../support/scene.ts';

export interface Node {
  readonly port: number;
  readonly program: Program;
  /** Starts it again, once it has ended. */
  start(): Promise<void>;
  /** SIGTERM. @returns how it ended, and after how many milliseconds. */
  stop(): Promise<Ended & { afterMs: number }>;
  /** SIGKILL: no word to anybody. */
  kill(): Promise<void>;
  /** Asks this node itself, past the round-robin. */
  fetch(path: string, init?: { headers?: Record<string, string> }): Promise<Response>;
}

export interface Site extends Doorstep, AsyncDisposable {
  readonly nodes: readonly Node[];
  readonly proxy: RoundRobin;
  /** The key that the nodes seal with. */
  readonly key: string;
  /** For the steps of the journeys. Its clock does not move at will. */
  readonly door: Door;
  /** What the nodes logged as an error so far, this process's own lines included. */
  errors(): string[];
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly database: string;
  readonly nodes?: number;
  readonly env?: Record<string, string>;
  readonly keepAlive?: RoundRobinOptions['keepAlive'];
  /** Run in place of the program: a script around it. */
  readonly script?: string;
}

const STEP_MS = 30_000;

/** Once all nodes answer. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-nodes-'));
  const ports = await Promise.all(Array.from({ length: options.nodes ?? 3 }, freePort));
  const proxy = await startRoundRobin(ports, { keepAlive: options.keepAlive ?? false });
  const key = randomBytes(32).toString('base64');
  const env = {
    DATABASE_URL: options.database,
    SALLYPORT_URL: proxy.origin,
    SALLYPORT_KEYS: key,
    LOG_LEVEL: 'warn',
    ...options.env,
  };
  const nodes = ports.map((port) => nodeAt(port, folder, env, options.script));
  // At once, also where there are no tables yet.
  await Promise.all(nodes.map((node) => node.start()));
  const db = openDatabase(options.database);
  const { ctx, sent, stopOutbox } = contextOver(db, key, proxy.origin);
  const step = doorstepOf({ ctx, origin: proxy.origin, now: Date.now, sent, appCode: codesByTheClock() });
  const close = async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await proxy.close();
    await stopOutbox();
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  const clock = { now: Date.now, advance: standsStill, set: standsStill };
  return {
    ...step,
    nodes,
    proxy,
    key,
    door: { ...step, clock } as unknown as Door,
    errors: () => nodes.flatMap((node) => errorsIn(node.program.stdout)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function standsStill(): never {
  throw new Error('nodes go by the real clock');
}

function nodeAt(port: number, folder: string, env: Record<string, string>, script?: string): Node {
  let program: Program | undefined;
  const running = () => {
    if (program === undefined) throw new Error('this node was never started');
    return program;
  };
  return {
    port,
    get program() {
      return running();
    },
    async start() {
      const given = { cwd: folder, env: { ...env, PORT: String(port) } };
      program = startProgram(['serve', '--dev'], script === undefined ? given : { ...given, script });
      await program.printed('listens on');
    },
    async stop() {
      const began = performance.now();
      running().signal('SIGTERM');
      const ended = await running().ended;
      return { ...ended, afterMs: performance.now() - began };
    },
    async kill() {
      program?.signal('SIGKILL');
      await program?.ended;
    },
    fetch: (path, init) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        redirect: 'manual',
        ...init,
        headers: { connection: 'close', ...init?.headers },
      }),
  };
}

/** What the flows need to make scenes here; its outbox is one worker more beside those of the nodes. */
function contextOver(db: Db, key: string, url: string) {
  const keys = parseKeys(key);
  const inbox = (channel: 'email' | 'sms') => inboxCarrier(channel, (m) => insertInbox(db, m), Date.now);
  const carriers = { email: inbox('email'), sms: inbox('sms') };
  const outbox = createOutbox({
    db,
    keys,
    now: Date.now,
    carriers,
    onError: () => {},
    onTextOutcome: (message, outcome) => settleText(ctx, message, outcome),
  });
  const ctx: Context = {
    db,
    now: Date.now,
    clock: movedClock(Date.now),
    random: randomBytes,
    keys,
    hasher: quickHasher,
    settings: { url, product: 'Sallyport', support: 'help@sallyport.example', textMessages: true },
    texts: textsByInbox(),
    wakeOutbox: () => outbox.wake(),
  };
  const waiting = () =>
    db.selectFrom('outbox').select('id').where('sent_at', 'is', null).where('failed_at', 'is', null);
  const sent = async () => {
    await outbox.drain();
    // A node may hold what this worker did not get.
    while ((await waiting().execute()).length > 0) await sleep(5);
  };
  return { ctx, sent, stopOutbox: () => outbox.stop() };
}

/** The code of now, then the next one, which the window allows too (E3): two in half a minute. */
function codesByTheClock(): Doorstep['appCode'] {
  const used = new Map<string, number>();
  return ({ app, name }) => {
    if (app === null) throw new Error(`${name} has no app`);
    const now = Math.floor(Date.now() / STEP_MS);
    const step = Math.max(now, (used.get(app.secret) ?? 0) + 1);
    if (step > now + 1) throw new Error(`${name} has used up the codes of this half minute`);
    used.set(app.secret, step);
    return app.codeAt(step * STEP_MS);
  };
}

/** Lines of a log, as errors and worse. */
export function errorsIn(log: string): string[] {
  return log.split('\n').filter((line) => /^\{"level":[56]0,/.test(line));
}
