import type { ComponentChildren } from 'preact';
import type { ReceivedMessage } from '../../flows/read-inbox.ts';
import { Heading, InboxList, LinkButton, safeHref, Time } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { enInbox, type InboxMessages } from '../messages/en-inbox.ts';

const catalogue = new Map<string, InboxMessages>([['en', enInbox]]);

export interface InboxModel {
  readonly lang: string;
  readonly messages: readonly ReceivedMessage[];
}

export function InboxPage({ lang, messages }: InboxModel) {
  const words = catalogue.get(lang) ?? enInbox;
  const reload = (
    <>
      <LinkButton kind="secondary" href="/dev/inbox">
        {words.reload}
      </LinkButton>
      <a href="/dev/inbox.json">{words.asJson}</a>
    </>
  );
  return (
    <Layout title={words.title} shape="wide" lang={lang}>
      <Heading lead={words.lead} actions={reload}>
        {words.title}
      </Heading>
      {messages.length === 0 ? (
        <p class="empty">{words.empty}</p>
      ) : (
        <InboxList messages={messages.map((message, place) => shown(message, place, words, lang))} />
      )}
    </Layout>
  );
}

function shown(message: ReceivedMessage, place: number, words: InboxMessages, lang: string) {
  return {
    key: String(place),
    channel: words.channels[message.channel],
    channelTone: message.channel === 'sms' ? ('accent' as const) : ('neutral' as const),
    to: message.to,
    subject: message.subject,
    text: withLinksAndCodes(message.text),
    time: <Time at={message.at} lang={lang} />,
  };
}

/** A link without the full stop that ends its sentence, or six digits that stand alone. */
const LINK_OR_CODE = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)])|(?<!\d)(\d{6})(?!\d)/g;

function withLinksAndCodes(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const found of text.matchAll(LINK_OR_CODE)) {
    const [whole, link, code] = found;
    parts.push(text.slice(from, found.index));
    parts.push(link === undefined ? <mark>{code}</mark> : <a href={safeHref(link)}>{link}</a>);
    from = found.index + whole.length;
  }
  return [...parts, text.slice(from)];
}
