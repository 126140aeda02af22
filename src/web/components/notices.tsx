import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icons.tsx';

export interface Problem {
  /** The id of the field, where there is one. */
  field?: string | undefined;
  text: string;
}

/** Tells a field its own problem. */
export function problemOf(problems: readonly Problem[] | undefined, field: string): string | undefined {
  return problems?.find((problem) => problem.field === field)?.text;
}

export function ErrorSummary({
  title,
  problems,
}: {
  title: string;
  problems?: readonly Problem[] | undefined;
}) {
  if (!problems || problems.length === 0) return null;
  // `autofocus` moves the focus without script too.
  return (
    <div class="error-summary" role="alert" tabIndex={-1} autofocus data-focus>
      <h2>{title}</h2>
      <ul>
        {problems.map(({ field, text }) => (
          <li key={text}>{field ? <a href={`#${field}`}>{text}</a> : text}</li>
        ))}
      </ul>
    </div>
  );
}

export type NoticeKind = 'info' | 'success' | 'warning';

const noticeIcons: Record<NoticeKind, IconName> = { info: 'info', success: 'tick', warning: 'alert' };

export interface NoticeProps {
  kind?: NoticeKind | undefined;
  title?: ComponentChildren;
  children?: ComponentChildren;
}

/** A success answers what the person just did, so it is read out. */
export function Notice({ kind = 'info', title, children }: NoticeProps) {
  return (
    <div class={`notice notice-${kind}`} role={kind === 'success' ? 'status' : undefined}>
      <Icon name={noticeIcons[kind]} />
      <div>
        {title && <p class="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad';

export function Badge({
  tone = 'neutral',
  children,
}: {
  tone?: Tone | undefined;
  children: ComponentChildren;
}) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}

export interface HeadingProps {
  children: ComponentChildren;
  /** A small line above: which step this is, which account. */
  caption?: ComponentChildren;
  /** What this page is for. */
  lead?: ComponentChildren;
  /** Buttons on the right. */
  actions?: ComponentChildren;
}

export function Heading({ children, caption, lead, actions }: HeadingProps) {
  return (
    <div class="heading">
      <div>
        {caption && <p class="caption">{caption}</p>}
        <h1>{typeof children === 'string' ? unbroken(children) : children}</h1>
        {lead && <p class="lead">{lead}</p>}
      </div>
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

/** "two-factor" stays on one line; what is long may break, or it would reach over the edge of a phone. */
function unbroken(text: string): ComponentChildren[] {
  return text
    .split(/(\b\w{1,12}-\w{1,12}\b)/)
    .map((part, place) => (place % 2 === 1 ? <span class="unbroken">{part}</span> : part));
}

/** One thing to be read from across the room, such as the two-digit number of a pass request. */
export function Panel({
  label,
  value,
  children,
}: {
  label: ComponentChildren;
  value: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <div class="panel">
      <p class="panel-label">{label}</p>
      <p class="panel-value">{value}</p>
      {children}
    </div>
  );
}
