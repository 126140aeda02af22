import { hashToken } from '../credentials/token.ts';
import { type Admission, admission, hasPassOver, idleTooLong, sessionStands } from '../rules/admission.ts';
import type { Authenticator, Session } from '../rules/facts.ts';
import { DEAD_AFTER } from '../rules/throttle.ts';
import { withoutLapsed } from '../rules/trust.ts';
import { membershipsOf, type NamedMembership } from '../store/accounts.ts';
import { authenticatorsOf } from '../store/authenticators.ts';
import type { Db } from '../store/database.ts';
import { evidenceOf } from '../store/logins.ts';
import { passesById } from '../store/passes.ts';
import { findSessionByToken, noteUsed, type SessionRow } from '../store/sessions.ts';
import { findUser, type UserRow } from '../store/users.ts';
import type { Context, Visitor } from './context.ts';

/** S2: how often a session's last use is written. */
const NOTE_USE_EVERY_MS = 60_000;

/** A session that stands, with its person and what it may enter. */
export interface SignedIn {
  readonly row: SessionRow;
  readonly user: UserRow;
  readonly facts: Session;
  readonly memberships: readonly NamedMembership[];
}

/** Reads this browser's session, or `null` if nobody is signed in. Writes nothing. */
export async function readSession(ctx: Context, visitor: Visitor): Promise<SignedIn | null> {
  if (visitor.sessionToken === null) return null;
  const row = await findSessionByToken(ctx.db, hashToken(visitor.sessionToken));
  return row === null ? null : signedIn(ctx, ctx.db, row);
}

/** Why nobody is signed in behind this cookie, so that the log-in page can say it. Writes nothing. */
export async function whySignedOut(
  ctx: Context,
  visitor: Visitor,
): Promise<'no_session' | 'over' | 'pass_over'> {
  if (visitor.sessionToken === null) return 'no_session';
  const row = await findSessionByToken(ctx.db, hashToken(visitor.sessionToken));
  const user = row === null ? null : await findUser(ctx.db, row.user_id);
  if (row === null || user === null) return 'no_session';
  const { authenticators } = await believedOf(ctx, ctx.db, user.id);
  const facts = await sessionFacts(ctx.db, row, user, kindsOf(authenticators));
  // P5: told also to whoever comes back when the session is too old by now: set-up, in this browser, leads on.
  if (facts.endedAt === null && hasPassOver(facts, ctx.now())) return 'pass_over';
  return 'over';
}

export async function signedIn(ctx: Context, db: Db, row: SessionRow): Promise<SignedIn | null> {
  const user = await findUser(db, row.user_id);
  if (user === null) return null;
  const { memberships, authenticators } = await believedOf(ctx, db, user.id);
  const facts = await sessionFacts(db, row, user, kindsOf(authenticators));
  return sessionStands(facts, memberships, ctx.now()) === 'signed_in'
    ? { row, user, facts, memberships }
    : null;
}

/** Another session of the same person's, judged by what was read of them for this one; `null` where it does not stand. */
export async function signedInToo(
  ctx: Context,
  session: SignedIn,
  row: SessionRow,
): Promise<SignedIn | null> {
  if (row.user_id !== session.user.id) throw new Error('the session of another person');
  if (row.id === session.row.id) return session;
  const { user, memberships } = session;
  const facts = await sessionFacts(ctx.db, row, user, session.facts.kinds);
  return sessionStands(facts, memberships, ctx.now()) === 'signed_in'
    ? { row, user, facts, memberships }
    : null;
}

/** What a person's memberships believe now: an authenticator asleep too long is gone, by time (M4). */
async function believedOf(
  ctx: Context,
  db: Db,
  userId: string,
): Promise<{ memberships: readonly NamedMembership[]; authenticators: readonly Authenticator[] }> {
  const memberships = await membershipsOf(db, userId);
  const authenticators = await authenticatorsOf(db, userId, DEAD_AFTER);
  return withoutLapsed({ memberships, authenticators }, ctx.now());
}

const kindsOf = (authenticators: readonly Authenticator[]): Session['kinds'] =>
  new Map(authenticators.map((a) => [a.id, a.kind]));

async function sessionFacts(
  db: Db,
  row: SessionRow,
  user: UserRow,
  kinds: Session['kinds'],
): Promise<Session> {
  const evidence = await evidenceOf(db, { sessionId: row.id });
  const passIds = evidence.flatMap((e) => (e.passId === undefined ? [] : [e.passId]));
  return {
    startedAt: row.started_at,
    lastUsedAt: row.last_used_at,
    endedAt: row.ended_at,
    userDisabledAt: user.disabled_at,
    evidence,
    passes: await passesById(db, passIds),
    idledOut: JSON.parse(row.idled_out) as string[],
    kinds,
  };
}

/** D3: may this session enter this account, now? Every way in asks here. */
export function admit(ctx: Context, session: SignedIn | null, accountSlug: string): Admission {
  if (session === null) return { answer: 'signed_out' };
  const membership = session.memberships.find((m) => m.account.slug === accountSlug) ?? null;
  return admission(session.facts, membership, ctx.now());
}

/** S2: which accounts this session, used now, has lain idle too long for. */
export function idledOutNow(ctx: Context, session: SignedIn): string[] {
  const accounts = session.memberships.map((m) => m.account);
  return idleTooLong(session.facts, accounts, ctx.now());
}

/** S2: written at most once a minute, after the answer. */
export async function noteSessionUse(ctx: Context, session: SignedIn): Promise<void> {
  const now = ctx.now();
  if (now - session.row.last_used_at < NOTE_USE_EVERY_MS) return;
  await noteUsed(ctx.db, session.row.id, now, idledOutNow(ctx, session));
}
