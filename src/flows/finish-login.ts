import { hashToken, newToken } from '../credentials/token.ts';
import type { NextStep } from '../rules/next-step.ts';
import { activateMemberships, noteEntered } from '../store/accounts.ts';
import { deleteEnrollments } from '../store/authenticators.ts';
import type { Tx } from '../store/database.ts';
import { addEvidence, endLogin, moveEvidence } from '../store/logins.ts';
import {
  endSession,
  findSession,
  findSessionByToken,
  insertKnownBrowser,
  insertSession,
  isKnownToken,
  swapToken,
} from '../store/sessions.ts';
import { idledOutNow, signedIn } from './admit.ts';
import type { Advanced, Position } from './advance.ts';
import { record } from './audit.ts';
import { type Context, id, type Tokens, type Visitor } from './context.ts';

/** D7: how long a browser stays known to a user. */
export const KNOWN_BROWSER_MS = 90 * 24 * 3_600_000;

type Done = Extract<NextStep, { step: 'done' }>;

/**
 * The last step, in the transaction of the proof that led here: the login ends, and only now a session
 * exists (D1). Two requests that get here at once: one ends the login, the other starts again.
 */
export async function finishLogin(
  ctx: Context,
  tx: Tx,
  position: Position,
  done: Done,
  visitor: Visitor,
): Promise<Advanced> {
  const { login, user } = position;
  const now = ctx.now();
  if (user === null) throw new Error('a login cannot be finished without a user');
  const startAgain: Advanced = { next: { step: 'start_again' }, tokens: { login: null }, returnTo: null };
  if (!(await endLogin(tx, login.id, now))) return startAgain;

  const sessionToken = newToken(ctx.random);
  const sessionId = login.kind === 'step_up' ? login.session_id : id(ctx);
  if (sessionId === null) throw new Error('a step-up without its session');
  if (login.kind === 'step_up') {
    const row = await findSession(tx, sessionId);
    if (row === null || row.user_id !== user.id) throw new Error('a step-up for another’s session');
    // Ended meanwhile (log-out, an admin, a reset): a step-up never brings a session back.
    const session = await signedIn(ctx, tx, row);
    if (session === null) return startAgain;
    if (!(await swapToken(tx, sessionId, hashToken(sessionToken), now, idledOutNow(ctx, session))))
      return startAgain;
  } else {
    await endSessionBefore(ctx, tx, visitor);
    await insertSession(tx, {
      id: sessionId,
      token_hash: hashToken(sessionToken),
      user_id: user.id,
      started_at: now,
      last_used_at: now,
      idled_out: '[]',
      ended_at: null,
      network: visitor.network,
      browser: visitor.browser,
    });
  }
  await moveEvidence(tx, login.id, sessionId);
  await deleteEnrollments(tx, login.id);
  if (done.passId !== null) {
    await addEvidence(tx, {
      id: id(ctx),
      login_id: null,
      session_id: sessionId,
      kind: 'pass',
      at: now,
      authenticator_id: null,
      pass_id: done.passId,
    });
  }
  await noteArrival(tx, position, done, now);
  const known = await rememberBrowser(ctx, tx, user.id, visitor, now);
  await record(ctx, tx, {
    kind: login.kind === 'step_up' ? 'step_up.completed' : 'login.completed',
    actorId: user.id,
    accountId: position.facts.memberships.find((m) => m.id === done.target)?.account.id ?? null,
    visitor,
    data: { by: provenWith(position, done), kind: login.kind },
  });
  return { next: done, tokens: { login: null, session: sessionToken, ...known }, returnTo: login.return_to };
}

/** ASVS 7.2.4: a new log-in in this browser takes the place of the session it held; a copy of that dies too. */
async function endSessionBefore(ctx: Context, tx: Tx, visitor: Visitor): Promise<void> {
  if (visitor.sessionToken === null) return;
  const row = await findSessionByToken(tx, hashToken(visitor.sessionToken));
  if (row !== null) await endSession(tx, row.id, row.user_id, ctx.now());
}

/** U2: set-up was part of the sign-up; whoever got here has met what the target demands. */
async function noteArrival(tx: Tx, position: Position, done: Done, now: number): Promise<void> {
  const { memberships } = position.facts;
  // A step-up without a target (one's own authenticator, a mere wish) enters no account.
  if (position.login.kind === 'step_up' && done.target === null) return;
  const met = memberships.filter((m) => m.id === done.target || m.account.mandate === null);
  await activateMemberships(
    tx,
    met.map((m) => m.id),
    now,
  );
  const entered = done.target === null ? memberships.map((m) => m.id) : [done.target];
  await noteEntered(tx, entered, now);
}

async function rememberBrowser(
  ctx: Context,
  tx: Tx,
  userId: string,
  visitor: Visitor,
  now: number,
): Promise<Pick<Tokens, 'known'>> {
  // Only a token that we made: a cookie planted by somebody else does not become one they know.
  const held = visitor.knownToken;
  const known = held !== null && (await isKnownToken(tx, hashToken(held))) ? held : newToken(ctx.random);
  await insertKnownBrowser(tx, {
    token_hash: hashToken(known),
    user_id: userId,
    expires_at: now + KNOWN_BROWSER_MS,
  });
  return { known };
}

function provenWith(position: Position, done: Done): string[] {
  const kinds = position.facts.evidence.map((e) => e.kind as string);
  return [...new Set(done.passId === null ? kinds : [...kinds, 'pass'])];
}
