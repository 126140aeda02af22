import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, sql, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { NodeSqliteDialect, openSqlite, transactionRunning } from './dialect.ts';
import * as first from './migrations/0001-first.ts';
import * as auditAppendOnly from './migrations/0002-audit-append-only.ts';
import { PgDialect } from './postgres.ts';
import type { Schema } from './schema.ts';

/** The database, or a transaction in it: every function of the store takes either. */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

const MIGRATIONS: Record<string, Migration> = {
  '0001-first': first,
  '0002-audit-append-only': auditAppendOnly,
};

/** The file of a `sqlite:` address. */
export function sqlitePath(databaseUrl: string): string {
  return databaseUrl.replace(/^sqlite:(\/\/(?=\/))?/, '');
}

export const isPostgresUrl = (databaseUrl: string): boolean => /^postgres(ql)?:/.test(databaseUrl);

export function openDatabase(databaseUrl: string): Db {
  if (isPostgresUrl(databaseUrl)) return new Kysely<Schema>({ dialect: new PgDialect(databaseUrl) });
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
export function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().execute((tx) => transactionRunning.run(true, () => work(tx)));
}

/** Answers once the database does. */
export async function ping(db: Db): Promise<void> {
  await sql`select 1`.execute(db);
}
