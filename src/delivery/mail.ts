import nodemailer from 'nodemailer';
import type { Carrier, Message } from './message.ts';

/**
 * Mail over SMTP. Each message is plain text with the same words as simple HTML.
 * Codes must not be piled up in one conversation, and no holiday notice shall answer them.
 */
export function smtpCarrier(smtpUrl: string, from: string, ownUrl: string): Carrier {
  // A relay that hangs must not hold a message for minutes.
  const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };
  const transport = nodemailer.createTransport({ url: smtpUrl, ...patience }, { from });
  return {
    async send(message: Message) {
      await transport.sendMail({
        to: message.to,
        subject: message.subject,
        text: message.text,
        html: asHtml(message.text, ownUrl),
        messageId: `<${message.id}@${from.replace(/^.*@/, '').replace(/>.*$/, '')}>`,
        headers: {
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          'X-Entity-Ref-ID': message.id,
        },
      });
    },
  };
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
