import type { Mandate, Method, Plan } from '../rules/facts.ts';
import {
  cappedSessionLength,
  judgeMandate,
  judgePlanChange,
  judgeSessionLength,
  type MandateVerdict,
  mandateAt,
  orderedMethods,
  textUntilAfter,
} from '../rules/mandate.ts';
import {
  type AccountRow,
  accountFacts,
  lockPeopleInSeveralAccounts,
  setMandate,
  setPlan,
  usersToSettle,
} from '../store/accounts.ts';
import type { Tx } from '../store/database.ts';
import { withdrawRequestsOfAccount } from '../store/pass-requests.ts';
import { endPassesOfAccount } from '../store/passes.ts';
import { lockUser } from '../store/users.ts';
import { act, judge, type Refusal } from './act.ts';
import type { SignedIn } from './admit.ts';
import { type AuditEntry, record } from './audit.ts';
import type { Context, Visitor } from './context.ts';
import { recordPassesEnded } from './pass-events.ts';
import { settleAuthenticators } from './trust.ts';

type By = Pick<AuditEntry, 'by' | 'actorId' | 'visitor'>;

export interface MandateChange {
  readonly on: boolean;
  readonly methods: readonly Method[];
  readonly from: Mandate['from'];
}

export type MandateResult =
  | { readonly result: 'done' | 'unchanged' }
  | { readonly result: Exclude<MandateVerdict, 'ok'> }
  | Refusal;

/** M1, M3: why an account cannot mandate these methods, if it cannot; for pages that say so before anything is done. */
export function mandateFault(
  ctx: Context,
  account: { readonly plan: Plan; readonly mandate: Mandate | null },
  methods: readonly Method[],
): Exclude<MandateVerdict, 'ok'> | null {
  const textEnds = textUntilAfter(account.mandate, methods, ctx.now()) !== null;
  const verdict = judgeMandate(account.plan, methods, ctx.settings.textMessages, textEnds);
  return verdict === 'ok' ? null : verdict;
}

/**
 * M1: owners and admins switch the mandate, with fresh 2FA of their own: who has none is led through set-up
 * first, so that nobody locks out the account with themselves.
 */
export async function changeMandate(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: MandateChange & { slug: string },
): Promise<MandateResult> {
  // What cannot be switched on leads nobody through a set-up (M5).
  const seen = await judge(ctx, ctx.db, session, { deed: 'view_account', slug: given.slug, targetId: null });
  if ('result' in seen) return seen;
  const { plan } = seen.account;
  const { mandate } = seen.actor.account;
  const fault = given.on ? mandateFault(ctx, { plan, mandate }, given.methods) : null;
  if (fault !== null) return { result: fault };
  const wanted = { deed: 'set_mandate', slug: given.slug, targetId: null, twoFactor: given.on } as const;
  return act(ctx, session, wanted, async (tx, { account }) =>
    applyMandate(ctx, tx, account, given, { actorId: session.user.id, visitor }),
  );
}

/**
 * The change itself, also for the operator. `since` is written only when a mandate goes on: were it moved by
 * a later change, sessions that met nothing would count as begun before it (T2). For the same reason a
 * mandate that took effect at once cannot become one "from the next login".
 */
export async function applyMandate(
  ctx: Context,
  tx: Tx,
  account: AccountRow,
  change: MandateChange,
  by: By,
): Promise<{ result: 'done' | 'unchanged' } | { result: Exclude<MandateVerdict, 'ok'> }> {
  if (!change.on) return switchOff(ctx, tx, account, by);
  const before = mandateAt(accountFacts(account).mandate, ctx.now());
  const fault = mandateFault(ctx, { plan: account.plan, mandate: before }, change.methods);
  if (fault !== null) return { result: fault };
  const wasOn = before !== null;
  const from = wasOn && account.mandate_from === 'now' ? 'now' : change.from;
  const methods = orderedMethods(change.methods).join(',');
  if (wasOn && methods === before.methods.join(',') && from === account.mandate_from) {
    return { result: 'unchanged' };
  }
  const length = cappedSessionLength({ maxMs: account.session_max_ms, idleMs: account.session_idle_ms });
  await setMandate(tx, account.id, {
    mandate_since: account.mandate_since ?? ctx.now(),
    mandate_methods: methods,
    mandate_from: from,
    mandate_text_until: textUntilAfter(before, change.methods, ctx.now()),
    session_max_ms: length.maxMs,
    session_idle_ms: length.idleMs,
  });
  await settleAll(ctx, tx, account.id);
  await record(ctx, tx, {
    kind: wasOn ? 'mandate.changed' : 'mandate.switched_on',
    ...by,
    userId: null,
    accountId: account.id,
    data: { methods, from },
  });
  return { result: 'done' };
}

