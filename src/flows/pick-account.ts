import { inTransaction } from '../store/database.ts';
import { updateLogin } from '../store/logins.ts';
import { advance, positionIn, readPosition } from './advance.ts';
import type { Context, Visitor } from './context.ts';
import type { ChoiceResult } from './recover.ts';

/** D2.6: the person of a log-in picks another of their mandating accounts as the one to enter. */
export async function pickAccount(ctx: Context, visitor: Visitor, slug: string): Promise<ChoiceResult> {
  const before = await readPosition(ctx, visitor);
  if (before === null || before.next.step === 'password') return { result: 'moved' };
  const result = await inTransaction(ctx.db, async (tx): Promise<ChoiceResult> => {
    const { login, next, facts } = await positionIn(ctx, tx, before.login.id, visitor);
    const picked = facts.memberships.find((m) => m.account.slug === slug && m.account.mandate !== null);
    const open = 'target' in next && next.step !== 'done' && login.kind !== 'step_up';
    if (picked === undefined || !open) return { result: 'moved' };
    await updateLogin(tx, login.id, { account_picked: picked.account.id, after_recovery: null });
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
  ctx.wakeOutbox();
  return result;
}

/** For a login whose next step needs no page any more (a mandate was switched off meanwhile): goes on. */
export async function continueLogin(ctx: Context, visitor: Visitor): Promise<ChoiceResult> {
  const before = await readPosition(ctx, visitor);
  if (before === null) return { result: 'moved' };
  const result = await inTransaction(ctx.db, async (tx): Promise<ChoiceResult> => {
    return { result: 'accepted', advanced: await advance(ctx, tx, before.login.id, visitor) };
  });
  ctx.wakeOutbox();
  return result;
}
