import type { AccountView, RollOut } from '../../flows/view-account.ts';
import type { Method } from '../../rules/facts.ts';
import { Button, Facts, Form, Notice, safeHref, Table } from '../components.tsx';
import { addresses, choiceFields, type MandateChoice } from './addresses.ts';
import { AccountPage, type Frame } from './frame.tsx';
import { accountWords } from './words.ts';

const DAY_MS = 24 * 3_600_000;
const ROWS = ['app', 'text', 'notYet', 'onPass', 'setUpAgain', 'invited'] as const;

export interface MandateModel {
  readonly frame: Frame;
  readonly rollOut: RollOut;
  readonly choice: MandateChoice;
  /** How the one who looks gets their own codes for this account; `null`: not at all. */
  readonly ownMethod: Method | null;
}

/** M2: whom it hits, before it is confirmed. Looking changes nothing. */
export function MandatePage({ model }: { model: MandateModel }) {
  const { frame, choice } = model;
  const { account } = frame;
  const { security } = accountWords(frame.lang);
  const words = security.effect;
  const which = kindOf(account, choice);
  return (
    <AccountPage
      frame={frame}
      current="security"
      title={words.titles[which]}
      trail={[{ href: addresses.security(account.slug), label: security.title }]}
    >
      {choice.on ? <Chosen model={model} /> : <SwitchedOff lang={frame.lang} />}
      <Form action={addresses.security(account.slug)} fields={{ ...choiceFields(choice), confirmed: 'yes' }}>
        <Button kind={choice.on ? 'primary' : 'danger'}>{words.buttons[which]}</Button>
      </Form>
      <p>
        <a href={safeHref(addresses.security(account.slug))}>{words.back}</a>
      </p>
    </AccountPage>
  );
}

function kindOf({ mandate }: AccountView, { on }: MandateChoice): 'on' | 'change' | 'off' {
  if (!on) return 'off';
  return mandate === null ? 'on' : 'change';
}

function SwitchedOff({ lang }: { lang: string }) {
  return (
    <ul class="prose">
      {accountWords(lang).security.effect.off.map((effect) => (
        <li key={effect}>{effect}</li>
      ))}
    </ul>
  );
}

/** A changed list of methods never waits: it holds from the next request (docs/decisions/0007). */
function From({ model: { frame, choice } }: { model: MandateModel }) {
  const { effect, mandate } = accountWords(frame.lang).security;
  const before = frame.account.mandate;
  if (before === null || before.methods.join() === choice.methods.join()) {
    return <>{mandate.from[choice.from]}</>;
  }
  return (
    <>
      {effect.chosen.methodsAtOnce}
      <br />
      {effect.chosen.demand[choice.from]}
    </>
  );
}

function Chosen({ model }: { model: MandateModel }) {
  const { frame, rollOut, choice, ownMethod } = model;
  const { account: shared, security } = accountWords(frame.lang);
  const words = security.effect;
  const { mandate, sessionMaxMs, sessionIdleMs } = frame.account;
  const effect = { ...choice, wasOn: mandate !== null };
  const { people, count, effect: happens } = words.columns;
  const shorter = mandate === null && Math.max(sessionMaxMs, sessionIdleMs) > DAY_MS;
  return (
    <>
      <div class="prose">
        <Facts
          facts={[
            { label: words.chosen.methods, value: choice.methods.map((m) => shared.methods[m]).join(', ') },
            { label: words.chosen.from, value: <From model={model} /> },
          ]}
        />
      </div>
      <Table
        caption={words.table}
        columns={[{ label: people }, { label: count, align: 'end' }, { label: happens }]}
        rows={ROWS.filter((row) => rollOut[row] > 0).map((row) => ({
          key: row,
          cells: [shared.rollOut[row], rollOut[row].toLocaleString(frame.lang), words.rows[row](effect)],
        }))}
        empty={words.nobody}
      />
      {shorter && <p>{words.shorter}</p>}
      {mandate === null && <Notice>{words.yourself}</Notice>}
      {ownMethod !== null && !choice.methods.includes(ownMethod) && (
        <Notice kind="warning">{words.ownMethod(shared.methods[ownMethod])}</Notice>
      )}
    </>
  );
}
