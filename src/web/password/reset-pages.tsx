import { Button, EmailField, Form, Heading, LinkButton, type Problem, problemOf } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { FormPage, LinkItem } from '../login/parts.tsx';
import type { Verdict } from '../messages/en-password.ts';
import { NewPasswordField, newPasswordProblem } from './new-password.tsx';
import { wordsIn } from './words.ts';

export interface ForgotModel {
  readonly lang: string;
  readonly email: string;
  readonly fault: 'empty' | 'noAddress' | null;
}

export function ForgotPage({ lang, email, fault }: ForgotModel) {
  const { title, lead, back, send, ...texts } = wordsIn(lang).forgot;
  const problems: Problem[] = fault === null ? [] : [{ field: 'email', text: texts[fault] }];
  return (
    <FormPage title={title} problems={problems} lang={lang}>
      <Heading lead={lead}>{title}</Heading>
      <Form action="/forgot-password">
        <EmailField
          name="email"
          label={texts.email}
          value={email}
          error={problemOf(problems, 'email')}
          autofocus={fault === null}
        />
        <Button>{send}</Button>
      </Form>
      <ul class="links">
        <LinkItem href="/login">{back}</LinkItem>
      </ul>
    </FormPage>
  );
}

/** D8: the same for every address; the mail tells. */
export function LinkSentPage({ lang, email }: { lang: string; email: string }) {
  const words = wordsIn(lang).linkSent;
  return (
    <Layout title={words.title} lang={lang}>
      <Heading>{words.title}</Heading>
      <p>
        {words.ifThereIs(email)} {words.works}
      </p>
      <p>{words.nothing}</p>
      <ul class="links">
        <LinkItem href="/forgot-password">{words.again}</LinkItem>
      </ul>
    </Layout>
  );
}

export interface ResetModel {
  readonly lang: string;
  readonly token: string;
  readonly verdict: Verdict | null;
}

export function ResetPage({ lang, token, verdict }: ResetModel) {
  const words = wordsIn(lang);
  const problems = verdict === null ? [] : [newPasswordProblem(verdict)];
  return (
    <FormPage title={words.reset.title} problems={problems} lang={lang}>
      <Heading lead={words.reset.lead}>{words.reset.title}</Heading>
      <Form action={`/reset-password?token=${encodeURIComponent(token)}`}>
        <NewPasswordField lang={lang} problems={problems} />
        <Button>{words.save}</Button>
      </Form>
    </FormPage>
  );
}

export function ResetGonePage({ lang }: { lang: string }) {
  const words = wordsIn(lang).resetGone;
  return (
    <Layout title={words.title} lang={lang}>
      <Heading>{words.title}</Heading>
      {words.paragraphs.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <LinkButton href="/forgot-password">{words.askAgain}</LinkButton>
      <ul class="links">
        <LinkItem href="/login">{words.logIn}</LinkItem>
      </ul>
    </Layout>
  );
}
