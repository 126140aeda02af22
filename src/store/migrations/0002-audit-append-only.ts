import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../dialect.ts';

/** An audit event, once written, cannot be changed or taken away through this program's connection. */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (isPostgres(db)) {
    await sql`create function audit_events_append_only() returns trigger language plpgsql as
      $$ begin raise exception 'audit events are append-only'; end $$`.execute(db);
    await sql`create trigger audit_events_no_change before update or delete on audit_events
      for each row execute function audit_events_append_only()`.execute(db);
    return;
  }
  for (const deed of ['update', 'delete']) {
    await sql`create trigger ${sql.raw(`audit_events_no_${deed}`)} before ${sql.raw(deed)} on audit_events
      begin select raise(abort, 'audit events are append-only'); end`.execute(db);
  }
}
