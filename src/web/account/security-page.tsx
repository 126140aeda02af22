import type { RollOut } from '../../flows/view-account.ts';
import { type AccountTextsView, TEXT_DAYS } from '../../flows/view-account-texts.ts';
import type { Method } from '../../rules/facts.ts';
import {
  Button,
  Checkbox,
  ContactText,
  Facts,
  FieldError,
  Form,
  LinkButton,
  Notice,
  type Problem,
  problemOf,
  RadioCards,
  Time,
} from '../components.tsx';
import { addresses, type MandateChoice } from './addresses.ts';
import { AccountPage, ConfirmFirst, type Frame } from './frame.tsx';
import { membersOf, setUpOf } from './roll-out.ts';
import { SessionLength, type TypedLength } from './session-length.tsx';
import { TextCaps } from './text-caps.tsx';
import { TextMessages } from './text-messages.tsx';
import { TextStatistics } from './text-statistics.tsx';
import { accountWords } from './words.ts';

export interface SecurityModel {
  readonly frame: Frame;
  readonly rollOut: RollOut;
  /** As it is, or as it was chosen a moment ago. */
  readonly choice: MandateChoice;
  readonly length: TypedLength;
  readonly texts: AccountTextsView;
  /** The day from which text messages end, as it was typed a moment ago. */
  readonly day: string | undefined;
  readonly ownMethod: Method | null;
  readonly problems: readonly Problem[];
  readonly done: string | undefined;
}

/** `/accounts/:slug/security`: the mandate, how long sessions last, and what becomes of text messages. */
export function SecurityPage({ model }: { model: SecurityModel }) {
  const { frame, problems, done } = model;
  const { account } = frame;
  const words = accountWords(frame.lang).security;
  return (
    <AccountPage
      frame={frame}
      current="security"
      title={words.title}
      lead={words.lead}
      problems={problems}
      done={done}
    >
      <section class="prose" aria-labelledby="mandate">
        <h2 id="mandate">{words.mandate.title}</h2>
        {account.mandate !== null && <MandateFacts model={model} />}
        <p>
          {words.mandate.rule} <a href="/help/two-factor">{words.mandate.help}</a>
        </p>
      </section>
      {account.plan === 'standard' && account.mandate === null ? (
        <NotOnThisPlan frame={frame} />
      ) : (
        account.fresh && <MandateForms model={model} />
      )}
      {!account.fresh && (
        <section class="card prose">
          <ConfirmFirst frame={frame} page="security" />
        </section>
      )}
      <SessionLength frame={frame} length={model.length} problems={problems} />
      <TextMessages model={{ ...model, yourself: model.ownMethod === 'sms' }} />
      <TextCaps frame={frame} caps={model.texts.caps} />
      <TextStatistics frame={frame} view={model.texts} days={TEXT_DAYS} />
    </AccountPage>
  );
}

function MandateFacts({ model: { frame, rollOut } }: { model: SecurityModel }) {
  const { account, security } = accountWords(frame.lang);
  const { mandate } = frame.account;
  if (mandate === null) return null;
  const { facts, from, on, setUp } = security.mandate;
  return (
    <Facts
      facts={[
        { label: facts.state, value: <b>{on}</b> },
        { label: facts.since, value: <Time at={mandate.since} lang={frame.lang} /> },
        { label: facts.methods, value: mandate.methods.map((m) => account.methods[m]).join(', ') },
        { label: facts.from, value: from[mandate.from] },
        { label: facts.people, value: setUp(setUpOf(rollOut), membersOf(rollOut)) },
      ]}
    />
  );
}

/** M1: greyed out, and why. */
function NotOnThisPlan({ frame }: { frame: Frame }) {
  const words = accountWords(frame.lang).security.mandate.standard;
  return (
    <section class="prose" aria-label={words.legend}>
      <Notice title={words.title}>
        <p>
          <ContactText text={words.text(frame.support)} contact={frame.support} />
        </p>
      </Notice>
      <RadioCards
        name="on"
        legend={words.legend}
        value="no"
        options={[
          { value: 'no', label: words.nobody, disabled: true },
          { value: 'yes', label: words.everyone, disabled: true },
        ]}
      />
    </section>
  );
}

function MandateForms({ model }: { model: SecurityModel }) {
  const { frame } = model;
  const { mandate, slug } = frame.account;
  const words = accountWords(frame.lang).security.mandate;
  return (
    <>
      <section class="prose" aria-labelledby="change">
        <h2 id="change">{mandate === null ? words.onTitle : words.changeTitle}</h2>
        <Form action={addresses.security(slug)} fields={{ on: 'yes' }}>
          <Methods model={model} />
          <When model={model} />
          <Button>{words.look}</Button>
        </Form>
      </section>
      {mandate !== null && (
        <section class="prose" aria-labelledby="off">
          <h2 id="off">{words.offTitle}</h2>
          <p>{words.offText}</p>
          <LinkButton
            kind="secondary"
            href={addresses.mandate(slug, { on: false, methods: [], from: 'next_login' })}
          >
            {words.switchOff}
          </LinkButton>
        </section>
      )}
    </>
  );
}

/** The first box answers to the group's errors. */
function Methods({ model: { frame, choice, problems } }: { model: SecurityModel }) {
  const { account, security } = accountWords(frame.lang);
  const words = security.mandate;
  const offered: readonly Method[] = frame.account.textMessages ? ['totp', 'sms'] : ['totp'];
  const error = problemOf(problems, 'totp');
  return (
    <fieldset class={error ? 'choices field-wrong' : 'choices'}>
      <legend>{words.methods}</legend>
      <FieldError id="totp" error={error} />
      {offered.map((method) => (
        <Checkbox
          key={method}
          name={method}
          label={account.methods[method]}
          hint={words.methodHints[method]}
          checked={choice.methods.includes(method)}
        />
      ))}
      {!frame.account.textMessages && <p class="hint">{words.noCarrier}</p>}
    </fieldset>
  );
}

/** What holds at once cannot be put off again (T2), so then there is nothing to choose. */
function When({ model: { frame, choice } }: { model: SecurityModel }) {
  const words = accountWords(frame.lang).security.mandate;
  if (frame.account.mandate?.from === 'now') return <input type="hidden" name="from" value="now" />;
  return (
    <RadioCards
      name="from"
      legend={words.when}
      hint={frame.account.mandate === null ? undefined : words.whenOn}
      value={choice.from}
      options={(['next_login', 'now'] as const).map((value) => ({ value, ...words.choices[value] }))}
    />
  );
}
