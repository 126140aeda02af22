import { type Deed, isFresh, mayDo } from '../rules/access.ts';
import type { Mandate, Plan, Role } from '../rules/facts.ts';
import { type Standing, standingOf } from '../rules/mandate.ts';
import { passStateOf, WEEK_MS, WRONG_NUMBERS } from '../rules/pass.ts';
import { SLEEP_LIMIT_MS } from '../rules/trust.ts';
import type { NamedMembership } from '../store/accounts.ts';
import { type AuditQuestion, findAuditEvents, type NamedAuditEvent } from '../store/audit.ts';
import { waitingRequests } from '../store/pass-requests.ts';
import { passesOfAccount } from '../store/passes.ts';
import {
  countOwners,
  countRollOut,
  findPeople,
  findPerson,
  type PeopleQuestion,
  type PersonRow,
  type RollOut,
} from '../store/people.ts';
import { judge, type Refusal } from './act.ts';
import type { SignedIn } from './admit.ts';
import type { Context } from './context.ts';

export type { PeopleFilter, PeopleSort, RollOut } from '../store/people.ts';

/** What every page of an account knows. */
export interface AccountView {
  readonly slug: string;
  readonly name: string;
  readonly plan: Plan;
  readonly mandate: Mandate | null;
  readonly sessionMaxMs: number;
  readonly sessionIdleMs: number;
  /** Can text messages be sent at all? */
  readonly textMessages: boolean;
  readonly role: Role;
  /** Deeds that need fresh 2FA go through without a step-up right now. */
  readonly fresh: boolean;
  readonly requestsWaiting: number;
  /** P8: an account with one owner is warned. */
  readonly onlyOneOwner: boolean;
}

/** Opens an account's pages to its owners and admins, and to nobody else. */
export async function openAccount(
  ctx: Context,
  session: SignedIn,
  slug: string,
): Promise<AccountView | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  if ('result' in judged) return judged;
  const { account, actor } = judged;
  const waiting = await waitingRequests(ctx.db, account.id, ctx.now());
  return {
    slug: account.slug,
    name: account.name,
    plan: account.plan,
    mandate: actor.account.mandate,
    sessionMaxMs: account.session_max_ms,
    sessionIdleMs: account.session_idle_ms,
    textMessages: ctx.settings.textMessages,
    role: actor.role,
    fresh: isFresh(session.facts, actor, ctx.now()),
    requestsWaiting: waiting.length,
    onlyOneOwner: (await countOwners(ctx.db, account.id)) === 1,
  };
}

const moment = (ctx: Context) => ({ now: ctx.now(), asleepFrom: ctx.now() - SLEEP_LIMIT_MS });

export interface PersonView {
  readonly kind: 'member' | 'invited';
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly standing: Standing | { readonly state: 'invited'; readonly since: number };
  readonly active: boolean;
  readonly disabled: boolean;
  readonly lastLoginAt: number | null;
  readonly passId: string | null;
  readonly self: boolean;
  /** What the one who looks may do to this one (P8). */
  readonly may: {
    readonly changeRole: boolean;
    readonly remove: boolean;
    readonly endSessions: boolean;
    readonly grantPass: boolean;
    readonly revokePass: boolean;
    readonly withdraw: boolean;
  };
}

export async function viewPeople(
  ctx: Context,
  session: SignedIn,
  slug: string,
  question: PeopleQuestion,
): Promise<{ people: PersonView[]; total: number } | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  if ('result' in judged) return judged;
  const { rows, total } = await findPeople(ctx.db, judged.account.id, question, moment(ctx));
  const owners = await countOwners(ctx.db, judged.account.id);
  return { people: rows.map((row) => personView(row, judged.actor, owners)), total };
}

export async function viewPerson(
  ctx: Context,
  session: SignedIn,
  slug: string,
  membershipId: string,
): Promise<PersonView | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  if ('result' in judged) return judged;
  const row = await findPerson(ctx.db, judged.account.id, membershipId, moment(ctx));
  if (row === null) return { result: 'not_found' };
  return personView(row, judged.actor, await countOwners(ctx.db, judged.account.id));
}

