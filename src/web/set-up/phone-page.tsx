import {
  Button,
  Form,
  Heading,
  Notice,
  type Problem,
  problemOf,
  SelectField,
  TextField,
} from '../components.tsx';
import type { LoginModel } from '../login/model.ts';
import { FormPage, LinkItem, OtherWays } from '../login/parts.tsx';
import type { PhoneFault } from '../messages/en-set-up.ts';
import { SET_UP } from './choose-page.tsx';
import { countryOptions } from './countries.ts';
import { setUpWords } from './words.ts';

export const PHONE = '/login/set-up/phone';

export interface PhoneModel extends LoginModel {
  /** ISO 3166; empty where there is no guess. */
  readonly country: string;
  /** Where text messages go to. */
  readonly served: ReadonlySet<string> | 'all';
  /** As it was typed. */
  readonly phone: string;
  readonly faults: readonly PhoneFault[];
  readonly appOffered: boolean;
}

export function PhonePage({ model }: { model: PhoneModel }) {
  const { lang, faults, appOffered, door } = model;
  const words = setUpWords(lang);
  const problems = faults.map((fault) => ({
    field:
      fault === 'no_country' || fault === 'wrong_country' || fault === 'not_served' ? 'country' : 'phone',
    text: words.phone.faults[fault],
  }));
  return (
    <FormPage lang={lang} title={words.phone.title} problems={problems}>
      <Heading caption={door.account?.name}>{words.phone.title}</Heading>
      <PhoneForm model={model} problems={problems} />
      <Notice>
        <p>{words.phone.risk}</p>
        {appOffered && (
          <p>
            <a href={SET_UP}>{words.phone.useApp}</a>
          </p>
        )}
      </Notice>
      <OtherWays model={model}>
        <LinkItem href="/help/two-factor#set-up-text">{words.help}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}

function PhoneForm({ model, problems }: { model: PhoneModel; problems: readonly Problem[] }) {
  const { lang, country, phone, served } = model;
  const words = setUpWords(lang).phone;
  const choose = country === '' ? [{ value: '', label: words.chooseCountry }] : [];
  const countries = countryOptions(lang).filter(({ value }) => served === 'all' || served.has(value));
  return (
    <Form action={PHONE}>
      <SelectField
        name="country"
        label={words.country}
        value={country}
        options={[...choose, ...countries]}
        search={{ label: words.searchCountry, noMatch: words.noCountry }}
        autocomplete="country"
        error={problemOf(problems, 'country')}
      />
      <TextField
        name="phone"
        label={words.number}
        hint={words.hint}
        value={phone}
        inputmode="tel"
        autocomplete="tel-national"
        error={problemOf(problems, 'phone')}
      />
      <Button>{words.submit}</Button>
    </Form>
  );
}
