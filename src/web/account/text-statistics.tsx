import type { AccountTextsView } from '../../flows/view-account-texts.ts';
import { ChartLegend, GroupedBars, Stats } from '../components.tsx';
import type { Frame } from './frame.tsx';
import { byCountry, count, type OfCountry, SERIES, shortDay, sum } from './text-counts.ts';
import { TextTable } from './text-table.tsx';
import { accountWords } from './words.ts';

/** So many countries have bars; the table has the others too. */
const OWN_BARS = 4;

/** What became of the account's text messages: in sum, as bars per country and day, and as a table of all of it. */
export function TextStatistics(props: { frame: Frame; view: AccountTextsView; days: number }) {
  const { frame, view, days } = props;
  const words = accountWords(frame.lang).texts.statistics;
  const { countries, others } = byCountry(view, frame, days);
  const all = [...countries, ...others];
  const total = sum(all.map((c) => c.total));
  // Without receipts nobody knows: a 0 would say that nothing arrives.
  const untold = !view.receipts && total.delivered === 0;
  const stat = (s: (typeof SERIES)[number]) =>
    s === 'delivered' && untold ? { value: '–', note: words.noReceipts } : { value: count(total[s], frame) };
  return (
    <section class="text-statistics" aria-labelledby="text-statistics">
      <h2 id="text-statistics">{words.title(days)}</h2>
      {all.length === 0 ? (
        <p class="empty">
          {words.none(days)} {!frame.account.textMessages && words.noCarrier}
        </p>
      ) : (
        <>
          <p class="prose">{words.lead}</p>
          <Stats stats={SERIES.map((s) => ({ label: words.series[s], ...stat(s) }))} />
          <Charts frame={frame} countries={countries} more={all.length > OWN_BARS} untold={untold} />
          <TextTable frame={frame} countries={all} untold={untold} />
          <Blocked frame={frame} view={view} />
          <p class="soft">{words.receipts}</p>
        </>
      )}
    </section>
  );
}

function Charts(props: {
  frame: Frame;
  countries: readonly OfCountry[];
  /** Some have no bars of their own. */
  more: boolean;
  untold: boolean;
}) {
  const { frame, countries, more, untold } = props;
  const words = accountWords(frame.lang).texts.statistics;
  return (
    <>
      <ChartLegend
        parts={SERIES.map((s) => ({
          label: words.series[s],
          value: s === 'delivered' && untold ? words.noReceipts : '',
        }))}
      />
      <div class="charts">
        {countries.slice(0, OWN_BARS).map((country, n) => (
          <GroupedBars
            key={country.name}
            id={`texts-${n}`}
            title={country.name}
            bars={country.days.map((d) => ({
              label: shortDay(d.day, frame.lang),
              values: SERIES.map((s) => d[s]),
            }))}
            summary={words.summary({
              country: country.name,
              from: shortDay(country.days.at(0)?.day ?? '', frame.lang),
              to: shortDay(country.days.at(-1)?.day ?? '', frame.lang),
              ...country.total,
              delivered: untold ? null : country.total.delivered,
            })}
          />
        ))}
      </div>
      {more && <p class="soft">{words.more}</p>}
    </>
  );
}

function Blocked({ frame, view }: { frame: Frame; view: AccountTextsView }) {
  const words = accountWords(frame.lang).texts.statistics;
  if (view.blockedBy.length === 0) return null;
  return (
    <div class="prose">
      <h3>{words.blockedTitle}</h3>
      <ul>
        {view.blockedBy.map(({ reason, count: n }) => (
          <li key={reason}>
            <b>{count(n, frame)}</b> {words.blocked(reason)}
          </li>
        ))}
      </ul>
    </div>
  );
}
