import type { RollOut } from '../../flows/view-account.ts';
import { LinkButton, Notice, StackedBar, Stats, safeHref, Table } from '../components.tsx';
import { ActivityTable } from './activity-table.tsx';
import { addresses, withQuery } from './addresses.ts';
import type { ActivityEvent } from './event-words.ts';
import { AccountPage, type Frame } from './frame.tsx';
import { membersOf, PEOPLE_OF, setUpOf } from './roll-out.ts';
import { accountWords } from './words.ts';

export interface OverviewModel {
  readonly frame: Frame;
  readonly rollOut: RollOut;
  readonly events: readonly ActivityEvent[];
}

/** `/accounts/:slug`: how far the roll-out is, who waits, and what happened lately. */
export function OverviewPage({ model }: { model: OverviewModel }) {
  const { frame, rollOut, events } = model;
  const { account, lang } = frame;
  const { overview: words, account: shared } = accountWords(lang);
  const security = safeHref(addresses.security(account.slug));
  const lead = (
    <>
      {account.mandate === null ? words.mandate.off : words.mandate.on(account.mandate)}{' '}
      <a href={security}>{words.mandate.look}</a>
    </>
  );
  const caption = words.plan(shared.plans[account.plan]);
  return (
    <AccountPage frame={frame} current="overview" title={account.name} caption={caption} lead={lead}>
      {account.requestsWaiting > 0 && <Waiting frame={frame} />}
      {account.onlyOneOwner && (
        <Notice kind="warning" title={words.oneOwner.title}>
          <p>
            {words.oneOwner.text} <a href={safeHref(addresses.people(account.slug))}>{words.oneOwner.link}</a>
          </p>
        </Notice>
      )}
      <Tiles lang={lang} rollOut={rollOut} />
      <RollOutSection frame={frame} rollOut={rollOut} />
      <section aria-labelledby="activity">
        <h2 id="activity">{words.activity.title}</h2>
        <ActivityTable
          lang={lang}
          caption={words.activity.title}
          events={events}
          empty={words.activity.none}
        />
        <p>
          <a href={safeHref(addresses.activity(account.slug))}>{words.activity.all}</a>
        </p>
      </section>
      <section class="prose" aria-labelledby="leave">
        <h2 id="leave">{words.leave.title}</h2>
        <p>{words.leave.text}</p>
        <LinkButton kind="secondary" href={addresses.leave(account.slug)}>
          {shared.leaveLink(account.name)}
        </LinkButton>
      </section>
    </AccountPage>
  );
}

function Waiting({ frame: { account, lang } }: { frame: Frame }) {
  const words = accountWords(lang).overview.waiting;
  return (
    <Notice kind="warning" title={words.title(account.requestsWaiting)}>
      <p>{words.text}</p>
      <div class="actions">
        <LinkButton href={addresses.passes(account.slug)}>{words.button}</LinkButton>
      </div>
    </Notice>
  );
}

function Tiles({ lang, rollOut }: { lang: string; rollOut: RollOut }) {
  const words = accountWords(lang).overview.stats;
  const members = membersOf(rollOut);
  const setUp = setUpOf(rollOut);
  const share = members === 0 ? 0 : Math.floor((setUp / members) * 100);
  const n = (count: number) => count.toLocaleString(lang);
  return (
    <Stats
      stats={[
        { label: words.members, value: n(members) },
        { label: words.setUp, value: `${share} %`, note: words.setUpNote(setUp, members) },
        { label: words.onPass, value: n(rollOut.onPass) },
        { label: words.invited, value: n(rollOut.invited) },
      ]}
    />
  );
}

function RollOutSection({ frame, rollOut }: { frame: Frame; rollOut: RollOut }) {
  const { account, lang } = frame;
  const { overview, account: shared } = accountWords(lang);
  const words = overview.rollOut;
  const names = shared.rollOut;
  const states = Object.keys(PEOPLE_OF) as (keyof RollOut)[];
  return (
    <section aria-labelledby="roll-out">
      <h2 id="roll-out">{words.title}</h2>
      <StackedBar
        title={words.picture}
        parts={[
          { label: names.app, value: rollOut.app },
          { label: names.text, value: rollOut.text },
          { label: words.parts.passOrAgain, value: rollOut.onPass + rollOut.setUpAgain },
          { label: names.notYet, value: rollOut.notYet },
        ]}
      />
      <div class="prose">
        <Table
          caption={words.table}
          captionHidden
          columns={[{ label: words.columns.state }, { label: words.columns.people, align: 'end' }]}
          rows={states.map((state) => ({
            key: state,
            cells: [
              <a
                key="state"
                href={safeHref(withQuery(addresses.people(account.slug), { filter: PEOPLE_OF[state] }))}
              >
                {names[state]}
              </a>,
              rollOut[state].toLocaleString(lang),
            ],
          }))}
        />
      </div>
    </section>
  );
}
