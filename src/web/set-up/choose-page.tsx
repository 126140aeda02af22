import type { Method } from '../../rules/facts.ts';
import { Button, Form, RadioCards } from '../components.tsx';
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
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
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
      <OtherWays model={model}>
        <LinkItem href="/help/two-factor">{words.help}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}
