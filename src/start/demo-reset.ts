import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer as createSocketServer } from 'node:net';
import type { Config } from '../config.ts';
import { dropAllTables, isEmptyDatabase, isPostgresUrl, sqlitePath } from '../store/database.ts';
import { withDatabase } from './open-database.ts';
import { refuseWrongDatabase } from './refusals.ts';

/**
 * `demo --reset`: takes away the database that the demo made, and no other; nor under a demo that still runs, or
 * before this one could start.
 * @throws with the code of `listen`'s own fault when the port cannot be had.
 */
export async function resetDemo(config: Config): Promise<void> {
  await refuseTakenPort(config);
  const path = isPostgresUrl(config.databaseUrl) ? null : sqlitePath(config.databaseUrl);
  if (path !== null && !existsSync(path)) return;
  await withDatabase(config.databaseUrl, {}, async (db) => {
    await refuseWrongDatabase(db, config, 'demo', await isEmptyDatabase(db));
    if (path === null) await dropAllTables(db);
    await db.destroy();
  });
  if (path === null) return;
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

async function refuseTakenPort(config: Config): Promise<void> {
  const probe = createSocketServer().listen(config.port, config.host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}
