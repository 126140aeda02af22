import { domainToASCII } from 'node:url';
import nodemailer from 'nodemailer';
import { mailFaultOf } from './mail-fault.ts';
import type { Carrier, Message } from './message.ts';

/** How long a server may take, in milliseconds: one that hangs must not hold a message for minutes. */
export interface Patience {
  readonly connectMs: number;
  readonly silenceMs: number;
  /** All of one message, also where a server trickles its answers: less than the outbox may claim it for. */
  readonly messageMs: number;
}
const PATIENCE: Patience = { connectMs: 10_000, silenceMs: 20_000, messageMs: 45_000 };
/** Kept open between messages: a handshake costs more than a message. Few, since relays count them. */
const POOL = { pool: true, maxConnections: 10, maxMessages: 200, idleTimeout: 15_000 } as const;
/**
 * Nodemailer moves a message to another connection when the kept one turns out to be closed, and only while not
 * a byte of it has been sent, so nothing goes out twice.
 */
const MOVES = { maxRequeues: 2 };

export interface MailCarrier extends Carrier {
  /** Where mails are handed in, without user name and password. */
  readonly server: string;
  /** Connects, encrypts and logs in, and sends nothing. @throws MailFault */
  check(): Promise<void>;
  /** Lets go of the connections. What is under way is finished first, or with `force` broken off. */
  close(p?: { readonly force: boolean }): void;
}

/**
 * Mail over SMTP. Each message is plain text with the same words as simple HTML.
 * Codes must not be piled up in one conversation, and no holiday notice shall answer them.
 */
export function smtpCarrier(
  smtpUrl: string,
  from: string,
  ownUrl: string,
  patience: Patience = PATIENCE,
): MailCarrier {
  const timeouts = {
    connectionTimeout: patience.connectMs,
    greetingTimeout: patience.connectMs,
    socketTimeout: patience.silenceMs,
  };
  const transport = nodemailer.createTransport(
    { url: smtpUrl, ...timeouts, ...POOL, ...MOVES, requireTLS: mustEncrypt(smtpUrl) },
    { from, disableFileAccess: true, disableUrlAccess: true },
  );
  const domain = domainToASCII(from.replace(/^.*@/s, '').replace(/>.*$/s, ''));
  // A kept connection that the server closes is of no interest to anybody; what happens to a message is thrown.
  transport.on('error', () => {});
  return {
    server: serverOf(smtpUrl),
    async send(message: Message) {
      const signal = AbortSignal.timeout(patience.messageMs);
      await transport
        .sendMail({ ...written(message, domain, ownUrl), signal })
        .catch((error: unknown) => Promise.reject(mailFaultOf(error)));
    },
    async check() {
      await transport.verify().catch((error: unknown) => Promise.reject(mailFaultOf(error)));
    },
    close: (p) => transport.close(p),
  };
}

function written(message: Message, domain: string, ownUrl: string) {
  return {
    // As one address: in a text, a comma would begin a second one.
    to: { name: '', address: message.to },
    subject: message.subject,
    text: message.text,
    html: asHtml(message.text, ownUrl),
    // New for each message, the same at each try: whoever gets it twice can tell.
    messageId: `<${message.id}@${domain}>`,
    headers: {
      // RFC 3834 §5: nobody's holiday notice answers.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      // Gmail piles up mails with the same subject, unless this differs.
      'X-Entity-Ref-ID': message.id,
    },
  };
}

/**
 * A password goes to another machine over TLS or not at all: whoever stands in between could otherwise hide that
 * the server can encrypt. `?requireTLS=false` in the address says that it may.
 */
export function mustEncrypt(smtpUrl: string): boolean {
  const url = new URL(smtpUrl);
  const asked = url.searchParams.get('requireTLS');
  if (asked !== null) return asked === 'true';
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url.username !== '' && !local;
}

function serverOf(smtpUrl: string): string {
  const url = new URL(smtpUrl);
  return `${url.hostname}:${url.port || (url.protocol === 'smtps:' ? 465 : 587)}`;
}

/** The text's paragraphs, escaped; addresses of our own as links, and nobody else's. */
export function asHtml(text: string, ownUrl: string): string {
  const own = escapeHtml(ownUrl);
  const paragraphs = text.split(/\n{2,}/).map((p) => {
    const lines = escapeHtml(p)
      .replace(/https?:\/\/[^\s<]+/g, (url) =>
        url.startsWith(`${own}/`) ? `<a href="${url}">${url}</a>` : url,
      )
      .replaceAll('\n', '<br>');
    return `<p>${lines}</p>`;
  });
  return `<!doctype html><html><body style="font:16px/1.5 sans-serif">${paragraphs.join('\n')}</body></html>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
