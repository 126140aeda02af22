import type { Tx } from '../store/database.ts';
import { voidResetsOf } from '../store/links.ts';
import { endLoginsOf } from '../store/logins.ts';
import { withdrawRequestsOf } from '../store/pass-requests.ts';
import { endPasses, type PassRow } from '../store/passes.ts';
import { endSessionsOf } from '../store/sessions.ts';
import type { Context } from './context.ts';
import { recordPassesEnded } from './pass-events.ts';

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
  await recordPassesEnded(ctx, tx, await endPasses(tx, { userId }, by, now), by);
}
