import type { ComponentChildren } from 'preact';
import { Icon } from './icons.tsx';
import { safeHref } from './safe-href.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(lang: string): Intl.DateTimeFormat {
  const known = formats.get(lang);
  if (known) return known;
  const locale = lang === 'en' ? 'en-GB' : lang;
  const made = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  formats.set(lang, made);
  return made;
}

export interface TimeProps {
  /** Unix milliseconds. */
  at: number;
  lang?: string | undefined;
}

/** In UTC and saying so: the server does not know where the reader is. */
export function Time({ at, lang = 'en' }: TimeProps) {
  // It breaks after the comma or not at all.
  const text = `${formatFor(lang).format(at)} UTC`.replaceAll(/(?<!,) /g, '\u00a0');
  return <time dateTime={new Date(at).toISOString()}>{text}</time>;
}

export interface TimeLeftProps {
  /** The server's clock, so that a wrong clock on the reader's side does no harm. */
  now: number;
  endsAt: number;
  /** With it a line shows how much has passed. */
  startsAt?: number | undefined;
  /** Where to go at the end; the page itself is loaded again if missing. */
  endsHref?: string | undefined;
  label: ComponentChildren;
  lang?: string | undefined;
}

/** Without script it shows the time of the end, with script how long is left. */
export function TimeLeft({ now, endsAt, startsAt, endsHref, label, lang }: TimeLeftProps) {
  const whole = startsAt === undefined ? 0 : endsAt - startsAt;
  return (
    <div
      class="time-left"
      data-ends-at={endsAt}
      data-now={now}
      data-ends-href={endsHref === undefined ? undefined : safeHref(endsHref)}
    >
      <p>
        <Icon name="clock" />{' '}
        <span>
          {label}{' '}
          <b data-time-left>
            <Time at={endsAt} lang={lang} />
          </b>
        </span>
      </p>
      {whole > 0 && <progress max={whole} value={Math.max(0, endsAt - now)} aria-hidden="true" />}
    </div>
  );
}
