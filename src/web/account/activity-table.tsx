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
      columns={[{ label: at }, { label: what, wide: true }, { label: where }]}
      rows={events.map((event) => ({
        key: event.id,
        cells: [
          <span key="at" class="soft">
            <Time at={event.at} lang={lang} />
          </span>,
          <p key="what">{sentenceOf(event, words)}</p>,
          <span key="from" class="soft">
            {[event.browser, event.network].filter((text) => text !== '').join(', ') || '–'}
          </span>,
        ],
      }))}
      empty={empty}
    />
  );
}
