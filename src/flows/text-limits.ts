import { MONEY_UNIT } from '../rules/text-messages.ts';
import { ACCOUNT_CAPS, type OwnCaps, readCap } from '../rules/text-messages-caps.ts';
import {
  type AccountRow,
  accountsWithTextLimits,
  findAccountBySlug,
  lockAccount,
  setTextLimits,
} from '../store/accounts.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { type AuditEntry, record } from './audit.ts';
import type { Context } from './context.ts';
import { by, type Operator } from './operate.ts';
import { type CapInUse, capsInUse, policyOfRow } from './text-caps.ts';

/** What one account may send and spend in a day; money in the currency of the prices. */
export interface AccountTextLimits {
  readonly slug: string;
  /** `null`: as everybody. */
  readonly own: { readonly perDay: number | null; readonly spend: number | null };
  readonly caps: readonly AccountCap[];
}

/** `own`: the operator has said so for this account alone. */
export type AccountCap = CapInUse<(typeof ACCOUNT_CAPS)[number]> & { readonly own: boolean };

/** What is used of an account's caps, and how far they go. */
export async function capsOfAccount(ctx: Context, row: AccountRow): Promise<AccountCap[]> {
  const caps = await capsInUse(ctx, policyOfRow(ctx, row), ACCOUNT_CAPS, row.id);
  const own = { 'account/day': row.texts_per_day, 'account/spend': row.text_spend_per_day };
  return caps.map((cap) => ({ ...cap, own: own[cap.limit] !== null }));
}

async function limitsOf(ctx: Context, row: AccountRow): Promise<AccountTextLimits> {
  const spend = row.text_spend_per_day;
  return {
    slug: row.slug,
    own: { perDay: row.texts_per_day, spend: spend === null ? null : spend / MONEY_UNIT },
    caps: await capsOfAccount(ctx, row),
  };
}

export async function viewTextLimits(ctx: Context, slug: string): Promise<AccountTextLimits | null> {
  const row = await findAccountBySlug(ctx.db, slug);
  return row === null ? null : limitsOf(ctx, row);
}

/** For the operator, who would else have to ask for each account. */
export async function accountsWithOwnLimits(ctx: Context): Promise<AccountTextLimits[]> {
  return Promise.all((await accountsWithTextLimits(ctx.db)).map((row) => limitsOf(ctx, row)));
}

/** As typed: a number, `default` for what holds for everybody, or nothing where it stays as it is. */
export interface TypedLimits {
  readonly perDay?: string | undefined;
  readonly spend?: string | undefined;
}

export type TextLimitsResult =
  | { readonly result: 'done' | 'unchanged'; readonly limits: AccountTextLimits }
  | { readonly result: 'no_account' }
  | { readonly result: 'bad_limit'; readonly of: keyof OwnCaps; readonly fault: string };

/** S09: the operator gives one account limits of its own, lower or higher. What is used of them stays used. */
export async function operateTextLimits(
  ctx: Context,
  operator: Operator,
  slug: string,
  typed: TypedLimits,
): Promise<TextLimitsResult> {
  const perDay = typed.perDay === undefined ? null : readCap('perDay', typed.perDay);
  const spend = typed.spend === undefined ? null : readCap('spend', typed.spend);
  if (perDay !== null && 'fault' in perDay) return { result: 'bad_limit', of: 'perDay', ...perDay };
  if (spend !== null && 'fault' in spend) return { result: 'bad_limit', of: 'spend', ...spend };
  const result = await inTransaction(ctx.db, async (tx) => {
    const found = await findAccountBySlug(tx, slug);
    const account = found === null ? null : await lockAccount(tx, found.id);
    if (account === null) return 'no_account';
    const before = { perDay: account.texts_per_day, spend: account.text_spend_per_day };
    const after: OwnCaps = {
      perDay: perDay === null ? before.perDay : perDay.cap,
      spend: spend === null ? before.spend : spend.cap,
    };
    if (after.perDay === before.perDay && after.spend === before.spend) return 'unchanged';
    await changeTextLimits(ctx, tx, account, after, by(operator));
    return 'done';
  });
  const limits = await viewTextLimits(ctx, slug);
  return result === 'no_account' || limits === null ? { result: 'no_account' } : { result, limits };
}

/** The change itself, with what is recorded of it; also for what is done again in a restored copy. */
export async function changeTextLimits(
  ctx: Context,
  tx: Tx,
  account: AccountRow,
  own: OwnCaps,
  who: Pick<AuditEntry, 'by' | 'actorId' | 'visitor'>,
): Promise<void> {
  await setTextLimits(tx, account.id, { texts_per_day: own.perDay, text_spend_per_day: own.spend });
  await record(ctx, tx, {
    kind: 'sms.limits_changed',
    ...who,
    userId: null,
    accountId: account.id,
    data: { perDay: own.perDay, spend: own.spend === null ? null : own.spend / MONEY_UNIT },
  });
}
