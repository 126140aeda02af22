/** Whole rows for the store's tests: each builder fills in what the test does not care about. */
import { randomBytes } from 'node:crypto';
import {
  type AccountRow,
  insertAccount,
  insertMembership,
  type MembershipRow,
} from '../../src/store/accounts.ts';
import { type AuditEventRow, insertAuditEvent } from '../../src/store/audit.ts';
import {
  type AuthenticatorRow,
  type BackupCodeRow,
  type EnrollmentRow,
  insertAuthenticator,
} from '../../src/store/authenticators.ts';
import { type Db, inTransaction, type Tx } from '../../src/store/database.ts';
import {
  type InvitationRow,
  insertInvitation,
  type NoticeLinkRow,
  type ResetRow,
} from '../../src/store/links.ts';
import { type ChallengeRow, insertLogin, type LoginRow } from '../../src/store/logins.ts';
import type { OutboxRow } from '../../src/store/outbox.ts';
import { insertRequest, type PassRequestRow } from '../../src/store/pass-requests.ts';
import { insertPass, type PassRow } from '../../src/store/passes.ts';
import { insertSession, type SessionRow } from '../../src/store/sessions.ts';
import { insertUser, type UserRow } from '../../src/store/users.ts';

/** Far above what 32 bits hold, as every real time is. */
export const NOW = Date.UTC(2026, 9, 1, 12);
/** Q3: this many clients at once. */
export const CLIENTS = 50;

export const newId = (): string => randomBytes(16).toString('hex');

/** Runs the same deed by fifty clients at once, each in a transaction of its own. */
export function atOnce<T>(db: Db, deed: (tx: Tx, client: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: CLIENTS }, (_, n) => inTransaction(db, (tx) => deed(tx, n))));
}

/** How many of fifty clients at once were told that it was they. */
export async function winners(db: Db, deed: (tx: Tx, client: number) => Promise<boolean>): Promise<number> {
  return (await atOnce(db, deed)).filter((won) => won).length;
}

export function userRow(over: Partial<UserRow> = {}): UserRow {
  const id = over.id ?? newId();
  return {
    id,
    email: `${id}@example.com`,
    name: 'Ann Example',
    password_hash: '$argon2id$hash',
    password_changed_at: NOW,
    created_at: NOW,
    disabled_at: null,
    ...over,
  };
}

export function accountRow(over: Partial<AccountRow> = {}): AccountRow {
  const id = over.id ?? newId();
  return {
    id,
    slug: `slug-${id}`,
    name: 'Example Ltd',
    plan: 'enterprise',
    created_at: NOW,
    mandate_since: NOW,
    mandate_methods: 'totp,sms',
    mandate_from: 'next_login',
    mandate_text_until: null,
    texts_per_day: null,
    text_spend_per_day: null,
    session_max_ms: 86_400_000,
    session_idle_ms: 28_800_000,
    ...over,
  };
}

export function membershipRow(
  over: Partial<MembershipRow> & Pick<MembershipRow, 'user_id' | 'account_id'>,
): MembershipRow {
  return {
    id: newId(),
    role: 'member',
    trust: 'never',
    authenticator_id: null,
    trust_since: NOW,
    joined_at: NOW,
    active_at: NOW,
    sessions_from: 0,
    last_entered_at: null,
    ...over,
  };
}

export function authenticatorRow(
  over: Partial<AuthenticatorRow> & Pick<AuthenticatorRow, 'user_id'>,
): AuthenticatorRow {
  return {
    id: newId(),
    kind: 'totp',
    secret_sealed: 'v1.keykeyke.nonce.body',
    last_step: null,
    confirmed_at: NOW,
    backup_codes_saved_at: null,
    asleep_since: null,
    ...over,
  };
}

export function backupCodeRow(
  over: Partial<BackupCodeRow> & Pick<BackupCodeRow, 'authenticator_id' | 'user_id'>,
): BackupCodeRow {
  return { id: newId(), selector: 'AB', hash: '$argon2id$code', created_at: NOW, spent_at: null, ...over };
}

