import { type DatabaseConnection, type Driver, PostgresDialect, PostgresDriver } from 'kysely';
import pg from 'pg';
import { DatabaseBusy } from './database-busy.ts';
import { refuseInsideTransaction } from './dialect.ts';

/** Numbers as numbers: all our 64-bit integers are milliseconds or counts, far below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** How long a request waits for a connection before it is told to come again (503). */
const WAIT_FOR_CONNECTION_MS = 3_000;
/** Connections of one node; what the server must allow is this times the nodes, and a few for commands. */
export const CONNECTIONS = 20;
/** How long one statement waits for a row that somebody else holds; ours hold one for milliseconds. */
const WAIT_FOR_LOCK_MS = 2_000;
/** Nothing of ours takes long: what hangs is a fault, and a fault is a refusal (D9). */
const STATEMENT_MS = 8_000;
/** And how much longer for its answer: then nobody is there. */
const SILENCE_MS = 1_000;

/** PostgreSQL through `pg`'s own pool, which replaces broken connections by itself. */
export class PgDialect extends PostgresDialect {
  readonly #pool: pg.Pool;

  /** `patient`: for migrations, which may take as long as they need, and wait for another node's. */
  constructor(databaseUrl: string, { patient = false, statementMs = STATEMENT_MS } = {}) {
    const limits = {
      lock_timeout: WAIT_FOR_LOCK_MS,
      statement_timeout: statementMs,
      // Also where the server's machine is gone and nobody hangs up.
      query_timeout: statementMs + SILENCE_MS,
      idle_in_transaction_session_timeout: 30_000,
    };
    const pool = new pg.Pool({
      connectionString: databaseUrl,
      max: CONNECTIONS,
      connectionTimeoutMillis: WAIT_FOR_CONNECTION_MS,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: 'sallyport',
      ...(patient ? {} : limits),
      verify: refuseStandby,
    });
    // A connection that breaks while idle, or between two queries of a transaction, is replaced at its next use;
    // unheard, its error would end the process.
    pool.on('error', () => {});
    pool.on('connect', (client) => {
      client.on('error', () => {});
      hangUpOnSilence(client);
    });
    super({ pool });
    this.#pool = pool;
  }

  override createDriver(): Driver {
    return new HastyDriver({ pool: this.#pool });
  }
}

/**
 * A server whose machine is gone hangs nobody up, and each connection to it would be tried again and again until TCP
 * gives up, a quarter of an hour later. Whoever waited in vain closes it, so that the pool makes a new one.
 */
function hangUpOnSilence(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]) => {
    const answer = query(...args);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch(async (error: unknown) => {
      // Closed before the pool has it back, or the next one would be given a dead connection.
      if (isSilence(error)) await hangUp(client);
      throw error;
    });
  };
  client.query = watched as typeof client.query;
}

const isSilence = (error: unknown) =>
  error instanceof Error && error.message.startsWith('Query read timeout');

async function hangUp(client: pg.PoolClient): Promise<void> {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  connection.stream.destroy();
  await ended;
}

/** T34: a standby lags behind, and would let in whom the primary has shut out. */
function refuseStandby(client: pg.PoolClient, done: (error?: Error) => void): void {
  client
    .query<{ standby: boolean }>('select pg_is_in_recovery() as standby')
    .then(
      ({ rows }) =>
        rows[0]?.standby === false
          ? done()
          : done(new Error('DATABASE_URL leads to a standby, not the primary')),
      done,
    );
}

/** Does not wait for ever: a full pool or an absent server is said at once, so that nobody hangs. */
class HastyDriver extends PostgresDriver {
  readonly #watched = new WeakSet<DatabaseConnection>();

  override async acquireConnection(): Promise<DatabaseConnection> {
    refuseInsideTransaction();
    try {
      const connection = await super.acquireConnection();
      if (!this.#watched.has(connection)) watch(connection);
      this.#watched.add(connection);
      return connection;
    } catch (error) {
      throw new DatabaseBusy(error);
    }
  }
}

/** A server that goes away in the middle is the same to people as one that was away before: come again. */
function watch(connection: DatabaseConnection): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = (async (...args: Parameters<typeof execute>) => {
    try {
      return await execute(...args);
    } catch (error) {
      throw isServerGone(error) ? new DatabaseBusy(error) : error;
    }
  }) as typeof connection.executeQuery;
}

/**
 * SQLSTATE class 08 (connection), 57P0x (shutting down, crashed, starting), 53300 (too many), 25006 (now a
 * standby); 55P03 and 57014 (waited for a row, or took, longer than allowed).
 */
function isServerGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (
    /^(08...|57P0.|53300|25006|55P03|57014|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EHOSTUNREACH)$/.test(code)
  )
    return true;
  return /^(Connection terminated|Query read timeout|Client has encountered a connection error)/.test(
    error.message,
  );
}

/** SQLSTATE 40001 and 40P01: the server undid this transaction for another's sake; nothing of it remains. */
export function wasUndone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40001' || error.code === '40P01');
}
