import { afterAll, beforeAll, describe } from 'vitest';
import { type Db, migrate } from '../../src/store/database.ts';
import { accountTests } from './conformance/accounts.ts';
import { auditTests } from './conformance/audit.ts';
import { authenticatorTests } from './conformance/authenticators.ts';
import { cascadeTests } from './conformance/cascades.ts';
import { challengeTests } from './conformance/challenges.ts';
import { counterTests } from './conformance/counters.ts';
import { linkTests } from './conformance/links.ts';
import { loginTests } from './conformance/logins.ts';
import { metaTests } from './conformance/meta.ts';
import { migrationTests } from './conformance/migrations.ts';
import { outboxTests } from './conformance/outbox.ts';
import { passRequestTests } from './conformance/pass-requests.ts';
import { passTests } from './conformance/passes.ts';
import { peopleTests } from './conformance/people.ts';
import { sessionTests } from './conformance/sessions.ts';
import { sweepTests } from './conformance/sweep.ts';
import { textMessageTests } from './conformance/text-messages.ts';
import { transactionTests } from './conformance/transactions.ts';
import { userTests } from './conformance/users.ts';

/** A database without a table in it. */
export interface Opened {
  readonly db: Db;
  close(): Promise<void>;
}

/**
 * What every database must do under the store, whichever it is: each function, and each one-time thing by fifty
 * clients at once. A `*.test.ts` beside this file calls it with how to open one; no SQL of one dialect in here.
 * @param openWithTables one that has its tables, and nothing in them; without it they are made each time.
 */
export function describeStore(
  name: string,
  open: () => Promise<Opened>,
  openWithTables: () => Promise<Opened> = () => openMigrated(open),
): void {
  describe(`the store on ${name}`, () => {
    describe('migrations', () => migrationTests(open));

    // Most tests share one database and keep apart by fresh ids; those that count whole tables open their own.
    let opened: Opened;
    const db = () => opened.db;
    beforeAll(async () => {
      opened = await openWithTables();
    });
    afterAll(() => opened?.close());

    describe('transactions', () => transactionTests(db));
    describe('users', () => userTests(db));
    describe('accounts and memberships', () => accountTests(db));
    describe('authenticators, enrollments, backup codes', () => authenticatorTests(db));
    describe('logins and evidence', () => loginTests(db));
    describe('challenges', () => challengeTests(db));
    describe('sessions and known browsers', () => sessionTests(db));
    describe('links', () => linkTests(db));
    describe('passes', () => passTests(db));
    describe('pass requests', () => passRequestTests(db));
    describe('an account’s people', () => peopleTests(db));
    describe('counters', () => counterTests(db));
    describe('audit events', () => auditTests(db));
    describe('what goes with what', () => cascadeTests(db));
    describe('meta and keys', () => metaTests(openWithTables));
    describe('outbox and inbox', () => outboxTests(openWithTables));
    describe('text messages', () => textMessageTests(openWithTables));
    describe('housekeeping', () => sweepTests(openWithTables));
  });
}

async function openMigrated(open: () => Promise<Opened>): Promise<Opened> {
  const opened = await open();
  await migrate(opened.db);
  return opened;
}
