/**
 * What messages that went, and codes that came back, say of who asks: "SMS pumping" goes through numbers side by side,
 * or through one block, and hardly types a code. What follows from it stands in `text-messages.ts`.
 */
import type { TextPolicy } from './text-messages.ts';

/** How far back signals look. */
export const SIGNAL_WINDOW_MS = 3_600_000;

/** Messages, and how many of their codes were used. */
export interface Seen {
  readonly sent: number;
  readonly verified: number;
}

/** S10: an office of one prefix logs in all at once and types its codes; a machine that pumps does not. */
export function prefixMayGoOn(policy: TextPolicy, { sent, verified }: Seen): boolean {
  return verified * 100 >= sent * policy.signals['prefix/verified'];
}

/**
 * The numbers beside one, nearest first, as far as a run could reach. Numbers that end a block or change their
 * length are no matter: they are asked for in a table, where nobody has them.
 */
export function neighboursOf(e164: string, policy: TextPolicy): { below: string[]; above: string[] } {
  const digits = BigInt(e164.slice(1));
  const reach = Array.from({ length: policy.signals['numbers/run'] }, (_, n) => BigInt(n + 1));
  return {
    below: reach.map((n) => `+${digits - n}`),
    above: reach.map((n) => `+${digits + n}`),
  };
}

/** The length of the run on both sides, given who was written to and did not answer. */
export function runLength(sides: {
  readonly below: readonly boolean[];
  readonly above: readonly boolean[];
}): number {
  const unbroken = (side: readonly boolean[]) => {
    const gap = side.indexOf(false);
    return gap === -1 ? side.length : gap;
  };
  return unbroken(sides.below) + unbroken(sides.above);
}

/** Fewer messages say nothing. */
export const ENOUGH_TO_JUDGE = 20;
/** Before that a receipt may still be under way, and a code be typed. */
export const SETTLED_AFTER_MS = 5 * 60_000;

/** S10, by country: worth an alert, and no reason to shut a whole country out. */
export function verificationIsLow(policy: TextPolicy, seen: Seen): boolean {
  return seen.sent >= ENOUGH_TO_JUDGE && !prefixMayGoOn(policy, seen);
}
