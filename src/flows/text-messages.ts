import { addressHmac } from '../credentials/one-time-code.ts';
import {
  givenBack,
  judgeText,
  LIMIT_NAMES,
  type LimitName,
  priceOf,
  TEXT_LIMITS,
  type TextPolicy,
  type TextVerdict,
} from '../rules/text-messages.ts';
import { toldOfOutcome, toldOfRefusal } from '../rules/text-messages-told.ts';
import { neighboursOf, runLength, SIGNAL_WINDOW_MS } from '../rules/text-signals.ts';
import { type Counter, FRESH_COUNTER } from '../rules/throttle.ts';
import { dropUnused, holdCounters, keepCounters } from '../store/counters.ts';
import { type Db, inTransaction, type Tx } from '../store/database.ts';
import { holdChallengeOf, noteUnsent } from '../store/logins.ts';
import {
  addRefusedText,
  findTextMessage,
  insertTextMessage,
  noteTextVerified,
  type Signal,
  seenOfPrefix,
  settleTextMessage,
  type TextMessageRow,
  unansweredOf,
} from '../store/text-messages.ts';
import { raiseAlert } from './alerts.ts';
import type { Context } from './context.ts';
import type { TextOutcome } from './outbox.ts';
import { describeNumber } from './phone-number.ts';
import { policyOf, textCounterKey } from './text-caps.ts';
import { noteCarriers } from './text-messages-seen.ts';
import { networkKey } from './throttle-password.ts';

/** D4: for whom a text message is wanted, from the server's records. */
export interface TextAsk {
  /** Its id from here on: in the outbox, at the carrier, in the table. */
  readonly id: string;
  /** E.164. */
  readonly to: string;
  readonly userId: string;
  readonly accountId: string | null;
  /** Where the login began. */
  readonly network: string;
  readonly purpose: 'code' | 'enroll';
}

/** `limit`: a limit of ours. `failed`: it could not go, whatever the person does. */
export type TextAnswer = 'go' | 'limit' | 'failed';

/**
 * Asks whether a text message may go, counts it and records it, in the transaction that would post it (S15: counted
 * when posted, not when it arrives). Two requests at once are judged one after the other.
 *
 * Whoever writes about text messages takes hold in this order, so that nobody waits in a circle: the login, its
 * challenge, counters, the message's own row, then what tells of it.
 */
export async function askForText(ctx: Context, tx: Tx, ask: TextAsk): Promise<TextAnswer> {
  const policy = await policyOf(ctx, tx, ask.accountId);
  const { country, line } = describeNumber(ask.to);
  const row = rowOf(ctx, policy, ask, country);
  if (!ctx.texts.ready()) {
    // It would be handed over to nobody, so it counts against nobody's limits: the person is told at once.
    await addRefusedText(tx, { ...row, state: 'failed', reason: 'no_carrier', settled_at: row.at });
    await raiseAlert(ctx, tx, { what: 'no_carrier' });
    return 'failed';
  }
  const keys = keysOf(policy.mode, row, ask.network);
  const held = await holdCounters(tx, [...keys.values()]);
  const signal = signalOf(ctx, policy, ask);
  const verdict = judgeText(
    policy,
    {
      purpose: ask.purpose,
      country,
      line,
      counts: new Map([...keys].map(([name, key]) => [name, held.get(key) ?? FRESH_COUNTER])),
      prefix: await seenOfPrefix(tx, row.prefix_hmac, signal),
      run: await runBeside(ctx, tx, ask.to, signal),
    },
    row.at,
  );
  await keepCounters(
    tx,
    new Map([...verdict.next].map(([name, counter]) => [keys.get(name) ?? '', counter])),
  );
  await noteAsk(tx, row, verdict, [...keys.values()]);
  await alertOf(ctx, tx, row, verdict);
  return verdict.send ? 'go' : toldOfRefusal(policy, verdict);
}

function rowOf(ctx: Context, policy: TextPolicy, ask: TextAsk, country: string): TextMessageRow {
  return {
    id: ask.id,
    at: ctx.now(),
    asks: 1,
    account_id: ask.accountId,
    user_id: ask.userId,
    purpose: ask.purpose,
    country,
    prefix_hmac: prefixHmac(ctx, ask.to),
    number_hmac: numberHmac(ctx, ask.to),
    price: priceOf(policy, country),
    state: 'queued',
    reason: null,
    carrier: null,
    provider_id: null,
    parts: null,
    settled_at: null,
    receipt_at: null,
    verified_at: null,
  };
}

/** What counted has a row of its own, also where it is only recorded: signals look at it. */
async function noteAsk(tx: Tx, row: TextMessageRow, verdict: TextVerdict, keys: string[]): Promise<void> {
  if (verdict.send) return insertTextMessage(tx, row);
  const blocked: TextMessageRow = { ...row, state: 'blocked', reason: verdict.reason };
  if (verdict.reason === 'record_only') return insertTextMessage(tx, blocked);
  await dropUnused(tx, keys);
  await addRefusedText(tx, blocked);
}

