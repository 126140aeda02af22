/** Why a process does not start over this database: each refusal says how to mend it. */
import { existsSync } from 'node:fs';
import type { Command } from '../cli/arguments.ts';
import { type Config, ConfigFaults } from '../config.ts';
import type { KeyRing } from '../credentials/sealed-secret.ts';
import { lookAtClock } from '../flows/check-clock.ts';
import type { Clock } from '../flows/clock.ts';
import { DEMO_MARK } from '../flows/demo-data.ts';
import { COPIED_AT } from '../store/backup.ts';
import { type Db, databaseName, isPostgresUrl, sqlitePath } from '../store/database.ts';
import { readMeta, sealedKeyNames } from '../store/meta.ts';
import { keyFileOf } from './key-file.ts';

/** The demo's passwords are known to everybody: its database and a real one must never be mixed up. */
export async function refuseWrongDatabase(
  db: Db,
  config: Config,
  mode: Command['command'],
  empty: boolean,
): Promise<void> {
  if (empty) return;
  const marked = (await isMarked(db)) !== null;
  if (mode === 'demo' && !marked) {
    throw new ConfigFaults([
      `The database ${databaseName(config.databaseUrl)} was not made by the demo. Give the demo one of its own: DATABASE_URL=sqlite:./data/demo.db npm start`,
    ]);
  }
  if (mode === 'serve' && marked && !config.dev) {
    throw new ConfigFaults([
      `The database ${databaseName(config.databaseUrl)} is the demo's, whose passwords everybody knows. Set DATABASE_URL to another one.`,
    ]);
  }
}

/** A command works on what a server made: one that made a database of its own would hide that DATABASE_URL is wrong. */
export function refuseMissingFile(config: Config): void {
  if (isPostgresUrl(config.databaseUrl) || existsSync(sqlitePath(config.databaseUrl))) return;
  throw new ConfigFaults([noDatabase(config)]);
}

/** The same for a database without tables, as PostgreSQL's are made. */
export function refuseEmptyDatabase(config: Config, empty: boolean): void {
  if (empty) throw new ConfigFaults([noDatabase(config)]);
}

const noDatabase = ({ databaseUrl }: Config) =>
  `There is no database of Sallyport at ${databaseName(databaseUrl)}. Set DATABASE_URL to the server's, or start the server once: it makes one.`;

/** The mark that the demo leaves on its database; `null`: it has none. */
export async function isMarked(db: Db): Promise<string | null> {
  const tables = await db.introspection.getTables();
  return tables.some((t) => t.name === 'meta') ? readMeta(db, DEMO_MARK) : null;
}

/** T35: in a copy lives what was spent, ended or revoked since it was made. */
export async function refuseUnfinishedCopy(db: Db, config: Config): Promise<void> {
  const tables = await db.introspection.getTables();
  const copiedAt = tables.some((t) => t.name === 'meta') ? await readMeta(db, COPIED_AT) : null;
  if (copiedAt === null) return;
  throw new ConfigFaults([
    `The database ${databaseName(config.databaseUrl)} is a copy, made at ${new Date(Number(copiedAt)).toISOString()}, and not fit to serve yet: sessions and codes that were ended or used since live in it. Finish the restore: sallyport restore --finish`,
  ]);
}

/**
 * E6: sealed rows and no fitting key: does not start.
 * @param keysOf the database whose key file holds them: a file that is looked at in its stead has none beside it.
 */
export async function refuseMissingKeys(
  db: Db,
  keys: KeyRing,
  config: Config,
  keysOf = sqlitePath(config.databaseUrl),
): Promise<void> {
  const have = new Set(keys.keys.map((k) => k.id));
  const missing = (await sealedKeyNames(db)).filter((found) => !have.has(found.keyId));
  if (missing.length === 0) return;
  const where = config.keys === null ? `in the key file ${keyFileOf(keysOf)}` : 'among SALLYPORT_KEYS';
  throw new ConfigFaults(
    missing.map(
      ({ table, keyId, rows }) =>
        `${rows} rows of ${table} are sealed with key ${keyId}, which is not ${where}. Add that key behind the others.`,
    ),
  );
}

/** T25: a deed of the operator's by a wrong clock would end what lives, or leave alive what has ended. */
export async function refuseWrongClock(db: Db, clock: Clock, beforeRecords = false): Promise<void> {
  const { fault } = await lookAtClock(db, clock);
  if (fault === null || (beforeRecords && fault.fault === 'before_records')) return;
  const seconds = Math.round(fault.byMs / 1000);
  throw new ConfigFaults([
    fault.fault === 'off_database'
      ? `The clock of this machine is ${seconds} seconds off the database's. Set both right (NTP), then run this again.`
      : `The clock of this machine stands ${seconds} seconds before the newest record in the database. Set it right, then run this again. If it is right, the record was made by a wrong one: stop all servers, and run: sallyport clock right`,
  ]);
}
