import { type LimitName, MONEY_UNIT, TEXT_LIMITS, type TextPolicy } from '../rules/text-messages.ts';
import { policyWith } from '../rules/text-messages-caps.ts';
import { type AccountRow, findAccount } from '../store/accounts.ts';
import { readCounters } from '../store/counters.ts';
import type { Db } from '../store/database.ts';
import type { Context } from './context.ts';

/**
 * The counter of a limit. `whose`: the id of a person or account, an HMAC, a network, or `all`. What is only recorded
 * counts apart: on the day that messages are sent, nobody has used up what never went.
 */
export const textCounterKey = (mode: TextPolicy['mode'], name: LimitName, whose: string): string =>
  `${mode === 'live' ? 'texts' : 'texts:recorded'}:${name}:${whose}`;

/** The policy for what this account's people ask for; without one, that of the whole service. */
export async function policyOf(ctx: Context, db: Db, accountId: string | null): Promise<TextPolicy> {
  const account = accountId === null ? null : await findAccount(db, accountId);
  return account === null ? ctx.texts.policy : policyOfRow(ctx, account);
}

export const policyOfRow = (ctx: Context, row: AccountRow): TextPolicy =>
  policyWith(ctx.texts.policy, { perDay: row.texts_per_day, spend: row.text_spend_per_day });

/** What of a cap is used in the window that runs now; money in the currency of the prices. */
export interface CapInUse<Name extends LimitName = LimitName> {
  readonly limit: Name;
  readonly used: number;
  readonly most: number;
  /** When that window ends; `null`: none runs. */
  readonly until: number | null;
}

/** @param whose the id of an account; `all` for the caps of the whole service. */
export async function capsInUse<Name extends LimitName>(
  ctx: Context,
  policy: TextPolicy,
  names: readonly Name[],
  whose: string,
): Promise<CapInUse<Name>[]> {
  const keyOf = (name: Name) => textCounterKey(policy.mode, name, whose);
  const counters = await readCounters(ctx.db, names.map(keyOf));
  return names.map((limit) => {
    const counter = counters.get(keyOf(limit));
    const running = counter !== undefined && ctx.now() < counter.waitUntil ? counter : null;
    const unit = TEXT_LIMITS[limit].unit === 'money' ? MONEY_UNIT : 1;
    return {
      limit,
      used: (running?.wrong ?? 0) / unit,
      most: policy.limits[limit] / unit,
      until: running?.waitUntil ?? null,
    };
  });
}
