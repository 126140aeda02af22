import { type AlertText, alertMail } from '../delivery/alert-texts.ts';
import { plainName } from '../delivery/texts.ts';
import { type Crossing, MONEY_UNIT, TEXT_LIMITS } from '../rules/text-messages.ts';
import { adminsOf, findAccount } from '../store/accounts.ts';
import { countMail } from '../store/counters.ts';
import type { Tx } from '../store/database.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { post } from './outbox.ts';

const DAY_MS = 24 * 3_600_000;

/** What is told of text messages, and to whom: with an account to its admins, without one to the operator. */
export type TextAlert =
  | { readonly what: 'cap'; readonly crossing: Crossing; readonly accountId: string | null }
  | Exclude<AlertText, { what: 'cap' }>;

/**
 * Raises an alert: recorded, logged and mailed, once a day for each kind, in the transaction of what caused it.
 * @returns whether this was the first of the day.
 */
export async function raiseAlert(ctx: Context, tx: Tx, alert: TextAlert): Promise<boolean> {
  const key = `sms-alerts:${nameOf(alert)}`;
  if (!(await countMail(tx, key, 1, DAY_MS, ctx.now()))) return false;
  const accountId = alert.what === 'cap' ? alert.accountId : null;
  await record(ctx, tx, { kind: 'sms.alert', accountId, data: detailsOf(alert) });
  ctx.texts.warn({ alert: detailsOf(alert), account: accountId }, 'an alert about text messages');
  const account = accountId === null ? null : await findAccount(tx, accountId);
  const recipients =
    account === null
      ? operators(ctx)
      : (await adminsOf(tx, account.id)).map(({ user_id: userId, email }) => ({ userId, email }));
  const { subject, text } = alertMail({
    product: ctx.settings.product,
    alert: alert.what === 'cap' ? capText(ctx, alert.crossing, account?.name ?? null) : alert,
    url: account === null ? ctx.settings.url : `${ctx.settings.url}/accounts/${account.slug}/security`,
  });
  for (const { userId, email } of recipients) {
    await post(ctx, tx, { channel: 'email', kind: 'notice', userId, to: email, subject, text });
  }
  return true;
}

/** Whom people turn to is whom the service tells, where that is a mailbox. */
function operators(ctx: Context): { userId: null; email: string }[] {
  const support = ctx.settings.support.trim();
  return /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(support) ? [{ userId: null, email: support }] : [];
}

/** One of these a day, for each account, country or carrier. */
function nameOf(alert: TextAlert): string {
  switch (alert.what) {
    case 'cap':
      return `${alert.crossing.limit}:${alert.crossing.percent}:${alert.accountId ?? ''}`;
    case 'prefix':
    case 'run':
    case 'verification':
      return `${alert.what}:${alert.country}`;
    case 'receipts':
      return `receipts:${alert.carrier}:${alert.country}`;
    case 'no_carrier':
      return 'no_carrier';
    default:
      return alert satisfies never;
  }
}

/** For the audit event and the log: no names, no numbers. */
function detailsOf(alert: TextAlert): Record<string, string | number> {
  if (alert.what !== 'cap') return { ...alert };
  return { what: 'cap', ...alert.crossing };
}

function capText(ctx: Context, { limit, percent }: Crossing, account: string | null): AlertText {
  const most = ctx.texts.policy.limits[limit];
  const inWords = TEXT_LIMITS[limit].unit === 'money' ? String(most / MONEY_UNIT) : `${most} messages`;
  return {
    what: 'cap',
    limit,
    percent,
    most: inWords,
    account: account === null ? null : plainName(account),
  };
}
