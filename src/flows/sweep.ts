import { sweepOldRows } from '../store/sweep.ts';
import type { Context } from './context.ts';

/** Housekeeping: takes away rows that no rule looks at any more. Safe to run anywhere, any time, or never. */
export async function sweep(ctx: Context): Promise<void> {
  await sweepOldRows(ctx.db, ctx.now());
}
