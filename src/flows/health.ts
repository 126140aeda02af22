import { ping } from '../store/database.ts';
import type { Context } from './context.ts';

/** Resolves once the database answers; throws while it does not. */
export async function health(ctx: Context): Promise<void> {
  await ping(ctx.db);
}