async function alertOf(ctx: Context, tx: Tx, row: TextMessageRow, verdict: TextVerdict): Promise<void> {
  for (const crossing of verdict.crossings) {
    const accountId = TEXT_LIMITS[crossing.limit].of === 'account' ? row.account_id : null;
    await raiseAlert(ctx, tx, { what: 'cap', crossing, accountId });
  }
  if (verdict.send) return;
  if (verdict.reason === 'prefix/hour') await raiseAlert(ctx, tx, { what: 'prefix', country: row.country });
  if (verdict.reason === 'run') await raiseAlert(ctx, tx, { what: 'run', country: row.country });
}

/** S13: by their one spelling, and never to be read again from the table. */
const numberHmac = (ctx: Context, e164: string) => addressHmac(ctx.keys, 'texts', e164);
const prefixHmac = (ctx: Context, e164: string) => addressHmac(ctx.keys, 'texts-prefix', e164.slice(0, -4));

/**
 * The counter of each limit that applies to this message. T30: set-ups count a number and its neighbourhood apart.
 * Anybody can begin one with anybody's number, and must not use up the messages of the person who has proven it.
 */
function keysOf(mode: TextPolicy['mode'], row: TextMessageRow, network: string): Map<LimitName, string> {
  const apart = row.purpose === 'enroll' ? 'enroll:' : '';
  const whose = {
    person: row.user_id,
    number: apart + row.number_hmac,
    prefix: apart + row.prefix_hmac,
    network: networkKey(network),
    account: row.account_id,
    instance: 'all',
  };
  return new Map(
    LIMIT_NAMES.flatMap((name): [LimitName, string][] => {
      const who = whose[TEXT_LIMITS[name].of];
      return who === null || who === '' ? [] : [[name, textCounterKey(mode, name, who)]];
    }),
  );
}

/** While nothing is sent, what was only recorded stands for it. */
const signalOf = (ctx: Context, policy: TextPolicy, { purpose }: TextAsk): Signal => ({
  purpose,
  since: ctx.now() - SIGNAL_WINDOW_MS,
  recorded: policy.mode === 'record-only',
});

/** Numbers side by side, asked for within an hour and not answered. */
async function runBeside(ctx: Context, db: Db, to: string, signal: Signal): Promise<number> {
  const { below, above } = neighboursOf(to, ctx.texts.policy);
  const hmacs = new Map([...below, ...above].map((number) => [number, numberHmac(ctx, number)]));
  const unanswered = await unansweredOf(db, [...hmacs.values()], signal);
  const asked = (number: string) => unanswered.has(hmacs.get(number) ?? '');
  return runLength({ below: below.map(asked), above: above.map(asked) });
}

/** Its code was used: noted once, and the places it took with the person, number and network are free again. */
export async function noteTextUsed(ctx: Context, tx: Tx, messageId: string, network: string): Promise<void> {
  const row = await findTextMessage(tx, messageId);
  if (row === null) return;
  const keys = [...keysOf(ctx.texts.policy.mode, row, network)].filter(
    ([name]) => TEXT_LIMITS[name].givenBack,
  );
  // Held before the message's row, as by whoever asks.
  const held = await holdCounters(
    tx,
    keys.map(([, key]) => key),
  );
  if (!(await noteTextVerified(tx, messageId, ctx.now()))) return;
  const back = keys.flatMap(([name, key]): [string, Counter][] => {
    const counter = givenBack(name, held.get(key) ?? FRESH_COUNTER, row.at);
    return counter === null ? [] : [[key, counter]];
  });
  await keepCounters(tx, new Map(back));
}

/** Notes the outcome, and in the challenge that its code did not go, so that the page says so. */
export async function settleText(ctx: Context, messageId: string, outcome: TextOutcome): Promise<void> {
  const sent = outcome.state === 'sent';
  await inTransaction(ctx.db, async (tx) => {
    // Whoever types the code meanwhile holds the challenge first, too.
    await holdChallengeOf(tx, messageId);
    const settled = await settleTextMessage(tx, messageId, {
      state: outcome.state,
      reason: sent ? null : outcome.reason,
      carrier: sent ? outcome.carrier : null,
      provider_id: sent && outcome.providerId !== '' ? outcome.providerId : null,
      parts: sent ? outcome.parts : null,
      settled_at: ctx.now(),
    });
    const told = toldOfOutcome(outcome);
    if (settled && told !== null) await noteUnsent(tx, messageId, told);
  });
  if (sent) return;
  ctx.texts.warn({ message: messageId, ...outcome }, 'a text message was not sent');
  await noteCarriers(ctx);
}
