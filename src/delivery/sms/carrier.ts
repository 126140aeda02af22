/**
 * sms owns: handing one text message to one carrier out of several, and reading what became of it.
 * It must not know: what a text says, whose number it is, or why it is sent. Nothing here logs, and no error names
 * a number, a text or a secret.
 */
export interface SmsMessage {
  /** Stable over retries: never handed twice to one carrier. At most 100 characters. */
  readonly id: string;
  /** E.164, with the plus. */
  readonly to: string;
  readonly text: string;
  /** Unix milliseconds; where the protocol has a validity period, no carrier tries beyond it. */
  readonly expiresAt: number;
}

export interface Accepted {
  /** The carrier's name for the message, which its receipts carry. Empty where an SMPP server gave none. */
  readonly providerId: string;
  /** Segments that are paid for: as the carrier says, else counted by 3GPP TS 23.038. */
  readonly parts: number;
}

/**
 * Why a message is not, or perhaps not, on its way:
 * - `number`: this number cannot or may not be reached (invalid, landline, opted out, blocked);
 * - `country`: this carrier may not send there; another might;
 * - `throttled`: too much, or a quota is used up;
 * - `credentials`: the account is unknown, closed or may not send;
 * - `refused`: this one message was certainly refused, for a reason that we do not know;
 * - `unavailable`: certainly not accepted, because the carrier cannot be reached, or fails;
 * - `unknown`: handed over, and no answer that says whether it was accepted.
 */
export type NotSentKind =
  | 'number'
  | 'country'
  | 'throttled'
  | 'credentials'
  | 'refused'
  | 'unavailable'
  | 'unknown';

/** The only error that a carrier's answer, or the lack of one, may cause. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
  readonly kind: NotSentKind;
  /** A code of the carrier or of the network, such as `21211` or `ECONNREFUSED`; never a number, text or secret. */
  readonly detail: string;

  constructor(kind: NotSentKind, detail: string) {
    const safe = isCode(detail) ? detail : 'unreadable';
    super(`text message not sent: ${kind} (${safe})`);
    this.kind = kind;
    this.detail = safe;
  }
}

/** What may stand in errors and statuses: a short word or code, too short to hold a phone number. */
export function isCode(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9_.-]{1,80}$/.test(text) && !/\d{6}/.test(text);
}

export type Outcome = 'delivered' | 'failed' | 'on_the_way';

export interface Receipt {
  readonly providerId: string;
  readonly outcome: Outcome;
  /** The carrier's code of the failure, if it gave a readable one. */
  readonly error?: string;
}

/**
 * `bad_signature`: not proven to come from the carrier, or too old. `unreadable`: signed, but in no known form.
 * `not_a_receipt`: signed and readable, but of something else, such as a message that came in.
 */
export type ReceiptRefusal = 'bad_signature' | 'unreadable' | 'not_a_receipt';

/** A carrier's request to us, as it came. */
export interface Callback {
  /** The public address the carrier was told, query included; not what a proxy made of it. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body before any parsing: signatures are over its bytes. */
  readonly body: string;
}

/** Pure: verifies and reads one callback. `now` is in Unix milliseconds. */
export type ReadReceipt = (callback: Callback, now: number) => Receipt | ReceiptRefusal;

export type Probed = 'known' | 'reached';

export interface SmsCarrier {
  /** Unique among the carriers that are open: `twilio`, `twilio-2`. */
  readonly name: string;
  /**
   * Hands one message over. Resolves when the carrier has said that it accepts it.
   * @throws NotSent for every answer, and for none. When the signal aborts it tells at once whether the message had
   * been handed over (`unknown`) or not (`unavailable`).
   * @throws RangeError for a bug of ours (a text the carrier cannot take), before anything is sent.
   */
  send(message: SmsMessage, signal: AbortSignal): Promise<Accepted>;
  /** A reader of callbacks; `pushed`: they come to `onReceipt` by themselves; `none`: this carrier tells nothing. */
  readonly receipts: ReadReceipt | 'pushed' | 'none';
  /** Asks the carrier without sending anything: whether it knows us, or only that it is there. @throws NotSent */
  probe?(signal: AbortSignal): Promise<Probed>;
  /** Lets go of connections. What was handed over and not answered ends as `unknown`. Never throws. */
  close(): Promise<void>;
}

/** What every carrier is handed when it is opened. */
export interface CarrierParts {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Where the carrier of this name shall send its receipts. Without it, carriers that need telling send none. */
  readonly receiptUrl?: (carrier: string) => string;
  /** For carriers whose receipts are `pushed`. Must not throw; if it does, the receipt is lost and nothing else. */
  readonly onReceipt?: (carrier: string, receipt: Receipt) => void;
}

/** Whole seconds a message has left, within what the protocol takes. */
export function secondsLeft(message: SmsMessage, now: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.ceil((message.expiresAt - now) / 1000)));
}
