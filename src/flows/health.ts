import { newestMoment, ping } from '../store/database.ts';
import type { Clock, ClockFault } from './clock.ts';
import type { Context } from './context.ts';

export type Health =
  | { readonly status: 'ready' }
  | { readonly status: 'clock_wrong'; readonly fault: ClockFault };

/** Is this node fit to be sent requests? Throws while the database does not answer. */
export async function health(ctx: Context): Promise<Health> {
  await checkClock(ctx, ctx.clock);
  const fault = ctx.clock.fault();
  return fault === null ? { status: 'ready' } : { status: 'clock_wrong', fault };
}

/** T25: compares the clock with the database's, or with what SQLite, which has none, has on record. */
export async function checkClock(ctx: Pick<Context, 'db'>, clock: Pick<Clock, 'compare'>): Promise<void> {
  const before = performance.now();
  const at = await ping(ctx.db);
  const tookMs = performance.now() - before;
  clock.compare({ at, newest: at === null ? await newestMoment(ctx.db) : null }, tookMs);
}
