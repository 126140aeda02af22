// biome-ignore-all lint/a11y/noRedundantRoles: a table laid out as cards loses its roles in some browsers

import type { ComponentChildren } from 'preact';
import { LinkButton } from './buttons.tsx';
import { safeHref } from './safe-href.ts';

export interface Column {
  label: string;
  align?: 'start' | 'end' | undefined;
  /** On a phone its cells take the whole width of the card, without their heading in front. */
  wide?: boolean | undefined;
}

export interface Row {
  key: string;
  /** One per column; the first names the row. */
  cells: readonly ComponentChildren[];
}

export interface TableProps {
  caption: string;
  captionHidden?: boolean | undefined;
  columns: readonly Column[];
  rows: readonly Row[];
  /** Said when there are no rows. */
  empty?: ComponentChildren;
}

/** On a phone each row of three cells or more becomes a card; the roles keep it a table for screen readers there. */
export function Table({ caption, captionHidden, columns, rows, empty }: TableProps) {
  if (rows.length === 0 && empty) {
    return (
      <div class="table-empty">
        <p class={captionHidden ? 'visually-hidden' : 'table-caption'}>{caption}</p>
        <p class="empty">{empty}</p>
      </div>
    );
  }
  return (
    <table class={columns.length > 2 ? 'table cards' : 'table'} role="table">
      <caption class={captionHidden ? 'visually-hidden' : undefined}>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.label} scope="col" role="columnheader" class={alignment(column)}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={row.key} role="row">
            {columns.map((column, index) => (
              <Cell key={column.label} column={column} isFirst={index === 0}>
                {row.cells[index]}
              </Cell>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({
  column,
  isFirst,
  children,
}: {
  column: Column;
  isFirst: boolean;
  children: ComponentChildren;
}) {
  if (isFirst) {
    return (
      <th scope="row" role="rowheader">
        {children}
      </th>
    );
  }
  return (
    <td role="cell" class={alignment(column)} data-label={column.wide ? undefined : column.label}>
      {children}
    </td>
  );
}

function alignment(column: Column): string | undefined {
  return column.align === 'end' ? 'end' : undefined;
}

export interface PageLink {
  href: string;
  label: string;
}

export interface PaginationProps {
  /** Names the navigation to screen readers. */
  label: string;
  /** Such as "1 to 50 of 312". */
  summary?: ComponentChildren;
  previous?: PageLink | undefined;
  next?: PageLink | undefined;
}

export function Pagination({ label, summary, previous, next }: PaginationProps) {
  return (
    <nav class="pagination" aria-label={label}>
      {summary && <p>{summary}</p>}
      {previous && (
        <LinkButton kind="secondary" href={previous.href}>
          <span aria-hidden="true">←</span> {previous.label}
        </LinkButton>
      )}
      {next && (
        <LinkButton kind="secondary" href={next.href}>
          {next.label} <span aria-hidden="true">→</span>
        </LinkButton>
      )}
    </nav>
  );
}

export interface Fact {
  label: string;
  value: ComponentChildren;
}

/** What is known about one thing, as a list of definitions. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Breadcrumbs({ label, trail }: { label: string; trail: readonly PageLink[] }) {
  return (
    <nav class="breadcrumbs" aria-label={label}>
      <ol>
        {trail.map((link) => (
          <li key={link.href}>
            <a href={safeHref(link.href)}>{link.label}</a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
