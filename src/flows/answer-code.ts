import { parseSixDigits } from '../credentials/one-time-code.ts';
import { open } from '../credentials/sealed-secret.ts';
import { checkTotp } from '../credentials/totp.ts';
import type { Authenticator } from '../rules/facts.ts';
import { countCodeTry, WRONG_CODES_TOLD } from '../rules/throttle.ts';
import { codeCounterKey, findAuthenticator, spendTotpStep } from '../store/authenticators.ts';
import { clearCounter, countTry } from '../store/counters.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { noteWrongCode, spendChallenge } from '../store/logins.ts';
import { lockUser } from '../store/users.ts';
import { accountAhead, advance, type Position, positionIn, prove, readPosition } from './advance.ts';
import type { CodeResult } from './answer-email-code.ts';
import { record } from './audit.ts';
import { compareCode, giveBackSend, type Resent, refused, resend } from './challenge.ts';
import type { Context, Visitor } from './context.ts';
import { tellUser } from './notices.ts';

/** How to spend what was proven; `false` when another request was first (D5). */
type Spend = (tx: Tx) => Promise<boolean>;
type Checked = { readonly spend: Spend } | { readonly refusal: CodeResult };

/** The login's code, from the app or by text message: whose it is stands in the login, never in the form. */
export async function answerCode(ctx: Context, visitor: Visitor, typed: string): Promise<CodeResult> {
  const position = await readPosition(ctx, visitor);
  if (position?.next.step !== 'code' || position.next.onlyRecovery) return { result: 'moved' };
  const code = parseSixDigits(typed);
  if (code === null) return { result: 'malformed' };
  const x = position.next.authenticator;
  const checked =
    x.kind === 'totp' ? await checkAppCode(ctx, x.id, code) : await checkTextCode(ctx, position, x.id, code);
  if ('refusal' in checked) {
    if (checked.refusal.result === 'wrong') await noteWrong(ctx, position, visitor);
    return checked.refusal;
  }
  const result = await accept(ctx, visitor, position, x, checked.spend);
  ctx.wakeOutbox();
  return result;
}

/** D5: counted first, in its own committed write; then compared. */
async function checkAppCode(ctx: Context, authenticatorId: string, code: string): Promise<Checked> {
  const now = ctx.now();
  const key = codeCounterKey(authenticatorId);
  const counted = await countTry(ctx.db, new Map([[key, (counter) => countCodeTry(counter, now)]]));
  if (!counted.heard) return { refusal: refused(counted) };
  const row = await findAuthenticator(ctx.db, authenticatorId);
  if (row === null) return { refusal: { result: 'moved' } };
  const secret = open(
    ctx.keys,
    { table: 'authenticators', row: row.id, user: row.user_id },
    row.secret_sealed,
  );
  const checked = checkTotp({ secret, code, now, lastStep: row.last_step });
  if (checked.verdict === 'replayed') return { refusal: { result: 'used' } };
  if (checked.verdict !== 'accepted') return { refusal: { result: 'wrong', triesLeft: null } };
  return { spend: (tx) => spendTotpStep(tx, authenticatorId, checked.step) };
}

async function checkTextCode(
  ctx: Context,
  position: Position,
  authenticatorId: string,
  code: string,
): Promise<Checked> {
  const compared = await compareCode(ctx, position.login, 'code', code, codeCounterKey(authenticatorId));
  if (compared.result !== 'right') return { refusal: compared };
  const { challenge } = compared;
  if (challenge.target_id !== authenticatorId) return { refusal: { result: 'none' } };
  return {
    async spend(tx) {
      if (!(await spendChallenge(tx, challenge.id, challenge.code_hmac, ctx.now()))) return false;
      await giveBackSend(ctx, tx, position.login, challenge);
      return true;
    },
  };
}

/** Success: spends the code, records it, clears the count and goes on, in one transaction. */
function accept(
  ctx: Context,
  visitor: Visitor,
  before: Position,
  x: Authenticator,
  spend: Spend,
): Promise<CodeResult> {
  const userId = before.login.user_id;
  if (userId === null) throw new Error('a code in a login of nobody');
  return inTransaction(ctx.db, async (tx): Promise<CodeResult> => {
    await lockUser(tx, userId);
    const { login, next } = await positionIn(ctx, tx, before.login.id, visitor);
    if (next.step !== 'code' || next.authenticator.id !== x.id) return { result: 'moved' };
    if (!(await spend(tx))) return { result: 'used' };
    await prove(ctx, tx, login.id, { kind: x.kind, authenticatorId: x.id });
    await clearCounter(tx, codeCounterKey(x.id));
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
}

/** R33: a right password followed by three wrong codes is told to the person. */
export async function noteWrong(
  ctx: Context,
  position: Position,
  visitor: Visitor,
  kind: 'login.code_refused' | 'login.recovery_code_refused' | 'pass.code_refused' = 'login.code_refused',
): Promise<void> {
  const { login, user } = position;
  if (user === null) return;
  const wrong = await noteWrongCode(ctx.db, login.id);
  await inTransaction(ctx.db, async (tx) => {
    await record(ctx, tx, { kind, actorId: user.id, visitor });
    if (wrong === WRONG_CODES_TOLD)
      await tellUser(ctx, tx, { user, what: { event: 'wrong_codes' }, visitor });
  });
  ctx.wakeOutbox();
}

/** `action=resend` on the page of a code by text message. */
export async function resendTextCode(ctx: Context, visitor: Visitor): Promise<Resent | 'moved'> {
  const position = await readPosition(ctx, visitor);
  if (position?.next.step !== 'code' || position.next.onlyRecovery) return 'moved';
  const { authenticator } = position.next;
  if (authenticator.kind !== 'sms') return 'moved';
  const resent = await inTransaction(ctx.db, (tx) =>
    resend(ctx, tx, position.login, {
      purpose: 'code',
      targetId: authenticator.id,
      accountId: accountAhead(position),
    }),
  );
  ctx.wakeOutbox();
  return resent;
}
