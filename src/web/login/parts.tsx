import type { ComponentChildren } from 'preact';
import { Button, ErrorSummary, Form, PostButton, type Problem, safeHref } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { enForm, type FormMessages } from '../messages/en-form.ts';
import { type LoginModel, loginWords, type WayOut } from './model.ts';

const catalogue = new Map<string, FormMessages>([['en', enForm]]);
export const formWords = (lang: string): FormMessages => catalogue.get(lang) ?? enForm;

export interface FormPageProps {
  lang: string;
  title: string;
  problems?: readonly Problem[] | undefined;
  children: ComponentChildren;
}

/** One question at a time; what is wrong with the last answer stands on top and in the title. */
export function FormPage({ lang, title, problems = [], children }: FormPageProps) {
  const words = formWords(lang);
  return (
    <Layout title={problems.length > 0 ? `${words.errorPrefix}${title}` : title} lang={lang}>
      <ErrorSummary title={words.problem} problems={problems} />
      {children}
    </Layout>
  );
}

/** Another code, by the same page's `action=resend`. `main`: there is nothing else to do on this page. */
export function ResendForm(props: { action: string; label: string; main?: boolean | undefined }) {
  return (
    <Form action={props.action} fields={{ action: 'resend' }} class="post-button">
      <Button kind={props.main ? 'primary' : 'link'}>{props.label}</Button>
    </Form>
  );
}

/** Below the one question: other ways on, and the way out. */
export function OtherWays({ model, children }: { model: LoginModel; children?: ComponentChildren }) {
  return (
    <>
      <ul class="links">
        {children}
        <li>
          <LeaveLogin wayOut={model.wayOut} label={loginWords(model.lang).wayOut[model.wayOut]} />
        </li>
      </ul>
      <OtherAccounts model={model} />
    </>
  );
}

/** A step-up is left without ending the session; a log-in by ending it, or `/login` would lead back here. */
function LeaveLogin({ wayOut, label }: { wayOut: WayOut; label: string }) {
  switch (wayOut) {
    case 'step_up':
      return <a href="/">{label}</a>;
    case 'sign_up':
      return <a href="/sign-up">{label}</a>;
    case 'log_in':
      return <PostButton action="/logout" label={label} kind="link" />;
    default:
      return unknownWay(wayOut);
  }
}

/** D2.6: only where an account is being entered is there another one to enter instead. */
function OtherAccounts({ model: { lang, door } }: { model: LoginModel }) {
  if (door.account === null || door.others.length === 0) return null;
  return (
    <section aria-labelledby="other-accounts">
      <h2 id="other-accounts">{loginWords(lang).otherAccounts}</h2>
      <ul class="links">
        {door.others.map(({ slug, name }) => (
          <li key={slug}>
            <PostButton action="/login/account" fields={{ account: slug }} label={name} kind="link" />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function LinkItem({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <li>
      <a href={safeHref(href)}>{children}</a>
    </li>
  );
}

/** Only its last two digits are known here (T27); read out as that. */
export function MaskedNumber({ phone, lang }: { phone: string; lang: string }) {
  return (
    <>
      <b class="number unbroken" aria-hidden="true">
        {phone}
      </b>
      <span class="visually-hidden">{loginWords(lang).numberEndingIn(phone.slice(-2))}</span>
    </>
  );
}

function unknownWay(way: never): never {
  throw new Error(`no way out by ${JSON.stringify(way)}`);
}
