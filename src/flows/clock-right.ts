import { noteSaidRight, readClockNotes } from '../store/clock-notes.ts';
import { inTransaction, newestMoment, ping } from '../store/database.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { by, type Operator } from './operate.ts';

/**
 * T25: the operator says that the clocks of this machine and the database are right. What is dated later was dated
 * by a wrong one: it counts no more when a clock is looked at. Nobody can tell how old the passes are that were granted
 * meanwhile, so all end before anybody is served again, as after a clock that was set back.
 * @returns by how many milliseconds the newest record lay ahead; 0: none did.
 */
export async function sayClockRight(ctx: Context, operator: Operator): Promise<number> {
  return inTransaction(ctx.db, async (tx) => {
    const { newest } = await readClockNotes(tx);
    const at = (await ping(tx)) ?? ctx.now();
    const until = Math.max(at, newest ?? 0, (await newestMoment(tx)) ?? 0);
    await noteSaidRight(tx, { at, until });
    const seconds = Math.round((until - at) / 1000);
    await record(ctx, tx, { kind: 'clock.said_right', ...by(operator), data: { seconds } });
    return until - at;
  });
}
