import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Db } from '../../../src/store/database.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { insertNoticeLink, insertReset } from '../../../src/store/links.ts';
import { addEvidence } from '../../../src/store/logins.ts';
import { insertOutgoing } from '../../../src/store/outbox.ts';
import { insertKnownBrowser } from '../../../src/store/sessions.ts';
import { sweepOldRows } from '../../../src/store/sweep.ts';
import type { Opened } from '../conformance.ts';
import {
  addAuditEvent,
  addAuthenticator,
  addInvitation,
  addLogin,
  addMember,
  addPass,
  addRequest,
  addSession,
  NOW,
  newId,
  noticeLinkRow,
  outboxRow,
  resetRow,
} from '../rows.ts';

const DAY_MS = 86_400_000;

export function sweepTests(open: () => Promise<Opened>): void {
  let opened: Opened;
  let db: Db;
  beforeEach(async () => {
    opened = await open();
    db = opened.db;
  });
  afterEach(() => opened.close());

  const sweep = () => sweepOldRows(db, NOW);
  const idsOf = async (table: 'logins' | 'sessions' | 'password_resets' | 'notice_links' | 'outbox') =>
    (await db.selectFrom(table).select('id').execute()).map((row) => row.id).sort();

  test('after a long rest it goes on batch by batch until nothing old is left', async () => {
    for (let n = 0; n < 5; n++) await addLogin(db, { created_at: NOW - DAY_MS - 1 });
    const kept = await addLogin(db, { created_at: NOW });
    await sweepOldRows(db, NOW, 2);
    expect(await idsOf('logins')).toEqual([kept.id]);
  });

  test('D1: a login of yesterday goes with what was proven in it, one of today stays', async () => {
    const old = await addLogin(db, { created_at: NOW - DAY_MS - 1 });
    const kept = await addLogin(db, { created_at: NOW - DAY_MS });
    const proven = {
      kind: 'password',
      at: NOW,
      session_id: null,
      authenticator_id: null,
      pass_id: null,
    } as const;
    await inTransaction(db, async (tx) => {
      await addEvidence(tx, { ...proven, id: newId(), login_id: old.id });
      await addEvidence(tx, { ...proven, id: newId(), login_id: kept.id });
    });
    await sweep();
    expect(await idsOf('logins')).toEqual([kept.id]);
    expect((await db.selectFrom('evidence').select('login_id').execute()).map((e) => e.login_id)).toEqual([
      kept.id,
    ]);
  });

  test('S2: no session goes that could still be used', async () => {
    const { user } = await addMember(db);
    const add = (over: object) => addSession(db, { user_id: user.id, ...over });
    const kept = [
      await add({}),
      await add({ started_at: NOW - 30 * DAY_MS, last_used_at: NOW - 30 * DAY_MS }),
      await add({ ended_at: NOW - 7 * DAY_MS }),
    ];
    await add({ ended_at: NOW - 7 * DAY_MS - 1 });
    await add({ started_at: NOW - 32 * DAY_MS, last_used_at: NOW - 32 * DAY_MS });
    await sweep();
    expect(await idsOf('sessions')).toEqual(kept.map((s) => s.id).sort());
  });

  test('links, browsers and messages go once they are of no use, and what is under way stays', async () => {
    const { user } = await addMember(db);
    const mine = { user_id: user.id };
    const [reset, link] = [resetRow(mine), noticeLinkRow(mine)];
    await insertReset(db, reset);
    await insertReset(db, resetRow({ ...mine, expires_at: NOW - DAY_MS - 1 }));
    await insertNoticeLink(db, link);
    await insertNoticeLink(db, noticeLinkRow({ ...mine, expires_at: NOW - DAY_MS - 1 }));
    await insertKnownBrowser(db, { ...mine, token_hash: 'kept', expires_at: NOW });
    await insertKnownBrowser(db, { ...mine, token_hash: 'old', expires_at: NOW - 1 });
    const long = NOW - 7 * DAY_MS - 1;
    const messages = [
      outboxRow({ created_at: long }),
      outboxRow({ sent_at: NOW }),
      outboxRow({ created_at: long, sent_at: long }),
      outboxRow({ created_at: long, failed_at: long }),
    ];
    for (const row of messages) await insertOutgoing(db, row);
    await sweep();
    expect(await idsOf('password_resets')).toEqual([reset.id]);
    expect(await idsOf('notice_links')).toEqual([link.id]);
    expect(await db.selectFrom('known_browsers').select('token_hash').execute()).toEqual([
      { token_hash: 'kept' },
    ]);
    expect(await idsOf('outbox')).toEqual(
      messages
        .slice(0, 2)
        .map((m) => m.id)
        .sort(),
    );
  });

  test('D6: counts of codes have no age; counts of passwords and mails go after two quiet days', async () => {
    const quiet = NOW - 2 * DAY_MS - 1;
    const add = (key: string, last_at: number, wait_until = 0) =>
      db.insertInto('counters').values({ key, wrong: 9, wait_until, last_at }).execute();
    const codes = ['code:x', 'recovery:x', 'enroll:x', 'mailbox:x'];
    for (const key of codes) await add(key, quiet);
    const others = ['password:x', 'network:x', 'known:x', 'mails:x', 'resets:x'];
    for (const key of others) {
      await add(`${key}-quiet`, quiet);
      await add(`${key}-lately`, NOW - 2 * DAY_MS);
      await add(`${key}-waiting`, quiet, NOW);
    }
    await sweep();
    const kept = [...codes, ...others.flatMap((key) => [`${key}-lately`, `${key}-waiting`])];
    const left = await db.selectFrom('counters').select('key').execute();
    expect(left.map((row) => row.key).sort()).toEqual(kept.sort());
  });

  test('people, accounts, authenticators, invitations, passes and the record stay, however old', async () => {
    const member = await addMember(db);
    const [account_id, user_id] = [member.account.id, member.user.id];
    await addAuthenticator(db, { user_id, confirmed_at: 1 });
    await addInvitation(db, { account_id, created_at: 1, expires_at: 2 });
    await addPass(db, member, { granted_at: 1, ends_at: 2 });
    await addRequest(db, member, { created_at: 1, expires_at: 2 });
    await addAuditEvent(db, { at: 1 });
    await sweep();
    for (const table of [
      'users',
      'accounts',
      'memberships',
      'authenticators',
      'invitations',
      'passes',
      'pass_requests',
      'audit_events',
    ] as const) {
      expect(await db.selectFrom(table).select('id').execute(), table).toHaveLength(1);
    }
  });
}
