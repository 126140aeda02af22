import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { NotSent, type NotSentKind, type SmsCarrier } from '../delivery/sms/carrier.ts';
import { failover } from '../delivery/sms/failover.ts';
import { inGsm7 } from '../delivery/text-code.ts';
import { isRefusedLine, isServed, MONEY_UNIT, TEXT_LIMITS, type TextPolicy } from '../rules/text-messages.ts';
import { findAccount } from '../store/accounts.ts';
import { eventsOfKind } from '../store/audit.ts';
import { readCounters } from '../store/counters.ts';
import { type CarrierDay, carriersSince, refusalsSince } from '../store/text-message-counts.ts';
import { type Context, id } from './context.ts';
import { describeNumber } from './phone-number.ts';
import { textCounterKey } from './text-messages.ts';
import { type CarriersSeen, carriersSeen } from './text-messages-seen.ts';
import { type TextMessagesView, viewTextMessages } from './view-text-messages.ts';

const DAY_MS = 24 * 3_600_000;
const STATUS_DAYS = 7;

export interface TextStatus extends TextMessagesView {
  readonly mode: TextPolicy['mode'];
  readonly countries: readonly string[] | 'all';
  /** As configured where the command runs, in the order they are tried. */
  readonly configured: readonly string[];
  readonly seen: CarriersSeen | null;
  /** In the last 24 hours. */
  readonly carriers: readonly CarrierDay[];
  readonly refusals: readonly { readonly reason: string; readonly count: number; readonly lastAt: number }[];
  /** Of the whole service, in the window that runs now; money in the currency of the prices. */
  readonly used: readonly { readonly limit: string; readonly used: number; readonly most: number }[];
  readonly alerts: readonly {
    readonly at: number;
    readonly account: string | null;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
}

/** What an operator wants to know of text messages, over all nodes. */
export async function textStatus(ctx: Context): Promise<TextStatus> {
  const { policy, carriers } = ctx.texts;
  const now = ctx.now();
  const events = await eventsOfKind(ctx.db, 'sms.alert', now - STATUS_DAYS * DAY_MS, 50);
  return {
    ...(await viewTextMessages(ctx, null, STATUS_DAYS)),
    mode: policy.mode,
    countries: policy.countries === 'all' ? 'all' : [...policy.countries],
    configured: carriers,
    seen: await carriersSeen(ctx),
    carriers: await carriersSince(ctx.db, now - DAY_MS),
    refusals: await refusalsSince(ctx.db, now - DAY_MS),
    used: await usedToday(ctx),
    alerts: await Promise.all(
      events.map(async ({ at, account_id: accountId, data }) => ({
        at,
        account: accountId === null ? null : ((await findAccount(ctx.db, accountId))?.slug ?? 'deleted'),
        data: JSON.parse(data),
      })),
    ),
  };
}

async function usedToday(ctx: Context): Promise<TextStatus['used']> {
  const names = ['instance/day', 'instance/spend'] as const;
  const counters = await readCounters(
    ctx.db,
    names.map((name) => textCounterKey(name, 'all')),
  );
  return names.map((name) => {
    const counter = counters.get(textCounterKey(name, 'all'));
    const used = counter === undefined || ctx.now() >= counter.waitUntil ? 0 : counter.wrong;
    const unit = TEXT_LIMITS[name].unit === 'money' ? MONEY_UNIT : 1;
    return { limit: name, used: used / unit, most: ctx.texts.policy.limits[name] / unit };
  });
}

/** What a carrier's probe or message came to. `detail`: the carrier's code, or the network's. */
export type Tried =
  | { readonly result: 'ok' }
  | { readonly result: 'not_tried' }
  | { readonly result: NotSentKind; readonly detail: string };

export interface TextTest {
  readonly result: 'no_carriers' | 'bad_number' | 'not_served' | 'line' | 'record_only' | 'sent' | 'not_sent';
  readonly country?: string;
  readonly carriers?: readonly { readonly name: string; readonly reached: Tried; readonly message: Tried }[];
}

const PROBE_MS = 5_000;

/**
 * Opens the carriers, asks each whether it knows us, and sends one test text as a code would go. It counts in no limit
 * and stands in no table: whoever has a shell on the host may send.
 */
export async function testTexts(ctx: Context, typed: string): Promise<TextTest> {
  const number = parsePhoneNumberFromString(typed.normalize('NFKC').trim());
  const carriers = await ctx.texts.open();
  try {
    if (carriers.length === 0) return { result: 'no_carriers' };
    if (number === undefined || !number.isValid()) return { result: 'bad_number' };
    const { country, line } = describeNumber(number.number);
    if (!isServed(ctx.texts.policy, country)) return { result: 'not_served', country };
    if (isRefusedLine(line)) return { result: 'line', country };
    const reached = await Promise.all(carriers.map(probe));
    if (ctx.texts.policy.mode === 'record-only') {
      return { result: 'record_only', country, carriers: report(carriers, reached, new Map()) };
    }
    const { sent, tried } = await sendTest(ctx, carriers, number.number);
    return { result: sent ? 'sent' : 'not_sent', country, carriers: report(carriers, reached, tried) };
  } finally {
    await Promise.all(carriers.map((carrier) => carrier.close()));
  }
}

async function probe(carrier: SmsCarrier): Promise<Tried> {
  if (carrier.probe === undefined) return { result: 'not_tried' };
  try {
    await carrier.probe(AbortSignal.timeout(PROBE_MS));
    return { result: 'ok' };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Tried {
  if (!(error instanceof NotSent)) throw error;
  return { result: error.kind, detail: error.detail };
}

/** Each carrier's own answer is caught on its way to the failover, which tells only the last. */
async function sendTest(
  ctx: Context,
  carriers: readonly SmsCarrier[],
  to: string,
): Promise<{ sent: boolean; tried: ReadonlyMap<string, Tried> }> {
  const tried = new Map<string, Tried>();
  const listening = carriers.map(
    (carrier): SmsCarrier => ({
      ...carrier,
      async send(message, signal) {
        try {
          const accepted = await carrier.send(message, signal);
          tried.set(carrier.name, { result: 'ok' });
          return accepted;
        } catch (error) {
          tried.set(carrier.name, refusalOf(error));
          throw error;
        }
      },
    }),
  );
  const name = inGsm7(ctx.settings.product) || 'Sallyport';
  const text = `${name}: this is a test message. Nothing is to be done.`;
  const message = { id: id(ctx), to, text, expiresAt: ctx.now() + 600_000 };
  try {
    await failover(listening, { now: ctx.now }).send(message);
    return { sent: true, tried };
  } catch (error) {
    if (!(error instanceof NotSent)) throw error;
    return { sent: false, tried };
  }
}

function report(
  carriers: readonly SmsCarrier[],
  reached: readonly Tried[],
  tried: ReadonlyMap<string, Tried>,
): TextTest['carriers'] & {} {
  return carriers.map(({ name }, n) => ({
    name,
    reached: reached[n] ?? { result: 'not_tried' },
    message: tried.get(name) ?? { result: 'not_tried' },
  }));
}
