import { type BackupCode, formatBackupCode } from '../credentials/backup-code.ts';
import { open } from '../credentials/sealed-secret.ts';
import { recoveryCounterKey, replaceBackupCodes } from '../store/authenticators.ts';
import { clearCounter } from '../store/counters.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { type LoginRow, updateLogin } from '../store/logins.ts';
import { lockUser } from '../store/users.ts';
import { advance, type Position, positionIn, readPosition } from './advance.ts';
import { record } from './audit.ts';
import { type Context, id, type Visitor } from './context.ts';
import { tellUser } from './notices.ts';
import type { ChoiceResult } from './recover.ts';

interface Shown {
  readonly authenticatorId: string;
  readonly codes: readonly BackupCode[];
}

/**
 * E5: the ten codes on show in this login, as they are to be written down; `null` unless it is their turn.
 * R24: only a login that has itself proven the authenticator gets here.
 */
export function readBackupCodes(ctx: Context, position: Position): string[] | null {
  return openShown(ctx, position)?.codes.map(formatBackupCode) ?? null;
}

function openShown(ctx: Context, position: Position): Shown | null {
  const { login, next } = position;
  if (next.step !== 'backup_codes' || login.backup_codes_sealed === null || login.user_id === null)
    return null;
  const context = { table: 'logins', row: login.id, user: login.user_id };
  const shown = JSON.parse(open(ctx.keys, context, login.backup_codes_sealed)) as Shown;
  return shown.authenticatorId === next.authenticator.id ? shown : null;
}

/** "I have saved these codes": hashes them, kills the old set, and ends the set-up. */
export async function saveBackupCodes(ctx: Context, visitor: Visitor): Promise<ChoiceResult> {
  const before = await readPosition(ctx, visitor);
  const shown = before === null ? null : openShown(ctx, before);
  if (before === null || shown === null || before.login.user_id === null) return { result: 'moved' };
  const userId = before.login.user_id;
  // Hashed before the transaction: ten hashes take a tenth of a second, and nobody shall wait for them.
  const rows = await ctx.hasher.inTurn(() =>
    Promise.all(
      shown.codes.map(async (code) => ({
        id: id(ctx),
        authenticator_id: shown.authenticatorId,
        user_id: userId,
        selector: code.selector,
        hash: await ctx.hasher.hash(code.secret),
        created_at: ctx.now(),
        spent_at: null,
      })),
    ),
  );
  const result = await inTransaction(ctx.db, async (tx): Promise<ChoiceResult> => {
    await lockUser(tx, userId);
    const login = await currentLogin(ctx, tx, before, visitor);
    if (login === null || before.user === null) return { result: 'moved' };
    const renewed = before.next.step === 'backup_codes' && before.next.authenticator.backupCodesSaved;
    await replaceBackupCodes(tx, shown.authenticatorId, rows, ctx.now());
    // Old codes that were guessed at are gone, and with them the count of guesses.
    await clearCounter(tx, recoveryCounterKey(userId));
    await updateLogin(tx, login.id, { backup_codes_sealed: null });
    await record(ctx, tx, { kind: 'backup_codes.saved', actorId: userId, visitor, data: { renewed } });
    if (renewed) {
      await tellUser(ctx, tx, {
        user: before.user,
        what: { event: 'backup_codes_made' },
        visitor,
        authenticatorId: shown.authenticatorId,
      });
    }
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
  ctx.wakeOutbox();
  return result;
}

/** The same login, still showing the same ten: a double press saves them once. */
async function currentLogin(
  ctx: Context,
  tx: Tx,
  before: Position,
  visitor: Visitor,
): Promise<LoginRow | null> {
  const { login, next } = await positionIn(ctx, tx, before.login.id, visitor);
  const same = login.backup_codes_sealed === before.login.backup_codes_sealed;
  return next.step === 'backup_codes' && same ? login : null;
}
