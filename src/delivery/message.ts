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
}

/** Sends one message or throws; a resolved promise means that the next one along the way has taken it. */
export interface Carrier {
  send(message: Message): Promise<void>;
}
