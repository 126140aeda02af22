/** Opens the database, and makes it fit to be worked on: refusals first, then the keys, then the tables. */
import type { Command } from '../cli/arguments.ts';
import { type Config, ConfigFaults } from '../config.ts';
import { LiveKeyRing } from '../credentials/sealed-secret.ts';
import type { Clock } from '../flows/clock.ts';
import { DEMO_MARK } from '../flows/demo-data.ts';
import {
  type Db,
  databaseName,
  isEmptyDatabase,
  migrateAt,
  openDatabase,
  patiently,
  sqlitePath,
} from '../store/database.ts';
import { DatabaseBusy } from '../store/database-busy.ts';
import { writeMeta } from '../store/meta.ts';
import { readKeyFile } from './key-file.ts';
import {
  refuseEmptyDatabase,
  refuseMissingKeys,
  refuseUnfinishedCopy,
  refuseWrongClock,
  refuseWrongDatabase,
} from './refusals.ts';

/**
 * Works over the database, which is closed again if that fails.
 * @throws ConfigFaults when it cannot be opened.
 */
export async function withDatabase<T>(
  databaseUrl: string,
  options: { readonly patient?: boolean },
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const db = open(databaseUrl, options);
  try {
    return await work(db);
  } catch (error) {
    await db.destroy();
    throw error instanceof DatabaseBusy ? cannotBeOpened(databaseUrl, error.cause) : error;
  }
}

function open(databaseUrl: string, options: { readonly patient?: boolean }): Db {
  try {
    return openDatabase(databaseUrl, options);
  } catch (error) {
    throw cannotBeOpened(databaseUrl, error);
  }
}

function cannotBeOpened(databaseUrl: string, error: unknown): ConfigFaults {
  const why = error instanceof Error ? error.message || error.name : error;
  return new ConfigFaults([
    `The database ${databaseName(databaseUrl)} cannot be opened: ${why}. Set it right, or set DATABASE_URL to another.`,
  ]);
}

/**
 * Brings the tables up to date, unless this process has no business here.
 * @returns the keys, which open all that is sealed.
 * @throws ConfigFaults
 */
export async function prepareDatabase(
  db: Db,
  config: Config,
  mode: Command['command'],
  p: {
    readonly clock: Clock;
    readonly onCopies: boolean;
    readonly beforeRecords?: boolean;
    readonly keysOf?: string;
  },
): Promise<LiveKeyRing> {
  const empty = await isEmptyDatabase(db);
  if (mode === 'operate') refuseEmptyDatabase(config, empty);
  await refuseWrongDatabase(db, config, mode, empty);
  if (!p.onCopies) await refuseUnfinishedCopy(db, config);
  const keysOf = p.keysOf ?? sqlitePath(config.databaseUrl);
  const keys = new LiveKeyRing(config.keys ?? readKeyFile(keysOf, empty));
  await migrateAt(config.databaseUrl, db);
  if (mode === 'operate') await refuseWrongClock(db, p.clock, p.beforeRecords);
  if (mode === 'demo') await writeMeta(db, DEMO_MARK, 'made by sallyport demo');
  await patiently(config.databaseUrl, db, (patient) => refuseMissingKeys(patient, keys, config, keysOf));
  return keys;
}
