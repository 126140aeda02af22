import { clearSetBack, holdSetBack } from '../store/clock-notes.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import {
  anyGrantedUntil,
  endPassesGrantedUntil,
  endRightsGrantedUntil,
  type PassRow,
} from '../store/passes.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { recordPassesEnded } from './pass-events.ts';

/** Everybody waits for the write meanwhile, so a transaction ends no more than so many. */
const AT_ONCE = 200;

/**
 * T25, Q9: ends every pass that was granted up to the moment that is noted, unused or active, and every set-up right:
 * the clock was set back between two runs, so nobody can tell any more how long they have lived. Who is in by one is
 * out with their next request, and the job that tells of ended passes tells person and admins. Cut off anywhere, it is
 * called again: what is due is forgotten with the last one. Of several at once each waits for the others' turns: the
 * note is gone only when no pass is left, and whoever finds it gone may serve.
 */
export async function endUndatedPasses(ctx: Context): Promise<void> {
  while (!(await inTransaction(ctx.db, (tx) => endSome(ctx, tx))));
}

/** @returns whether nothing is due any more. */
async function endSome(ctx: Context, tx: Tx): Promise<boolean> {
  const until = await holdSetBack(tx);
  if (until === null) return true;
  const p = { until, now: ctx.now(), most: AT_ONCE };
  await recordPassesEnded(ctx, tx, await endPassesGrantedUntil(tx, p), 'clock_set_back');
  for (const pass of await endRightsGrantedUntil(tx, p)) await recordRightEnded(ctx, tx, pass);
  // Not by how many were ended: somebody may have revoked those that were chosen, and others are left.
  if (await anyGrantedUntil(tx, p)) return false;
  await clearSetBack(tx, until);
  return true;
}

/** @param pass as it was before. */
async function recordRightEnded(ctx: Context, tx: Tx, pass: PassRow): Promise<void> {
  const whose = { userId: pass.user_id, accountId: pass.account_id };
  // Its end by time is recorded with the telling, which will be of the right now.
  if (pass.ended_by === null && pass.end_told_at === null) {
    await record(ctx, tx, { kind: 'pass.ended', ...whose, data: { pass: pass.id, by: 'time' } });
  }
  await record(ctx, tx, {
    kind: 'pass.right_ended',
    ...whose,
    data: { pass: pass.id, by: 'clock_set_back' },
  });
}
