import type { ReadReceipt, SmsCarrier } from '../delivery/sms/carrier.ts';
import type { CarrierStatus } from '../delivery/sms/failover.ts';
import { DEFAULT_TEXT_POLICY, type TextPolicy } from '../rules/text-messages.ts';

/** What flows know of text messages besides the outbox; made once by `start/text-carriers.ts`. */
export interface TextChannel {
  readonly policy: TextPolicy;
  /** The carriers by name, in the order they are tried. None: the development inbox, or no text messages at all. */
  readonly carriers: readonly string[];
  /** May a message be handed over to anybody just now? */
  readonly ready: () => boolean;
  /** Of this process alone; every node has breakers of its own. */
  readonly status: () => readonly CarrierStatus[];
  /** Resolves once this process has tried to send this message, or when the milliseconds are over. */
  readonly tried: (messageId: string, withinMs: number) => Promise<void>;
  /** Reads a carrier's callbacks; `null` where there is none of that name, or it sends none. */
  readonly readerOf: (carrier: string) => ReadReceipt | null;
  /** Does this carrier say what became of a message? */
  readonly tellsDelivery: (carrier: string) => boolean;
  /** Opens the carriers for a test of the operator's, who closes them; empty without `SMS_URL`. */
  readonly open: () => Promise<readonly SmsCarrier[]>;
  /** For the log: never a number, a text or a secret. */
  readonly warn: (what: Readonly<Record<string, unknown>>, words: string) => void;
}

/** Without carriers: what is sent at all goes to the development inbox. */
export function textsByInbox(over: Partial<TextChannel> = {}): TextChannel {
  return {
    policy: { ...DEFAULT_TEXT_POLICY, countries: 'all' },
    carriers: [],
    ready: () => true,
    status: () => [],
    tried: async () => {},
    readerOf: () => null,
    tellsDelivery: () => false,
    open: async () => [],
    warn: () => {},
    ...over,
  };
}
