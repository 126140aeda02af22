import {
  Button,
  DateField,
  Form,
  LinkButton,
  Pagination,
  type Problem,
  problemOf,
  SelectField,
  TextField,
} from '../components.tsx';
import { ACTIVITY_KINDS } from '../messages/en-account-activity.ts';
import { ActivityTable } from './activity-table.tsx';
import { addresses, withQuery } from './addresses.ts';
import type { ActivityEvent } from './event-words.ts';
import { AccountPage, type Frame } from './frame.tsx';
import { accountWords } from './words.ts';

/** As typed. */
export interface ActivityFilter {
  readonly search: string;
  readonly kind: string;
  readonly from: string;
  readonly until: string;
}

export interface ActivityModel {
  readonly frame: Frame;
  readonly filter: ActivityFilter;
  readonly problems: readonly Problem[];
  readonly events: readonly ActivityEvent[];
  /** Where the next, older page begins; `null` on the last. */
  readonly olderThan: string | null;
  readonly isFirst: boolean;
}

/** `/accounts/:slug/activity`: the audit events that concern this account, in words. */
export function ActivityPage({ model }: { model: ActivityModel }) {
  const { frame, filter, problems, events, olderThan, isFirst } = model;
  const { slug } = frame.account;
  const words = accountWords(frame.lang).activity;
  const page = addresses.activity(slug);
  const query = { ...filter };
  return (
    <AccountPage frame={frame} current="activity" title={words.title} lead={words.lead} problems={problems}>
      <FilterForm model={model} />
      {problems.length === 0 && (
        <>
          <ActivityTable lang={frame.lang} caption={words.title} events={events} empty={words.empty} />
          {(olderThan !== null || !isFirst) && (
            <Pagination
              label={words.pages}
              previous={isFirst ? undefined : { href: withQuery(page, query), label: words.newest }}
              next={
                olderThan === null
                  ? undefined
                  : { href: withQuery(page, { ...query, before: olderThan }), label: words.older }
              }
            />
          )}
          <div class="actions">
            <span class="soft">{words.export}</span>
            <LinkButton
              kind="secondary"
              href={withQuery(`${page}.csv`, query)}
              download={`${slug}-activity.csv`}
            >
              {words.csv}
            </LinkButton>
            <LinkButton
              kind="secondary"
              href={withQuery(`${page}.jsonl`, query)}
              download={`${slug}-activity.jsonl`}
            >
              {words.jsonl}
            </LinkButton>
          </div>
        </>
      )}
    </AccountPage>
  );
}

function FilterForm({ model: { frame, filter, problems } }: { model: ActivityModel }) {
  const words = accountWords(frame.lang).activity;
  const kinds = ACTIVITY_KINDS.map((kind) => ({ value: kind as string, label: words.kinds[kind] }));
  // One kind of event, asked for by its own name.
  if (filter.kind !== '' && !kinds.some((kind) => kind.value === filter.kind)) {
    kinds.push({ value: filter.kind, label: filter.kind });
  }
  return (
    <Form method="get" action={addresses.activity(frame.account.slug)} class="filter-bar">
      <TextField name="search" label={words.search} value={filter.search} autocomplete="off" />
      <SelectField
        name="kind"
        label={words.kind}
        value={filter.kind}
        options={[{ value: '', label: words.anyKind }, ...kinds]}
      />
      <DateField name="from" label={words.from} value={filter.from} error={problemOf(problems, 'from')} />
      <DateField name="until" label={words.until} value={filter.until} error={problemOf(problems, 'until')} />
      <Button kind="secondary">{words.apply}</Button>
    </Form>
  );
}
