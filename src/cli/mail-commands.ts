import { type Bounce, type MailTest, reportBounce, testMail } from '../flows/mail.ts';
import { BadUsage, done, fault, NO_USER, never, type OperatorCommand, type Said, word } from './command.ts';
import { date, onOneLine } from './print.ts';

/** RFC 3463 §2: class, subject and detail. */
const STATUS = /^[245]\.\d{1,3}\.\d{1,3}$/;

export const MAIL_COMMANDS: Readonly<Record<string, OperatorCommand>> = {
  'mail test': {
    usage: 'mail test ADDRESS',
    about: 'sends one test mail by SMTP_URL, now, and says what the mail server made of it',
    example: 'sallyport mail test you@example.com',
    words: ['ADDRESS'],
    async run(ctx, _operator, given) {
      const address = word(given, 0);
      return sayTest(await testMail(ctx, address), address);
    },
  },
  'mail bounced': {
    usage: 'mail bounced EMAIL [--at TIME] [--status 5.1.1]',
    about: 'records that a mail to a user came back later; for a script at your mail relay',
    example: 'sallyport mail bounced nina@meridian.example --at 2026-11-24T10:00:00Z --status 5.1.1',
    words: ['EMAIL'],
    options: { at: { type: 'string' }, status: { type: 'string' } },
    async run(ctx, operator, given) {
      const email = word(given, 0);
      const { status = '' } = given.options;
      if (typeof status !== 'string' || (status !== '' && !STATUS.test(status))) {
        throw new BadUsage(`--status is "${status}". Write a status of RFC 3463, such as 5.1.1.`);
      }
      const at = readTime(given.options.at);
      const result = await reportBounce(ctx, operator, { email, at, status });
      switch (result) {
        case 'done':
          return done(`Recorded that a mail to ${email} came back. See: sallyport user show ${email}`);
        case 'no_user':
          return fault(result, NO_USER);
        case 'in_future':
          return fault(result, 'That time has not come yet. Nothing was recorded.');
        default:
          return never(result);
      }
    },
  },
};

function readTime(text: string | boolean | undefined): number | null {
  if (typeof text !== 'string') return null;
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new BadUsage(`--at is "${text}". Write a time such as 2026-11-24T10:00:00Z.`);
  return at;
}

/** For `user show`: the last mail that came back. */
export function bounceText(bounce: Bounce | null): string {
  if (bounce === null) return '';
  const status =
    bounce.status === '' ? '' : ` (${[bounce.status, meaning(bounce.status)].filter(Boolean).join(': ')})`;
  return `mail bounced on ${date(bounce.at)}${status}`;
}

/** RFC 3463 §3: what the middle number is about. */
function meaning(status: string): string {
  const subject = /\b[245]\.(\d)\.\d/.exec(status)?.[1] ?? '';
  const subjects: Readonly<Record<string, string>> = {
    '1': 'the address is wrong or gone',
    '2': 'the mailbox takes nothing, such as when it is full',
    '3': 'the mail system there is in trouble',
    '4': 'the way there is in trouble',
    '7': 'refused by a policy, such as a spam filter',
  };
  return subjects[subject] ?? '';
}

function sayTest(test: MailTest, address: string): Said {
  switch (test.result) {
    case 'bad_address':
      return fault(test.result, `"${address}" is no e-mail address. Nothing was sent.`);
    case 'no_server':
      return fault(
        test.result,
        'SMTP_URL is not set here, so there is no mail server to test. Run this with the settings of the server.',
      );
    case 'taken':
      return done(
        `The mail server ${test.server} took a test mail for ${address}. Whether it arrives shows there; look into the spam folder too.`,
        { server: test.server },
      );
    default: {
      const { result, server, status, said } = test;
      const answer = said === '' ? '' : `\nIt said: ${onOneLine(said)}`;
      const code = status === '' ? '' : ` (${status})`;
      const words = NO_TLS_THERE.has(status) ? noTlsThere(server) : REFUSED[result](server, address);
      const text = `${words}${code}${answer}`;
      return { ok: false, text, data: { result, server, status, said, error: text } };
    }
  }
}

/** What OpenSSL says when the other side answers in plain text: `smtps://` on a port that is for STARTTLS. */
const NO_TLS_THERE = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);
const noTlsThere = (server: string) =>
  `The mail server ${server} does not speak TLS from the first byte. If that port is for STARTTLS, as 587 and 25 are, write smtp:// in SMTP_URL`;

const REFUSED: Readonly<
  Record<
    Exclude<MailTest['result'], 'taken' | 'bad_address' | 'no_server'>,
    (server: string, to: string) => string
  >
> = {
  bounced: (server, to) =>
    `The mail server ${server} works, but refuses mail for ${to} for good. Look at the address`,
  later: (server) => `The mail server ${server} refuses for now. Try again in some minutes`,
  sender: (server) =>
    `The mail server ${server} takes no mail from us. Look at MAIL_FROM, at user name and password in SMTP_URL, and at whom it relays for`,
  credentials: (server) =>
    `The mail server ${server} refuses the user name or the password in SMTP_URL. Write both percent-encoded there`,
  unreachable: (server) =>
    `The mail server ${server} cannot be reached. Look at host and port in SMTP_URL, and at firewalls in between`,
  tls: (server) =>
    `There is no encrypted connection to the mail server ${server} that can be trusted. If it has a certificate of your own, name that in NODE_EXTRA_CA_CERTS. If the port speaks TLS from the first byte, write smtps://`,
  unknown: (server) =>
    `The connection to the mail server ${server} broke off. Whether it took the mail shows in the mailbox. If the port speaks TLS from the first byte, write smtps://`,
};
