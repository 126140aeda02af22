import { Table, Time } from '../components.tsx';
import type { ActivityEvent } from './event-words.ts';
import { sentenceOf } from './event-words.ts';
import { accountWords } from './words.ts';

export interface ActivityTableProps {
  lang: string;
  caption: string;
  events: readonly ActivityEvent[];
  empty: string;
}

export function ActivityTable({ lang, caption, events, empty }: ActivityTableProps) {
  const words = accountWords(lang).activity;
  const { at, what, where } = words.columns;
  return (
    <Table
      caption={caption}
      captionHidden
      columns={[{ label: what }, { label: where }, { label: at }]}
      rows={events.map((event) => ({
        key: event.id,
        cells: [
          sentenceOf(event, words),
          <span key="from" class="soft">
            {[event.browser, event.network].filter((text) => text !== '').join(', ') || '–'}
          </span>,
          <Time key="at" at={event.at} lang={lang} />,
        ],
      }))}
      empty={empty}
    />
  );
}
