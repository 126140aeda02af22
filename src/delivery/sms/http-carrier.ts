/** What carriers that are reached by HTTP have in common: one request a message, and the answer that decides. */
import {
  type Accepted,
  NotSent,
  type NotSentKind,
  type Probed,
  type SmsCarrier,
  type SmsMessage,
} from './carrier.ts';
import { sizeText } from './gsm7.ts';
import { type Answer, type Exchange, exchange, kindOfStatus } from './http-exchange.ts';

/** What differs from one such carrier to the next. */
export interface HttpProtocol extends Pick<SmsCarrier, 'name' | 'receipts'> {
  /** The request that hands a message over. */
  submit(message: SmsMessage): Exchange | Promise<Exchange>;
  /** Reads the answer to it. @throws NotSent */
  readAnswer(answer: Answer, message: SmsMessage): Accepted;
  /** A request that sends nothing. */
  ask(): Exchange | Promise<Exchange>;
  /** What follows from its answer. @throws NotSent if the answer says that we are unknown, or may not send. */
  checkAnswer(answer: Answer): Probed;
}

/** A carrier by such a protocol. Signals, errors and times as `SmsCarrier` says. `connectMs` as `HttpOptions` says. */
export function overHttp(protocol: HttpProtocol, connectMs?: number): SmsCarrier {
  return {
    name: protocol.name,
    receipts: protocol.receipts,
    async send(message, signal) {
      const ask = await protocol.submit(message);
      return protocol.readAnswer(await exchange(ask, signal, connectMs), message);
    },
    async probe(signal) {
      return protocol.checkAnswer(await exchange(await protocol.ask(), signal, connectMs));
    },
    close: async () => {},
  };
}

/** The refusal that a carrier's own code amounts to by its table; what is not in it goes by the status. */
export function refusalByCode(
  kinds: Readonly<Record<string, NotSentKind>>,
  code: string,
  status: number,
): NotSent {
  const known = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
  return new NotSent(known ?? kindOfStatus(status), code);
}

/** Segments as the carrier counted them; where it says no whole number above zero, as we do. */
export function partsOf(told: unknown, message: SmsMessage): number {
  const counted = Number(told ?? 0);
  return Number.isInteger(counted) && counted > 0 ? counted : sizeText(message.text).segments;
}
