/** The person's mailbox and phone: reads the development inbox of a running server. */
import { setTimeout as sleep } from 'node:timers/promises';

export type Channel = 'sms' | 'email';

export interface Message {
  channel: Channel;
  to: string;
  subject: string;
  text: string;
  /** Unix milliseconds, by the server's clock. */
  at: number;
}

/** A message as found: how many had come to that address by then tells two alike apart when the clock stands still. */
export interface ReceivedMessage extends Message {
  ordinal: number;
}

export interface Recipient {
  /** E-mail address in any case, or phone number with or without spaces. */
  to: string;
  channel?: Channel;
}

export interface Inbox {
  /** The newest message as of now, without waiting. */
  latest(recipient: Recipient): Promise<ReceivedMessage | undefined>;
  /**
   * The newest message, as soon as there is one; with `after`, as soon as there is one newer than that. Messages
   * leave just after the answer that announces them, so it asks again for up to two seconds, then throws.
   */
  waitFor(recipient: Recipient & After): Promise<ReceivedMessage>;
  /** The six-digit code of the newest message, as soon as the newest message has one. */
  code(to: string, after?: ReceivedMessage): Promise<string>;
  /** The first link of the newest message, as soon as the newest message has one. */
  link(to: string, after?: ReceivedMessage): Promise<string>;
}

export interface After {
  after?: ReceivedMessage | undefined;
}

const PATIENCE_MS = 2_000;
const PAUSE_MS = 20;

export function createInbox(origin: string): Inbox {
  const latest = async ({ to, channel }: Recipient): Promise<ReceivedMessage | undefined> => {
    const mine = (await readInbox(origin)).filter(
      (message) => sameAddress(message.to, to) && (channel === undefined || message.channel === channel),
    );
    return mine[0] && { ...mine[0], ordinal: mine.length };
  };

  /** Asks until the newest message holds what is sought. */
  const seek = async <T>(
    recipient: Recipient & After,
    what: string,
    find: (message: ReceivedMessage) => T | undefined,
  ): Promise<T> => {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const newest = await latest(recipient);
      const found = newest && isNewer(newest, recipient.after) ? find(newest) : undefined;
      if (found !== undefined) return found;
      if (performance.now() > until) throw new Error(`No ${what} came to ${recipient.to}; ${tell(newest)}`);
      await sleep(PAUSE_MS);
    }
  };

  return {
    latest,
    waitFor: (recipient) => seek(recipient, 'message', (message) => message),
    code: (to, after) => seek({ to, after }, 'code', ({ text }) => codeIn(text)),
    link: (to, after) => seek({ to, after }, 'link', ({ text }) => linkIn(text)),
  };
}

async function readInbox(origin: string): Promise<Message[]> {
  const response = await fetch(new URL('/dev/inbox.json', origin));
  if (!response.ok) throw new Error(`The development inbox answered ${response.status}`);
  return (await response.json()) as Message[];
}

/** The inbox may keep only the last so many, so that the count stands still: then the content decides. */
function isNewer(message: ReceivedMessage, than: ReceivedMessage | undefined): boolean {
  if (than === undefined || message.ordinal > than.ordinal) return true;
  return message.at !== than.at || message.subject !== than.subject || message.text !== than.text;
}

/** Six digits that stand alone, and in no link. */
function codeIn(text: string): string | undefined {
  return /(?<![\w+-])\d{6}(?![\w-])/.exec(text.replaceAll(LINK, ''))?.[0];
}

function linkIn(text: string): string | undefined {
  return text.match(LINK)?.[0];
}

/** An address up to the first space, without the full stop of the sentence that it ends. */
const LINK = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)]/g;

function sameAddress(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(address: string): string {
  return address.includes('@') ? address.trim().toLowerCase() : address.replaceAll(/[^+\d]/g, '');
}

function tell(newest: Message | undefined): string {
  return newest
    ? `the newest message is "${newest.subject}": ${newest.text}`
    : 'the inbox holds nothing for it';
}
