import { DEAD_AFTER } from '../rules/throttle.ts';
import { settleSleep, untrusted } from '../rules/trust.ts';
import { membershipsOf, setTrust } from '../store/accounts.ts';
import { authenticatorsOf, deleteAuthenticators, setAsleep } from '../store/authenticators.ts';
import type { Tx } from '../store/database.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';

/**
 * Puts a person's authenticators in order after anything that changed what trusts or demands them: those
 * asleep over 90 days are destroyed (M4), those that nothing trusts are destroyed (T1), the others sleep or
 * wake. In the same transaction as the change.
 */
export async function settleAuthenticators(ctx: Context, tx: Tx, userId: string): Promise<void> {
  const now = ctx.now();
  const memberships = await membershipsOf(tx, userId);
  const authenticators = await authenticatorsOf(tx, userId, DEAD_AFTER);
  const { destroy, sleep, wake } = settleSleep(memberships, authenticators, now);
  const lapsed = new Set(destroy);
  const trusting = memberships.filter(
    (m) => m.trust.state === 'authenticator' && lapsed.has(m.trust.authenticatorId),
  );
  await setTrust(
    tx,
    trusting.map((m) => m.id),
    { state: 'never' },
    now,
  );
  const unneeded = untrusted(authenticators, memberships).filter((a) => !lapsed.has(a));
  const gone = [...destroy, ...unneeded];
  await deleteAuthenticators(tx, gone);
  for (const authenticator of gone) {
    await record(ctx, tx, { kind: 'authenticator.destroyed', userId, data: { authenticator } });
  }
  await setAsleep(
    tx,
    sleep.filter((a) => !gone.includes(a)),
    now,
  );
  await setAsleep(
    tx,
    wake.filter((a) => !gone.includes(a)),
    null,
  );
}
