import type { ComponentChildren } from 'preact';
import type { PassView } from '../../flows/ask-for-pass.ts';
import {
  Button,
  ContactText,
  Form,
  Heading,
  LinkButton,
  Notice,
  Panel,
  PostButton,
  type Problem,
  problemOf,
  RadioCards,
  TimeLeft,
} from '../components.tsx';
import { Layout } from '../layout.tsx';
import { enPass, type Fruitless, type PassMessages } from '../messages/en-pass.ts';
import { LOGIN_CODE } from './login-code-page.tsx';
import { type LoginModel, loginWords } from './model.ts';
import { FormPage, LinkItem, OtherWays } from './parts.tsx';
import { RECOVERY_CODE } from './recovery-code-page.tsx';

export const PASS = '/login/pass';
export const PASS_STATE = '/login/pass/state';
/** How often the waiting page looks by itself where there is no script. */
const REFRESH_SECONDS = 5;

const catalogue = new Map<string, PassMessages>([['en', enPass]]);
export const passWords = (lang: string): PassMessages => catalogue.get(lang) ?? enPass;

/**
 * Where the person is with asking. `forgotten`: only a pass opens. `unable`: they have yet to say that they can
 * use nothing else. `ask`: the mailbox is proven. `over`: the login has timed out; only its request is told of.
 */
export type PassStage = 'forgotten' | 'unable' | 'ask' | 'over';

export interface PassModel extends LoginModel {
  readonly stage: PassStage;
  readonly view: PassView;
  /** The phone would still do. */
  readonly canGoBack: boolean;
  readonly problems: readonly Problem[];
}

export function PassPage({ model }: { model: PassModel }) {
  const { request } = model.view;
  if (request === null) return <AskPage model={model} />;
  switch (request.state) {
    case 'waiting':
      return <WaitingPage model={model} request={request} />;
    case 'granted':
      return request.passReady && model.stage !== 'over' ? (
        <GrantedPage model={model} request={request} />
      ) : (
        <FruitlessPage model={model} why="over" account={request.account} />
      );
    case 'denied':
    case 'wrong_number':
    case 'expired':
    case 'withdrawn':
      return <FruitlessPage model={model} why={request.state} account={request.account} />;
    default:
      return unknownState(request.state);
  }
}

type Request = NonNullable<PassView['request']>;

/** Nothing was asked yet. */
function AskPage({ model }: { model: PassModel }) {
  const { lang, door, stage, view, problems } = model;
  const words = passWords(lang);
  const which = stage === 'over' ? 'ask' : stage;
  const [first, ...others] = view.askable;
  const account = (others.length === 0 && door.account?.name) || words.anAccount;
  // An admin who is not there is not promised.
  const lead = first === undefined && which !== 'forgotten' ? undefined : words.leads[which](account);
  return (
    <FormPage lang={lang} title={words.titles[which]} problems={problems}>
      <Heading caption={door.account?.name} lead={lead}>
        {words.titles[which]}
      </Heading>
      {first !== undefined && <p>{words.what}</p>}
      <Ask model={model} label={words.button} />
      <Ways model={model} />
    </FormPage>
  );
}

/** The button that asks, the one that leads to it by way of the mailbox, or whom to turn to. */
function Ask({ model, label }: { model: PassModel; label: string }) {
  const { lang, stage, view, support } = model;
  const words = passWords(lang);
  if (stage === 'over') return <LinkButton href="/login">{words.logIn}</LinkButton>;
  if (view.askable.length === 0) {
    return (
      <Notice kind="warning" title={words.nobody.title}>
        <p>
          <ContactText text={words.nobody.text(support)} contact={support} />
        </p>
      </Notice>
    );
  }
  if (stage !== 'ask') {
    return (
      <>
        <p>{words.firstMail}</p>
        <PostButton kind="primary" action={PASS} fields={{ action: 'want' }} label={label} />
      </>
    );
  }
  return (
    <Form action={PASS} fields={{ action: 'ask', ...onlyAccount(model) }}>
      <p>{words.how}</p>
      <WhichAccount model={model} />
      <Button>{label}</Button>
    </Form>
  );
}

