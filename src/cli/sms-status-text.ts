import type { TextStatus } from '../flows/text-messages-operate.ts';
import { ownLimits } from './limits-command.ts';
import { count, date, table } from './print.ts';

/** `sms status` in words: sections with a title each. */
export function statusText(s: TextStatus): string {
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
          c.tells ? `${c.delivered} delivered` : NONE_COME,
          `last ${date(c.lastTakenAt)}`,
        ]),
        'None.',
      ),
    ],
    [
      'Taken by none in the last 24 hours, by the last answer:',
      table(
        s.refusals.map((r) => [r.reason, count(r.count, 'message'), `last ${date(r.lastAt)}`]),
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
    ['Accounts with limits of their own:', ownLimits(s.accounts)],
    ['Receipts, by day (UTC), carrier and country:', receipts(s)],
    ['By day (UTC) and country:', days(s)],
    [
      s.mode === 'record-only'
        ? 'Would have been blocked in these days, by reason (record_only: would have been sent):'
        : 'Blocked in these days, by reason:',
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
  suspected: 'passed over, since messages wait for its answer',
  open: 'passed over after failures in a row',
  half_open: 'being tried again',
} as const;

function breakers({ seen }: TextStatus): string {
  if (seen === null)
    return 'No server has said anything yet. One that runs with SMS_URL does within ten seconds of its start.';
  const rows = seen.carriers.map((c) => [
    c.carrier,
    STATES[c.state],
    c.lastSuccessAt === null ? 'took none since that node’s start' : `last taken ${date(c.lastSuccessAt)}`,
    c.lastError === null ? '' : `last error ${date(c.lastErrorAt)}: ${c.lastError}`,
  ]);
  return `${table(rows, 'None.')}\n(written ${date(seen.at)})`;
}

function receipts({ receipts: rows }: TextStatus): string {
  if (rows.length === 0) return 'None.';
  const head = ['day', 'carrier', 'country', 'sent', 'delivered', 'failed', 'not told', 'delivered %'];
  const lines = rows.map((r) => [
    r.day,
    r.carrier,
    r.country,
    String(r.sent),
    ...(r.tells
      ? [String(r.delivered), String(r.failed), String(r.notTold), `${r.deliveredPercent} %`]
      : [NONE_COME]),
  ]);
  return table([head, ...lines], '');
}

/** Not a rate of nothing: nobody says what became of these messages. */
const NONE_COME = 'no receipts';

function days({ days: rows, receipts: lines }: TextStatus): string {
  if (rows.length === 0) return 'None.';
  // Where no carrier took anything, there is nothing that a receipt could say either.
  const untold = (day: string, country: string) => {
    const taken = lines.filter((line) => line.day === day && line.country === country);
    return taken.length > 0 && taken.every(({ tells }) => !tells);
  };
  const head = ['day', 'country', 'sent', 'delivered', 'code used', 'failed', 'blocked'];
  const counts = rows.map((r) => [
    r.day,
    r.country,
    String(r.sent),
    untold(r.day, r.country) ? NONE_COME : String(r.delivered),
    ...[r.verified, r.failed, r.blocked].map(String),
  ]);
  return table([head, ...counts], '');
}

function inWords(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
