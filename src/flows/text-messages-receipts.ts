import type { Callback, Receipt } from '../delivery/sms/carrier.ts';
import { isKnownToCarrier, noteReceipt } from '../store/text-messages.ts';
import type { Context } from './context.ts';

/** What the carrier's request is answered. */
export type ReceiptResult = 'noted' | 'not_a_receipt' | 'no_such_carrier' | 'bad_signature' | 'unreadable';

/** A carrier's callback, verified by its own signature before anything in it is believed. */
export async function takeReceipt(ctx: Context, carrier: string, callback: Callback): Promise<ReceiptResult> {
  const read = ctx.texts.readerOf(carrier);
  if (read === null) return 'no_such_carrier';
  const receipt = read(callback, ctx.now());
  if (typeof receipt === 'string') return receipt;
  await noteDelivery(ctx, carrier, receipt);
  return 'noted';
}

/** A receipt can be faster than the answer to the message it is about: then it is looked at again after these waits. */
const AGAIN_AFTER_MS = [1_000, 4_000, 10_000] as const;
/** Receipts about messages nobody here sent must not pile up. */
const MOST_WAITING = 1_000;
let waiting = 0;

/** A receipt that came by itself (SMPP), or out of a callback. */
export async function noteDelivery(
  ctx: Context,
  carrier: string,
  receipt: Receipt,
  round = 0,
): Promise<void> {
  const { outcome, providerId } = receipt;
  if (outcome === 'on_the_way') return;
  const said = {
    state: outcome,
    reason: outcome === 'failed' ? (receipt.error ?? null) : null,
    at: ctx.now(),
  };
  if (await noteReceipt(ctx.db, { carrier, providerId }, said)) return;
  const wait = AGAIN_AFTER_MS[round];
  if (wait === undefined || waiting >= MOST_WAITING) return;
  if (await isKnownToCarrier(ctx.db, carrier, providerId)) return;
  waiting += 1;
  const look = () => {
    waiting -= 1;
    // The database may be gone by then, with the server: then the receipt is lost, and nothing else.
    noteDelivery(ctx, carrier, receipt, round + 1).catch(() => {});
  };
  setTimeout(look, wait).unref();
}
