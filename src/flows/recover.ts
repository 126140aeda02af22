import { parseRecoveryCode } from '../credentials/backup-code.ts';
import type { Authenticator } from '../rules/facts.ts';
import { countCodeTry } from '../rules/throttle.ts';
import {
  type BackupCodeRow,
  findBackupCode,
  recoveryCounterKey,
  spendBackupCode,
} from '../store/authenticators.ts';
import { clearCounter, countTry } from '../store/counters.ts';
import { inTransaction } from '../store/database.ts';
import { updateLogin } from '../store/logins.ts';
import { type PassRow, unusedPassesOf } from '../store/passes.ts';
import { lockUser, type UserRow } from '../store/users.ts';
import { type Advanced, advance, type Position, positionIn, prove, readPosition } from './advance.ts';
import { noteWrong } from './answer-code.ts';
import type { CodeResult } from './answer-email-code.ts';
import { activate } from './ask-for-pass.ts';
import { record } from './audit.ts';
import { refused } from './challenge.ts';
import type { Context, Visitor } from './context.ts';
import { tellUser } from './notices.ts';

type Parsed = NonNullable<ReturnType<typeof parseRecoveryCode>>;

/**
 * "Enter recovery code": a backup code of the very authenticator that this login asks for (B2), or a pass code
 * handed over by an admin (P2); its length tells which. Counted by person before anything is compared (D6).
 */
export async function answerRecoveryCode(ctx: Context, visitor: Visitor, typed: string): Promise<CodeResult> {
  const position = await readPosition(ctx, visitor);
  const step = position?.next.step;
  if (position === null || position.user === null || (step !== 'code' && step !== 'pass')) {
    return { result: 'moved' };
  }
  const parsed = parseRecoveryCode(typed);
  if (parsed === null) return { result: 'malformed' };
  // P3: in a step-up the session's password is an old one; it is typed before a pass is so much as looked at.
  const passwordHere = position.facts.evidence.some((e) => e.kind === 'password');
  if (parsed.kind === 'pass' && !passwordHere) return askPasswordFirst(ctx, visitor, position);
  const key = recoveryCounterKey(position.user.id);
  // When the backup codes are dead, a pass code is what is left: it waits with them but does not die.
  const dies = parsed.kind === 'backup';
  const { user } = position;
  const result = await ctx.hasher.inTurn(async () => {
    const now = ctx.now();
    const counted = await countTry(ctx.db, new Map([[key, (counter) => countCodeTry(counter, now, dies)]]));
    if (!counted.heard) return refused(counted);
    return parsed.kind === 'backup'
      ? tryBackupCode(ctx, visitor, position, parsed)
      : tryPassCode(ctx, visitor, position, user, parsed.code);
  });
  if (result.result === 'wrong') {
    const kind = parsed.kind === 'pass' ? 'pass.code_refused' : 'login.recovery_code_refused';
    await noteWrong(ctx, position, visitor, kind);
  }
  ctx.wakeOutbox();
  return result;
}

function askPasswordFirst(ctx: Context, visitor: Visitor, before: Position): Promise<CodeResult> {
  return inTransaction(ctx.db, async (tx): Promise<CodeResult> => {
    await updateLogin(tx, before.login.id, { wants_pass_at: ctx.now() });
    return { result: 'accepted', advanced: await advance(ctx, tx, before.login.id, visitor) };
  });
}

/** Someone else's code, or another authenticator's, is refused and stays unused (B2). */
async function tryBackupCode(
  ctx: Context,
  visitor: Visitor,
  position: Position,
  parsed: Extract<Parsed, { kind: 'backup' }>,
): Promise<CodeResult> {
  const { next, user } = position;
  const row = user === null ? null : await findBackupCode(ctx.db, user.id, parsed.selector);
  // One hash per try, also where there is nothing to compare with: the answer's time tells nothing.
  const fits =
    row === null
      ? await ctx.hasher.verifyDummy(parsed.secret)
      : await ctx.hasher.verify(row.hash, parsed.secret);
  if (!fits || row === null || next.step !== 'code' || row.authenticator_id !== next.authenticator.id) {
    return { result: 'wrong', triesLeft: null };
  }
  return acceptBackupCode(ctx, visitor, position, next.authenticator, row);
}

/** P2, P3: after the password; a pass of any of this person's accounts, which is then the one entered. */
async function tryPassCode(
  ctx: Context,
  visitor: Visitor,
  position: Position,
  user: UserRow,
  code: string,
): Promise<CodeResult> {
  const members = new Set(position.facts.memberships.map((m) => m.id));
  const passes = (await unusedPassesOf(ctx.db, user.id, ctx.now())).filter((p) =>
    members.has(p.membership_id),
  );
  let found: PassRow | null = null;
  for (const pass of passes) {
    if (pass.code_hash !== null && (await ctx.hasher.verify(pass.code_hash, code))) found = pass;
  }
  if (passes.length === 0) await ctx.hasher.verifyDummy(code);
  if (found === null) return { result: 'wrong', triesLeft: null };
  const pass = found;
  return inTransaction(ctx.db, async (tx): Promise<CodeResult> => {
    const { login, next } = await positionIn(ctx, tx, position.login.id, visitor);
    if (next.step !== 'code' && next.step !== 'pass') return { result: 'moved' };
    const advanced = await activate(ctx, tx, login.id, pass, visitor);
    if (advanced === null) return { result: 'used' };
    await clearCounter(tx, recoveryCounterKey(user.id));
    return { result: 'accepted', advanced };
  });
}

function acceptBackupCode(
  ctx: Context,
  visitor: Visitor,
  before: Position,
  x: Authenticator,
  row: BackupCodeRow,
): Promise<CodeResult> {
  return inTransaction(ctx.db, async (tx): Promise<CodeResult> => {
    await lockUser(tx, row.user_id);
    const { login, next, user } = await positionIn(ctx, tx, before.login.id, visitor);
    if (next.step !== 'code' || next.authenticator.id !== x.id || user === null) return { result: 'moved' };
    if (!(await spendBackupCode(tx, row.id, ctx.now()))) return { result: 'used' };
    await prove(ctx, tx, login.id, { kind: 'backup_code', authenticatorId: x.id });
    await clearCounter(tx, recoveryCounterKey(row.user_id));
    const left = next.authenticator.backupCodesLeft - 1;
    await record(ctx, tx, { kind: 'backup_code.used', actorId: user.id, visitor, data: { left } });
    await tellUser(ctx, tx, {
      user,
      what: { event: 'backup_code_used', left },
      visitor,
      authenticatorId: x.id,
    });
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
}

export type ChoiceResult =
  | { readonly result: 'accepted'; readonly advanced: Advanced }
  | { readonly result: 'moved' };

/** B3: after a backup code, "Continue" or "My phone or number is gone: set up again". */
export async function chooseAfterRecovery(
  ctx: Context,
  visitor: Visitor,
  choice: 'continue' | 'replace',
): Promise<ChoiceResult> {
  const before = await readPosition(ctx, visitor);
  if (before?.next.step !== 'recovered') return { result: 'moved' };
  const result = await inTransaction(ctx.db, async (tx): Promise<ChoiceResult> => {
    const { login, next } = await positionIn(ctx, tx, before.login.id, visitor);
    if (next.step !== 'recovered') return { result: 'moved' };
    await updateLogin(tx, login.id, { after_recovery: choice });
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
  ctx.wakeOutbox();
  return result;
}
