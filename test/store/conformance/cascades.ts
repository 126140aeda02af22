import { expect, test } from 'vitest';
import { setTrust } from '../../../src/store/accounts.ts';
import { insertAuditEvent } from '../../../src/store/audit.ts';
import { putEnrollment, replaceBackupCodes } from '../../../src/store/authenticators.ts';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import { insertInvitation, insertNoticeLink, insertReset } from '../../../src/store/links.ts';
import { addEvidence, findLogin, putChallenge } from '../../../src/store/logins.ts';
import { insertOutgoing } from '../../../src/store/outbox.ts';
import { insertRequest } from '../../../src/store/pass-requests.ts';
import { insertPass } from '../../../src/store/passes.ts';
import type { Schema } from '../../../src/store/schema.ts';
import { insertKnownBrowser } from '../../../src/store/sessions.ts';
import {
  addAuthenticator,
  addLogin,
  addMember,
  addSession,
  auditEventRow,
  backupCodeRow,
  challengeRow,
  enrollmentRow,
  invitationRow,
  NOW,
  newId,
  noticeLinkRow,
  outboxRow,
  passRequestRow,
  passRow,
  resetRow,
} from '../rows.ts';

/** Tables whose rows have an id, and one of each that belongs to the person of the test. */
type Rows = Partial<Record<Exclude<keyof Schema, 'meta' | 'counters' | 'known_browsers'>, string>>;

export function cascadeTests(db: () => Db): void {
  /** A person in an account with one of everything. */
  async function addEverything() {
    const { user, account, membership } = await addMember(db());
    const authenticator = await addAuthenticator(db(), { user_id: user.id });
    const trust = { state: 'authenticator', authenticatorId: authenticator.id } as const;
    await inTransaction(db(), (tx) => setTrust(tx, [membership.id], trust, NOW));
    const mine = { user_id: user.id };
    const session = await addSession(db(), mine);
    const invitation = invitationRow({ account_id: account.id });
    await insertInvitation(db(), invitation);
    const login = await addLogin(db(), { ...mine, session_id: session.id, invitation_id: invitation.id });
    const enrollment = enrollmentRow({ ...mine, login_id: login.id });
    const challenge = challengeRow({ ...mine, login_id: login.id });
    const code = backupCodeRow({ ...mine, authenticator_id: authenticator.id });
    const evidence = { kind: 'password', at: NOW, authenticator_id: null, pass_id: null } as const;
    const proven = [
      { ...evidence, id: newId(), login_id: login.id, session_id: null },
      { ...evidence, id: newId(), login_id: null, session_id: session.id },
    ] as const;
    const reset = resetRow(mine);
    const notice = noticeLinkRow(mine);
    const belongs = { ...mine, account_id: account.id, membership_id: membership.id };
    const pass = passRow(belongs);
    const request = passRequestRow({ ...belongs, login_id: login.id });
    const message = outboxRow(mine);
    const event = auditEventRow({ actor_id: user.id, user_id: user.id, account_id: account.id });
    await inTransaction(db(), async (tx) => {
      await putEnrollment(tx, enrollment);
      await putChallenge(tx, challenge);
      await replaceBackupCodes(tx, authenticator.id, [code], NOW);
      for (const row of proven) await addEvidence(tx, row);
      await insertKnownBrowser(tx, { ...mine, token_hash: user.id, expires_at: NOW });
      await insertReset(tx, reset);
      await insertNoticeLink(tx, notice);
      await insertPass(tx, pass);
      await insertRequest(tx, request);
      await insertOutgoing(tx, message);
      await insertAuditEvent(tx, event);
    });
    const rows: Rows = {
      users: user.id,
      accounts: account.id,
      memberships: membership.id,
      authenticators: authenticator.id,
      backup_codes: code.id,
      enrollments: enrollment.id,
      logins: login.id,
      challenges: challenge.id,
      sessions: session.id,
      invitations: invitation.id,
      password_resets: reset.id,
      notice_links: notice.id,
      passes: pass.id,
      pass_requests: request.id,
      outbox: message.id,
      audit_events: event.id,
    };
    return { rows, proven, knownBrowser: user.id, login };
  }

  /** The tables in which the person's row is still there. */
  async function left(rows: Rows): Promise<string[]> {
    const tables: string[] = [];
    for (const [table, id] of Object.entries(rows) as [keyof Rows, string][]) {
      const found = await db().selectFrom(table).select('id').where('id', '=', id).execute();
      if (found.length > 0) tables.push(table);
    }
    return tables.sort();
  }
  const provenLeft = async (rows: readonly { id: string }[]) =>
    (
      await db()
        .selectFrom('evidence')
        .selectAll()
        .where(
          'id',
          'in',
          rows.map((r) => r.id),
        )
        .execute()
    ).length;
  const browsersLeft = async (hash: string) =>
    (await db().selectFrom('known_browsers').selectAll().where('token_hash', '=', hash).execute()).length;
  const gone = (rows: Rows, tables: readonly string[]) =>
    Object.keys(rows)
      .filter((table) => !tables.includes(table))
      .sort();

  test('a person who goes takes all that is theirs; the account, messages under way and the record stay', async () => {
    const kept = await addEverything();
    const { rows, proven, knownBrowser } = await addEverything();
    await db()
      .deleteFrom('users')
      .where('id', '=', rows.users ?? '')
      .execute();
    expect(await left(rows)).toEqual(['accounts', 'audit_events', 'invitations', 'outbox']);
    expect(await provenLeft(proven)).toBe(0);
    expect(await browsersLeft(knownBrowser)).toBe(0);
    expect(await left(kept.rows)).toEqual(gone(kept.rows, []));
    expect(await browsersLeft(kept.knownBrowser)).toBe(1);
  });

  test('an account that goes takes its memberships, invitations, passes and requests, and no person', async () => {
    const { rows, proven, login } = await addEverything();
    await db()
      .deleteFrom('accounts')
      .where('id', '=', rows.accounts ?? '')
      .execute();
    const taken = ['accounts', 'memberships', 'invitations', 'passes', 'pass_requests'];
    expect(await left(rows)).toEqual(gone(rows, taken));
    expect(await provenLeft(proven)).toBe(2);
    expect(await findLogin(db(), login.id)).toMatchObject({ invitation_id: null });
  });

  test('T11: a membership that goes leaves its passes and requests: they are the account’s history', async () => {
    const { rows } = await addEverything();
    await db()
      .deleteFrom('memberships')
      .where('id', '=', rows.memberships ?? '')
      .execute();
    expect(await left(rows)).toEqual(gone(rows, ['memberships']));
  });

  test('a session that goes takes its evidence and the step-ups tied to it', async () => {
    const { rows, proven } = await addEverything();
    await db()
      .deleteFrom('sessions')
      .where('id', '=', rows.sessions ?? '')
      .execute();
    expect(await left(rows)).toEqual(gone(rows, ['sessions', 'logins', 'enrollments', 'challenges']));
    expect(await provenLeft(proven)).toBe(0);
  });

  test('a login that goes takes its evidence, enrollments and challenges', async () => {
    const { rows, proven } = await addEverything();
    await db()
      .deleteFrom('logins')
      .where('id', '=', rows.logins ?? '')
      .execute();
    expect(await left(rows)).toEqual(gone(rows, ['logins', 'enrollments', 'challenges']));
    expect(await provenLeft(proven)).toBe(1);
  });
}
