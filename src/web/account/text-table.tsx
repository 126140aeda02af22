import type { Frame } from './frame.tsx';
import { count, type OfCountry, SERIES, shortDay } from './text-counts.ts';
import { accountWords } from './words.ts';

/**
 * Every number that the bars show. A group of rows per country, its sum first and then its days, the newest first.
 * On a narrow screen it keeps its columns, and can be moved sideways, also by keyboard.
 */
export function TextTable({ frame, countries }: { frame: Frame; countries: readonly OfCountry[] }) {
  const words = accountWords(frame.lang).texts.statistics;
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
                  {count(country.total[s], frame)}
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
                      {count(d[s], frame)}
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
