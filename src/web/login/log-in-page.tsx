import {
  Button,
  EmailField,
  Form,
  Heading,
  Notice,
  PasswordField,
  PostButton,
  type Problem,
  problemOf,
} from '../components.tsx';
import type { Because, LogInFault, LoginMessages } from '../messages/en-login.ts';
import { type FaultReader, faultText } from '../messages/fault-text.ts';
import { loginWords } from './model.ts';
import { FormPage, formWords, LinkItem } from './parts.tsx';

export interface LogInModel extends FaultReader {
  readonly because: Because | null;
  /** Slug of the account to be entered; kept over wrong passwords. */
  readonly account: string | null;
  /** What was typed, or whose login waits for its password. Never the password. */
  readonly email: string;
  readonly faults: readonly { readonly result: LogInFault; readonly until?: number }[];
  readonly pending: Pending | null;
}

/** A login that waits for its password: of a session that rises, or of an invitation. */
export interface Pending {
  readonly kind: 'step_up' | 'set_up' | 'invitation';
  readonly email: string;
  readonly account: string | null;
}

const FIELD_OF = {
  no_email: 'email',
  no_password: 'password',
  wrong: 'password',
  wait: 'password',
} satisfies Record<LogInFault, string>;

export function LogInPage({ model }: { model: LogInModel }) {
  const { lang, because, pending, faults } = model;
  const words = loginWords(lang).logIn;
  const problems = faults.map((f) => ({
    field: FIELD_OF[f.result],
    text: faultText(words.faults, f, model),
  }));
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      {because !== null && problems.length === 0 && (
        <Notice kind={words.because[because].kind}>{words.because[because].text}</Notice>
      )}
      <Heading lead={pending === null ? undefined : words.pending[pending.kind](pending.account)}>
        {words.title}
      </Heading>
      <LogInForm model={model} problems={problems} />
      {pending === null ? <Elsewhere words={words} /> : <NotMe pending={pending} lang={lang} />}
    </FormPage>
  );
}

function LogInForm({ model, problems }: { model: LogInModel; problems: readonly Problem[] }) {
  const { lang, account, email, pending } = model;
  const words = loginWords(lang).logIn;
  const form = formWords(lang);
  const fixed = pending !== null && pending.kind !== 'invitation';
  const query = account === null ? '' : `?account=${encodeURIComponent(account)}`;
  return (
    <Form action={`/login${query}`} fields={fixed ? { email } : undefined}>
      {fixed && (
        <p>
          {words.loggedInAs} <b>{email}</b>
        </p>
      )}
      {!fixed && (
        <EmailField
          name="email"
          label={words.email}
          value={email}
          error={problemOf(problems, 'email')}
          autofocus={problems.length === 0 && email === ''}
        />
      )}
      <PasswordField
        name="password"
        label={words.password}
        autocomplete="current-password"
        showLabel={form.showPassword}
        hideLabel={form.hidePassword}
        error={problemOf(problems, 'password')}
        autofocus={problems.length === 0 && email !== ''}
      />
      <Button>{words.submit}</Button>
    </Form>
  );
}

function Elsewhere({ words }: { words: LoginMessages['logIn'] }) {
  return (
    <ul class="links">
      <LinkItem href="/forgot-password">{words.forgotten}</LinkItem>
      <li>
        {words.newHere} <a href="/sign-up">{words.signUp}</a>
      </li>
    </ul>
  );
}

function NotMe({ pending, lang }: { pending: Pending; lang: string }) {
  const { wayOut, logIn } = loginWords(lang);
  return (
    <ul class="links">
      <LinkItem href="/forgot-password">{logIn.forgotten}</LinkItem>
      {pending.kind !== 'invitation' && <LinkItem href="/">{wayOut.step_up}</LinkItem>}
      <li>
        <PostButton action="/logout" label={wayOut.log_in} kind="link" />
      </li>
    </ul>
  );
}
