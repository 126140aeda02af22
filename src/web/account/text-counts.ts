import type { AccountTextsView } from '../../flows/view-account-texts.ts';
import type { Frame } from './frame.tsx';
import { accountWords } from './words.ts';

const DAY_MS = 24 * 3_600_000;
/** Countries with rows of their own; the rest is summed up as one, so that the page stays small under attack. */
const OWN_ROWS = 8;

export const SERIES = ['sent', 'delivered', 'verified', 'blocked'] as const;
export type Counts = Readonly<Record<(typeof SERIES)[number], number>>;

export interface OfCountry {
  readonly name: string;
  readonly total: Counts;
  /** Of each day, the oldest first; days without any are there too. */
  readonly days: readonly (Counts & { readonly day: string })[];
}

/** The countries with the most messages first, and the rest of them as one. */
export function byCountry(view: AccountTextsView, frame: Frame, days: number) {
  const words = accountWords(frame.lang).texts.statistics;
  const last = Math.floor(frame.now / DAY_MS);
  const calendar = Array.from({ length: days }, (_, n) => isoDay((last - days + 1 + n) * DAY_MS));
  const found = Map.groupBy(view.days, (d) => d.country);
  const ofCountries = (codes: readonly string[], name: string): OfCountry => {
    const rows = codes.flatMap((code) => found.get(code) ?? []);
    const perDay = calendar.map((day) => ({ day, ...sum(rows.filter((row) => row.day === day)) }));
    return { name, days: perDay, total: sum(perDay) };
  };
  const names = new Intl.DisplayNames([frame.lang], { type: 'region' });
  const named = [...found.keys()]
    .map((code) => ofCountries([code], code === 'ZZ' ? words.nowhere : (names.of(code) ?? code)))
    .map((country, n) => ({ country, code: [...found.keys()][n] ?? '' }))
    .toSorted((a, b) => size(b.country) - size(a.country) || (a.country.name < b.country.name ? -1 : 1));
  const rest = named.slice(OWN_ROWS).map(({ code }) => code);
  return {
    countries: named.slice(0, OWN_ROWS).map(({ country }) => country),
    others: rest.length === 0 ? [] : [ofCountries(rest, words.others)],
  };
}

const size = ({ total }: OfCountry) => total.sent + total.blocked;

export function sum(counts: readonly Counts[]): Counts {
  const of = (name: keyof Counts) => counts.reduce((total, c) => total + c[name], 0);
  return { sent: of('sent'), delivered: of('delivered'), verified: of('verified'), blocked: of('blocked') };
}

/** A day as forms and the store write it: `2026-11-24`. */
export const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** `24 November 2026`, in UTC. */
export const dayInWords = (at: number, lang: string): string => format(at, lang, { dateStyle: 'long' });

/** `24 Nov`. */
export const shortDay = (day: string, lang: string): string =>
  day === '' ? '' : format(Date.parse(`${day}T00:00:00Z`), lang, { day: 'numeric', month: 'short' });

function format(at: number, lang: string, how: Intl.DateTimeFormatOptions): string {
  const locale = lang === 'en' ? 'en-GB' : lang;
  return new Intl.DateTimeFormat(locale, { ...how, timeZone: 'UTC' }).format(at);
}

export const count = (n: number, { lang }: Frame): string => n.toLocaleString(lang);
