import type { Kysely } from 'kysely';

/** What one account may send and spend in a day; and how many asks a row of `text_messages` stands for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('texts_per_day', 'integer').execute();
  await db.schema.alterTable('accounts').addColumn('text_spend_per_day', 'integer').execute();
  await db.schema
    .alterTable('text_messages')
    .addColumn('asks', 'integer', (c) => c.notNull().defaultTo(1))
    .execute();
}
