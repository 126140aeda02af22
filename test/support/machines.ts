/**
 * Nodes with guarded clocks over one database, on machines whose clocks are set at will while time goes on; the
 * database's own clock as well, where it has one.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { wire } from '../../src/start/wire.ts';
import type { LogLine } from './door.ts';
import { type Doorstep, doorstepOf } from './doorstep.ts';
import { freshDatabaseOn } from './postgres.ts';
import { freePort } from './program.ts';
import { quickHasher } from './scene.ts';

export interface Node extends Doorstep {
  readonly log: readonly LogLine[];
  /** Sets the clock of this node's machine by so many milliseconds, and nothing else. */
  set(byMs: number): void;
  /** As its own job looks at its clock every five seconds. @returns `ready`, or which fault. */
  look(): Promise<string>;
  stop(): Promise<void>;
}

export interface Machines extends AsyncDisposable {
  /** Starts a node; its clock is off by so much beside what all are. On the same port again, browsers know it. */
  start(offMs?: number): Promise<Node>;
  /** Time goes by, everywhere. */
  pass(ms: number): Promise<void>;
  /** Sets all clocks at once, the database's too. */
  setAll(byMs: number): Promise<void>;
  setDatabase(byMs: number): Promise<void>;
}

const KEY = Buffer.alloc(32, 5).toString('base64');

export async function openMachines(): Promise<Machines> {
  const database = await databaseWithClock();
  const port = await freePort();
  let [elapsed, off, databaseOff] = [0, 0, 0];
  const running = new Set<Node>();
  const tellDatabase = () => database.setClock(elapsed + off + databaseOff);

  async function start(offMs = 0): Promise<Node> {
    let own = offMs;
    const wall = () => Date.now() + elapsed + off + own;
    const log: LogLine[] = [];
    const env = {
      PORT: String(running.size === 0 ? port : await freePort()),
      DATABASE_URL: database.url,
      SALLYPORT_KEYS: KEY,
      SALLYPORT_SUPPORT: 'help@x.example',
    };
    const app = await wire(readConfig(env, 'dev'), 'serve', {
      wall,
      steady: () => performance.now() + elapsed,
      hasher: quickHasher,
      logger: pino({ level: 'warn' }, { write: (line: string) => log.push(JSON.parse(line) as LogLine) }),
    });
    await app.listen();
    const step = doorstepOf({
      ctx: app.ctx,
      origin: `http://localhost:${env.PORT}`,
      now: () => Date.now() + elapsed,
      sent: () => app.outbox.drain(),
      appCode: ({ app: phone }) => phone?.codeAt(Date.now() + elapsed) ?? '',
    });
    const node: Node = {
      ...step,
      log,
      set(byMs) {
        own += byMs;
      },
      async look() {
        const { status, fault } = JSON.parse((await step.browser().get('/health')).text) as Told;
        return fault?.fault ?? status;
      },
      async stop() {
        running.delete(node);
        await app.close();
      },
    };
    running.add(node);
    return node;
  }

  return {
    start,
    async pass(ms) {
      elapsed += ms;
      await tellDatabase();
    },
    async setAll(byMs) {
      off += byMs;
      await tellDatabase();
    },
    async setDatabase(byMs) {
      databaseOff += byMs;
      await tellDatabase();
    },
    async [Symbol.asyncDispose]() {
      for (const node of [...running]) await node.stop();
      await database.remove();
    },
  };
}

interface Told {
  readonly status: string;
  readonly fault?: { readonly fault: string };
}

interface DatabaseWithClock {
  readonly url: string;
  /** So far ahead of the true time, where it has a clock at all. */
  setClock(byMs: number): Promise<void>;
  remove(): Promise<void>;
}

async function databaseWithClock(): Promise<DatabaseWithClock> {
  const server = inject('postgres');
  if (server === '') {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-machines-'));
    return {
      url: `sqlite:${join(folder, 'sallyport.db')}`,
      setClock: async () => {},
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const url = await freshDatabaseOn(server);
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  // A name that stands before the system's in the path is found first: so its clock is moved for this database alone.
  await admin.query(`
    create schema moved;
    create table moved.clock (by_ms bigint not null);
    insert into moved.clock values (0);
    create function moved.clock_timestamp() returns timestamptz language sql volatile as
      $$ select pg_catalog.clock_timestamp() + by_ms * interval '1 millisecond' from moved.clock $$;
    do $$ begin execute format('alter database %I set search_path = public, moved, pg_catalog', current_database()); end $$`);
  return {
    url,
    setClock: async (byMs) => void (await admin.query('update moved.clock set by_ms = $1', [byMs])),
    remove: () => admin.end(),
  };
}
