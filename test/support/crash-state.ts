/** All that a database says, in a form that two of them can be compared in: rows as texts, table by table. */
import type { DatabaseSync } from 'node:sqlite';

export type State = ReadonlyMap<string, readonly string[]>;

/**
 * D5: tries are counted in writes of their own, before anything is compared. The inbox is the carrier's side,
 * `text_messages` what carriers say of messages, and in `meta` running nodes say that they are there.
 */
const APART = ['counters', 'inbox', 'text_messages', 'meta', 'kysely_migration', 'kysely_migration_lock'];

/** What is written beside the deed: counts of tries, times of last use, how far a message has got and with what answer. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  sessions: ['last_used_at'],
  challenges: ['tries', 'message_id', 'unsent'],
  pass_requests: ['wrong_numbers'],
  logins: ['wrong_codes'],
  outbox: [
    'id',
    'message_sealed',
    'next_try_at',
    'tries',
    'claimed_until',
    'sent_at',
    'failed_at',
    'last_error',
  ],
};

export function stateOf(database: DatabaseSync): State {
  const tables = database
    .prepare(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`)
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !APART.includes(name));
  return new Map(tables.map((table) => [table, rowsOf(database, table)]));
}

function rowsOf(database: DatabaseSync, table: string): string[] {
  const beside = new Set(BESIDE[table] ?? []);
  return database
    .prepare(`select * from "${table}"`)
    .all()
    .map((row) =>
      JSON.stringify(Object.fromEntries(Object.entries(row).filter(([name]) => !beside.has(name)))),
    )
    .toSorted();
}

/** The first thing in which they differ, for people; `null` if they say the same. */
export function difference(a: State, b: State): string | null {
  for (const table of new Set([...a.keys(), ...b.keys()])) {
    const [here, there] = [a.get(table) ?? [], b.get(table) ?? []];
    const lost = here.find((row) => !there.includes(row));
    const extra = there.find((row) => !here.includes(row));
    if (lost !== undefined || extra !== undefined || here.length !== there.length) {
      return `${table}: ${lost ?? '(nothing)'} became ${extra ?? '(nothing)'}`;
    }
  }
  return null;
}

/** Each finds rows that hold a secret for nobody: what it belonged to is gone or over. */
const ORPHANS: readonly string[] = [
  `select id from authenticators where id not in
     (select authenticator_id from memberships where authenticator_id is not null)`,
  'select id from backup_codes where authenticator_id not in (select id from authenticators)',
  'select id from enrollments where login_id not in (select id from logins)',
  'select id from challenges where login_id not in (select id from logins)',
  'select id from evidence where login_id is null and session_id is null',
  'select id from evidence where session_id is not null and session_id not in (select id from sessions)',
  'select id from logins where backup_codes_sealed is not null and ended_at is not null',
  'select id from outbox where message_sealed is not null and (sent_at is not null or failed_at is not null)',
  'select id from passes where code_hash is not null and (activated_at is not null or ended_at is not null)',
  `select id from memberships where trust = 'authenticator' and authenticator_id is null`,
];

export function orphansIn(database: DatabaseSync): string[] {
  return ORPHANS.flatMap((query) =>
    database
      .prepare(query)
      .all()
      .map((row) => `${query}: ${JSON.stringify(row)}`),
  );
}
