import type { Method } from '../../rules/facts.ts';
import { Button, Form, Heading, RadioCards } from '../components.tsx';
import type { LoginModel } from '../login/model.ts';
import { FormPage, LinkItem, OtherWays } from '../login/parts.tsx';
import type { SetUpBasis } from '../messages/en-set-up.ts';
import { setUpWords } from './words.ts';

export const SET_UP = '/login/set-up';

export interface ChooseModel extends LoginModel {
  readonly basis: SetUpBasis;
  /** What is offered, the app first (E2). */
  readonly methods: readonly Method[];
  readonly fault: 'chooseOne' | 'notOffered' | null;
}

export function ChoosePage({ model }: { model: ChooseModel }) {
  const { lang, basis, methods, fault, door } = model;
  const words = setUpWords(lang);
  const error = fault === null ? undefined : words[fault];
  const problems = error === undefined ? [] : [{ field: 'method', text: error }];
  const account = door.account?.name ?? '';
  const [only, another] = methods;
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      {only !== undefined && another === undefined ? (
        <OnlyOne model={model} method={only} />
      ) : (
        <>
          <p class="caption">{words.title}</p>
          <Form action={SET_UP}>
            <RadioCards
              name="method"
              legend={words.legend}
              legendIsHeading
              hint={words.leads[basis](account)}
              error={error}
              value={methods[0]}
              options={methods.map((value) => ({
                value,
                ...words.methods[value],
                badge: value === 'totp' && methods.length > 1 ? words.recommended : undefined,
              }))}
            />
            <Button>{words.submit}</Button>
          </Form>
        </>
      )}
      <OtherWays model={model}>
        <LinkItem href="/help/two-factor">{words.help}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}

/** Nothing to choose: what it is, and one button. */
function OnlyOne({ model, method }: { model: ChooseModel; method: Method }) {
  const { lang, basis, door } = model;
  const words = setUpWords(lang);
  return (
    <>
      <Heading caption={door.account?.name} lead={words.leads[basis](door.account?.name ?? '')}>
        {words.title}
      </Heading>
      <p>
        <b>{words.methods[method].label}.</b> {words.alone[method]}
      </p>
      <Form action={SET_UP} fields={{ method }}>
        <Button>{words.only[method]}</Button>
      </Form>
    </>
  );
}
