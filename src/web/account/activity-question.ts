import { type Static, Type } from 'typebox';
import type { viewActivity } from '../../flows/view-account.ts';
import type { Problem } from '../components.tsx';
import { text } from '../forms.ts';
import { ACTIVITY_KINDS, enAccountActivity } from '../messages/en-account-activity.ts';
import type { ActivityFilter } from './activity-page.tsx';
import { accountWords, LANG } from './words.ts';

export type ActivityQuestion = Parameters<typeof viewActivity>[3];

// A kind of event can be asked for by its own name as well; the page offers their families.
const KINDS = [...new Set(['', ...ACTIVITY_KINDS, ...Object.keys(enAccountActivity.sentences)])];

/** The fields of the filter, of the page and of both exports. */
export const filterFields = {
  search: Type.Optional(text(200)),
  kind: Type.Optional(Type.Enum(KINDS)),
  from: Type.Optional(text(20)),
  until: Type.Optional(text(20)),
};

type Asked = { readonly [F in keyof typeof filterFields]?: Static<(typeof filterFields)[F]> };

export function filterOf({ search = '', kind = '', from = '', until = '' }: Asked): ActivityFilter {
  return { search: search.trim(), kind, from: from.trim(), until: until.trim() };
}

/** The filter as the store asks it: whole days in UTC, the last one included. */
export function questionOf(filter: ActivityFilter): { question: ActivityQuestion; problems: Problem[] } {
  const words = accountWords(LANG).activity;
  const problems: Problem[] = [];
  const day = (field: 'from' | 'until') => {
    const at = readDay(filter[field]);
    if (at === undefined) problems.push({ field, text: words.badDate[field] });
    return at ?? null;
  };
  const from = day('from');
  const last = day('until');
  if (from !== null && last !== null && last < from) {
    problems.push({ field: 'until', text: words.wrongOrder });
  }
  const until = last === null ? null : last + DAY_MS;
  return { question: { search: filter.search, kind: filter.kind, from, until }, problems };
}

const DAY_MS = 24 * 3_600_000;

/** The beginning of a day; `null` where none was given, `undefined` where it is no day at all. */
export function readDay(typed: string): number | null | undefined {
  if (typed === '') return null;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(typed)) return undefined;
  const at = Date.parse(`${typed}T00:00:00Z`);
  // "2026-02-31" would otherwise be the third of March.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(typed) ? undefined : at;
}

/** Where a page of events begins: the last one of the page before it. */
export const CURSOR = '^\\d{1,15}-[0-9a-z]{1,64}$';

export function readCursor(cursor: string | undefined): { at: number; id: string } | null {
  if (cursor === undefined) return null;
  const [at = '', id = ''] = cursor.split('-');
  return { at: Number(at), id };
}

export const cursorOf = (event: { at: number; id: string }): string => `${event.at}-${event.id}`;
