import { mayDo } from '../rules/access.ts';
import type { Role } from '../rules/facts.ts';
import type { Tx } from '../store/database.ts';
import { endUnusedPassesGrantedBy } from '../store/passes.ts';
import { openInvitations, withdrawInvitations } from '../store/people.ts';
import { type AuditEntry, record } from './audit.ts';
import type { Context } from './context.ts';
import { recordPassesEnded } from './pass-events.ts';

/**
 * T09: whoever loses a role leaves nothing behind that lets somebody in: passes they granted that nobody has
 * used yet end, and so do their open invitations, as far as the role they are left with could not make them.
 * @param role what they are left with; `null` when they are gone from the account.
 */
export async function withdrawGifts(
  ctx: Context,
  tx: Tx,
  who: { readonly userId: string; readonly accountId: string },
  role: Role | null,
  by: Pick<AuditEntry, 'by' | 'actorId' | 'visitor'>,
): Promise<void> {
  const now = ctx.now();
  const mayStill = (deed: 'invite' | 'grant_pass', target: Role) =>
    role !== null &&
    mayDo({ membershipId: '', role }, deed, { membershipId: null, role: target }, 1, target) === 'allowed';
  if (!mayStill('grant_pass', 'owner')) {
    await recordPassesEnded(
      ctx,
      tx,
      await endUnusedPassesGrantedBy(tx, who.accountId, who.userId, now),
      'revoked',
      by,
    );
  }
  for (const invitation of await openInvitations(tx, who.accountId, { inviterId: who.userId }, now)) {
    if (mayStill('invite', invitation.role)) continue;
    await withdrawInvitations(tx, who.accountId, { id: invitation.id }, now);
    await record(ctx, tx, {
      kind: 'invitation.withdrawn',
      ...by,
      userId: null,
      accountId: who.accountId,
      data: { email: invitation.email, role: invitation.role },
    });
  }
}
