/** The operator's test of the carriers: whether each is there and knows us, and one message by them. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { NotSent, type NotSentKind, type Probed, type SmsCarrier } from '../delivery/sms/carrier.ts';
import { failover } from '../delivery/sms/failover.ts';
import { inGsm7 } from '../delivery/text-code.ts';
import { isRefusedLine, isServed } from '../rules/text-messages.ts';
import { type Context, id } from './context.ts';
import { describeNumber } from './phone-number.ts';

/** `detail`: the carrier's code, or the network's. */
type Refusal = { readonly result: NotSentKind; readonly detail: string };
/** What asking a carrier came to, and what its message did. */
export type Asked = { readonly result: Probed | 'not_tried' } | Refusal;
export type Tried = { readonly result: 'ok' | 'not_tried' } | Refusal;

export interface TextTest {
  readonly result: 'no_carriers' | 'bad_number' | 'not_served' | 'line' | 'record_only' | 'sent' | 'not_sent';
  readonly country?: string;
  readonly carriers?: readonly { readonly name: string; readonly reached: Asked; readonly message: Tried }[];
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

async function probe(carrier: SmsCarrier): Promise<Asked> {
  if (carrier.probe === undefined) return { result: 'not_tried' };
  try {
    return { result: await carrier.probe(AbortSignal.timeout(PROBE_MS)) };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Refusal {
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
  reached: readonly Asked[],
  tried: ReadonlyMap<string, Tried>,
): TextTest['carriers'] & {} {
  return carriers.map(({ name }, n) => ({
    name,
    reached: reached[n] ?? { result: 'not_tried' },
    message: tried.get(name) ?? { result: 'not_tried' },
  }));
}
