import type { PeopleFilter, PeopleSort, PersonView } from '../../flows/view-account.ts';
import {
  Badge,
  Button,
  Form,
  LinkButton,
  Pagination,
  PostButton,
  type Problem,
  SelectField,
  safeHref,
  Table,
  TextField,
  Time,
} from '../components.tsx';
import { addresses, withQuery } from './addresses.ts';
import { AccountPage, type Frame } from './frame.tsx';
import { Standing } from './standing.tsx';
import { accountWords } from './words.ts';

/** Rows on one page. */
export const ON_A_PAGE = 50;

export interface PeopleFilters {
  readonly search: string;
  readonly filter: PeopleFilter;
  readonly sort: PeopleSort;
}

export interface PeopleModel {
  readonly frame: Frame;
  readonly filters: PeopleFilters;
  readonly people: readonly PersonView[];
  readonly total: number;
  /** From 1. */
  readonly page: number;
  readonly problems: readonly Problem[];
  readonly done: string | undefined;
}

/** `/accounts/:slug/people`: everyone, fifty at a time. */
export function PeoplePage({ model }: { model: PeopleModel }) {
  const { frame, people, problems, done } = model;
  const { lang, account } = frame;
  const words = accountWords(lang).people;
  const { person, role, state, lastLogin, actions } = words.columns;
  return (
    <AccountPage
      frame={frame}
      current="people"
      title={words.title}
      actions={<LinkButton href={addresses.invite(account.slug)}>{words.invite}</LinkButton>}
      problems={problems}
      done={done}
    >
      <FilterForm model={model} />
      <Table
        caption={words.title}
        captionHidden
        columns={[
          { label: person },
          { label: role },
          { label: state },
          { label: lastLogin },
          { label: actions, wide: true, align: 'end' },
        ]}
        rows={people.map((one) => ({ key: one.id, cells: cellsOf(one, frame) }))}
        empty={words.empty}
      />
      <Pages model={model} />
    </AccountPage>
  );
}

function FilterForm({ model: { frame, filters } }: { model: PeopleModel }) {
  const words = accountWords(frame.lang).people;
  const options = <K extends string>(labels: Record<K, string>) =>
    (Object.keys(labels) as K[]).map((value) => ({ value, label: labels[value] }));
  return (
    <Form method="get" action={addresses.people(frame.account.slug)} class="filter-bar">
      <TextField
        name="search"
        label={words.search}
        value={filters.search}
        inputmode="search"
        autocomplete="off"
      />
      <SelectField
        name="filter"
        label={words.filter}
        value={filters.filter}
        options={options(words.filters)}
      />
      <SelectField name="sort" label={words.sort} value={filters.sort} options={options(words.sorts)} />
      <Button kind="secondary">{words.apply}</Button>
    </Form>
  );
}

function cellsOf(person: PersonView, frame: Frame) {
  const { lang } = frame;
  const words = accountWords(lang).account;
  return [
    <Name key="name" person={person} frame={frame} />,
    words.roles[person.role],
    <Standing key="state" lang={lang} person={person} />,
    person.lastLoginAt === null ? (
      <span key="login" class="soft">
        {person.kind === 'member' ? words.never : '–'}
      </span>
    ) : (
      <Time key="login" at={person.lastLoginAt} lang={lang} />
    ),
    <RowActions key="actions" person={person} frame={frame} />,
  ];
}

function Name({ person, frame }: { person: PersonView; frame: Frame }) {
  if (person.kind === 'invited') return <>{person.email}</>;
  return (
    <>
      <a href={safeHref(addresses.person(frame.account.slug, person.id))}>{person.name}</a>{' '}
      {person.self && <Badge>{accountWords(frame.lang).account.you}</Badge>}
      <div class="soft">{person.email}</div>
    </>
  );
}

function RowActions({ person, frame }: { person: PersonView; frame: Frame }) {
  const words = accountWords(frame.lang).people;
  if (person.kind === 'member' || !person.may.withdraw) return null;
  const invitation = `/accounts/${frame.account.slug}/invitations/${person.id}`;
  return (
    <div class="actions">
      <PostButton action={`${invitation}/resend`} label={words.resend} about={person.email} />
      <PostButton action={`${invitation}/withdraw`} label={words.withdraw} about={person.email} />
    </div>
  );
}

function Pages({ model: { frame, filters, people, total, page } }: { model: PeopleModel }) {
  const words = accountWords(frame.lang).people;
  const first = (page - 1) * ON_A_PAGE;
  const at = (n: number) => withQuery(addresses.people(frame.account.slug), { ...filters, page: String(n) });
  if (total === 0) return null;
  return (
    <Pagination
      label={words.pages}
      summary={words.range(first + 1, first + people.length, total)}
      previous={page > 1 ? { href: at(page - 1), label: words.previous } : undefined}
      next={first + people.length < total ? { href: at(page + 1), label: words.next } : undefined}
    />
  );
}
