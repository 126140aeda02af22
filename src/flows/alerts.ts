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
 * Raises an alert: recorded, logged and mailed, in the transaction of what caused it. Once a day for each kind; for each
 * mark of a cap once in the window that the cap is counted in, which is a day as well, and begins with its first message.
 * @returns whether this was the first of it.
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
    alert: alert.what === 'cap' ? capText(alert.crossing, account?.name ?? null) : alert,
    recordOnly: ctx.texts.policy.mode === 'record-only',
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

/** One of these a day, for each account, country or carrier; of a cap, in each window, and anew when it was changed. */
function nameOf(alert: TextAlert): string {
  switch (alert.what) {
    case 'cap': {
      const { limit, percent, most, until } = alert.crossing;
      return `${limit}:${percent}:${alert.accountId ?? ''}:${most}:${until}`;
    }
    case 'prefix':
    case 'run':
    case 'verification':
      return `${alert.what}:${alert.country}`;
    case 'receipts':
      return `receipts:${alert.carrier}:${alert.country}`;
    case 'no_receipts':
      return `no_receipts:${alert.carrier}`;
    case 'no_carrier':
      return 'no_carrier';
    default:
      return alert satisfies never;
  }
}

/** For the audit event and the log: no names, no numbers. */
function detailsOf(alert: TextAlert): Record<string, string | number> {
  if (alert.what !== 'cap') return { ...alert };
  const { limit, percent, until } = alert.crossing;
  return until === 0 ? { what: 'too_low', limit } : { what: 'cap', limit, percent };
}

function capText({ limit, percent, most, until }: Crossing, account: string | null): AlertText {
  const inWords = TEXT_LIMITS[limit].unit === 'money' ? String(most / MONEY_UNIT) : `${most} messages`;
  return {
    what: 'cap',
    limit,
    percent,
    most: inWords,
    until: until === 0 ? null : `${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    account: account === null ? null : plainName(account),
  };
}
