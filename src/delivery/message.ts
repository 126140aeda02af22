/**
 * delivery owns: getting a finished message out of the house, by mail or by text message.
 * It must not know: why a message is sent, to which user, or what a code means. It imports nothing of ours.
 */
export interface Message {
  /** Stable over retries; carriers use it as their idempotency key. */
  readonly id: string;
  readonly to: string;
  /** Empty for text messages. */
  readonly subject: string;
  readonly text: string;
  /** Unix milliseconds; after that nobody wants it any more. */
  readonly expiresAt?: number;
}

/** Who took a text message, for the receipts to come. */
export interface Taken {
  readonly carrier: string;
  /** The carrier's name for it; may be empty. */
  readonly providerId: string;
  readonly parts: number;
}

/** Sends one message or throws; a resolved promise means that the next one along the way has taken it. */
export interface Carrier {
  // biome-ignore lint/suspicious/noConfusingVoidType: a carrier of mails, or the inbox, has nothing to say
  send(message: Message): Promise<Taken | void>;
}
