import type { Carrier, Message } from './message.ts';

export interface InboxMessage {
  readonly id: string;
  readonly channel: 'email' | 'sms';
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly at: number;
}

let kept = 0;

/** The development inbox as a carrier: nothing leaves the house, everything can be read at `/dev/inbox`. */
export function inboxCarrier(
  channel: InboxMessage['channel'],
  keep: (message: InboxMessage) => Promise<void>,
  now: () => number,
): Carrier {
  return {
    async send(message: Message) {
      const at = now();
      kept += 1;
      // Ids sort by arrival, also within one millisecond.
      const id = `${String(at).padStart(15, '0')}-${String(kept).padStart(9, '0')}-${message.id.slice(0, 8)}`;
      await keep({ id, channel, to: message.to, subject: message.subject, text: message.text, at });
    },
  };
}
