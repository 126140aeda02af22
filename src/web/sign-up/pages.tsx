import { Button, EmailField, Form, Heading, PasswordField, problemOf, TextField } from '../components.tsx';
import { FormPage, formWords } from '../login/parts.tsx';
import { enSignUp, type SignUpFault, type SignUpMessages } from '../messages/en-sign-up.ts';

const catalogue = new Map<string, SignUpMessages>([['en', enSignUp]]);

export interface SignUpModel {
  readonly lang: string;
  readonly invitation: { readonly token: string; readonly account: string } | null;
  /** What was typed; never the password. */
  readonly values: { readonly name: string; readonly email: string; readonly account: string };
  readonly faults: readonly SignUpFault[];
}

export function SignUpPage({ model }: { model: SignUpModel }) {
  const { lang, invitation, values, faults } = model;
  const words = catalogue.get(lang) ?? enSignUp;
  const form = formWords(lang);
  const problems = faults.map((fault) => ({ field: fault.field, text: textOf(words, fault) }));
  const title = invitation === null ? words.title : words.titleInvited(invitation.account);
  const query = invitation === null ? '' : `?invitation=${encodeURIComponent(invitation.token)}`;
  return (
    <FormPage lang={lang} title={title} problems={problems}>
      <Heading lead={invitation === null ? words.lead : words.leadInvited(invitation.account)}>
        {title}
      </Heading>
      <Form action={`/sign-up${query}`}>
        <TextField
          name="name"
          label={words.name}
          value={values.name}
          autocomplete="name"
          error={problemOf(problems, 'name')}
        />
        <EmailField
          name="email"
          label={words.email}
          hint={words.emailHint}
          value={values.email}
          error={problemOf(problems, 'email')}
        />
        <PasswordField
          name="password"
          label={words.password}
          hint={words.passwordHint}
          autocomplete="new-password"
          showLabel={form.showPassword}
          hideLabel={form.hidePassword}
          minLength={15}
          error={problemOf(problems, 'password')}
        />
        {invitation === null && (
          <TextField
            name="account"
            label={words.account}
            value={values.account}
            autocomplete="organization"
            error={problemOf(problems, 'account')}
          />
        )}
        <Button>{words.submit}</Button>
      </Form>
      <p>
        {words.haveLogin} <a href="/login">{words.logIn}</a>
      </p>
    </FormPage>
  );
}

function textOf(words: SignUpMessages, fault: SignUpFault): string {
  switch (fault.field) {
    case 'name':
    case 'account':
      return words.faults[fault.field][fault.result];
    case 'password':
      return words.faults.password[fault.result];
    case 'email':
      return fault.result === 'other_address'
        ? words.faults.email.other_address(fault.masked)
        : words.faults.email[fault.result];
    default:
      return unknownField(fault);
  }
}

function unknownField(fault: never): never {
  throw new Error(`no text for ${JSON.stringify(fault)}`);
}
