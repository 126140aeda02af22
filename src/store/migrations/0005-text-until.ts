import type { Kysely } from 'kysely';

/** The day from which an account takes no codes by text message any more. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('mandate_text_until', 'bigint').execute();
}
