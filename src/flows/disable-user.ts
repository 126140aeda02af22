import { membershipsOf } from '../store/accounts.ts';
import { inTransaction } from '../store/database.ts';
import { findUserByEmail, lockUser, setDisabled } from '../store/users.ts';
import { type AuditEntry, record } from './audit.ts';
import { type Context, canonicalEmail } from './context.ts';
import { endEverything } from './end-everything.ts';
import { withdrawGifts } from './lost-power.ts';

type By = Pick<AuditEntry, 'by' | 'actorId'>;

/** U5: sessions, logins, passes, requests and links die at once. @returns false when there is no such user. */
export async function disableUser(ctx: Context, email: string, by: By): Promise<boolean> {
  return inTransaction(ctx.db, async (tx) => {
    const user = await findUserByEmail(tx, canonicalEmail(email));
    if (user === null) return false;
    await lockUser(tx, user.id);
    await setDisabled(tx, user.id, user.disabled_at ?? ctx.now());
    await endEverything(ctx, tx, user.id, 'disabled');
    for (const m of await membershipsOf(tx, user.id)) {
      await withdrawGifts(ctx, tx, { userId: user.id, accountId: m.account.id }, null, by);
    }
    await record(ctx, tx, { kind: 'user.disabled', ...by, userId: user.id });
    return true;
  });
}

/** U5: gives back the login and nothing else; what died stays dead. */
export async function enableUser(ctx: Context, email: string, by: By): Promise<boolean> {
  return inTransaction(ctx.db, async (tx) => {
    const user = await findUserByEmail(tx, canonicalEmail(email));
    if (user === null) return false;
    await setDisabled(tx, user.id, null);
    await record(ctx, tx, { kind: 'user.enabled', ...by, userId: user.id });
    return true;
  });
}
