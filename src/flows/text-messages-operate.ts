import type { TextPolicy } from '../rules/text-messages.ts';
import { findAccount } from '../store/accounts.ts';
import { eventsOfKind } from '../store/audit.ts';
import { type CarrierDay, carriersSince, refusalsSince } from '../store/text-message-counts.ts';
import { type CarrierReceipts, receiptsPerDay } from '../store/text-receipt-counts.ts';
import type { Context } from './context.ts';
import { type CapInUse, capsInUse } from './text-caps.ts';
import { type AccountTextLimits, accountsWithOwnLimits } from './text-limits.ts';
import { type CarriersSeen, carriersSeen } from './text-messages-seen.ts';
import { type TextMessagesView, viewTextMessages } from './view-text-messages.ts';

const DAY_MS = 24 * 3_600_000;
/** How many days are looked at, today included, and at most: older messages are swept. */
export const STATUS_DAYS = 7;
export const MOST_STATUS_DAYS = 90;

export interface ReceiptsOfDay extends CarrierReceipts {
  /** False of a carrier that says nothing of its messages: then nothing follows from these numbers. */
  readonly tells: boolean;
  readonly notTold: number;
  /** Of those sent, rounded down; `null` where the carrier tells nothing. */
  readonly deliveredPercent: number | null;
}

export interface TextStatus extends TextMessagesView {
  readonly mode: TextPolicy['mode'];
  readonly countries: readonly string[] | 'all';
  /** As configured where the command runs, in the order they are tried. */
  readonly configured: readonly string[];
  readonly seen: CarriersSeen | null;
  /** In the last 24 hours. */
  readonly carriers: readonly (CarrierDay & { readonly tells: boolean })[];
  readonly receipts: readonly ReceiptsOfDay[];
  readonly refusals: readonly { readonly reason: string; readonly count: number; readonly lastAt: number }[];
  /** Of the whole service, in the window that runs now; money in the currency of the prices. */
  readonly used: readonly CapInUse[];
  /** Accounts with limits of their own. */
  readonly accounts: readonly AccountTextLimits[];
  readonly alerts: readonly {
    readonly at: number;
    readonly account: string | null;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
}

/** What an operator wants to know of text messages, over all nodes; by day for so many days, today included. */
export async function textStatus(ctx: Context, days = STATUS_DAYS): Promise<TextStatus> {
  const { policy, carriers } = ctx.texts;
  const now = ctx.now();
  const events = await eventsOfKind(ctx.db, 'sms.alert', now - STATUS_DAYS * DAY_MS, 50);
  return {
    ...(await viewTextMessages(ctx, null, days)),
    mode: policy.mode,
    countries: policy.countries === 'all' ? 'all' : [...policy.countries],
    configured: carriers,
    seen: await carriersSeen(ctx),
    carriers: (await carriersSince(ctx.db, now - DAY_MS)).map((line) => ({
      ...line,
      tells: line.delivered > 0 || ctx.texts.tellsDelivery(line.carrier),
    })),
    receipts: await receiptsOfDays(ctx, days),
    refusals: await refusalsSince(ctx.db, now - DAY_MS),
    used: await capsInUse(ctx, policy, ['instance/day', 'instance/spend'], 'all'),
    accounts: await accountsWithOwnLimits(ctx),
    alerts: await Promise.all(
      events.map(async ({ at, account_id: accountId, data }) => ({
        at,
        account: accountId === null ? null : ((await findAccount(ctx.db, accountId))?.slug ?? 'deleted'),
        data: JSON.parse(data),
      })),
    ),
  };
}

async function receiptsOfDays(ctx: Context, days: number): Promise<ReceiptsOfDay[]> {
  const today = Math.floor(ctx.now() / DAY_MS) * DAY_MS;
  const lines = await receiptsPerDay(ctx.db, today - (days - 1) * DAY_MS);
  return lines.map((line) => {
    const { sent, delivered, failed } = line;
    // One that is in SMS_URL no more may have told while it was.
    const tells = delivered + failed > 0 || ctx.texts.tellsDelivery(line.carrier);
    const deliveredPercent = tells ? Math.floor((100 * delivered) / sent) : null;
    return { ...line, tells, notTold: sent - delivered - failed, deliveredPercent };
  });
}
