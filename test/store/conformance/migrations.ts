import { afterEach, beforeEach, expect, test } from 'vitest';
import { isEmptyDatabase, migrate, ping } from '../../../src/store/database.ts';
import { writeMeta } from '../../../src/store/meta.ts';
import type { Opened } from '../conformance.ts';
import { addUser } from '../rows.ts';

const TABLES = [
  'accounts',
  'audit_events',
  'authenticators',
  'backup_codes',
  'challenges',
  'counters',
  'enrollments',
  'evidence',
  'inbox',
  'invitations',
  'known_browsers',
  'logins',
  'memberships',
  'meta',
  'notice_links',
  'outbox',
  'pass_requests',
  'passes',
  'password_resets',
  'sessions',
  'text_messages',
  'users',
];

export function migrationTests(open: () => Promise<Opened>): void {
  let opened: Opened;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.close());

  const tables = async () => (await opened.db.introspection.getTables()).map((t) => t.name).sort();
  const appliedMigrations = () =>
    opened.db.withTables<{ kysely_migration: { name: string; timestamp: string } }>();

  test('from nothing to every table', async () => {
    expect(await isEmptyDatabase(opened.db)).toBe(true);
    await ping(opened.db);
    await migrate(opened.db);
    expect(await isEmptyDatabase(opened.db)).toBe(false);
    expect(await tables()).toEqual(TABLES);
  });

  test('again changes nothing and keeps what is there', async () => {
    await migrate(opened.db);
    const user = await addUser(opened.db);
    await migrate(opened.db);
    expect(await opened.db.selectFrom('users').selectAll().execute()).toEqual([user]);
    expect(await tables()).toEqual(TABLES);
  });

  test('Q12: one that fails halfway leaves nothing behind, and the next start does it', async () => {
    // `inbox` is among the last tables made: the first migration stumbles over it.
    await opened.db.schema.createTable('inbox').addColumn('id', 'text').execute();
    await expect(migrate(opened.db)).rejects.toThrow(/inbox/);
    expect(await tables()).toEqual(['inbox']);
    await opened.db.schema.dropTable('inbox').execute();
    await migrate(opened.db);
    expect(await tables()).toEqual(TABLES);
  });

  test('Q12: a database of a newer program is refused in words, and left alone', async () => {
    await migrate(opened.db);
    await writeMeta(opened.db, 'kept', 'yes');
    await appliedMigrations()
      .insertInto('kysely_migration')
      .values({ name: '9999-of-tomorrow', timestamp: '2027-01-01T00:00:00.000Z' })
      .execute();
    await expect(migrate(opened.db)).rejects.toThrow(
      /made by a newer Sallyport.*9999-of-tomorrow.*Run that version/,
    );
    expect(await opened.db.selectFrom('meta').selectAll().execute()).toEqual([{ key: 'kept', value: 'yes' }]);
  });
}
