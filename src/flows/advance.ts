import { newBackupCodes } from '../credentials/backup-code.ts';
import { open, seal } from '../credentials/sealed-secret.ts';
import { hashToken, newToken } from '../credentials/token.ts';
import { textLanguage } from '../delivery/text-code.ts';
import type { EmailCodeFor } from '../delivery/texts.ts';
import type { Evidence, LoginFacts } from '../rules/facts.ts';
import { type NextStep, nextStep } from '../rules/next-step.ts';
import { DEAD_AFTER, LOGIN_LIFE_MS, LOGIN_WITH_REQUEST_MOST_MS, renewedLogin } from '../rules/throttle.ts';
import { membershipsOf, type NamedMembership, setTrust } from '../store/accounts.ts';
import { authenticatorsOf, codeCounterKey, unspentSelectors } from '../store/authenticators.ts';
import { readCounter } from '../store/counters.ts';
import { type Db, inSnapshot, type Tx } from '../store/database.ts';
import {
  addEvidence,
  evidenceOf,
  findLogin,
  findLoginByToken,
  type LoginRow,
  lockLogin,
  updateLogin,
} from '../store/logins.ts';
import { requestSettlesAt } from '../store/pass-requests.ts';
import { passesByCookies } from '../store/passes.ts';
import { findSession } from '../store/sessions.ts';
import { findUser, lockUser, type UserRow } from '../store/users.ts';
import { signedIn } from './admit.ts';
import { record } from './audit.ts';
import { type CodeFor, ensureChallenge } from './challenge.ts';
import { type Context, id, type Tokens, type Visitor } from './context.ts';
import { finishLogin } from './finish-login.ts';

/** Where a login stands: its row, what is known about it, and what comes next. */
export interface Position {
  readonly login: LoginRow;
  readonly user: UserRow | null;
  readonly facts: Omit<LoginFacts, 'memberships'> & { readonly memberships: readonly NamedMembership[] };
  readonly next: NextStep;
}

/** What a deed hands back: where to go, and which cookies to set. */
export interface Advanced {
  readonly next: NextStep;
  readonly tokens: Tokens;
  /** Set when the login is finished: a known GET route of this server. */
  readonly returnTo: string | null;
}

/** Reads where this browser's login stands. Writes nothing, so that a page can ask it. */
export async function readPosition(ctx: Context, visitor: Visitor): Promise<Position | null> {
  if (visitor.loginToken === null) return null;
  const tokenHash = hashToken(visitor.loginToken);
  return inSnapshot(ctx.db, async (tx) => {
    const login = await findLoginByToken(tx, tokenHash);
    return login === null ? null : positionOf(ctx, tx, login, visitor);
  });
}

/**
 * The same read anew inside a transaction, where what it says holds until the commit. The person first, then
 * the login, as everybody does: what they trust cannot change between two reads, and nobody waits in a circle.
 */
export async function positionIn(ctx: Context, tx: Tx, loginId: string, visitor: Visitor): Promise<Position> {
  const userId = (await findLogin(tx, loginId))?.user_id ?? null;
  if (userId !== null) await lockUser(tx, userId);
  const login = await lockLogin(tx, loginId);
  if (login === null) throw new Error('a login vanished under its own transaction');
  return positionOf(ctx, tx, login, visitor);
}

async function positionOf(ctx: Context, db: Db, login: LoginRow, visitor: Visitor): Promise<Position> {
  const user = login.user_id === null ? null : await findUser(db, login.user_id);
  const facts = await factsOf(ctx, db, login, user, visitor);
  return { login, user, facts, next: nextStep(facts, ctx.now()) };
}

async function factsOf(
  ctx: Context,
  db: Db,
  login: LoginRow,
  user: UserRow | null,
  visitor: Visitor,
): Promise<Position['facts']> {
  const settlesAt = await requestSettlesAt(db, login.id);
  return {
    kind: login.kind,
    demand: login.demand,
    // A step-up is nothing without its session: ended, over or idle, it starts again (S3).
    endedAt: login.ended_at ?? ((await sessionGone(ctx, db, login)) ? ctx.now() : null),
    expiresAt: lifeOf(login, settlesAt),
    invited: login.invitation_id !== null,
    accountAsked: login.account_asked,
    accountPicked: login.account_picked,
    afterRecovery: login.after_recovery,
    wantsPass: login.wants_pass_at !== null,
    user: user === null ? null : { disabledAt: user.disabled_at },
    evidence: await evidenceOf(db, { loginId: login.id }),
    sessionEvidence: login.session_id === null ? [] : await evidenceOf(db, { sessionId: login.session_id }),
    memberships: user === null ? [] : await membershipsOf(db, user.id),
    authenticators: user === null ? [] : await authenticatorsOf(db, user.id, DEAD_AFTER),
    passesHere: user === null ? [] : await passesByCookies(db, user.id, visitor.passTokens.map(hashToken)),
    textMessages: ctx.settings.textMessages,
  };
}

/** D1: a waiting request keeps its login alive, however often it is made anew, for two hours in all. */
function lifeOf(login: LoginRow, requestSettles: number | null): number {
  if (requestSettles === null) return login.expires_at;
  const kept = Math.min(requestSettles + LOGIN_LIFE_MS, login.created_at + LOGIN_WITH_REQUEST_MOST_MS);
  return Math.max(login.expires_at, kept);
}

async function sessionGone(ctx: Context, db: Db, login: LoginRow): Promise<boolean> {
  if (login.session_id === null) return false;
  const row = await findSession(db, login.session_id);
  return row === null || (await signedIn(ctx, db, row)) === null;
}

/**
 * The end of every deed of a login: asks the rule what comes next, does what needs no page (trusting an
 * authenticator, finishing), and prepares what the next page shows (a code on its way, ten backup codes).
 */