/** M4: off ends this account's requests and passes; `forgotten` stays. */
async function switchOff(
  ctx: Context,
  tx: Tx,
  account: AccountRow,
  by: By,
): Promise<{ result: 'done' | 'unchanged' }> {
  const before = mandateAt(accountFacts(account).mandate, ctx.now());
  if (before === null) return { result: 'unchanged' };
  await setMandate(tx, account.id, {
    mandate_since: null,
    // Text messages that have ended do not come back by switching off and on.
    mandate_methods: before.methods.join(','),
    mandate_from: account.mandate_from,
    mandate_text_until: null,
    session_max_ms: account.session_max_ms,
    session_idle_ms: account.session_idle_ms,
  });
  await withdrawRequestsOfAccount(tx, account.id, ctx.now());
  const ended = await endPassesOfAccount(tx, account.id, ctx.now());
  await recordPassesEnded(ctx, tx, ended, 'mandate_off', by);
  await settleAll(ctx, tx, account.id);
  await record(ctx, tx, { kind: 'mandate.switched_off', ...by, userId: null, accountId: account.id });
  return { result: 'done' };
}

/** M4: authenticators sleep and wake with their people's mandates. */
async function settleAll(ctx: Context, tx: Tx, accountId: string): Promise<void> {
  await lockPeopleInSeveralAccounts(tx, accountId);
  for (const userId of await usersToSettle(tx, accountId)) {
    await lockUser(tx, userId);
    await settleAuthenticators(ctx, tx, userId);
  }
}

export type SessionLengthResult =
  | { readonly result: 'done' }
  | { readonly result: Exclude<ReturnType<typeof judgeSessionLength>, 'ok'> }
  | Refusal;

/** S2: how long sessions may be used for this account, and how long lie idle, in milliseconds. */
export async function changeSessionLength(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { slug: string; maxMs: number; idleMs: number },
): Promise<SessionLengthResult> {
  const wanted = { deed: 'set_session_length', slug: given.slug, targetId: null } as const;
  return act(ctx, session, wanted, async (tx, { account }): Promise<SessionLengthResult> => {
    const verdict = judgeSessionLength(given, account.mandate_since !== null);
    if (verdict !== 'ok') return { result: verdict };
    await setMandate(tx, account.id, {
      mandate_since: account.mandate_since,
      mandate_methods: account.mandate_methods,
      mandate_from: account.mandate_from,
      mandate_text_until: account.mandate_text_until,
      session_max_ms: given.maxMs,
      session_idle_ms: given.idleMs,
    });
    await record(ctx, tx, {
      kind: 'session_length.changed',
      actorId: session.user.id,
      userId: null,
      accountId: account.id,
      visitor,
      data: { maxMs: given.maxMs, idleMs: given.idleMs },
    });
    return { result: 'done' };
  });
}

/** The operator's: M1, to `standard` while a mandate is on only when forced, which switches it off. */
export async function changePlan(
  ctx: Context,
  tx: Tx,
  account: AccountRow,
  plan: AccountRow['plan'],
  forced: boolean,
  by: By,
): Promise<'done' | 'unchanged' | 'mandate_on'> {
  if (account.plan === plan) return 'unchanged';
  const verdict = judgePlanChange(plan, account.mandate_since !== null, forced);
  if (verdict !== 'ok') return verdict;
  if (plan === 'standard') await switchOff(ctx, tx, account, by);
  await setPlan(tx, account.id, plan);
  await record(ctx, tx, {
    kind: 'account.plan_changed',
    ...by,
    userId: null,
    accountId: account.id,
    data: { plan },
  });
  return 'done';
}
