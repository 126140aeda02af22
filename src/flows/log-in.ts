import { normalizePassword } from '../credentials/password.ts';
import { hashToken, newToken } from '../credentials/token.ts';
import { findAccountBySlug } from '../store/accounts.ts';
import type { Counted } from '../store/counters.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { endLogin, findLoginByToken, insertLogin, type LoginRow, updateLogin } from '../store/logins.ts';
import { findUser, findUserByEmail, lockUser, replaceHash, type UserRow } from '../store/users.ts';
import { type Advanced, advance, newLogin, type Position, prove, readPosition } from './advance.ts';
import { record } from './audit.ts';
import { type Context, canonicalEmail, type Visitor } from './context.ts';
import { countPassword, takeBackPassword } from './throttle-password.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Slug of the account that the person wants to enter, if the door was opened for one. */
  readonly account?: string;
}

export type LogInResult =
  | { readonly result: 'accepted'; readonly advanced: Advanced }
  /** The address or the password is wrong; which one is nobody's business (D8). */
  | { readonly result: 'wrong' }
  | { readonly result: 'wait'; readonly until: number };

/**
 * The password step. It starts a login, or goes on with one that this browser has: an invitation being
 * accepted, or a step-up, whose person is the session's and not the form's (D4).
 */
export async function logIn(ctx: Context, visitor: Visitor, given: Credentials): Promise<LogInResult> {
  const position = await readPosition(ctx, visitor);
  const typed = canonicalEmail(given.email);
  const pending = position !== null && goesOnHere(position, typed) ? position : null;
  const email = pending?.user?.email ?? typed;
  const checked = await ctx.hasher.inTurn(() => checkPassword(ctx, visitor, email, given.password));
  if (checked.result !== 'right') return checked;
  const { user, counted } = checked;
  const account = given.account === undefined ? null : await findAccountBySlug(ctx.db, given.account);
  const advanced = await inTransaction(ctx.db, async (tx) => {
    await lockUser(tx, user.id);
    const now = await findUser(tx, user.id);
    // A reset that came while we hashed: the password that was right is the old one.
    const still = now !== null && now.password_changed_at === user.password_changed_at;
    const accepted = still ? await acceptPassword(ctx, tx, visitor, now, pending, account?.id ?? null) : null;
    await takeBackPassword(tx, counted);
    return accepted;
  });
  ctx.wakeOutbox();
  return advanced === null ? { result: 'wrong' } : { result: 'accepted', advanced };
}

interface Right {
  readonly result: 'right';
  readonly user: UserRow;
  readonly counted: Heard;
}
type Heard = Extract<Counted, { heard: true }>;

/** D5: counted, then compared. A right password's count is taken back where it is recorded. */
async function checkPassword(
  ctx: Context,
  visitor: Visitor,
  email: string,
  typed: string,
): Promise<Right | Exclude<LogInResult, { result: 'accepted' }>> {
  const counted = await countPassword(ctx, visitor, email);
  if (!counted.heard) return { result: 'wait', until: counted.reason === 'wait' ? counted.until : ctx.now() };
  const user = await findUserByEmail(ctx.db, email);
  const fits = await passwordFits(ctx, user, typed).catch(async (error: unknown) => {
    // Not compared at all: it was no try.
    await takeBackPassword(ctx.db, counted);
    throw error;
  });
  if (!fits || user === null) {
    await record(ctx, ctx.db, {
      kind: 'login.password_refused',
      by: 'nobody',
      userId: user?.id ?? null,
      visitor,
    });
    return { result: 'wrong' };
  }
  return { result: 'right', user, counted };
}

/** D4: a step-up is for its session's person, whatever was typed; an invitation's login for its address. */
function goesOnHere({ next, login, user }: Position, typed: string): boolean {
  return next.step === 'password' && (login.kind === 'step_up' || user?.email === typed);
}

async function passwordFits(ctx: Context, user: UserRow | null, typed: string): Promise<boolean> {
  const password = normalizePassword(typed);
  // D8: an unknown address costs the same work as a known one.
  if (user === null) return ctx.hasher.verifyDummy(password);
  if (!(await ctx.hasher.verify(user.password_hash, password))) return false;
  if (ctx.hasher.needsRehash(user.password_hash)) {
    await replaceHash(ctx.db, user.id, user.password_hash, await ctx.hasher.hash(password));
  }
  return true;
}

async function acceptPassword(
  ctx: Context,
  tx: Tx,
  visitor: Visitor,
  user: UserRow,
  pending: Position | null,
  accountAsked: string | null,
): Promise<Advanced> {
  const { login, token } = await loginWithPassword(ctx, tx, visitor, user, pending, accountAsked);
  await prove(ctx, tx, login.id, { kind: 'password' });
  await record(ctx, tx, { kind: 'login.password_accepted', actorId: user.id, visitor });
  const advanced = await advance(ctx, tx, login.id, visitor);
  return { ...advanced, tokens: { login: token, ...advanced.tokens } };
}

/** S1: the rise from nobody to somebody comes with a new token, also where a login was there before. */
async function loginWithPassword(
  ctx: Context,
  tx: Tx,
  visitor: Visitor,
  user: UserRow,
  pending: Position | null,
  accountAsked: string | null,
): Promise<{ login: LoginRow; token: string }> {
  if (pending !== null) {
    const token = newToken(ctx.random);
    await updateLogin(tx, pending.login.id, { token_hash: hashToken(token), user_id: user.id });
    return { login: pending.login, token };
  }
  // A browser has one login under way: what was begun in it before ends here.
  const old = visitor.loginToken === null ? null : await findLoginByToken(tx, hashToken(visitor.loginToken));
  if (old !== null) await endLogin(tx, old.id, ctx.now());
  const { row, token } = newLogin(ctx, visitor, {
    kind: 'log_in',
    user_id: user.id,
    account_asked: accountAsked,
  });
  await insertLogin(tx, row);
  return { login: row, token };
}
