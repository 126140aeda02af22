import { parseSixDigits } from '../credentials/one-time-code.ts';
import { open, seal } from '../credentials/sealed-secret.ts';
import { checkTotp, newTotpSecret } from '../credentials/totp.ts';
import type { Method } from '../rules/facts.ts';
import { renewedLogin } from '../rules/throttle.ts';
import { setTrust } from '../store/accounts.ts';
import {
  confirmEnrollment,
  type EnrollmentRow,
  findEnrollment,
  insertAuthenticator,
  putEnrollment,
  putEnrollmentOnce,
} from '../store/authenticators.ts';
import { clearCounter } from '../store/counters.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { dropPassEvidence, spendChallenge, updateLogin } from '../store/logins.ts';
import { spendSetUpRights } from '../store/passes.ts';
import { lockUser } from '../store/users.ts';
import { accountAhead, advance, type Position, positionIn, prove, readPosition } from './advance.ts';
import type { CodeResult } from './answer-email-code.ts';
import { record } from './audit.ts';
import { compareCode, ensureChallenge, giveBackSend, type Resent, resend } from './challenge.ts';
import { type Context, id, type Visitor } from './context.ts';
import { tellUser } from './notices.ts';
import { recordPassesEnded } from './pass-events.ts';
import { type NumberFault, readPhoneNumber } from './phone-number.ts';
import { settleAuthenticators } from './trust.ts';

type SetUp = Position & { next: Extract<Position['next'], { step: 'set_up' }> };

/** A position is good for set-up only if the rule says so now, for this method. */
function isSetUp(position: Position | null, method?: Method): position is SetUp {
  if (position?.next.step !== 'set_up' || position.login.user_id === null) return false;
  return method === undefined || position.next.plan.methods.includes(method);
}

export type ChoiceOfMethod = 'chosen' | 'not_offered' | 'moved';

/** E2, step 1. For the app a secret is made and kept, so that a reload shows the same QR code. */
export async function chooseMethod(ctx: Context, visitor: Visitor, method: Method): Promise<ChoiceOfMethod> {
  const position = await readPosition(ctx, visitor);
  if (!isSetUp(position)) return 'moved';
  if (!isSetUp(position, method)) return 'not_offered';
  return inTransaction(ctx.db, async (tx): Promise<ChoiceOfMethod> => {
    const now = await positionIn(ctx, tx, position.login.id, visitor);
    if (!isSetUp(now, method)) return 'moved';
    if (method === 'totp') await putEnrollmentOnce(tx, sealedEnrollment(ctx, now, 'totp'));
    // D1: progress, and now an app may have to be found and installed.
    await updateLogin(tx, now.login.id, { expires_at: renewedLogin(now.login.created_at, ctx.now()) });
    return 'chosen';
  });
}

function sealedEnrollment(ctx: Context, position: SetUp, kind: Method, phone = ''): EnrollmentRow {
  const row = id(ctx);
  const user = position.login.user_id ?? '';
  const secret = kind === 'totp' ? newTotpSecret(ctx.random) : phone;
  return {
    id: row,
    login_id: position.login.id,
    user_id: user,
    kind,
    secret_sealed: seal(ctx.keys, { table: 'enrollments', row, user }, secret, ctx.random),
    created_at: ctx.now(),
    confirmed_at: null,
  };
}

/** What is being enrolled in this login: the app's secret, or the phone number. */
export async function readEnrollment(
  ctx: Context,
  position: Position,
  kind: Method,
): Promise<{ row: EnrollmentRow; secret: string } | null> {
  if (!isSetUp(position, kind)) return null;
  const row = await findEnrollment(ctx.db, position.login.id, kind);
  if (row === null || row.user_id !== position.login.user_id) return null;
  const secret = open(ctx.keys, { table: 'enrollments', row: row.id, user: row.user_id }, row.secret_sealed);
  return { row, secret };
}

export type AppResult = CodeResult | { readonly result: 'clock_off'; readonly offByMs: number };

/** The code that proves the app has the secret. Not counted: whoever is here was shown the secret itself. */
export async function confirmApp(ctx: Context, visitor: Visitor, typed: string): Promise<AppResult> {
  const position = await readPosition(ctx, visitor);
  const enrollment = position === null ? null : await readEnrollment(ctx, position, 'totp');
  if (position === null || enrollment === null) return { result: 'moved' };
  const code = parseSixDigits(typed);
  if (code === null) return { result: 'malformed' };
  const checked = checkTotp({
    secret: enrollment.secret,
    code,
    now: ctx.now(),
    lastStep: null,
    searchClock: true,
  });
  if (checked.verdict === 'clock_off') return { result: 'clock_off', offByMs: checked.offByMs };
  if (checked.verdict !== 'accepted') {
    await record(ctx, ctx.db, { kind: 'enrollment.code_refused', actorId: position.login.user_id, visitor });
    return { result: 'wrong', triesLeft: null };
  }
  return confirm(ctx, visitor, position, enrollment, checked.step, async () => true);
}

export type PhoneResult =
  /** `sent`: the page of the code comes next, and says so if no message could go. */
  { readonly result: 'sent' | 'moved' } | { readonly result: 'bad_number'; readonly fault: NumberFault };

