import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  type DatabaseConnection,
  type Driver,
  type Kysely,
  PostgresAdapter,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import { DatabaseBusy } from './database-busy.ts';

/** Set while a transaction's callback runs; see `inTransaction`. */
export const transactionRunning = new AsyncLocalStorage<true>();

/** Whoever asks for a second connection inside a transaction would wait for themselves, for ever. */
export function refuseInsideTransaction(): void {
  if (transactionRunning.getStore()) {
    throw new Error('a query inside a transaction must go through that transaction');
  }
}

/**
 * A thin dialect over `node:sqlite`: Kysely's own SQLite dialect, one connection, statements kept
 * (a fresh `prepare` costs more than the query).
 */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #config: { database: SqliteDatabase };
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    const config = { database: asKyselyDatabase(database) };
    super(config);
    this.#config = config;
    this.#database = database;
  }

  override createDriver(): Driver {
    return new OneAtATimeDriver(this.#config, this.#database);
  }

  override createAdapter(): SqliteAdapter {
    return new QueueingAdapter();
  }
}

class QueueingAdapter extends SqliteAdapter {
  /** A migration that is killed halfway leaves nothing, and of two processes at once the second waits (Q12). */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** The queue is the driver's below, which can tell a deadlock from a wait. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** SQLite has one connection here: whoever holds it, the others queue, first come first served. */
class OneAtATimeDriver extends SqliteDriver {
  readonly #database: DatabaseSync;
  #tail: Promise<void> = Promise.resolve();
  #release: (() => void) | null = null;

  constructor(config: { database: SqliteDatabase }, database: DatabaseSync) {
    super(config);
    this.#database = database;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    refuseInsideTransaction();
    const turn = this.#tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tail = turn.then(() => promise);
    await turn;
    this.#release = resolve;
    return super.acquireConnection();
  }

  /** A full disk has SQLite undo the transaction by itself: what went wrong shall be told, not that it is gone. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }

  /** A commit that failed leaves its transaction open: the next one shall find none, or nobody would get in again. */
  override async releaseConnection(): Promise<void> {
    const release = this.#release;
    this.#release = null;
    try {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('rollback');
    } finally {
      release?.();
    }
  }
}

/**
 * Opens the file with what durability needs: WAL, a sync at each commit, foreign keys, and a wait for other
 * processes (the operator's command line) instead of an error.
 */
export function openSqlite(path: string): DatabaseSync {
  // Readable by its owner alone from its first byte on; SQLite makes its -wal and -shm alike.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: 5000 });
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  database.exec('pragma foreign_keys = on');
  // SQLite's own knows ASCII only, and would not find "Åsa" by "åsa".
  database.function('lower', { deterministic: true }, (text) =>
    typeof text === 'string' ? text.toLowerCase() : text,
  );
  return database;
}

function asKyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, ReturnType<SqliteDatabase['prepare']>>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = kept.get(sql);
      if (known !== undefined) return known;
      // IMMEDIATE: a transaction that reads before it writes must not find, at its write, that another was first.
      const statement = asKyselyStatement(database.prepare(sql === 'begin' ? 'begin immediate' : sql));
      if (kept.size >= 500) kept.clear();
      kept.set(sql, statement);
      return statement;
    },
  };
}

/** SQLITE_BUSY: another process writes for longer than we wait. It passes. */
function unlessBusy<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
    throw code === 5 ? new DatabaseBusy(error) : error;
  }
}

function asKyselyStatement(statement: StatementSync): ReturnType<SqliteDatabase['prepare']> {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => unlessBusy(() => statement.all(...values(parameters))),
    run: (parameters) => unlessBusy(() => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the question is the same whatever the tables are
export function isPostgres(db: Kysely<any>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
