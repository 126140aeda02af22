/** What happened to accounts since a copy was made, done again in it. */
import type { Method } from '../rules/facts.ts';
import { judgeSessionLength, judgeTextEnd, mandateAt } from '../rules/mandate.ts';
import { type OwnCaps, readCap } from '../rules/text-messages-caps.ts';
import { type AccountRow, accountFacts, setMandate } from '../store/accounts.ts';
import { inTransaction } from '../store/database.ts';
import { type AuditEntry, record } from './audit.ts';
import type { Context } from './context.ts';
import { by, deleteAccount, type Operator, operateMandate, operatePlan } from './operate.ts';
import type { PastEvent } from './read-activity.ts';
import { missingAccount, type Redo, textOf } from './redo-event.ts';
import type { Undone } from './replay-activity.ts';
import { changeTextLimits } from './text-limits.ts';

const METHODS: readonly string[] = ['totp', 'sms'] satisfies Method[];

const ofAccount =
  (
    redo: (
      ctx: Context,
      operator: Operator,
      account: AccountRow,
      event: PastEvent,
    ) => Promise<Undone['why'] | null>,
  ): Redo =>
  async (ctx, operator, event, { account }) => {
    return account === null ? missingAccount(event) : redo(ctx, operator, account, event);
  };

export const removeAccount = ofAccount(async (ctx, operator, account) => {
  await deleteAccount(ctx, operator, account.slug);
  return null;
});

export const plan = ofAccount(async (ctx, operator, { slug }, event) => {
  const to = textOf(event, 'plan');
  if (to !== 'standard' && to !== 'enterprise') return 'no_details';
  // Forced: that a mandate went off with it has an event of its own, which came before.
  await operatePlan(ctx, operator, { slug, plan: to, force: true });
  return null;
});

export const mandateOn = ofAccount(async (ctx, operator, account, event) => {
  const methods = textOf(event, 'methods')?.split(',') ?? [];
  const from = textOf(event, 'from');
  if (methods.length === 0 || !methods.every((m) => METHODS.includes(m))) return 'no_details';
  if (from !== 'now' && from !== 'next_login') return 'no_details';
  const { slug } = account;
  const before = mandateAt(accountFacts(account).mandate, ctx.now());
  // A customer's word makes it stricter or nothing: what it takes away is a way in, never a demand.
  const wider = before !== null && !methods.every((m) => before.methods.includes(m as Method));
  if (event.word === 'account' && wider) return 'by_hand';
  const change = { slug, on: true, methods: methods as Method[], now: from === 'now' };
  const result = await operateMandate(ctx, operator, change);
  return result === 'done' || result === 'unchanged' ? null : 'refused';
});

export const mandateOff = ofAccount(async (ctx, operator, { slug }) => {
  await operateMandate(ctx, operator, { slug, on: false, methods: null, now: false });
  return null;
});

export const sessionLength = ofAccount(async (ctx, operator, account, event) => {
  const { maxMs, idleMs } = event.details;
  if (typeof maxMs !== 'number' || typeof idleMs !== 'number') return 'no_details';
  if (judgeSessionLength({ maxMs, idleMs }, account.mandate_since !== null) !== 'ok') return 'refused';
  const change = { session_max_ms: maxMs, session_idle_ms: idleMs };
  return setting(ctx, operator, account, change, { kind: 'session_length.changed', data: { maxMs, idleMs } });
});

export const textEnd = ofAccount(async (ctx, operator, account, event) => {
  const set = event.kind === 'mandate.text_end_set';
  const day = set ? textOf(event, 'day') : null;
  const until = day === null ? null : Date.parse(`${day}T00:00:00Z`);
  if ((set && day === null) || Number.isNaN(until)) return 'no_details';
  if (account.mandate_since === null) return 'refused';
  if (event.word === 'account' && !isStricterEnd(account, until, ctx.now())) return 'by_hand';
  const kind = set ? 'mandate.text_end_set' : 'mandate.text_end_removed';
  return setting(ctx, operator, account, { mandate_text_until: until }, { kind, data: { day } });
});

export const textLimits = ofAccount(async (ctx, operator, account, event) => {
  const perDay = capOf(event, 'perDay');
  const spend = capOf(event, 'spend');
  if (perDay === undefined || spend === undefined) return 'no_details';
  await inTransaction(ctx.db, (tx) => changeTextLimits(ctx, tx, account, { perDay, spend }, by(operator)));
  return null;
});

/** `null`: as everybody; `undefined`: no limit at all, or none that could be set. */
function capOf(event: PastEvent, of: keyof OwnCaps): number | null | undefined {
  const value = event.details[of];
  if (value !== null && typeof value !== 'number') return undefined;
  const read = readCap(of, value === null ? 'default' : String(value));
  return 'cap' in read ? read.cap : undefined;
}

/** Sooner than what is set, and never so that no way in would be left. */
function isStricterEnd(account: AccountRow, until: number | null, now: number): boolean {
  const { mandate } = accountFacts(account);
  const before = account.mandate_text_until;
  if (until === null || (before !== null && until >= before)) return false;
  const verdict = judgeTextEnd(mandate, until, now);
  return verdict === 'ok' || verdict === 'too_soon';
}

async function setting(
  ctx: Context,
  operator: Operator,
  account: AccountRow,
  change: Partial<Parameters<typeof setMandate>[2]>,
  told: Pick<AuditEntry, 'kind' | 'data'>,
): Promise<null> {
  const { mandate_since, mandate_methods, mandate_from, mandate_text_until } = account;
  const { session_max_ms, session_idle_ms } = account;
  const mandate = { mandate_since, mandate_methods, mandate_from, mandate_text_until };
  await inTransaction(ctx.db, async (tx) => {
    await setMandate(tx, account.id, { ...mandate, session_max_ms, session_idle_ms, ...change });
    await record(ctx, tx, { ...told, ...by(operator), userId: null, accountId: account.id });
  });
  return null;
}