/** E2: a number in any format, in the country that was chosen; its code goes out at once. */
export async function givePhone(
  ctx: Context,
  visitor: Visitor,
  given: { country: string; phone: string },
): Promise<PhoneResult> {
  const position = await readPosition(ctx, visitor);
  if (!isSetUp(position, 'sms')) return { result: 'moved' };
  const number = readPhoneNumber(ctx.texts.policy, given.country, given.phone);
  if ('fault' in number) return { result: 'bad_number', fault: number.fault };
  const before = await readEnrollment(ctx, position, 'sms');
  const same = before?.secret === number.e164;
  const result = await inTransaction(ctx.db, async (tx): Promise<PhoneResult> => {
    const now = await positionIn(ctx, tx, position.login.id, visitor);
    if (!isSetUp(now, 'sms')) return { result: 'moved' };
    const row = same ? before.row : sealedEnrollment(ctx, now, 'sms', number.e164);
    if (!same) await putEnrollment(tx, row);
    const accountId = accountAhead(now);
    await ensureChallenge(ctx, tx, now.login, { purpose: 'enroll', targetId: row.id, accountId });
    return { result: 'sent' };
  });
  ctx.wakeOutbox();
  return result;
}

/** The code that proves the number reaches this person. */
export async function confirmPhone(ctx: Context, visitor: Visitor, typed: string): Promise<CodeResult> {
  const position = await readPosition(ctx, visitor);
  const enrollment = position === null ? null : await readEnrollment(ctx, position, 'sms');
  if (position === null || enrollment === null) return { result: 'moved' };
  const code = parseSixDigits(typed);
  if (code === null) return { result: 'malformed' };
  // T29: counted by person over all logins, so that a number is not guessed through many set-ups.
  const counterKey = `enroll:${position.login.user_id ?? ''}`;
  const compared = await compareCode(ctx, position.login, 'enroll', code, counterKey);
  if (compared.result !== 'right') {
    await record(ctx, ctx.db, { kind: 'enrollment.code_refused', actorId: position.login.user_id, visitor });
    return compared;
  }
  const { challenge } = compared;
  if (challenge.target_id !== enrollment.row.id) return { result: 'none' };
  return confirm(ctx, visitor, position, enrollment, null, async (tx) => {
    if (!(await spendChallenge(tx, challenge.id, challenge.code_hmac, ctx.now()))) return false;
    await clearCounter(tx, counterKey);
    await giveBackSend(ctx, tx, position.login, challenge);
    return true;
  });
}

/** `action=resend` on the page of the code sent to the new number. */
export async function resendEnrollmentCode(ctx: Context, visitor: Visitor): Promise<Resent | 'moved'> {
  const position = await readPosition(ctx, visitor);
  const enrollment = position === null ? null : await readEnrollment(ctx, position, 'sms');
  if (position === null || enrollment === null) return 'moved';
  const resent = await inTransaction(ctx.db, (tx) =>
    resend(ctx, tx, position.login, {
      purpose: 'enroll',
      targetId: enrollment.row.id,
      accountId: accountAhead(position),
    }),
  );
  ctx.wakeOutbox();
  return resent;
}

/**
 * T1, T20: the pending enrollment becomes an authenticator, once, if the rule still wants it; whoever the
 * plan moves trusts it from here on, and what nothing trusts any more is destroyed.
 */
async function confirm(
  ctx: Context,
  visitor: Visitor,
  before: Position,
  enrollment: { row: EnrollmentRow; secret: string },
  step: number | null,
  spend: (tx: Tx) => Promise<boolean>,
): Promise<CodeResult> {
  const { row } = enrollment;
  const result = await inTransaction(ctx.db, async (tx): Promise<CodeResult> => {
    await lockUser(tx, row.user_id);
    const position = await positionIn(ctx, tx, before.login.id, visitor);
    if (!isSetUp(position, row.kind) || position.user === null) return { result: 'moved' };
    const { login, next, user } = position;
    const now = ctx.now();
    if (!(await spend(tx)) || !(await confirmEnrollment(tx, row.id, now))) return { result: 'used' };

    const authenticatorId = id(ctx);
    await insertAuthenticator(tx, {
      id: authenticatorId,
      user_id: user.id,
      kind: row.kind,
      secret_sealed: seal(
        ctx.keys,
        { table: 'authenticators', row: authenticatorId, user: user.id },
        enrollment.secret,
        ctx.random,
      ),
      // E3: the confirming code is the first that cannot be used again.
      last_step: step,
      confirmed_at: now,
      backup_codes_saved_at: null,
      asleep_since: null,
    });
    await setTrust(tx, next.plan.movers, { state: 'authenticator', authenticatorId }, now);
    await endPassOfSetUp(ctx, tx, position, next.target);
    await settleAuthenticators(ctx, tx, user.id);
    await prove(ctx, tx, login.id, { kind: row.kind, authenticatorId });
    await updateLogin(tx, login.id, { after_recovery: null, backup_codes_sealed: null });
    await record(ctx, tx, {
      kind: 'authenticator.enrolled',
      actorId: user.id,
      accountId: position.facts.memberships.find((m) => m.id === next.target)?.account.id ?? null,
      visitor,
      data: { method: row.kind, basis: next.basis, authenticator: authenticatorId },
    });
    await tellUser(ctx, tx, {
      user,
      what: { event: 'authenticator_added', method: row.kind, replaced: next.basis !== 'first' },
      visitor,
      authenticatorId,
    });
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
  ctx.wakeOutbox();
  return result;
}

/** P5, P7: setting up spends the set-up right and ends that account's pass, here and in every browser. */
async function endPassOfSetUp(ctx: Context, tx: Tx, position: SetUp, membershipId: string): Promise<void> {
  const ended = await spendSetUpRights(tx, membershipId, ctx.now());
  await recordPassesEnded(ctx, tx, ended, 'set_up', { actorId: position.login.user_id });
  if (position.login.session_id === null) return;
  // This session rested on the pass that it now ends itself: it rests on the new authenticator from here on.
  await dropPassEvidence(
    tx,
    position.login.session_id,
    ended.map((p) => p.id),
  );
}
