/**
 * Why a mail is not, or perhaps not, on its way:
 * - `bounced`: the mail server refused this recipient or this message for good (5xx); trying again is pointless;
 * - `later`: it refused for now (4xx), as greylisting does;
 * - `sender`: it takes no mail from us: the sender, relaying or a missing login;
 * - `credentials`: it refused user name and password;
 * - `unreachable`: no connection, or no greeting;
 * - `tls`: no encrypted connection, or a certificate that proves nothing;
 * - `unknown`: broken off on the way; whether it took the message nobody can say.
 */
export type MailFaultKind =
  | 'bounced'
  | 'later'
  | 'sender'
  | 'credentials'
  | 'unreachable'
  | 'tls'
  | 'unknown';

/**
 * The only error that a mail server's answer, or the lack of one, may cause. It may be logged: it holds no
 * password, no address and no code. It has no cause, since Nodemailer's own errors name the recipient.
 */
export class MailFault extends Error {
  readonly kind: MailFaultKind;
  /** Reply code and enhanced status code (RFC 3463), such as `550 5.1.1`, or a code of the network; may be empty. */
  readonly status: string;
  /** What the server said, without anything that could be an address, a link or a code. */
  readonly said: string;

  constructor(kind: MailFaultKind, status: string, said = '') {
    super(status === '' ? MEANS[kind] : `${MEANS[kind]} (${status})`);
    this.name = NAMES[kind];
    this.kind = kind;
    this.status = status;
    this.said = said;
  }
}

const MEANS: Readonly<Record<MailFaultKind, string>> = {
  bounced: 'the mail server refuses this recipient or message for good',
  later: 'the mail server refuses for now',
  sender: 'the mail server takes no mail from this sender',
  credentials: 'the mail server refuses the user name or password in SMTP_URL',
  unreachable: 'the mail server cannot be reached',
  tls: 'no encrypted connection to the mail server that can be trusted',
  unknown: 'the connection broke off: whether the mail server took the message is unknown',
};

/** What the outbox keeps of it. */
const NAMES: Readonly<Record<MailFaultKind, string>> = {
  bounced: 'MailBounced',
  later: 'MailLater',
  sender: 'MailSenderRefused',
  credentials: 'MailCredentials',
  unreachable: 'MailUnreachable',
  tls: 'MailTls',
  unknown: 'MailUnknown',
};

/** What Nodemailer's errors carry; none of it is promised. */
interface Raw {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly command?: unknown;
  readonly response?: unknown;
  readonly timeoutType?: unknown;
}

/** Reads an error of Nodemailer. */
export function mailFaultOf(error: unknown): MailFault {
  if (error instanceof MailFault) return error;
  const raw: Raw = typeof error === 'object' && error !== null ? error : {};
  const code = word(raw.code);
  const cause = word(raw.originalCode);
  if (typeof raw.response === 'string') return answered(raw.response, code, word(raw.command));
  if (code === 'EAUTH' || code === 'ENOAUTH') return new MailFault('credentials', '');
  if (code === 'ETLS' || CERTIFICATE.test(cause)) return new MailFault('tls', cause);
  // Refused before it was handed over: an address that no mail can be written to.
  if (code === 'EENVELOPE') return new MailFault('bounced', '');
  const waited = word(raw.timeoutType);
  if (code === 'EDNS' || NO_CONNECTION.has(cause) || waited === 'CONNECT_TIMEOUT') {
    return new MailFault('unreachable', cause || code);
  }
  if (waited === 'GREETING_TIMEOUT' || waited === 'UPGRADE_TIMEOUT')
    return new MailFault('unreachable', code);
  return new MailFault('unknown', cause || code);
}

/** The server said a number: RFC 5321 §4.2.1. */
function answered(response: string, code: string, command: string): MailFault {
  const [, reply = '', enhanced = ''] = /^(\d{3})(?:[ -]+(\d\.\d{1,3}\.\d{1,3})\b)?/.exec(response) ?? [];
  const status = enhanced === '' ? reply : `${reply} ${enhanced}`;
  const fault = (kind: MailFaultKind) => new MailFault(kind, status, scrubbed(response));
  // 503: the conversation was in disorder, which says nothing about the message.
  if (!reply.startsWith('5') || reply === '503') return fault('later');
  if (code === 'EAUTH') return fault('credentials');
  if (code === 'ETLS') return fault('tls');
  const aboutRecipient = command === 'RCPT TO' || command === 'DATA';
  // "Relay access denied" comes in answer to the recipient, but means that we are not known there (RFC 4954 §6: 530).
  if (!aboutRecipient || reply === '530' || /\brelay/i.test(response)) return fault('sender');
  return fault('bounced');
}

const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EACCES',
]);
const CERTIFICATE = /CERT|^UNABLE_TO_|^ERR_(TLS|SSL)_|^EPROTO$|^HOSTNAME_MISMATCH$|^INVALID_PURPOSE$/;

const word = (value: unknown): string =>
  typeof value === 'string' && /^[A-Za-z][A-Za-z_ -]{0,60}$/.test(value) ? value : '';

/** Filters quote what they dislike: addresses, links, and the code in the subject. None of it belongs in a log. */
function scrubbed(response: string): string {
  return response
    .replace(/[\p{C}\s]+/gu, ' ')
    .replace(/\S*@\S*|\S*:\/\/\S*|\S{25,}|\S*\d{6}\S*/g, '…')
    .trim()
    .slice(0, 200);
}
