import {
  Button,
  ErrorSummary,
  Form,
  Heading,
  PasswordField,
  PostButton,
  type Problem,
  problemOf,
} from '../components.tsx';
import { Layout } from '../layout.tsx';
import { formWords, LinkItem } from '../login/parts.tsx';
import { NewPasswordField } from './new-password.tsx';
import { wordsIn } from './words.ts';

export interface ChangeModel {
  readonly lang: string;
  readonly email: string;
  readonly problems: readonly Problem[];
}

export function ChangePage({ lang, email, problems }: ChangeModel) {
  const words = wordsIn(lang);
  const { title, lead, current, forgotten, back } = words.change;
  const form = formWords(lang);
  const wrong = problems.length > 0;
  return (
    <Layout title={wrong ? `${form.errorPrefix}${title}` : title} signedInAs={email} lang={lang}>
      <ErrorSummary title={form.problem} problems={problems} />
      <Heading lead={lead}>{title}</Heading>
      <Form action="/password">
        {/* Never sent: it tells password managers whose password this is. */}
        <input type="text" autocomplete="username" value={email} readOnly hidden />
        <PasswordField
          name="current"
          label={current}
          error={problemOf(problems, 'current')}
          autocomplete="current-password"
          showLabel={form.showPassword}
          hideLabel={form.hidePassword}
        />
        <NewPasswordField lang={lang} problems={problems} />
        <Button>{words.save}</Button>
      </Form>
      <ul class="links">
        <LinkItem href="/forgot-password">{forgotten}</LinkItem>
        <LinkItem href="/">{back}</LinkItem>
      </ul>
    </Layout>
  );
}

/** U4: there is an authenticator, and it was not proven in the last five minutes. */
export function ConfirmFirstPage({ lang, email }: { lang: string; email: string }) {
  const words = wordsIn(lang).confirmFirst;
  return (
    <Layout title={words.title} signedInAs={email} lang={lang}>
      <Heading>{words.title}</Heading>
      <p>{words.why}</p>
      <PostButton kind="primary" action="/step-up" fields={{ for: 'password' }} label={words.go} />
      <ul class="links">
        <LinkItem href="/">{words.back}</LinkItem>
      </ul>
    </Layout>
  );
}
