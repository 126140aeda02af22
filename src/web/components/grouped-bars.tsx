export interface GroupedBarsProps {
  /** Of the picture, unique on the page. */
  id: string;
  title: string;
  /** Up to four bars stand side by side at each label, coloured as in the legend of the same series. */
  bars: readonly { label: string; values: readonly number[] }[];
  /** What the picture shows, in words. */
  summary: string;
}

/** How wide a group is, bars and the gap after them, in the drawing's own units. */
const GROUP = 10;
const GAP = 1.6;

/** Bars in groups over time. The drawing is stretched to its box, so all text stands outside it. */
export function GroupedBars({ id, title, bars, summary }: GroupedBarsProps) {
  const highest = Math.max(1, ...bars.flatMap(({ values }) => values));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div class="chart-plot">
        <span class="chart-top">{highest}</span>
        <svg
          class="chart-groups"
          viewBox={`0 0 ${bars.length * GROUP} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-labelledby={`${id}-title ${id}-desc`}
        >
          <title id={`${id}-title`}>{title}</title>
          <desc id={`${id}-desc`}>{summary}</desc>
          {bars.map(({ values }, group) =>
            values.map((value, n) => {
              const width = (GROUP - GAP) / values.length;
              const height = round((value / highest) * 100);
              return (
                value > 0 && (
                  <rect
                    key={`${group}-${n}`}
                    class={`series-${n + 1}`}
                    x={round(group * GROUP + GAP / 2 + n * width)}
                    y={round(100 - height)}
                    width={round(width)}
                    height={height}
                  />
                )
              );
            }),
          )}
        </svg>
        <span>{bars.at(0)?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </div>
    </figure>
  );
}

export function ChartLegend({ parts }: { parts: readonly { label: string; value: number | string }[] }) {
  return (
    <ul class="chart-legend">
      {parts.map(({ label, value }, index) => (
        <li key={label} class={`series-${index + 1}`}>
          {label} <b>{value}</b>
        </li>
      ))}
    </ul>
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