export async function advance(ctx: Context, tx: Tx, loginId: string, visitor: Visitor): Promise<Advanced> {
  // Trusting happens once per target; a rule that asked for it twice would be a bug, not a loop.
  for (let round = 0; round < 3; round++) {
    const position = await positionIn(ctx, tx, loginId, visitor);
    const { login, next } = position;
    switch (next.step) {
      case 'trust':
        await trustExisting(ctx, tx, position, next.target, next.authenticator.id, visitor);
        continue;
      case 'done':
        return finishLogin(ctx, tx, position, next, visitor);
      case 'email_code':
        await ensureChallenge(ctx, tx, login, mailboxCode(position, next.why));
        break;
      case 'code':
        if (
          next.authenticator.kind === 'sms' &&
          !next.onlyRecovery &&
          !(await waits(ctx, tx, next.authenticator.id))
        ) {
          await ensureChallenge(ctx, tx, login, {
            purpose: 'code',
            targetId: next.authenticator.id,
            accountId: accountAhead(position),
          });
        }
        break;
      case 'backup_codes':
        await prepareBackupCodes(ctx, tx, login, next.authenticator.id);
        break;
      case 'refused':
        await record(ctx, tx, {
          kind: 'login.refused',
          actorId: login.user_id,
          visitor,
          data: { reason: next.reason },
        });
        break;
      case 'start_again':
        return { next, tokens: { login: null }, returnTo: null };
      case 'password':
      case 'recovered':
      case 'set_up':
      case 'pass':
        break;
      default:
        return unknownStep(next);
    }
    await updateLogin(tx, login.id, { expires_at: renewedLogin(login.created_at, ctx.now()) });
    return { next, tokens: {}, returnTo: null };
  }
  throw new Error('the rule asks for the same trust again and again: refused');
}

/** The e-mailed code of this step, and what its mail says it is for. */
export function mailboxCode({ login, facts }: Position, why: EmailCodeFor['why']): CodeFor {
  const asked = login.account_picked ?? login.account_asked;
  const mandating = facts.memberships.filter((m) => m.account.mandate !== null);
  // Of several accounts the mail names none rather than a wrong one.
  const about =
    mandating.find((m) => m.account.id === asked) ?? (mandating.length === 1 ? mandating[0] : undefined);
  const account = about?.account.name ?? null;
  return { purpose: 'mailbox', targetId: null, accountId: null, mail: { why, account } };
}

/** The account whose demand the next step meets. */
export function accountAhead({ facts, next }: Position): string | null {
  const target = 'target' in next ? next.target : null;
  return facts.memberships.find((m) => m.id === target)?.account.id ?? null;
}

/** D6: a code sent while nothing is heard would be dead before it may be typed; the page offers it later. */
async function waits(ctx: Context, tx: Tx, authenticatorId: string): Promise<boolean> {
  const counter = await readCounter(tx, codeCounterKey(authenticatorId));
  return counter !== null && ctx.now() < counter.waitUntil;
}

/** T1 (a): `never` → an existing authenticator, in a login that proved password, mailbox and it. */
async function trustExisting(
  ctx: Context,
  tx: Tx,
  position: Position,
  membershipId: string,
  authenticatorId: string,
  visitor: Visitor,
): Promise<void> {
  await setTrust(tx, [membershipId], { state: 'authenticator', authenticatorId }, ctx.now());
  await record(ctx, tx, {
    kind: 'authenticator.trusted',
    actorId: position.login.user_id,
    accountId: position.facts.memberships.find((m) => m.id === membershipId)?.account.id ?? null,
    visitor,
    data: { authenticator: authenticatorId },
  });
}

/** E5: one set per login, sealed in it, so that page, reload and download show the same ten. */
async function prepareBackupCodes(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  authenticatorId: string,
): Promise<void> {
  if (login.user_id === null) return;
  const context = { table: 'logins', row: login.id, user: login.user_id };
  if (login.backup_codes_sealed !== null) {
    const shown = JSON.parse(open(ctx.keys, context, login.backup_codes_sealed));
    if (shown.authenticatorId === authenticatorId) return;
  }
  const takenSelectors = await unspentSelectors(tx, login.user_id);
  const codes = newBackupCodes(ctx.random, { count: 10, takenSelectors });
  const sealed = seal(ctx.keys, context, JSON.stringify({ authenticatorId, codes }), ctx.random);
  await updateLogin(tx, login.id, { backup_codes_sealed: sealed });
}

/** Records what was proven in this login. */
export async function prove(
  ctx: Context,
  tx: Tx,
  loginId: string,
  evidence: Omit<Evidence, 'at'>,
): Promise<void> {
  await addEvidence(tx, {
    id: id(ctx),
    login_id: loginId,
    session_id: null,
    kind: evidence.kind,
    at: ctx.now(),
    authenticator_id: evidence.authenticatorId ?? null,
    pass_id: evidence.passId ?? null,
  });
}

/** A fresh login row; its token goes into the login cookie and nowhere else. */
export function newLogin(
  ctx: Context,
  visitor: Visitor,
  given: Partial<LoginRow> & Pick<LoginRow, 'kind'>,
): { row: LoginRow; token: string } {
  const now = ctx.now();
  const token = newToken(ctx.random);
  return {
    token,
    row: {
      id: id(ctx),
      token_hash: hashToken(token),
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
      network: visitor.network,
      browser: visitor.browser,
      created_at: now,
      expires_at: renewedLogin(now, now),
      ended_at: null,
      wrong_codes: 0,
      language: textLanguage(visitor.languages ?? ''),
      ...given,
    },
  };
}

function unknownStep(next: never): never {
  throw new Error(`unknown step ${JSON.stringify(next)}: refused`);
}
