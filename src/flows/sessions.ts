import { hashToken } from '../credentials/token.ts';
import { inTransaction } from '../store/database.ts';
import { endLogin, findLoginByToken } from '../store/logins.ts';
import { endSession, endSessionsOf, findSessionByToken } from '../store/sessions.ts';
import type { SignedIn } from './admit.ts';
import { record } from './audit.ts';
import type { Context, Tokens, Visitor } from './context.ts';

/** "Log out": ends this browser's session and any login under way in it. Harmless when there is neither. */
export async function logOut(ctx: Context, visitor: Visitor): Promise<Tokens> {
  const { sessionToken, loginToken } = visitor;
  const now = ctx.now();
  await inTransaction(ctx.db, async (tx) => {
    const session = sessionToken === null ? null : await findSessionByToken(tx, hashToken(sessionToken));
    if (session !== null && (await endSession(tx, session.id, session.user_id, now))) {
      await record(ctx, tx, { kind: 'session.ended', actorId: session.user_id, visitor });
    }
    const login = loginToken === null ? null : await findLoginByToken(tx, hashToken(loginToken));
    if (login !== null) await endLogin(tx, login.id, now);
  });
  return { login: null, session: null };
}

/** S2: people end their own sessions: one, … @returns false when it was not theirs or had ended. */
export async function endOwnSession(
  ctx: Context,
  session: SignedIn,
  sessionId: string,
  visitor: Visitor,
): Promise<boolean> {
  return inTransaction(ctx.db, async (tx) => {
    const ended = await endSession(tx, sessionId, session.user.id, ctx.now());
    if (ended) await record(ctx, tx, { kind: 'session.ended', actorId: session.user.id, visitor });
    return ended;
  });
}

/** … or all but this one. @returns how many. */
export async function endOtherSessions(ctx: Context, session: SignedIn, visitor: Visitor): Promise<number> {
  return inTransaction(ctx.db, async (tx) => {
    const count = await endSessionsOf(tx, session.user.id, ctx.now(), session.row.id);
    await record(ctx, tx, { kind: 'sessions.ended', actorId: session.user.id, visitor, data: { count } });
    return count;
  });
}
