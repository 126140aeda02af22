import type { ComponentChildren } from 'preact';
import { Badge, type Tone } from './notices.tsx';

/** Backup codes: large enough to copy by hand, and all that is left of the page on paper. */
export function CodeGrid({ id, codes }: { id: string; codes: readonly string[] }) {
  return (
    <ol class="codes" id={id}>
      {codes.map((code) => (
        <li key={code}>
          <code>{code}</code>
        </li>
      ))}
    </ol>
  );
}

/** A key to be typed by hand, in groups of four. */
export function GroupedKey({ id, value }: { id: string; value: string }) {
  return (
    <code class="grouped-key" id={id}>
      {(value.match(/.{1,4}/g) ?? []).join(' ')}
    </code>
  );
}

export interface InboxMessage {
  key: string;
  channel: ComponentChildren;
  channelTone?: Tone | undefined;
  to: string;
  subject?: string | undefined;
  text: ComponentChildren;
  time: ComponentChildren;
}

export function InboxList({ messages }: { messages: readonly InboxMessage[] }) {
  return (
    <ol class="inbox">
      {messages.map((message) => (
        <li key={message.key}>
          <p class="inbox-head">
            <Badge tone={message.channelTone}>{message.channel}</Badge> <b>{message.to}</b> {message.time}
          </p>
          {message.subject && <h2>{message.subject}</h2>}
          <div class="inbox-text">{message.text}</div>
        </li>
      ))}
    </ol>
  );
}

export interface StoreLinks {
  name: string;
  ios: string;
  android: string;
}

/** Authenticator apps with where to get them; the name is read out with each link. */
export function AppList({
  apps,
  ios,
  android,
}: {
  apps: readonly StoreLinks[];
  ios: string;
  android: string;
}) {
  return (
    <ul class="apps">
      {apps.map((app) => (
        <li key={app.name}>
          <span>{app.name}</span>
          <a href={app.ios} rel="noreferrer">
            {ios}
            <span class="visually-hidden"> {app.name}</span>
          </a>
          <a href={app.android} rel="noreferrer">
            {android}
            <span class="visually-hidden"> {app.name}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
