import type { Frame } from './frame.tsx';
import { type Counts, count, type OfCountry, SERIES, shortDay } from './text-counts.ts';
import { accountWords } from './words.ts';

/**
 * Every number that the bars show. A group of rows per country, its sum first and then its days, the newest first.
 * On a narrow screen it keeps its columns, and can be moved sideways, also by keyboard.
 */
export function TextTable(props: {
  frame: Frame;
  countries: readonly OfCountry[];
  /** Nobody says what was delivered. */
  untold: boolean;
}) {
  const { frame, countries, untold } = props;
  const words = accountWords(frame.lang).texts.statistics;
  const cell = (counts: Counts, s: keyof Counts) =>
    s === 'delivered' && untold ? '–' : count(counts[s], frame);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reachable by keyboard
    <section class="table-scroll" aria-label={words.scroll} tabIndex={0}>
      <table class="table counts">
        <caption>{words.table}</caption>
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            {SERIES.map((s) => (
              <th key={s} scope="col" class="end">
                {words.series[s]}
              </th>
            ))}
          </tr>
        </thead>
        {countries.map((country) => (
          <tbody key={country.name}>
            <tr class="group">
              <th scope="rowgroup" colSpan={1 + SERIES.length}>
                {country.name}
              </th>
            </tr>
            <tr class="sum">
              <th scope="row">{words.sum}</th>
              {SERIES.map((s) => (
                <td key={s} class="end">
                  {cell(country.total, s)}
                </td>
              ))}
            </tr>
            {country.days
              .filter((d) => d.sent + d.blocked > 0)
              .toReversed()
              .map((d) => (
                <tr key={d.day}>
                  <th scope="row">
                    <time dateTime={d.day}>{shortDay(d.day, frame.lang)}</time>
                  </th>
                  {SERIES.map((s) => (
                    <td key={s} class="end">
                      {cell(d, s)}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}