function personView(row: PersonRow, actor: NamedMembership, owners: number): PersonView {
  const usable = row.kind === 'member' && row.role === 'owner' && row.active === 1 && row.disabled === 0;
  const otherOwners = usable ? owners - 1 : owners;
  const self = row.id === actor.id;
  const member = row.kind === 'member';
  const target = { membershipId: member ? row.id : null, role: row.role };
  const may = (deed: Deed, newRole?: Role) =>
    mayDo({ membershipId: actor.id, role: actor.role }, deed, target, otherOwners, newRole) === 'allowed';
  const mandates = actor.account.mandate !== null;
  return {
    kind: row.kind,
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    standing: member
      ? standingOf({
          trust: row.trust,
          trustSince: row.trust_since,
          method: row.method,
          passUntil: row.pass_until,
          methods: actor.account.mandate?.methods ?? ['totp', 'sms'],
        })
      : { state: 'invited', since: row.joined_at },
    active: row.active === 1,
    disabled: row.disabled === 1,
    lastLoginAt: row.last_entered_at,
    passId: row.pass_id,
    self,
    may: {
      changeRole: member && may('change_role', row.role === 'owner' ? 'member' : 'owner'),
      remove: member && may('remove'),
      endSessions: member && may('end_sessions'),
      grantPass: member && mandates && may('grant_pass'),
      revokePass: member && row.pass_id !== null && may('revoke_pass'),
      withdraw: !member && may('withdraw_invitation'),
    },
  };
}

export async function viewRollOut(ctx: Context, session: SignedIn, slug: string): Promise<RollOut | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  return 'result' in judged ? judged : countRollOut(ctx.db, judged.account.id, moment(ctx));
}

export interface RequestView {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly browser: string;
  readonly network: string;
  readonly at: number;
  readonly expiresAt: number;
  readonly triesLeft: number;
  /** T13: a password changed in the last seven days: a thief may have chosen it. */
  readonly passwordChangedAt: number | null;
  readonly mayGrant: boolean;
}

export interface PassRowView {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly granter: string | null;
  readonly byOperator: boolean;
  readonly reason: string;
  readonly kind: 'asked_for' | 'handed_over';
  readonly grantedAt: number;
  readonly endsAt: number;
  readonly activatedAt: number | null;
  readonly endedAt: number | null;
  readonly endedBy: string | null;
  readonly state: 'unused' | 'in_use' | 'over';
  readonly mayRevoke: boolean;
}

export async function viewPasses(
  ctx: Context,
  session: SignedIn,
  slug: string,
): Promise<{ requests: RequestView[]; passes: PassRowView[] } | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  if ('result' in judged) return judged;
  const { account, actor } = judged;
  const now = ctx.now();
  const owners = await countOwners(ctx.db, account.id);
  const may = (deed: 'grant_pass' | 'revoke_pass', membershipId: string, role: Role) =>
    mayDo({ membershipId: actor.id, role: actor.role }, deed, { membershipId, role }, owners) === 'allowed';
  const requests = (await waitingRequests(ctx.db, account.id, now)).map((r) => ({
    id: r.id,
    name: r.name,
    email: r.email,
    role: r.role,
    browser: r.browser,
    network: r.network,
    at: r.created_at,
    expiresAt: r.expires_at,
    triesLeft: WRONG_NUMBERS - r.wrong_numbers,
    passwordChangedAt:
      r.password_changed_at > r.user_created_at && r.password_changed_at > now - WEEK_MS
        ? r.password_changed_at
        : null,
    mayGrant: may('grant_pass', r.membership_id, r.role),
  }));
  const passes = (await passesOfAccount(ctx.db, account.id, 200)).map((p): PassRowView => {
    const state = passStateOf({ endsAt: p.ends_at, endedAt: p.ended_at, activatedAt: p.activated_at }, now);
    return {
      id: p.id,
      name: p.name,
      email: p.email,
      granter: p.granter,
      byOperator: p.granted_by === null,
      reason: p.reason,
      kind: p.kind,
      grantedAt: p.granted_at,
      endsAt: p.ends_at,
      activatedAt: p.activated_at,
      endedAt: p.ended_at,
      endedBy: p.ended_by,
      state,
      mayRevoke: state !== 'over' && p.role !== null && may('revoke_pass', p.membership_id, p.role),
    };
  });
  return { requests, passes };
}

/** The audit events that concern this account, a page at a time, newest first. */
export async function viewActivity(
  ctx: Context,
  session: SignedIn,
  slug: string,
  question: Omit<AuditQuestion, 'accountId'>,
  page: { limit: number; before: { at: number; id: string } | null },
): Promise<NamedAuditEvent[] | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  if ('result' in judged) return judged;
  const events = await findAuditEvents(ctx.db, { ...question, accountId: judged.account.id }, page);
  return events.map(asAccountSees);
}

/** T3: which authenticator it was, and whether the person had one elsewhere, is none of this account's business. */
function asAccountSees(event: NamedAuditEvent): NamedAuditEvent {
  const { authenticator: _which, basis: _why, ...data } = JSON.parse(event.data) as Record<string, unknown>;
  const kind = event.kind === 'authenticator.trusted' ? 'authenticator.enrolled' : event.kind;
  return { ...event, kind, data: JSON.stringify(data) };
}
