import type { HomeView } from '../../flows/view-home.ts';
import { Badge, LinkButton, PostButton, Table, type Tone } from '../components.tsx';
import type { AdmittedBy, HomeMessages, Refused } from '../messages/en-home.ts';

type Account = HomeView['accounts'][number];
type Words = HomeMessages['accounts'];

/** What helps into an account: a step-up asks for what is missing; an old session only a new log-in. */
const WAY_IN: Record<Refused, 'step_up' | 'log_out' | null> = {
  signed_out: 'log_out',
  disabled: null,
  not_member: null,
  session_ended_here: 'log_out',
  set_up_needed: 'step_up',
  code_needed: 'step_up',
  other_authenticator_needed: 'step_up',
  method_not_allowed: 'step_up',
  pass_needed: 'step_up',
  pass_over: 'log_out',
};

const TONE: Record<AdmittedBy, Tone> = {
  no_mandate: 'good',
  before_mandate: 'good',
  authenticator: 'good',
  backup_code: 'good',
  pass: 'warn',
};

export function Accounts({ words, view }: { words: Words; view: HomeView }) {
  const { account, status, enter } = words.columns;
  return (
    <section aria-labelledby="accounts">
      <h2 id="accounts">{words.title}</h2>
      <Table
        caption={words.title}
        captionHidden
        columns={[
          { label: account },
          { label: status, wide: true },
          { label: enter, wide: true, align: 'end' },
        ]}
        rows={view.accounts.map((a) => ({ key: a.slug, cells: cellsOf(a, words) }))}
        empty={words.none(view.email)}
      />
    </section>
  );
}

function cellsOf(account: Account, words: Words) {
  const { admission } = account;
  const name = (
    <>
      {account.name} <span class="soft">{words.roles[account.role]}</span>
    </>
  );
  if (admission.answer === 'admitted') {
    return [
      name,
      <Status key="s" text={words.admitted[admission.by]} tone={TONE[admission.by]} />,
      <div key="w" class="actions">
        <Inside account={account} words={words} />
      </div>,
    ];
  }
  return [
    name,
    <Status key="s" text={words.refused[admission.answer]} tone="warn" />,
    <div key="w" class="actions">
      <WayIn account={account} way={WAY_IN[admission.answer]} words={words} />
    </div>,
  ];
}

function Status({ text, tone }: { text: Words['refused'][Refused]; tone: Tone }) {
  return (
    <div>
      <Badge tone={tone}>{text.badge}</Badge> <span class="soft">{text.sentence}</span>
    </div>
  );
}

/** Once in: owners and admins run the account, people on a pass can set up before it ends (P5), anybody can leave. */
function Inside({ account, words }: { account: Account; words: Words }) {
  const { admission, role, slug, name } = account;
  const manages = role !== 'member';
  return (
    <>
      {admission.answer === 'admitted' && admission.by === 'pass' && (
        <PostButton
          action="/step-up"
          fields={{ for: 'set_up', account: slug }}
          label={words.setUpNow}
          about={name}
        />
      )}
      {manages ? (
        <LinkButton kind="secondary" href={`/accounts/${slug}`}>
          {words.manage(name)}
        </LinkButton>
      ) : (
        <a class="soft" href={`/accounts/${slug}/leave`}>
          {words.leave(name)}
        </a>
      )}
    </>
  );
}

function WayIn(props: { account: Account; way: 'step_up' | 'log_out' | null; words: Words }) {
  const { account, way, words } = props;
  switch (way) {
    case 'step_up':
      return (
        <PostButton
          action="/step-up"
          fields={{ for: 'account', account: account.slug }}
          label={words.enter(account.name)}
        />
      );
    case 'log_out':
      return <PostButton action="/logout" label={words.logOut} />;
    case null:
      return null;
    default:
      return unknownWay(way);
  }
}

function unknownWay(way: never): never {
  throw new Error(`no way in by ${way}`);
}
