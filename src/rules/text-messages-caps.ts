/** What one account may send and spend in a day, where the operator has said so for it alone. */
import type { TextPolicy } from './text-messages.ts';
import { MOST_MESSAGES, MOST_MONEY, readCount, readMoney } from './text-messages-settings.ts';

/** `null`: as everybody. `spend`: in ten-thousandths of the operator's currency. */
export interface OwnCaps {
  readonly perDay: number | null;
  readonly spend: number | null;
}

/** The caps of an account, by the names of `TEXT_LIMITS`. */
export const ACCOUNT_CAPS = ['account/day', 'account/spend'] as const;

/** The policy as it holds for one account: its own caps, higher or lower, in place of those for everybody. */
export function policyWith(policy: TextPolicy, own: OwnCaps): TextPolicy {
  return {
    ...policy,
    limits: {
      ...policy.limits,
      'account/day': own.perDay ?? policy.limits['account/day'],
      'account/spend': own.spend ?? policy.limits['account/spend'],
    },
  };
}

export type ReadCap =
  | { readonly cap: number | null }
  /** What may be written, in words. */
  | { readonly fault: string };

/** A cap as the operator types it: a number, or `default` for what holds for everybody. */
export function readCap(of: keyof OwnCaps, typed: string): ReadCap {
  if (typed === 'default') return { cap: null };
  const cap = of === 'perDay' ? readCount(typed, 0, MOST_MESSAGES) : readMoney(typed, MOST_MONEY);
  if (cap !== null) return { cap };
  const [what, most] = of === 'perDay' ? ['a whole number', MOST_MESSAGES] : ['an amount', MOST_MONEY];
  return { fault: `Write ${what} from 0 to ${most}, or default.` };
}
