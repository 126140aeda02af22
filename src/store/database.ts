import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, sql, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { isPostgres, NodeSqliteDialect, openSqlite, transactionRunning } from './dialect.ts';
import * as first from './migrations/0001-first.ts';
import * as auditAppendOnly from './migrations/0002-audit-append-only.ts';
import * as auditByTime from './migrations/0003-newest-moment.ts';
import * as textMessages from './migrations/0004-text-messages.ts';
import * as textUntil from './migrations/0005-text-until.ts';
import * as textLimits from './migrations/0006-text-limits.ts';
import { PgDialect, wasUndone } from './postgres.ts';
import type { Schema } from './schema.ts';

/** The database, or a transaction in it: every function of the store takes either. */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

const MIGRATIONS: Record<string, Migration> = {
  '0001-first': first,
  '0002-audit-append-only': auditAppendOnly,
  '0003-newest-moment': auditByTime,
  '0004-text-messages': textMessages,
  '0005-text-until': textUntil,
  '0006-text-limits': textLimits,
};

/** The file of a `sqlite:` address. */
export function sqlitePath(databaseUrl: string): string {
  return databaseUrl.replace(/^sqlite:(\/\/(?=\/))?/, '');
}

export const isPostgresUrl = (databaseUrl: string): boolean => /^postgres(ql)?:/.test(databaseUrl);

/** `patient`: for work on whole tables, whose statements may take as long as they need. */
export function openDatabase(databaseUrl: string, { patient = false } = {}): Db {
  if (isPostgresUrl(databaseUrl))
    return new Kysely<Schema>({ dialect: new PgDialect(databaseUrl, { patient }) });
  const path = sqlitePath(databaseUrl);
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  return new Kysely<Schema>({ dialect: new NodeSqliteDialect(openSqlite(path)) });
}

/**
 * Brings the tables up to date.
 * @throws when a migration fails, or when the database is newer than this program.
 */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const unknown = (await appliedMigrations(db)).filter((name) => !(name in MIGRATIONS));
  if (unknown.length > 0) {
    throw new NewerDatabase(
      `The database was made by a newer Sallyport (it knows ${unknown.join(', ')}). Run that version or a later one.`,
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** `migrate`, free of the limits that PostgreSQL is given for requests: an index over many rows takes its time. */
export function migrateAt(databaseUrl: string, db: Db): Promise<void> {
  return patiently(databaseUrl, db, migrate);
}

/** Work on whole tables, over a connection whose statements may take as long as they need. */
export async function patiently<T>(databaseUrl: string, db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  if (!isPostgresUrl(databaseUrl)) return work(db);
  const patient = openDatabase(databaseUrl, { patient: true });
  try {
    return await work(patient);
  } finally {
    await patient.destroy();
  }
}

async function appliedMigrations(db: Db): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((t) => t.name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map((r) => r.name);
}

/** A newer program has been here: this one would not know what it reads. */
export class NewerDatabase extends Error {
  override readonly name = 'NewerDatabase';
}

/** Is there anybody in it yet? */
export async function hasPeople(db: Db): Promise<boolean> {
  const tables = await db.introspection.getTables();
  if (!tables.some((t) => t.name === 'users')) return false;
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Does the database hold any table at all? */
export async function isEmptyDatabase(db: Db): Promise<boolean> {
  return (await db.introspection.getTables({ withInternalKyselyTables: true })).length === 0;
}

/**
 * One business step is one transaction (ASVS 2.3.3). Inside, only `tx` may be used.
 * Never hash or send inside: everybody else waits meanwhile.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let again = 3; ; again--) {
    try {
      return await db.transaction().execute((tx) => transactionRunning.run(true, () => work(tx)));
    } catch (error) {
      // Two that waited for each other: PostgreSQL undid one of them whole, which may begin anew.
      if (again === 0 || !wasUndone(error)) throw error;
    }
  }
}

/**
 * Reads what belongs together as it stood at one moment: between two queries somebody else may have changed
 * both. Inside, only `tx` may be used, and nothing may be written.
 */
export function inSnapshot<T>(db: Db, read: (tx: Db) => Promise<T>): Promise<T> {
  const alone = (tx: Db) => transactionRunning.run(true, () => read(tx));
  if (isPostgres(db)) {
    return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(alone);
  }
  return db.connection().execute(async (connection) => {
    // Deferred: it takes no lock, and sees what was committed when its first query ran.
    await sql`begin deferred`.execute(connection);
    try {
      return await alone(connection);
    } finally {
      await sql`commit`.execute(connection);
    }
  });
}

/** Answers once the database does. @returns the time of its own clock in milliseconds; SQLite has none. */
export async function ping(db: Db): Promise<number | null> {
  if (!isPostgres(db)) {
    await sql`select 1`.execute(db);
    return null;
  }
  const { rows } = await sql<{ at: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as at`.execute(db);
  return rows[0]?.at ?? null;
}

/**
 * The newest moment that the database knows of; `null` for an empty one. Audit events are never changed.
 * @param apart those do not count: later than `at`, up to `until`.
 */
export async function newestMoment(
  db: Db,
  apart: { readonly at: number; readonly until: number } | null = null,
): Promise<number | null> {
  const newest = db.selectFrom('audit_events').select((eb) => eb.fn.max('at').as('at'));
  if (apart === null) return (await newest.executeTakeFirst())?.at ?? null;
  const after = await newest.where('at', '>', apart.until).executeTakeFirst();
  return after?.at ?? (await newest.where('at', '<=', apart.at).executeTakeFirst())?.at ?? null;
}

/** An address of a database fit to be shown: without name and password, wherever they stand. */
export function databaseName(databaseUrl: string): string {
  if (!isPostgresUrl(databaseUrl)) return databaseUrl;
  const url = URL.parse(databaseUrl);
  return url === null ? 'postgres://…' : `postgres://${url.host}${url.pathname}`;
}

/** Takes away every table: of a demo's database on PostgreSQL, which is no file that could be deleted. */
export async function dropAllTables(db: Db): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  for (const { name } of tables) await sql`drop table if exists ${sql.table(name)} cascade`.execute(db);
  await sql`drop function if exists audit_events_append_only cascade`.execute(db);
}
