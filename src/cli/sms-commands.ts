import {
  type TextStatus,
  type TextTest,
  type Tried,
  testTexts,
  textStatus,
} from '../flows/text-messages-operate.ts';
import { type OperatorCommand, type Said, word } from './command.ts';
import { date, table } from './print.ts';

export const SMS_COMMANDS: Readonly<Record<string, OperatorCommand>> = {
  'sms status': {
    usage: 'sms status',
    about: 'shows text messages by carrier, country and day, what of the limits is used, and alerts',
    example: 'sallyport sms status --json',
    words: [],
    async run(ctx) {
      const status = await textStatus(ctx);
      return { ok: true, text: statusText(status), data: status };
    },
  },
  'sms test': {
    usage: 'sms test NUMBER',
    about:
      'looks whether each carrier can be reached and knows us, and sends one test text message by SMS_URL',
    example: 'sallyport sms test +41791234567',
    words: ['NUMBER'],
    async run(ctx, _operator, given) {
      return sayTest(await testTexts(ctx, word(given, 0)), word(given, 0));
    },
  },
};

function statusText(s: TextStatus): string {
  const to = s.countries === 'all' ? 'every country' : s.countries.join(', ');
  const by =
    s.configured.length === 0 ? 'no carrier (SMS_URL is not set here)' : s.configured.join(', then ');
  const mode = s.mode === 'record-only' ? '\nNothing is sent: SMS_MODE is record-only.' : '';
  const sections: [string, string][] = [
    [`Text messages by ${by}, to ${to}.${mode}`, ''],
    ['Carriers, as the node that wrote last saw them:', breakers(s)],
    [
      'Taken by carriers in the last 24 hours:',
      table(
        s.carriers.map((c) => [
          c.carrier,
          `${c.taken} taken`,
          `${c.delivered} delivered`,
          `last ${date(c.lastTakenAt)}`,
        ]),
        'None.',
      ),
    ],
    [
      'Taken by none in the last 24 hours, by the last answer:',
      table(
        s.refusals.map((r) => [r.reason, `${r.count} messages`, `last ${date(r.lastAt)}`]),
        'None.',
      ),
    ],
    [
      'Used of the limits of the whole service:',
      table(
        s.used.map((u) => [u.limit, `${u.used} of ${u.most}`]),
        '',
      ),
    ],
    ['By day (UTC) and country:', days(s)],
    [
      'Blocked in these days, by reason:',
      table(
        s.blockedBy.map((b) => [b.reason, String(b.count)]),
        'None.',
      ),
    ],
    [
      'Alerts of the last 7 days:',
      table(
        s.alerts.map((a) => [date(a.at), a.account ?? 'the service', inWords(a.data)]),
        'None.',
      ),
    ],
  ];
  return sections.map(([title, lines]) => (lines === '' ? title : `${title}\n${indent(lines)}`)).join('\n\n');
}

const indent = (text: string) => text.replace(/^/gm, '  ');

const STATES = {
  closed: 'in use',
  open: 'passed over after failures in a row',
  half_open: 'being tried again',
} as const;

function breakers({ seen }: TextStatus): string {
  if (seen === null) return 'No server has written anything yet.';
  const rows = seen.carriers.map((c) => [
    c.carrier,
    STATES[c.state],
    `last taken ${date(c.lastSuccessAt)}`,
    c.lastError === null ? '' : `last error ${date(c.lastErrorAt)}: ${c.lastError}`,
  ]);
  return `${table(rows, 'None.')}\n(written ${date(seen.at)})`;
}

function days({ days: rows }: TextStatus): string {
  if (rows.length === 0) return 'None.';
  const head = ['day', 'country', 'sent', 'delivered', 'verified', 'failed', 'blocked'];
  const counts = rows.map((r) => [
    r.day,
    r.country,
    ...[r.sent, r.delivered, r.verified, r.failed, r.blocked].map(String),
  ]);
  return table([head, ...counts], '');
}

function inWords(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

const NOTHING_SENT: Readonly<
  Record<Exclude<TextTest['result'], 'sent' | 'not_sent'>, (number: string) => string>
> = {
  no_carriers: () =>
    'SMS_URL is not set here, so there is no carrier to test. Run this with the settings of the server.',
  bad_number: (number) =>
    `"${number}" is no phone number. Write it with its country, such as +41791234567. Nothing was sent.`,
  not_served: () =>
    'SMS_COUNTRIES does not name the country of that number, so no text message goes there. Nothing was sent.',
  line: () => 'That number is no mobile line: no text message is sent there. Nothing was sent.',
  record_only: () =>
    'Nothing was sent: SMS_MODE is record-only. Carriers were only asked whether they know us.',
};

function sayTest(test: TextTest, number: string): Said {
  const lines = (test.carriers ?? []).flatMap(({ name, reached, message }) => [
    `${name}: ${REACHED[reached.result]}${detail(reached)}`,
    ...(message.result === 'not_tried' ? [] : [`${name}: ${MESSAGE[message.result]}${detail(message)}`]),
  ]);
  const verdict = verdictOf(test, number);
  return { ok: test.result === 'sent', text: [...lines, verdict].join('\n'), data: test };
}

function verdictOf(test: TextTest, number: string): string {
  if (test.result === 'sent') return 'The test message is on its way. Whether it arrives shows on the phone.';
  if (test.result === 'not_sent') return 'The test message did not go.';
  return NOTHING_SENT[test.result](number);
}

const detail = (tried: Tried) => ('detail' in tried ? ` (${tried.detail})` : '');

const REACHED: Readonly<Record<Tried['result'], string>> = {
  ok: 'can be reached, and knows us',
  not_tried: 'cannot be asked without sending',
  credentials: 'refuses user name or password, or the account may not send. Look at them in SMS_URL',
  unavailable: 'cannot be reached. Look at the address in SMS_URL, and at firewalls in between',
  throttled: 'says that it is asked too often, or that a quota is used up',
  number: 'refuses the number',
  country: 'may not send to that country',
  unknown: 'did not answer in time',
};

const MESSAGE: Readonly<Record<Tried['result'], string>> = {
  ok: 'took the test message',
  not_tried: '',
  credentials: 'refused the message: wrong user name or password, or the account or sender may not send',
  unavailable: 'did not take the message',
  throttled: 'took no message: it is asked too often, or a quota is used up',
  number: 'cannot send to that number',
  country: 'may not send to that country',
  unknown: 'got the message and did not say in time whether it takes it; it may arrive',
};
