import type { ActivityEvent } from './event-words.ts';
import { detailsOf, sentenceOf } from './event-words.ts';
import { accountWords, LANG } from './words.ts';

const COLUMNS = [
  'time',
  'kind',
  'what',
  'by',
  'actor',
  'actor_email',
  'person',
  'person_email',
  'network',
  'browser',
  'details',
] as const;

export interface ExportFormat {
  readonly type: string;
  readonly head: string;
  readonly line: (event: ActivityEvent) => string;
}

export const EXPORTS = {
  csv: { type: 'text/csv; charset=utf-8', head: csvLine(COLUMNS), line: asCsv },
  jsonl: { type: 'application/jsonl; charset=utf-8', head: '', line: asJson },
} as const satisfies Record<string, ExportFormat>;

function asCsv(event: ActivityEvent): string {
  const details = Object.entries(detailsOf(event)).map(([name, value]) => `${name}: ${String(value)}`);
  return csvLine([
    new Date(event.at).toISOString(),
    event.kind,
    sentenceOf(event, accountWords(LANG).activity),
    event.by,
    event.actor_name ?? '',
    event.actor_email ?? '',
    event.person_name ?? '',
    event.person_email ?? '',
    event.network,
    event.browser,
    details.join('; '),
  ]);
}

function asJson(event: ActivityEvent): string {
  const who = (name: string | null, email: string | null) =>
    name === null || email === null ? null : { name, email };
  const line = {
    time: new Date(event.at).toISOString(),
    kind: event.kind,
    by: event.by,
    actor: who(event.actor_name, event.actor_email),
    person: who(event.person_name, event.person_email),
    network: event.network,
    browser: event.browser,
    details: detailsOf(event),
  };
  return `${JSON.stringify(line)}\n`;
}

/** RFC 4180. A spreadsheet takes a cell that begins like a formula for one, and names are typed by strangers. */
function csvLine(cells: readonly string[]): string {
  const safe = cells.map((cell) => {
    const harmless = /^[=+\-@\t\r;]/.test(cell) ? `'${cell}` : cell;
    // A semicolon too: spreadsheets of half the world cut there.
    return /[",;\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  });
  return `${safe.join(',')}\r\n`;
}
