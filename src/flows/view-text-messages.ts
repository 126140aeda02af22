import type { Db } from '../store/database.ts';
import {
  countMembersByText,
  type DayCount,
  textsBlockedBy,
  textsPerDay,
} from '../store/text-message-counts.ts';
import type { Context } from './context.ts';

const DAY_MS = 24 * 3_600_000;

export interface TextMessagesView {
  /**
   * Per day (UTC, `2026-11-24`) and country (ISO 3166-1 alpha-2; `ZZ` where a number belongs to none), the newest day
   * first. `sent`: handed over or about to be, whatever became of it; `delivered`: a receipt said so; `verified`: its
   * code was used; `failed`: refused, or a receipt said so; `blocked`: by a limit of ours, and not among `sent`.
   */
  readonly days: readonly DayCount[];
  /** Why messages were blocked, the most frequent first: a `BlockReason` of `rules/text-messages.ts`. */
  readonly blockedBy: readonly { readonly reason: string; readonly count: number }[];
}

/** Text messages of one account, or of all (`null`), today and on the days before. */
export async function viewTextMessages(
  ctx: Context,
  accountId: string | null,
  sinceDays: number,
): Promise<TextMessagesView> {
  const today = Math.floor(ctx.now() / DAY_MS) * DAY_MS;
  const since = today - Math.max(0, sinceDays - 1) * DAY_MS;
  return {
    days: await textsPerDay(ctx.db, accountId, since),
    blockedBy: await textsBlockedBy(ctx.db, accountId, since),
  };
}

/** How many of an account's people still get their codes by text message. */
export function countTextUsers(db: Db, accountId: string): Promise<number> {
  return countMembersByText(db, accountId);
}
