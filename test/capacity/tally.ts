/**
 * Counts what a program asks of its database: statements that read, statements that write, rows written, and
 * commits that wrote, each of which waits for the disk. It listens at the connections themselves, below everything
 * of ours, so that nothing is asked unseen.
 */
import type { DatabaseConnection } from 'kysely';
import type { Db } from '../../src/store/database.ts';

export interface Tally {
  /** Statements that read, and row locks. On PostgreSQL each is a round trip. */
  reads: number;
  /** Statements that insert, update or delete. */
  writes: number;
  /** Rows that those changed. */
  rows: number;
  /** Transactions and single statements that changed a row: each is a sync of the disk. */
  commits: number;
}

/** What comes by itself, whoever does what: jobs beside the requests; and the development's inbox, which is no carrier. */
const BY_ITSELF = [/"end_told_at"/, /"meta"/, /clock_timestamp|^select 1$|max\("at"\)/, /"inbox"/];

export interface Counter {
  /** What was asked since it was last taken. */
  take(): Tally;
}

export function countOn(db: Db): Counter {
  let tally = empty();
  const executor = db.getExecutor() as unknown as {
    provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T>;
  };
  const provide = executor.provideConnection.bind(executor);
  const watched = new WeakSet<DatabaseConnection>();
  const onStatement = (sql: string, rows: number, inside: Transaction | null) => {
    // An outbox that found nothing to send was only woken.
    if (rows === 0 && sql.startsWith('with "due" as')) return;
    const wrote = /^(insert|update|delete|with)/i.test(sql);
    tally[wrote ? 'writes' : 'reads'] += 1;
    if (!wrote || rows === 0) return;
    tally.rows += rows;
    if (inside === null) tally.commits += 1;
    else inside.wrote = true;
  };
  const onCommit = ({ wrote }: Transaction) => {
    if (wrote) tally.commits += 1;
  };
  executor.provideConnection = (consumer) =>
    provide((connection) => {
      if (!watched.has(connection)) watch(connection, onStatement, onCommit);
      watched.add(connection);
      return consumer(connection);
    });
  return {
    take() {
      const taken = tally;
      tally = empty();
      return taken;
    },
  };
}

const empty = (): Tally => ({ reads: 0, writes: 0, rows: 0, commits: 0 });

interface Transaction {
  wrote: boolean;
}

function watch(
  connection: DatabaseConnection,
  onStatement: (sql: string, rows: number, inside: Transaction | null) => void,
  onCommit: (transaction: Transaction) => void,
): void {
  const execute = connection.executeQuery.bind(connection);
  let inside: Transaction | null = null;
  connection.executeQuery = (async (...args: Parameters<typeof execute>) => {
    const { sql } = args[0];
    const result = await execute(...args);
    if (/^(begin|start transaction)/i.test(sql)) inside = { wrote: false };
    else if (/^(commit|rollback)/i.test(sql)) {
      if (inside !== null && /^commit/i.test(sql)) onCommit(inside);
      inside = null;
    } else if (!BY_ITSELF.some((own) => own.test(sql))) {
      const changed = Number(result.numAffectedRows ?? 0n) || result.rows.length;
      onStatement(sql, changed, inside);
    }
    return result;
  }) as typeof connection.executeQuery;
}
