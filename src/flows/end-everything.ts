import type { Tx } from '../store/database.ts';
import { voidResetsOf } from '../store/links.ts';
import { endLoginsOf } from '../store/logins.ts';
import { endPasses, type PassRow, withdrawRequestsOf } from '../store/passes.ts';
import { endSessionsOf } from '../store/sessions.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';

/**
 * U4, U5, E7: all that could still let somebody in as this person dies in this transaction: sessions, logins
 * under way, password links, waiting pass requests, passes and set-up rights.
 */
export async function endEverything(
  ctx: Context,
  tx: Tx,
  userId: string,
  by: Extract<PassRow['ended_by'], 'reset' | 'not_me' | 'disabled'>,
): Promise<void> {
  const now = ctx.now();
  await endSessionsOf(tx, userId, now);
  await endLoginsOf(tx, userId, now);
  await voidResetsOf(tx, userId, now);
  await withdrawRequestsOf(tx, userId, now);
  for (const pass of await endPasses(tx, { userId }, by, now)) {
    await record(ctx, tx, {
      kind: 'pass.ended',
      userId,
      accountId: pass.account_id,
      data: { pass: pass.id, by },
    });
  }
}
