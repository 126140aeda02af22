import { type ReasonForAccount, reasonForAccount } from '../rules/text-messages-told.ts';
import { judge, type Refusal } from './act.ts';
import type { SignedIn } from './admit.ts';
import type { Context } from './context.ts';
import { type AccountCap, capsOfAccount } from './text-limits.ts';
import { type TextMessagesView, viewTextMessages } from './view-text-messages.ts';

export interface AccountTextsView extends Pick<TextMessagesView, 'days'> {
  /** Why messages were blocked, the most frequent first, in what an account may know (T3). */
  readonly blockedBy: readonly { readonly reason: ReasonForAccount; readonly count: number }[];
  /** Does any carrier say what was delivered? */
  readonly receipts: boolean;
  /** What the account may send and spend in a day, and whether the operator has said so for it alone. */
  readonly caps: readonly AccountCap[];
}

/** How many days an account sees, today included. */
export const TEXT_DAYS = 14;

/** What became of an account's text messages, for its owners and admins: counts, no numbers and no people (T3). */
export async function viewAccountTexts(
  ctx: Context,
  session: SignedIn,
  slug: string,
): Promise<AccountTextsView | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  if ('result' in judged) return judged;
  const { account } = judged;
  const { days, blockedBy } = await viewTextMessages(ctx, account.id, TEXT_DAYS);
  const caps = await capsOfAccount(ctx, account);
  const receipts = ctx.texts.carriers.some(ctx.texts.tellsDelivery);
  return { days, blockedBy: forAccount(blockedBy), receipts, caps };
}

/** Several reasons of ours are one to an account. */
function forAccount(blockedBy: TextMessagesView['blockedBy']): AccountTextsView['blockedBy'] {
  const counts = new Map<ReasonForAccount, number>();
  for (const { reason, count } of blockedBy) {
    const told = reasonForAccount(reason);
    counts.set(told, (counts.get(told) ?? 0) + count);
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count);
}
