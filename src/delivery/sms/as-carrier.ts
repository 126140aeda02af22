import type { Carrier, Message } from '../message.ts';
import type { SmsSender } from './failover.ts';

/** The outbox's carrier for text messages: one sender out of several. Throws `NotSent` as the sender does. */
export function asCarrier(sender: Pick<SmsSender, 'send'>, now: () => number): Carrier {
  return {
    send: ({ id, to, text, expiresAt }: Message) =>
      sender.send({ id, to, text, expiresAt: expiresAt ?? now() + 600_000 }),
  };
}