function onlyAccount({ view: { askable } }: PassModel): { account?: string } {
  const [only, another] = askable;
  return only !== undefined && another === undefined ? { account: only.slug } : {};
}

/** P1: one account is asked, and where several could be, the person says which. */
function WhichAccount({ model: { lang, view, door, problems } }: { model: PassModel }) {
  const words = passWords(lang);
  if (view.askable.length < 2) return null;
  const target = view.askable.find((account) => account.slug === door.account?.slug);
  return (
    <RadioCards
      name="account"
      legend={words.which}
      value={target?.slug}
      options={view.askable.map(({ slug, name }) => ({ value: slug, label: name }))}
      error={problemOf(problems, 'account')}
    />
  );
}

/** P1: the number, until somebody answers. The page asks by itself, with script or without. */
function WaitingPage({ model, request }: { model: PassModel; request: Request }) {
  const { lang, now } = model;
  const words = passWords(lang).waiting;
  const left = (
    <>
      {words.left}
      <noscript> {words.until}</noscript>
    </>
  );
  return (
    <Layout title={words.title} refreshSeconds={REFRESH_SECONDS} lang={lang}>
      <Heading caption={request.account}>{words.title}</Heading>
      <div data-poll-url={PASS_STATE}>
        <Panel label={words.label} value={<span id="pass-number">{request.number}</span>} />
      </div>
      <p>
        <b>{words.read}</b> {words.never}
      </p>
      <TimeLeft now={now} endsAt={request.expiresAt} label={left} lang={lang} />
      <p class="soft">{words.ask(request.account)}</p>
      <Ways model={model} />
    </Layout>
  );
}

/** The form goes by itself once in a tab; if it comes back, the person presses the button. */
function GrantedPage({ model, request }: { model: PassModel; request: Request }) {
  const words = passWords(model.lang).granted;
  return (
    <FormPage lang={model.lang} title={words.title} problems={model.problems}>
      <Heading caption={request.account} lead={words.lead(request.account)}>
        {words.title}
      </Heading>
      <Form
        action={PASS}
        fields={{ action: 'continue' }}
        autosubmit={`pass-${request.number}-${request.expiresAt}`}
      >
        <Button>{words.button}</Button>
      </Form>
    </FormPage>
  );
}

function FruitlessPage(props: { model: PassModel; why: Fruitless; account: string }) {
  const { model, why, account } = props;
  const words = passWords(model.lang);
  const { title, text } = words.fruitless[why];
  return (
    <FormPage lang={model.lang} title={title} problems={model.problems}>
      <Heading caption={account} lead={text(account)}>
        {title}
      </Heading>
      {model.stage === 'over' && <p>{words.loggedOut}</p>}
      <Ask model={model} label={words.again} />
      <Ways model={model} />
    </FormPage>
  );
}

/** The phone, if it turns up; a code that an admin has handed over (P2); and the way out. */
function Ways({ model }: { model: PassModel }) {
  const { lang, stage, canGoBack } = model;
  const words = passWords(lang);
  if (stage === 'over') return null;
  // Where the form asks for which account, there is no second list of them.
  const asksWhich = stage === 'ask' && model.view.askable.length > 1;
  const door = asksWhich ? { ...model.door, others: [] } : model.door;
  return (
    <OtherWays model={{ ...model, door }}>
      {stage === 'unable' && <LinkItem href={LOGIN_CODE}>{words.backToCode}</LinkItem>}
      {canGoBack && (
        <li>
          <PostButton action={PASS} fields={{ action: 'back' }} label={words.back} kind="link" />
        </li>
      )}
      <RecoveryItem>
        <a href={RECOVERY_CODE}>{words.recovery}</a> <span class="soft">{words.passCode}</span>
      </RecoveryItem>
      <LinkItem href="/help/two-factor#locked-out">{loginWords(lang).lockedOut}</LinkItem>
    </OtherWays>
  );
}

const RecoveryItem = ({ children }: { children: ComponentChildren }) => <li>{children}</li>;

function unknownState(state: never): never {
  throw new Error(`no page for a request that is ${JSON.stringify(state)}`);
}
