import { checkClock } from './check-clock.ts';
import type { ClockFault } from './clock.ts';
import type { Context } from './context.ts';

export type Health =
  | { readonly status: 'ready' }
  | { readonly status: 'clock_wrong'; readonly fault: ClockFault };

/** Is this node fit to be sent requests? Throws while the database does not answer. */
export async function health(ctx: Context): Promise<Health> {
  await checkClock(ctx);
  const fault = ctx.clock.fault();
  return fault === null ? { status: 'ready' } : { status: 'clock_wrong', fault };
}
