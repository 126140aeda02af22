import type { Tx } from '../store/database.ts';
import type { PassRow } from '../store/passes.ts';
import { type AuditEntry, record } from './audit.ts';
import type { Context } from './context.ts';

/** Every pass that ends before its time leaves one event, whatever ended it. */
export async function recordPassesEnded(
  ctx: Context,
  tx: Tx,
  passes: readonly PassRow[],
  why: NonNullable<PassRow['ended_by']>,
  by: Pick<AuditEntry, 'by' | 'actorId' | 'visitor'> = {},
): Promise<void> {
  for (const pass of passes) {
    await record(ctx, tx, {
      kind: 'pass.ended',
      ...by,
      userId: pass.user_id,
      accountId: pass.account_id,
      data: { pass: pass.id, by: why },
    });
  }
}
