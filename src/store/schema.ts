import type { Demand, Evidence, LoginKind, Method, Plan, Role, Trust } from '../rules/facts.ts';

/** Tables as both databases hold them. `…_at`, `…_until` and `…_ms` are milliseconds. */
export interface Schema {
  meta: MetaTable;
  users: UserTable;
  accounts: AccountTable;
  memberships: MembershipTable;
  authenticators: AuthenticatorTable;
  enrollments: EnrollmentTable;
  backup_codes: BackupCodeTable;
  logins: LoginTable;
  challenges: ChallengeTable;
  evidence: EvidenceTable;
  sessions: SessionTable;
  known_browsers: KnownBrowserTable;
  invitations: InvitationTable;
  password_resets: LinkTable;
  notice_links: NoticeLinkTable;
  passes: PassTable;
  pass_requests: PassRequestTable;
  counters: CounterTable;
  outbox: OutboxTable;
  text_messages: TextMessageTable;
  inbox: InboxTable;
  audit_events: AuditEventTable;
}

export interface MetaTable {
  key: string;
  value: string;
}

export interface UserTable {
  id: string;
  /** Lower case; the one address of this person. */
  email: string;
  name: string;
  password_hash: string;
  password_changed_at: number;
  created_at: number;
  disabled_at: number | null;
}

export interface AccountTable {
  id: string;
  slug: string;
  name: string;
  plan: Plan;
  created_at: number;
  /** `null`: no mandate. */
  mandate_since: number | null;
  /** Comma list of methods; meaningful while a mandate is on. */
  mandate_methods: string;
  mandate_from: 'next_login' | 'now';
  /** From then on text messages are not taken; `null`: no such day. Judged by time, no job touches it. */
  mandate_text_until: number | null;
  session_max_ms: number;
  session_idle_ms: number;
  /** What the operator allows this account alone: messages in a day; `null`: as everybody. */
  texts_per_day: number | null;
  /** And money in a day, in ten-thousandths of the operator's currency. */
  text_spend_per_day: number | null;
}

export interface MembershipTable {
  id: string;
  user_id: string;
  account_id: string;
  role: Role;
  trust: Trust['state'];
  authenticator_id: string | null;
  /** Since when it trusts what it trusts now. */
  trust_since: number;
  joined_at: number;
  active_at: number | null;
  sessions_from: number;
  last_entered_at: number | null;
}

export interface AuthenticatorTable {
  id: string;
  user_id: string;
  kind: Method;
  /** The TOTP secret, or the phone number in E.164. */
  secret_sealed: string;
  /** The last TOTP step accepted; each code works once (RFC 6238 §5.2). */
  last_step: number | null;
  confirmed_at: number;
  backup_codes_saved_at: number | null;
  asleep_since: number | null;
}

export interface EnrollmentTable {
  id: string;
  login_id: string;
  user_id: string;
  kind: Method;
  secret_sealed: string;
  created_at: number;
  confirmed_at: number | null;
}

export interface BackupCodeTable {
  id: string;
  authenticator_id: string;
  user_id: string;
  selector: string;
  hash: string;
  created_at: number;
  spent_at: number | null;
}

export interface LoginTable {
  id: string;
  token_hash: string;
  kind: LoginKind;
  demand: Demand;
  user_id: string | null;
  /** The session that a step-up is tied to. */
  session_id: string | null;
  account_asked: string | null;
  account_picked: string | null;
  invitation_id: string | null;
  /** A known GET route of this server. */
  return_to: string | null;
  after_recovery: 'continue' | 'replace' | null;
  /** P1: since when this login wants a pass. */
  wants_pass_at: number | null;
  /** Ten backup codes on show, until they are saved (E5). */
  backup_codes_sealed: string | null;
  sign_up_name: string | null;
  sign_up_email: string | null;
  sign_up_password_hash: string | null;
  sign_up_account: string | null;
  network: string;
  browser: string;
  created_at: number;
  expires_at: number;
  ended_at: number | null;
  wrong_codes: number;
  /** Of its text messages: one of `delivery/text-code.ts`. */
  language: string;
}

export interface ChallengeTable {
  id: string;
  login_id: string;
  purpose: ChallengePurpose;
  channel: 'email' | 'sms';
  user_id: string;
  /** The authenticator or enrollment whose number is written to; `null` for e-mail. */
  target_id: string | null;
  code_hmac: string;
  tries: number;
  sends: number;
  sent_at: number;
  expires_at: number;
  spent_at: number | null;
  /** Why no message was sent, if none was; `unknown`: nobody knows whether it was. */
  unsent: 'limit' | 'failed' | 'unknown' | null;
  /** The row of `text_messages` that is about its newest text message. */
  message_id: string | null;
}

export type ChallengePurpose = 'mailbox' | 'code' | 'enroll';

/** Belongs to a login until that ends in a session; then to the session. */
export interface EvidenceTable {
  id: string;
  login_id: string | null;
  session_id: string | null;
  kind: Evidence['kind'];
  at: number;
  authenticator_id: string | null;
  pass_id: string | null;
}