export function enrollmentRow(
  over: Partial<EnrollmentRow> & Pick<EnrollmentRow, 'login_id' | 'user_id'>,
): EnrollmentRow {
  return {
    id: newId(),
    kind: 'totp',
    secret_sealed: 'v1.keykeyke.nonce.body',
    created_at: NOW,
    confirmed_at: null,
    ...over,
  };
}

export function loginRow(over: Partial<LoginRow> = {}): LoginRow {
  const id = over.id ?? newId();
  return {
    id,
    token_hash: `token-${id}`,
    kind: 'log_in',
    demand: 'entry',
    user_id: null,
    session_id: null,
    account_asked: null,
    account_picked: null,
    invitation_id: null,
    return_to: null,
    after_recovery: null,
    wants_pass_at: null,
    backup_codes_sealed: null,
    sign_up_name: null,
    sign_up_email: null,
    sign_up_password_hash: null,
    sign_up_account: null,
    network: '192.0.2.1',
    browser: 'Firefox on Linux',
    created_at: NOW,
    expires_at: NOW + 600_000,
    ended_at: null,
    wrong_codes: 0,
    language: 'en',
    ...over,
  };
}

export function challengeRow(
  over: Partial<ChallengeRow> & Pick<ChallengeRow, 'login_id' | 'user_id'>,
): ChallengeRow {
  return {
    id: newId(),
    purpose: 'code',
    channel: 'sms',
    target_id: null,
    code_hmac: 'hmac-of-the-code',
    tries: 0,
    sends: 1,
    sent_at: NOW,
    expires_at: NOW + 600_000,
    spent_at: null,
    unsent: null,
    message_id: null,
    ...over,
  };
}

export function sessionRow(over: Partial<SessionRow> & Pick<SessionRow, 'user_id'>): SessionRow {
  const id = over.id ?? newId();
  return {
    id,
    token_hash: `token-${id}`,
    started_at: NOW,
    last_used_at: NOW,
    idled_out: '[]',
    ended_at: null,
    network: '192.0.2.1',
    browser: 'Firefox on Linux',
    ...over,
  };
}

export function invitationRow(
  over: Partial<InvitationRow> & Pick<InvitationRow, 'account_id'>,
): InvitationRow {
  const id = over.id ?? newId();
  return {
    id,
    token_hash: `token-${id}`,
    email: 'iris@example.com',
    role: 'member',
    invited_by: null,
    created_at: NOW,
    expires_at: NOW + 7 * 86_400_000,
    spent_at: null,
    withdrawn_at: null,
    ...over,
  };
}

export function resetRow(over: Partial<ResetRow> & Pick<ResetRow, 'user_id'>): ResetRow {
  const id = over.id ?? newId();
  return {
    id,
    token_hash: `token-${id}`,
    created_at: NOW,
    expires_at: NOW + 1_800_000,
    spent_at: null,
    ...over,
  };
}

export function noticeLinkRow(over: Partial<NoticeLinkRow> & Pick<NoticeLinkRow, 'user_id'>): NoticeLinkRow {
  return { ...resetRow(over), authenticator_id: null, ...over };
}

export function passRow(
  over: Partial<PassRow> & Pick<PassRow, 'membership_id' | 'account_id' | 'user_id'>,
): PassRow {
  return {
    id: newId(),
    granted_by: null,
    reason: 'Phone lost',
    kind: 'handed_over',
    request_id: null,
    granted_at: NOW,
    ends_at: NOW + 86_400_000,
    code_hash: null,
    activated_at: null,
    cookie_hash: null,
    ended_at: null,
    ended_by: null,
    end_told_at: null,
    right_until: null,
    right_spent_at: null,
    ...over,
  };
}

export function passRequestRow(
  over: Partial<PassRequestRow> &
    Pick<PassRequestRow, 'login_id' | 'membership_id' | 'account_id' | 'user_id'>,
): PassRequestRow {
  return {
    id: newId(),
    number: '07',
    wrong_numbers: 0,
    network: '192.0.2.1',
    browser: 'Firefox on Linux',
    created_at: NOW,
    expires_at: NOW + 1_800_000,
    answered_at: null,
    answered_by: null,
    answer: null,
    ...over,
  };
}

