import { plainName } from '../delivery/texts.ts';
import { rightIsLive } from '../rules/pass.ts';
import { findAccount } from '../store/accounts.ts';
import { inTransaction } from '../store/database.ts';
import { claimEndedPasses, passFacts } from '../store/passes.ts';
import { findUser } from '../store/users.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { tellAdmins, tellUser } from './notices.ts';

/**
 * Tells people and admins of passes that ended. Only the telling is a job's: that a pass is over is judged by
 * time on every request (D9), whether this ran or not.
 * @returns how many were told of.
 */
export async function tellEndedPasses(ctx: Context): Promise<number> {
  const told = await inTransaction(ctx.db, async (tx) => {
    const passes = await claimEndedPasses(tx, ctx.now(), 100);
    for (const pass of passes) {
      const user = await findUser(tx, pass.user_id);
      const account = await findAccount(tx, pass.account_id);
      if (user === null || account === null) continue;
      const visitor = { network: '', browser: '' };
      const name = plainName(account.name);
      if (pass.ended_by === null) {
        await record(ctx, tx, {
          kind: 'pass.ended',
          userId: user.id,
          accountId: account.id,
          data: { pass: pass.id, by: 'time' },
        });
      }
      const undated = pass.ended_by === 'clock_set_back';
      const setsUp = rightIsLive(passFacts(pass), ctx.now());
      const event = { event: 'pass_ended', account: name, setsUp, undated } as const;
      // Who ended it by setting up was told of that, and has nothing left to do.
      if (pass.ended_by !== 'set_up')
        await tellUser(ctx, tx, { user, what: event, visitor, withLink: false });
      await tellAdmins(
        ctx,
        tx,
        account.id,
        {
          account: name,
          person: `${plainName(user.name)} (${user.email})`,
          what: undated ? 'pass_ended_undated' : 'pass_ended',
          ...visitor,
          url: `${ctx.settings.url}/accounts/${account.slug}/passes`,
        },
        user.id,
      );
    }
    return passes.length;
  });
  if (told > 0) ctx.wakeOutbox();
  return told;
}
