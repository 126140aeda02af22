import { addressHmac } from '../credentials/one-time-code.ts';
import { judgePassword, normalizePassword, type PasswordVerdict } from '../credentials/password.ts';
import { hashToken, newToken } from '../credentials/token.ts';
import { en } from '../delivery/texts.ts';
import { membershipsOf } from '../store/accounts.ts';
import { clearCounter, countMail } from '../store/counters.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { findResetByToken, insertReset, type ResetRow, spendReset, voidResetsOf } from '../store/links.ts';
import { endLoginsOf } from '../store/logins.ts';
import {
  endSession,
  endSessionsOf,
  findSessionByToken,
  forgetKnownBrowsers,
  insertKnownBrowser,
  swapToken,
} from '../store/sessions.ts';
import { findUser, findUserByEmail, lockUser, setPassword, type UserRow } from '../store/users.ts';
import { idledOutNow, type SignedIn } from './admit.ts';
import { record } from './audit.ts';
import { type Context, canonicalEmail, id, type Tokens, type Visitor } from './context.ts';
import { endEverything } from './end-everything.ts';
import { KNOWN_BROWSER_MS } from './finish-login.ts';
import { tellUser } from './notices.ts';
import { post } from './outbox.ts';
import { hasFreshAuthenticator } from './step-up.ts';
import { addressKey, countPassword, takeBackPassword } from './throttle-password.ts';

/** U4: half an hour. */
export const RESET_LIFE_MS = 30 * 60_000;
/**
 * Mails with reset links per address while a link lives: more would only be a nuisance to the mailbox's owner.
 * R32: nobody is kept from a reset by a stranger's requests, since whoever is refused has a live link already.
 */
const RESET_MAILS = 5;

/**
 * U4: sends a link, if there is somebody to send it to. The answer is the same for everybody, and so is the
 * work: an unknown address gets a message that expires before it is sent (D8).
 */
export async function askForReset(ctx: Context, visitor: Visitor, typed: string): Promise<void> {
  const email = canonicalEmail(typed);
  const user = await findUserByEmail(ctx.db, email);
  const now = ctx.now();
  const token = newToken(ctx.random);
  await inTransaction(ctx.db, async (tx) => {
    const mayMail = await countMail(
      tx,
      `resets:${addressHmac(ctx.keys, 'mails', email)}`,
      RESET_MAILS,
      RESET_LIFE_MS,
      now,
    );
    const real = user !== null && user.disabled_at === null && mayMail;
    if (real) {
      await insertReset(tx, {
        id: id(ctx),
        token_hash: hashToken(token),
        user_id: user.id,
        created_at: now,
        expires_at: now + RESET_LIFE_MS,
        spent_at: null,
      });
    }
    const { product, url } = ctx.settings;
    const { subject, text } = en.passwordReset({ product, url: `${url}/reset-password?token=${token}` });
    await post(ctx, tx, {
      channel: 'email',
      kind: 'notice',
      userId: user?.id ?? null,
      to: email,
      subject,
      text,
      expiresAt: real ? now + RESET_LIFE_MS : now,
    });
    await record(ctx, tx, { kind: 'password.reset_asked', by: 'nobody', userId: user?.id ?? null, visitor });
  });
  ctx.wakeOutbox();
}

/** Looking at the link spends nothing. */
export async function resetIsOpen(ctx: Context, token: string): Promise<boolean> {
  const row = await findResetByToken(ctx.db, hashToken(token));
  return row !== null && isOpen(row, ctx.now());
}

const isOpen = (row: ResetRow, now: number) => row.spent_at === null && now < row.expires_at;

export type NewPasswordResult =
  | { readonly result: 'saved'; readonly tokens: Tokens }
  | { readonly result: 'bad_password'; readonly verdict: Exclude<PasswordVerdict, 'ok'> }
  | { readonly result: 'link_gone' };

