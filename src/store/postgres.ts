import { type DatabaseConnection, type Driver, PostgresDialect, PostgresDriver } from 'kysely';
import pg from 'pg';
import { refuseInsideTransaction } from './dialect.ts';

/** Numbers as numbers: all our 64-bit integers are milliseconds or counts, far below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** How long a request waits for a connection before it is told to come again (503). */
const WAIT_FOR_CONNECTION_MS = 3_000;
const CONNECTIONS = 20;

/** No connection was free, or the server is away: the edge answers 503 with Retry-After. */
export class DatabaseBusy extends Error {
  constructor(cause: unknown) {
    super('the database has no connection to give right now', { cause });
    this.name = 'DatabaseBusy';
  }
}

/** PostgreSQL through `pg`'s own pool, which replaces broken connections by itself. */
export class PgDialect extends PostgresDialect {
  readonly #pool: pg.Pool;

  constructor(databaseUrl: string) {
    const pool = new pg.Pool({
      connectionString: databaseUrl,
      max: CONNECTIONS,
      connectionTimeoutMillis: WAIT_FOR_CONNECTION_MS,
      idleTimeoutMillis: 30_000,
      application_name: 'sallyport',
      // Nothing of ours takes long: what hangs is a fault, and a fault is a refusal (D9).
      statement_timeout: 15_000,
      idle_in_transaction_session_timeout: 30_000,
    });
    // A connection that breaks while idle is replaced at its next use; unheard, its error would end the process.
    pool.on('error', () => {});
    super({ pool });
    this.#pool = pool;
  }

  override createDriver(): Driver {
    return new HastyDriver({ pool: this.#pool });
  }
}

/** Does not wait for ever: a full pool or an absent server is said at once, so that nobody hangs. */
class HastyDriver extends PostgresDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    refuseInsideTransaction();
    try {
      return await super.acquireConnection();
    } catch (error) {
      throw new DatabaseBusy(error);
    }
  }
}
