import { judgePassword, normalizePassword, type PasswordVerdict } from '../credentials/password.ts';
import { hashToken } from '../credentials/token.ts';
import { insertMembership } from '../store/accounts.ts';
import { countMail } from '../store/counters.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { findInvitationByToken } from '../store/links.ts';
import { insertLogin, type LoginRow } from '../store/logins.ts';
import { insertUser, type UserRow } from '../store/users.ts';
import { type Advanced, advance, newLogin, prove } from './advance.ts';
import { record } from './audit.ts';
import { type Context, canonicalEmail, id, oneLine, type Visitor } from './context.ts';
import { invitationIsOpen } from './invitation.ts';
import { insertNamedAccount, newMembership } from './new-account.ts';
import { networkKey } from './throttle-password.ts';

const SIGN_UPS_PER_NETWORK = 150;
const SIGN_UP_WINDOW_MS = 10 * 60_000;

export interface SignUp {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** The company's name; absent with an invitation. */
  readonly account: string | null;
  readonly invitation: string | null;
}

export type SignUpResult =
  | { readonly result: 'accepted'; readonly advanced: Advanced }
  | { readonly result: 'bad_password'; readonly verdict: Exclude<PasswordVerdict, 'ok'> }
  /** The invitation is for another address; `email` is the one it is for. */
  | { readonly result: 'other_address'; readonly email: string }
  | { readonly result: 'invitation_gone' }
  /** Too many sign-ups from this network; milliseconds. */
  | { readonly result: 'wait'; readonly until: number };

/**
 * U1: nothing is made but a login that waits for the mailbox to be proven. A taken address is treated alike
 * in text, work and time; only the mail differs (D8).
 */
export async function signUp(ctx: Context, visitor: Visitor, given: SignUp): Promise<SignUpResult> {
  const email = canonicalEmail(given.email);
  const invitation =
    given.invitation === null ? null : await findInvitationByToken(ctx.db, hashToken(given.invitation));
  if (given.invitation !== null && (invitation === null || !invitationIsOpen(invitation, ctx.now()))) {
    return { result: 'invitation_gone' };
  }
  if (invitation !== null && invitation.email !== email) {
    return { result: 'other_address', email: invitation.email };
  }
  const names = [ctx.settings.product, given.name, email, invitation?.account_name ?? given.account ?? ''];
  const verdict = judgePassword(given.password, { names });
  if (verdict !== 'ok') return { result: 'bad_password', verdict };

  // Each costs a hash and a mail, and nothing has been proven yet: a network gets so many.
  const passwordHash = await ctx.hasher.inTurn(async () =>
    (await mayBegin(ctx, visitor)) ? ctx.hasher.hash(normalizePassword(given.password)) : null,
  );
  if (passwordHash === null) return { result: 'wait', until: ctx.now() + SIGN_UP_WINDOW_MS };

  const { row, token } = newLogin(ctx, visitor, {
    kind: 'sign_up',
    account_asked: invitation?.account_id ?? null,
    invitation_id: invitation?.id ?? null,
    sign_up_name: oneLine(given.name),
    sign_up_email: email,
    sign_up_password_hash: passwordHash,
    sign_up_account: invitation === null ? (given.account === null ? null : oneLine(given.account)) : null,
  });
  const advanced = await inTransaction(ctx.db, async (tx) => {
    await insertLogin(tx, row);
    await prove(ctx, tx, row.id, { kind: 'password' });
    await record(ctx, tx, { kind: 'sign_up.started', visitor });
    return advance(ctx, tx, row.id, visitor);
  });
  ctx.wakeOutbox();
  return { result: 'accepted', advanced: { ...advanced, tokens: { login: token, ...advanced.tokens } } };
}

function mayBegin(ctx: Context, visitor: Visitor): Promise<boolean> {
  const key = `sign-ups:${networkKey(visitor.network)}`;
  return inTransaction(ctx.db, (tx) =>
    countMail(tx, key, SIGN_UPS_PER_NETWORK, SIGN_UP_WINDOW_MS, ctx.now()),
  );
}

/**
 * U1: the mailbox is proven, the user is made, and with a self-made sign-up its `standard` account.
 * @returns `null` when the address is taken.
 */
export async function createUser(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  visitor: Visitor,
): Promise<UserRow | null> {
  const { sign_up_email: email, sign_up_password_hash: hash, sign_up_name: name } = login;
  if (email === null || hash === null || name === null) throw new Error('a sign-up without its form');
  const now = ctx.now();
  const user: UserRow = {
    id: id(ctx),
    email,
    name,
    password_hash: hash,
    password_changed_at: now,
    created_at: now,
    disabled_at: null,
  };
  if (!(await insertUser(tx, user))) return null;
  await record(ctx, tx, { kind: 'sign_up.completed', actorId: user.id, visitor });
  if (login.sign_up_account !== null) await createAccount(ctx, tx, login.sign_up_account, user, visitor);
  return user;
}

async function createAccount(
  ctx: Context,
  tx: Tx,
  name: string,
  owner: UserRow,
  visitor: Visitor,
): Promise<void> {
  const accountId = await insertNamedAccount(ctx, tx, name, 'standard');
  await insertMembership(
    tx,
    newMembership(ctx, { userId: owner.id, accountId, role: 'owner', active: true }),
  );
  await record(ctx, tx, { kind: 'account.created', actorId: owner.id, accountId, visitor });
}
