import type { ComponentChildren } from 'preact';
import type { AccountView } from '../../flows/view-account.ts';
import {
  Breadcrumbs,
  ErrorSummary,
  Heading,
  Notice,
  type PageLink,
  PostButton,
  type Problem,
  TimeLeft,
} from '../components.tsx';
import type { Edge } from '../edge.ts';
import { Layout } from '../layout.tsx';
import { formWords } from '../login/parts.tsx';
import type { AccountPageName } from '../messages/en-account.ts';
import { addresses } from './addresses.ts';
import type { Entered } from './guard.ts';
import { accountWords, LANG } from './words.ts';

/** What every page of an account knows. */
export interface Frame {
  readonly lang: string;
  readonly now: number;
  readonly support: string;
  readonly email: string;
  readonly account: AccountView;
  /** P5: the one who looks is in with a pass themselves, until then. */
  readonly passEndsAt: number | null;
}

export function frameOf({ ctx }: Edge, { session, account }: Entered): Frame {
  const ends = session.facts.passes.map((pass) => pass.endsAt);
  return {
    lang: LANG,
    now: ctx.now(),
    support: ctx.settings.support,
    email: session.user.email,
    account,
    passEndsAt: ends.length === 0 ? null : Math.min(...ends),
  };
}

export interface AccountPageProps {
  frame: Frame;
  current: AccountPageName;
  title: string;
  caption?: ComponentChildren;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  /** The pages above this one, for those that the navigation does not name. */
  trail?: readonly PageLink[] | undefined;
  problems?: readonly Problem[] | undefined;
  /** What was just done. */
  done?: string | undefined;
  children: ComponentChildren;
}

export function AccountPage(props: AccountPageProps) {
  const { frame, current, title, caption, lead, actions, trail, problems = [], done, children } = props;
  const { account, lang } = frame;
  const words = accountWords(lang).account;
  const form = formWords(lang);
  const whole = `${title} – ${account.name}`;
  return (
    <Layout
      title={problems.length > 0 ? `${form.errorPrefix}${whole}` : whole}
      shape="wide"
      signedInAs={frame.email}
      nav={navigation(frame, current)}
      lang={lang}
    >
      <ErrorSummary title={form.problem} problems={problems} />
      {done && (
        <Notice kind="success">
          <p>{done}</p>
        </Notice>
      )}
      {frame.passEndsAt !== null && <PassBanner frame={frame} endsAt={frame.passEndsAt} />}
      {trail && <Breadcrumbs label={words.trail} trail={trail} />}
      <Heading caption={caption ?? account.name} lead={lead} actions={actions}>
        {title}
      </Heading>
      {children}
    </Layout>
  );
}

function navigation({ account, lang }: Frame, current: AccountPageName) {
  const words = accountWords(lang).account.nav;
  const names = ['overview', 'people', 'passes', 'security', 'activity'] as const;
  return names.map((name) => ({
    href: addresses[name](account.slug),
    label: words[name](account.requestsWaiting),
    current: name === current,
  }));
}

/** P5: the open page leaves by itself when the pass ends. */
function PassBanner({ frame, endsAt }: { frame: Frame; endsAt: number }) {
  const words = accountWords(frame.lang).account.pass;
  return (
    <Notice kind="warning" title={words.title}>
      <p>{words.end}</p>
      <PassTime frame={frame} endsAt={endsAt} endsHref="/login?because=pass_over" />
    </Notice>
  );
}

/** How long a pass still has; without script, until when. Then to a GET route: this page may answer a POST. */
export function PassTime(props: { frame: Frame; endsAt: number; startsAt?: number; endsHref: string }) {
  const { frame, ...times } = props;
  const words = accountWords(frame.lang).account.pass;
  const label = (
    <>
      {words.timeLeft}
      <noscript> {words.until}</noscript>
    </>
  );
  return <TimeLeft now={frame.now} {...times} label={label} lang={frame.lang} />;
}

/** Where "Confirm it's you" may lead back to; the server has the addresses. */
export const CONFIRM_PAGES = ['invite', 'person', 'passes', 'security'] as const;
export type ConfirmPage = (typeof CONFIRM_PAGES)[number];

/** T4: asked for before a form is filled in, so that nothing typed is lost on the way. */
export function ConfirmFirst({ frame, page, id }: { frame: Frame; page: ConfirmPage; id?: string }) {
  const words = accountWords(frame.lang).account.confirm;
  const how = frame.account.mandate === null ? words.how.standard : words.how.mandated;
  return (
    <>
      <p>
        {words.what[page]} {how}
      </p>
      <PostButton
        kind="primary"
        action={addresses.confirm(frame.account.slug)}
        fields={id === undefined ? { page } : { page, id }}
        label={words.button}
      />
    </>
  );
}
