import type { Kysely } from 'kysely';

/**
 * Every text message that was asked for, without its number and its text. No foreign keys: it outlives the login and
 * the person it was for, and is swept after 90 days.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('text_messages')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('account_id', 'text')
    .addColumn('user_id', 'text')
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('country', 'text', (c) => c.notNull())
    .addColumn('prefix_hmac', 'text', (c) => c.notNull())
    .addColumn('number_hmac', 'text', (c) => c.notNull())
    .addColumn('price', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('carrier', 'text')
    .addColumn('provider_id', 'text')
    .addColumn('parts', 'integer')
    .addColumn('settled_at', 'bigint')
    .addColumn('receipt_at', 'bigint')
    .addColumn('verified_at', 'bigint')
    .execute();
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(`text_messages_${name}`).on('text_messages').columns(columns).execute();
  await index('at', ['at']);
  await index('account', ['account_id', 'at']);
  await index('prefix', ['prefix_hmac', 'at']);
  await index('number', ['number_hmac', 'at']);
  await index('provider', ['carrier', 'provider_id']);

  await db.schema.alterTable('challenges').addColumn('message_id', 'text').execute();
  await db.schema.createIndex('challenges_message').on('challenges').columns(['message_id']).execute();
  await db.schema
    .alterTable('logins')
    .addColumn('language', 'text', (c) => c.notNull().defaultTo('en'))
    .execute();
}
