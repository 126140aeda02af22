import { Fragment } from 'preact';
import type { HomeView } from '../../flows/view-home.ts';
import { Badge, PostButton, Table, Time } from '../components.tsx';
import type { HomeMessages } from '../messages/en-home.ts';

type Session = HomeView['sessions'][number];
type Words = HomeMessages['sessions'];

/** S2: people see their own sessions and end them. This browser's ends by "Log out". */
export function Sessions(props: { words: Words; sessions: readonly Session[]; lang: string }) {
  const { words, lang } = props;
  const { browser, network, started, lastUsed, end } = words.columns;
  const sessions = props.sessions.toSorted((a, b) => Number(b.current) - Number(a.current));
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">{words.title}</h2>
      <p class="soft">{words.lead}</p>
      <Table
        caption={words.title}
        captionHidden
        columns={[
          { label: browser },
          { label: network },
          { label: started },
          { label: lastUsed },
          { label: end, wide: true, align: 'end' },
        ]}
        rows={sessions.map((session) => ({ key: session.id, cells: cellsOf(session, words, lang) }))}
      />
      {sessions.length > 1 && <PostButton action="/sessions/end-others" label={words.endOthers} />}
    </section>
  );
}

function cellsOf(session: Session, words: Words, lang: string) {
  const { current, browser } = session;
  const network = session.network || words.unknownNetwork;
  const name = (
    <>
      {browser} {current && <Badge tone="good">{words.here}</Badge>}
    </>
  );
  const end = (
    <div class="actions">
      <PostButton
        action="/sessions/end"
        fields={{ id: session.id }}
        label={words.end}
        about={words.endAbout(browser, network)}
      />
    </div>
  );
  return [
    name,
    <Address key="network" text={network} />,
    <Time key="started" at={session.startedAt} lang={lang} />,
    <Time key="used" at={session.lastUsedAt} lang={lang} />,
    current ? null : end,
  ];
}

/** An IPv6 address is as wide as a phone: it may break behind its colons. */
function Address({ text }: { text: string }) {
  return (
    <span>
      {text.split(/(?<=:)/).map((part, place) => (
        <Fragment key={place}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}
