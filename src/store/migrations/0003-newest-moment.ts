import type { Kysely } from 'kysely';

/** For the question which moment is the newest on record: asked at every look at a node's health. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('audit_events_at').on('audit_events').columns(['at']).execute();
}
