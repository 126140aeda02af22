import { hashToken } from '../credentials/token.ts';
import { findAccount, insertMembership, membershipsOf } from '../store/accounts.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import {
  findInvitation,
  findInvitationByToken,
  type InvitationRow,
  type InvitationWithAccount,
  spendInvitation,
} from '../store/links.ts';
import { insertLogin, type LoginRow } from '../store/logins.ts';
import { findUserByEmail, type UserRow } from '../store/users.ts';
import { readSession } from './admit.ts';
import { type Advanced, advance, newLogin } from './advance.ts';
import { record } from './audit.ts';
import type { Context, Visitor } from './context.ts';
import { newMembership } from './new-account.ts';
import { settleAuthenticators } from './trust.ts';

/** U1: seven days. */
export const INVITATION_LIFE_MS = 7 * 24 * 3_600_000;

export function invitationIsOpen(row: InvitationRow, now: number): boolean {
  return row.spent_at === null && row.withdrawn_at === null && now < row.expires_at;
}

/** U2: what opening the link leads to. Looking spends nothing. */
export type InvitationView =
  | { readonly state: 'gone' }
  | { readonly state: 'new_address' | 'log_in' | 'logged_in'; readonly invitation: InvitationWithAccount }
  | {
      readonly state: 'someone_else';
      readonly invitation: InvitationWithAccount;
      readonly signedInAs: string;
    };

export async function viewInvitation(ctx: Context, visitor: Visitor, token: string): Promise<InvitationView> {
  const invitation = await findInvitationByToken(ctx.db, hashToken(token));
  if (invitation === null || !invitationIsOpen(invitation, ctx.now())) return { state: 'gone' };
  const session = await readSession(ctx, visitor);
  if (session !== null) {
    if (session.user.email === invitation.email) return { state: 'logged_in', invitation };
    return { state: 'someone_else', invitation, signedInAs: session.user.email };
  }
  const user = await findUserByEmail(ctx.db, invitation.email);
  return { state: user === null ? 'new_address' : 'log_in', invitation };
}

export type BeginInvitationResult =
  | { readonly result: 'accepted'; readonly advanced: Advanced }
  | { readonly result: 'moved' };

/**
 * U2, the POST behind "Accept": an existing address logs in and proves its mailbox; one that is logged in as
 * the invited person proves the mailbox. Nothing is joined and nothing spent yet.
 */
export async function beginInvitation(
  ctx: Context,
  visitor: Visitor,
  token: string,
): Promise<BeginInvitationResult> {
  const view = await viewInvitation(ctx, visitor, token);
  if (view.state !== 'log_in' && view.state !== 'logged_in') return { result: 'moved' };
  const session = view.state === 'logged_in' ? await readSession(ctx, visitor) : null;
  const user = session?.user ?? (await findUserByEmail(ctx.db, view.invitation.email));
  if (user === null) return { result: 'moved' };
  const { row, token: loginToken } = newLogin(ctx, visitor, {
    kind: session === null ? 'log_in' : 'step_up',
    user_id: user.id,
    session_id: session?.row.id ?? null,
    invitation_id: view.invitation.id,
    account_asked: view.invitation.account_id,
  });
  const advanced = await inTransaction(ctx.db, async (tx) => {
    await insertLogin(tx, row);
    return advance(ctx, tx, row.id, visitor);
  });
  ctx.wakeOutbox();
  return { result: 'accepted', advanced: { ...advanced, tokens: { login: loginToken, ...advanced.tokens } } };
}

/**
 * Joins, in the transaction that proved the mailbox: the invitation is spent by this write, once, for the
 * address and account it was made for. Where the account mandates, the membership sleeps until its set-up.
 */
export async function acceptInvitation(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  user: UserRow,
  visitor: Visitor,
): Promise<'joined' | 'already_member' | 'gone'> {
  const invitation = login.invitation_id === null ? null : await findInvitation(tx, login.invitation_id);
  if (invitation === null) return 'gone';
  if (!(await spendInvitation(tx, invitation.id, user.email, ctx.now()))) {
    const memberships = await membershipsOf(tx, user.id);
    return memberships.some((m) => m.account.id === invitation.account_id) ? 'already_member' : 'gone';
  }
  const account = await findAccount(tx, invitation.account_id);
  if (account === null) return 'gone';
  const membership = newMembership(ctx, {
    userId: user.id,
    accountId: account.id,
    role: invitation.role,
    active: account.mandate_since === null,
  });
  if (!(await insertMembership(tx, membership))) return 'already_member';
  await settleAuthenticators(ctx, tx, user.id);
  await record(ctx, tx, {
    kind: 'invitation.accepted',
    actorId: user.id,
    accountId: account.id,
    visitor,
    data: { role: invitation.role },
  });
  return 'joined';
}
