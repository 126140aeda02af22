import { connect, createServer, type Socket } from 'node:net';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, migrate, openDatabase } from '../../src/store/database.ts';
import { DatabaseBusy } from '../../src/store/database-busy.ts';
import { PgDialect } from '../../src/store/postgres.ts';
import type { Schema } from '../../src/store/schema.ts';
import { emptyDatabase, type PostgresServer, startPostgres } from '../support/postgres.ts';
import { describeStore } from './conformance.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const open = async () => {
  const db = openDatabase(await server.freshDatabase());
  return { db, close: () => db.destroy() };
};

/** Databases that a test is through with, emptied: to make one with its tables takes a hundred times as long. */
const emptied: Db[] = [];
afterAll(async () => {
  for (const db of emptied) await db.destroy();
});

const openWithTables = async () => {
  let db = emptied.pop();
  if (db === undefined) {
    db = (await open()).db;
    await migrate(db);
  }
  const used = db;
  const close = async () => {
    await emptyDatabase(used);
    emptied.push(used);
  };
  return { db, close };
};

describeStore('PostgreSQL', open, openWithTables);

test('a server that falls silent without hanging up is left, and its place taken by a new connection', async () => {
  const target = new URL(await server.freshDatabase());
  const sockets: Socket[] = [];
  let silent = false;
  const between = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    sockets.push(near, far);
    near.on('data', (data) => (silent && sockets.indexOf(near) < quietFrom ? null : far.write(data)));
    far.on('data', (data) => near.write(data));
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('close', () => far.destroy());
  });
  let quietFrom = 0;
  between.listen(0, '127.0.0.1');
  await new Promise((listening) => between.once('listening', listening));
  const address = between.address();
  const near = new URL(target);
  near.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  const db = new Kysely<Schema>({ dialect: new PgDialect(near.href, { statementMs: 300 }) });
  const ask = () => sql`select 1 as one`.execute(db).then(({ rows }) => rows);
  try {
    // Three connections, all of which go silent.
    await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.1)`.execute(db)));
    [silent, quietFrom] = [true, sockets.length];
    const asked = await Promise.allSettled([ask(), ask(), ask()]);
    expect(asked.map((a) => a.status === 'rejected' && a.reason)).toEqual(
      asked.map(() => expect.any(DatabaseBusy)),
    );
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(asked.map(() => [{ one: 1 }]));
  } finally {
    await db.destroy();
    for (const socket of sockets) socket.destroy();
    between.close();
  }
});
