import { judge, type Refusal } from './act.ts';
import type { SignedIn } from './admit.ts';
import type { Context } from './context.ts';
import { type TextMessagesView, viewTextMessages } from './view-text-messages.ts';

export type { TextMessagesView } from './view-text-messages.ts';

/** How many days an account sees, today included. */
export const TEXT_DAYS = 14;

/** What became of an account's text messages, for its owners and admins: counts, no numbers and no people (T3). */
export async function viewAccountTexts(
  ctx: Context,
  session: SignedIn,
  slug: string,
): Promise<TextMessagesView | Refusal> {
  const judged = await judge(ctx, ctx.db, session, { deed: 'view_account', slug, targetId: null });
  return 'result' in judged ? judged : viewTextMessages(ctx, judged.account.id, TEXT_DAYS);
}