/** U4, R40: a new password by mail. It logs nobody in, skips no second factor, and ends everything else. */
export async function resetPassword(
  ctx: Context,
  visitor: Visitor,
  given: { token: string; password: string },
): Promise<NewPasswordResult> {
  const row = await findResetByToken(ctx.db, hashToken(given.token));
  const user = row === null ? null : await findUser(ctx.db, row.user_id);
  if (row === null || user === null || !isOpen(row, ctx.now()) || user.disabled_at !== null) {
    return { result: 'link_gone' };
  }
  const verdict = judgePassword(given.password, { names: await namesOf(ctx, user) });
  if (verdict !== 'ok') return { result: 'bad_password', verdict };
  const hash = await ctx.hasher.hash(normalizePassword(given.password));
  const known = newToken(ctx.random);
  const spent = await inTransaction(ctx.db, async (tx) => {
    await lockUser(tx, user.id);
    if (!(await spendReset(tx, row, ctx.now()))) return false;
    await setPassword(tx, user.id, hash, ctx.now());
    await endEverything(ctx, tx, user.id, 'reset');
    await endSessionHere(ctx, tx, visitor);
    await knowOnlyThisBrowser(ctx, tx, user, known);
    await record(ctx, tx, { kind: 'password.reset', actorId: user.id, visitor });
    await tellUser(ctx, tx, { user, what: { event: 'password_reset' }, visitor });
    return true;
  });
  ctx.wakeOutbox();
  return spent ? { result: 'saved', tokens: { session: null, login: null, known } } : { result: 'link_gone' };
}

/** The cookie is cleared; if it was somebody else's session, it ends with it. */
async function endSessionHere(ctx: Context, tx: Tx, visitor: Visitor): Promise<void> {
  if (visitor.sessionToken === null) return;
  const row = await findSessionByToken(tx, hashToken(visitor.sessionToken));
  if (row !== null) await endSession(tx, row.id, row.user_id, ctx.now());
}

/** T30: whoever proved the mailbox and chose a password is not kept waiting for a stranger's guesses. */
async function knowOnlyThisBrowser(ctx: Context, tx: Tx, user: UserRow, known: string): Promise<void> {
  await forgetKnownBrowsers(tx, user.id);
  await insertKnownBrowser(tx, {
    token_hash: hashToken(known),
    user_id: user.id,
    expires_at: ctx.now() + KNOWN_BROWSER_MS,
  });
  await clearCounter(tx, addressKey(ctx, user.email));
}

export type ChangePasswordResult =
  | Exclude<NewPasswordResult, { result: 'link_gone' }>
  | { readonly result: 'wrong_password' }
  | { readonly result: 'wait'; readonly until: number }
  /** U4: there is an authenticator, and it was not proven in the last five minutes. */
  | { readonly result: 'step_up' };

/** U4: `/password`. The current password, and a code where there is an authenticator. */
export async function changePassword(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { current: string; password: string },
): Promise<ChangePasswordResult> {
  const { user } = session;
  if (!hasFreshAuthenticator(session, ctx.now())) return { result: 'step_up' };
  const verdict = judgePassword(given.password, { names: await namesOf(ctx, user) });
  if (verdict !== 'ok') return { result: 'bad_password', verdict };
  const counted = await countPassword(ctx, visitor, user.email);
  if (!counted.heard) return { result: 'wait', until: counted.reason === 'wait' ? counted.until : ctx.now() };
  const current = normalizePassword(given.current);
  const fits = await ctx.hasher.verify(user.password_hash, current).catch(async (error: unknown) => {
    // Not compared at all (overload): it was no try.
    await takeBackPassword(ctx.db, counted);
    throw error;
  });
  if (!fits) {
    await record(ctx, ctx.db, { kind: 'login.password_refused', actorId: user.id, visitor });
    return { result: 'wrong_password' };
  }
  await takeBackPassword(ctx.db, counted);
  const hash = await ctx.hasher.hash(normalizePassword(given.password));
  const token = newToken(ctx.random);
  const saved = await inTransaction(ctx.db, async (tx) => {
    const now = ctx.now();
    await lockUser(tx, user.id);
    // Reset, disabled or logged out while we hashed: whoever was first keeps their word.
    const fresh = await findUser(tx, user.id);
    if (fresh === null || fresh.disabled_at !== null || fresh.password_hash !== user.password_hash)
      return false;
    if (!(await swapToken(tx, session.row.id, hashToken(token), now, idledOutNow(ctx, session))))
      return false;
    await setPassword(tx, user.id, hash, now);
    await endSessionsOf(tx, user.id, now, session.row.id);
    await endLoginsOf(tx, user.id, now);
    await voidResetsOf(tx, user.id, now);
    await record(ctx, tx, { kind: 'password.changed', actorId: user.id, visitor });
    await tellUser(ctx, tx, { user, what: { event: 'password_changed' }, visitor });
    return true;
  });
  ctx.wakeOutbox();
  return saved ? { result: 'saved', tokens: { session: token } } : { result: 'wrong_password' };
}

/** U3: what a person's password must not be made of. */
async function namesOf(ctx: Context, user: UserRow): Promise<string[]> {
  const memberships = await membershipsOf(ctx.db, user.id);
  return [ctx.settings.product, user.name, user.email, ...memberships.map((m) => m.account.name)];
}
