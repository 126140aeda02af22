import type { ComponentChildren } from 'preact';

export interface Stat {
  label: string;
  value: ComponentChildren;
  note?: ComponentChildren;
}

export function Stats({ stats }: { stats: readonly Stat[] }) {
  return (
    <dl class="stats">
      {stats.map((stat) => (
        <div key={stat.label}>
          <dt>{stat.label}</dt>
          <dd>{stat.value}</dd>
          {stat.note && <dd class="stat-note">{stat.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

export interface Part {
  label: string;
  value: number;
}

/** One whole in its parts, each named with its number below; up to four. */
export function StackedBar({ title, parts }: { title: string; parts: readonly Part[] }) {
  const whole = Math.max(1, sum(parts.map((part) => part.value)));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <svg class="chart-bar" aria-hidden="true" focusable="false">
        {parts.map((part, index) => (
          <rect
            key={part.label}
            class={`series-${index + 1}`}
            x={percent(sum(parts.slice(0, index).map(({ value }) => value)), whole)}
            width={percent(part.value, whole)}
            height="100%"
          />
        ))}
      </svg>
      <ul class="chart-legend">
        {parts.map((part, index) => (
          <li key={part.label} class={`series-${index + 1}`}>
            {part.label} <b>{part.value}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

export interface StackedBarsProps {
  title: string;
  /** The names of up to four parts, from the bottom up. */
  series: readonly string[];
  /** One bar each: `values` in the order of `series`. */
  bars: readonly { label: string; values: readonly number[] }[];
  /** What the picture shows, in words. */
  summary: string;
}

/** Bars over time. The drawing is stretched to its box, so all text stands outside it. */
export function StackedBars({ title, series, bars, summary }: StackedBarsProps) {
  const highest = Math.max(1, ...bars.map((bar) => sum(bar.values)));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div class="chart-plot">
        <span class="chart-top">{highest}</span>
        <svg
          viewBox={`0 0 ${bars.length * 10} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={summary}
        >
          {bars.map((bar, column) => (
            <g key={bar.label}>
              <title>{`${bar.label}: ${bar.values.map((value, index) => `${series[index]} ${value}`).join(', ')}`}</title>
              {bar.values.map((value, index) => {
                const height = (value / highest) * 100;
                const below = (sum(bar.values.slice(0, index)) / highest) * 100;
                return (
                  <rect
                    key={series[index]}
                    class={`series-${index + 1}`}
                    x={column * 10 + 1}
                    y={round(100 - below - height)}
                    width={8}
                    height={round(height)}
                  />
                );
              })}
            </g>
          ))}
        </svg>
        <span>{bars.at(0)?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </div>
      <ul class="chart-legend">
        {series.map((name, index) => (
          <li key={name} class={`series-${index + 1}`}>
            {name} <b>{sum(bars.map((bar) => bar.values[index] ?? 0))}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(part: number, whole: number): string {
  return `${round((part / whole) * 100)}%`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
