import { afterAll, beforeAll } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { describeStore } from './conformance.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describeStore('PostgreSQL', async () => {
  const db = openDatabase(await server.freshDatabase());
  return { db, close: () => db.destroy() };
});
