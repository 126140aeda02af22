import type { HomeView } from '../../flows/view-home.ts';
import { Heading, LinkButton, Notice, Time, TimeLeft } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { enHome, type HomeMessages } from '../messages/en-home.ts';
import { Accounts } from './accounts.tsx';
import { Sessions } from './sessions.tsx';

const catalogue = new Map<string, HomeMessages>([['en', enHome]]);

/** What was just done, told after the redirect. */
export const DONE = ['session', 'sessions', 'password'] as const;
export type Done = (typeof DONE)[number];

export interface HomeModel {
  readonly lang: string;
  readonly now: number;
  readonly view: HomeView;
  readonly done: Done | undefined;
}

/** `/`: who you are, what this session may enter, and where else you are logged in. */
export function HomePage({ lang, now, view, done }: HomeModel) {
  const words = catalogue.get(lang) ?? enHome;
  return (
    <Layout title={words.title} shape="wide" signedInAs={view.email} lang={lang}>
      {done && (
        <Notice kind="success">
          <p>{words.done[done]}</p>
        </Notice>
      )}
      {view.passEndsAt !== null && (
        <PassBanner words={words.pass} now={now} endsAt={view.passEndsAt} lang={lang} />
      )}
      {view.textEnds.map(({ account, at }) => (
        <Notice key={account} kind="warning" title={words.textEnds.title(account)}>
          <p>
            {words.textEnds.from} <Time at={at} lang={lang} /> {words.textEnds.what}
          </p>
          <p>
            {words.textEnds.ready} <a href="/help/two-factor">{words.twoFactor.help}</a>
          </p>
        </Notice>
      ))}
      <Heading lead={view.email}>{view.name}</Heading>
      <Accounts words={words.accounts} view={view} />
      <section class="prose" aria-labelledby="two-factor">
        <h2 id="two-factor">{words.twoFactor.title}</h2>
        <p>{words.twoFactor.why}</p>
        <p>
          <a href="/help/two-factor">{words.twoFactor.help}</a>
        </p>
      </section>
      <Sessions words={words.sessions} sessions={view.sessions} lang={lang} />
      <section class="prose" aria-labelledby="password">
        <h2 id="password">{words.password.title}</h2>
        <p>{words.password.text}</p>
        <LinkButton kind="secondary" href="/password">
          {words.password.change}
        </LinkButton>
      </section>
    </Layout>
  );
}

/** P5: how long the pass lasts, that it ends by logging out, and what comes then. */
function PassBanner(props: { words: HomeMessages['pass']; now: number; endsAt: number; lang: string }) {
  const { words, now, endsAt, lang } = props;
  const label = (
    <>
      {words.timeLeft}
      <noscript> {words.until}</noscript>
    </>
  );
  return (
    <Notice kind="warning" title={words.title}>
      <p>{words.whatHappens}</p>
      <TimeLeft now={now} endsAt={endsAt} endsHref="/login?because=pass_over" label={label} lang={lang} />
    </Notice>
  );
}
