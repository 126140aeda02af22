/** What receipts say of carriers, over the newest messages that each took, long enough ago for a receipt to have come. */
import { ENOUGH_TO_JUDGE } from './text-signals.ts';

/** A carrier's newest messages in one country. */
export interface ReceiptsInCountry {
  readonly carrier: string;
  readonly country: string;
  readonly sent: number;
  readonly delivered: number;
}

export type ReceiptFinding =
  | { readonly what: 'no_receipts'; readonly carrier: string; readonly sent: number }
  | ({ readonly what: 'receipts' } & ReceiptsInCountry);

/**
 * For each carrier that should tell, the first that applies:
 * 1. none of its receipts has ever come, over enough messages in all: the way to us is wrong, and rates say nothing;
 * 2. fewer than half of its messages in a country arrived, over enough of them.
 * `told`: carriers that any receipt has come from, good or bad.
 */
export function judgeReceipts(
  lines: readonly ReceiptsInCountry[],
  told: ReadonlySet<string>,
): ReceiptFinding[] {
  return [...Map.groupBy(lines, ({ carrier }) => carrier)].flatMap(([carrier, own]): ReceiptFinding[] => {
    const sent = own.reduce((sum, line) => sum + line.sent, 0);
    if (told.has(carrier)) return own.filter(receiptsAreLow).map((line) => ({ what: 'receipts', ...line }));
    return sent >= ENOUGH_TO_JUDGE ? [{ what: 'no_receipts', carrier, sent }] : [];
  });
}

/** A carrier in a country, over its newest messages: do fewer than half arrive? */
export function receiptsAreLow({ sent, delivered }: { sent: number; delivered: number }): boolean {
  return sent >= ENOUGH_TO_JUDGE && delivered * 2 < sent;
}
