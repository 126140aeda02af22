import { judgeReceipts } from '../rules/text-receipts.ts';
import {
  ENOUGH_TO_JUDGE,
  SETTLED_AFTER_MS,
  SIGNAL_WINDOW_MS,
  verificationIsLow,
} from '../rules/text-signals.ts';
import { inTransaction } from '../store/database.ts';
import { seenByCountry } from '../store/text-message-counts.ts';
import { carriersThatTold, newestOfCarriers } from '../store/text-receipt-counts.ts';
import { raiseAlert, type TextAlert } from './alerts.ts';
import type { Context } from './context.ts';
import { noteCarriers } from './text-messages-seen.ts';

const DAY_MS = 24 * 3_600_000;
/** No receipt for so long is none ever: whatever came before, it is the way to us that must be looked at. */
const EVER_MS = 7 * DAY_MS;

/**
 * Looks at what became of messages, and tells the operator where that is little: carriers that do not deliver in a
 * country, and countries whose codes nobody uses. A job; on every node, and each alert once a day.
 */
export async function watchTexts(ctx: Context): Promise<void> {
  await noteCarriers(ctx);
  const until = ctx.now() - SETTLED_AFTER_MS;
  const alerts: TextAlert[] = await watchReceipts(ctx, until);
  for (const line of await seenByCountry(ctx.db, until - SIGNAL_WINDOW_MS, until)) {
    if (verificationIsLow(ctx.texts.policy, line)) alerts.push({ what: 'verification', ...line });
  }
  if (alerts.length === 0) return;
  await inTransaction(ctx.db, async (tx) => {
    for (const alert of alerts) await raiseAlert(ctx, tx, alert);
  });
  ctx.wakeOutbox();
}

/** Only of carriers that tell at all: of the others no receipt is missing. */
async function watchReceipts(ctx: Context, until: number): Promise<TextAlert[]> {
  const carriers = ctx.texts.carriers.filter(ctx.texts.tellsDelivery);
  const newest = await newestOfCarriers(ctx.db, carriers, { from: until - DAY_MS, until }, ENOUGH_TO_JUDGE);
  const told = await carriersThatTold(ctx.db, carriers, { from: until - EVER_MS, until });
  return judgeReceipts(newest, told);
}