export interface SessionTable {
  id: string;
  token_hash: string;
  user_id: string;
  started_at: number;
  last_used_at: number;
  /** S2: ids of accounts, in JSON, whose idle limit it has overstepped. */
  idled_out: string;
  ended_at: number | null;
  network: string;
  browser: string;
}

export interface KnownBrowserTable {
  token_hash: string;
  user_id: string;
  expires_at: number;
}

export interface InvitationTable {
  id: string;
  token_hash: string;
  account_id: string;
  email: string;
  role: Role;
  invited_by: string | null;
  created_at: number;
  expires_at: number;
  spent_at: number | null;
  withdrawn_at: number | null;
}

export interface LinkTable {
  id: string;
  token_hash: string;
  user_id: string;
  created_at: number;
  expires_at: number;
  spent_at: number | null;
}

export interface NoticeLinkTable extends LinkTable {
  /** The authenticator the notice is about (E7). */
  authenticator_id: string | null;
}

export interface PassTable {
  id: string;
  membership_id: string;
  account_id: string;
  user_id: string;
  /** `null`: granted by the operator. */
  granted_by: string | null;
  reason: string;
  kind: 'asked_for' | 'handed_over';
  request_id: string | null;
  granted_at: number;
  ends_at: number;
  /** Argon2id of the sixteen characters handed over (P2). */
  code_hash: string | null;
  activated_at: number | null;
  cookie_hash: string | null;
  ended_at: number | null;
  ended_by:
    | 'revoked'
    | 'replaced'
    | 'removed'
    | 'reset'
    | 'not_me'
    | 'set_up'
    | 'mandate_off'
    | 'disabled'
    /** Nobody could tell any more how old it was. */
    | 'clock_set_back'
    | null;
  /** When the end of it was told to the person and the admins. */
  end_told_at: number | null;
  right_until: number | null;
  right_spent_at: number | null;
}

export interface PassRequestTable {
  id: string;
  login_id: string;
  membership_id: string;
  account_id: string;
  user_id: string;
  /** Two digits, shown to the person and typed by the admin. */
  number: string;
  wrong_numbers: number;
  network: string;
  browser: string;
  created_at: number;
  expires_at: number;
  answered_at: number | null;
  answered_by: string | null;
  answer: 'granted' | 'denied' | 'wrong_number' | 'withdrawn' | null;
}

export interface CounterTable {
  key: string;
  wrong: number;
  wait_until: number;
  last_at: number;
}

export interface OutboxTable {
  id: string;
  channel: 'email' | 'sms';
  /** A code is never sent twice by itself; a notice is sent until it is out (issue of each kind in `flows/outbox`). */
  kind: 'code' | 'notice';
  user_id: string | null;
  /** Recipient, subject and body, sealed; erased once sent or expired. */
  message_sealed: string | null;
  created_at: number;
  expires_at: number;
  next_try_at: number;
  tries: number;
  claimed_until: number;
  sent_at: number | null;
  failed_at: number | null;
  last_error: string | null;
}

/**
 * One text message that was asked for; never its number or text. Asks that led to none are added up in one row for
 * each hour, account, country, purpose and reason, without person or number. Swept after 90 days.
 */
export interface TextMessageTable {
  /** That of its row in the outbox, where it got so far. */
  id: string;
  /** Of asks that are added up: the newest. */
  at: number;
  /** How many asks this row stands for. */
  asks: number;
  /** The account whose demand the code meets. */
  account_id: string | null;
  user_id: string | null;
  purpose: 'code' | 'enroll';
  /** ISO 3166-1 alpha-2; `ZZ` where the number belongs to no country. */
  country: string;
  /** HMAC of the number less its last four digits. */
  prefix_hmac: string;
  number_hmac: string;
  /** In ten-thousandths of the operator's currency. */
  price: number;
  /** `queued`: posted, and not yet answered. `unknown`: handed over, and nobody knows whether it was accepted. */
  state: 'queued' | 'sent' | 'delivered' | 'failed' | 'unknown' | 'blocked';
  /** Why it was blocked or failed: a word of ours, or a code of the carrier's. */
  reason: string | null;
  /** Who accepted it; `null` where nobody did. */
  carrier: string | null;
  provider_id: string | null;
  /** Segments that are paid for. */
  parts: number | null;
  settled_at: number | null;
  receipt_at: number | null;
  verified_at: number | null;
}

/** The development inbox. Empty outside `--dev`. */
export interface InboxTable {
  id: string;
  channel: 'email' | 'sms';
  to: string;
  subject: string;
  text: string;
  at: number;
}

export interface AuditEventTable {
  id: string;
  at: number;
  kind: string;
  /** Who did it; `null` with `by` telling which kind of nobody. */
  actor_id: string | null;
  by: 'user' | 'operator' | 'nobody';
  /** To whom. */
  user_id: string | null;
  account_id: string | null;
  network: string;
  browser: string;
  /** JSON without secrets. */
  data: string;
}