export function outboxRow(over: Partial<OutboxRow> = {}): OutboxRow {
  return {
    id: newId(),
    channel: 'email',
    kind: 'notice',
    user_id: null,
    message_sealed: 'v1.keykeyke.nonce.body',
    created_at: NOW,
    expires_at: NOW + 86_400_000,
    next_try_at: NOW,
    tries: 0,
    claimed_until: 0,
    sent_at: null,
    failed_at: null,
    last_error: null,
    ...over,
  };
}

export function auditEventRow(over: Partial<AuditEventRow> = {}): AuditEventRow {
  return {
    id: newId(),
    at: NOW,
    kind: 'login.completed',
    actor_id: null,
    by: 'user',
    user_id: null,
    account_id: null,
    network: '192.0.2.1',
    browser: 'Firefox on Linux',
    data: '{}',
    ...over,
  };
}

// Rows that most tests stand on, put into the database.

export async function addUser(db: Db, over: Partial<UserRow> = {}): Promise<UserRow> {
  const row = userRow(over);
  await inTransaction(db, (tx) => insertUser(tx, row));
  return row;
}

export async function addAccount(db: Db, over: Partial<AccountRow> = {}): Promise<AccountRow> {
  const row = accountRow(over);
  await inTransaction(db, (tx) => insertAccount(tx, row));
  return row;
}

export async function addMembership(
  db: Db,
  over: Partial<MembershipRow> & Pick<MembershipRow, 'user_id' | 'account_id'>,
): Promise<MembershipRow> {
  const row = membershipRow(over);
  await inTransaction(db, (tx) => insertMembership(tx, row));
  return row;
}

export async function addAuthenticator(
  db: Db,
  over: Partial<AuthenticatorRow> & Pick<AuthenticatorRow, 'user_id'>,
): Promise<AuthenticatorRow> {
  const row = authenticatorRow(over);
  await inTransaction(db, (tx) => insertAuthenticator(tx, row));
  return row;
}

export async function addLogin(db: Db, over: Partial<LoginRow> = {}): Promise<LoginRow> {
  const row = loginRow(over);
  await insertLogin(db, row);
  return row;
}

export async function addSession(
  db: Db,
  over: Partial<SessionRow> & Pick<SessionRow, 'user_id'>,
): Promise<SessionRow> {
  const row = sessionRow(over);
  await inTransaction(db, (tx) => insertSession(tx, row));
  return row;
}

export async function addInvitation(
  db: Db,
  over: Partial<InvitationRow> & Pick<InvitationRow, 'account_id'>,
): Promise<InvitationRow> {
  const row = invitationRow(over);
  await insertInvitation(db, row);
  return row;
}

export async function addAuditEvent(db: Db, over: Partial<AuditEventRow> = {}): Promise<AuditEventRow> {
  const row = auditEventRow(over);
  await insertAuditEvent(db, row);
  return row;
}

export interface Member {
  readonly user: UserRow;
  readonly account: AccountRow;
  readonly membership: MembershipRow;
}

export async function addPass(db: Db, member: Member, over: Partial<PassRow> = {}): Promise<PassRow> {
  const { user, account, membership } = member;
  const row = passRow({ user_id: user.id, account_id: account.id, membership_id: membership.id, ...over });
  await inTransaction(db, (tx) => insertPass(tx, row));
  return row;
}

export async function addRequest(
  db: Db,
  member: Member,
  over: Partial<PassRequestRow> = {},
): Promise<PassRequestRow> {
  const row = passRequestRow({
    login_id: newId(),
    user_id: member.user.id,
    account_id: member.account.id,
    membership_id: member.membership.id,
    ...over,
  });
  await inTransaction(db, (tx) => insertRequest(tx, row));
  return row;
}

/** A person in an account. */
export async function addMember(
  db: Db,
  over: Partial<Omit<MembershipRow, 'user_id' | 'account_id'>> = {},
): Promise<Member> {
  const user = await addUser(db);
  const account = await addAccount(db);
  const membership = await addMembership(db, { user_id: user.id, account_id: account.id, ...over });
  return { user, account, membership };
}
