import type { ChallengeView } from '../../flows/challenge.ts';
import { Button, CodeField, Form, Heading, Notice, problemOf } from '../components.tsx';
import type { EmailCodeReason } from '../messages/en-login.ts';
import { AnotherCode, type CodeModel, CodeNotices, codeProblems } from './code-page.tsx';
import { loginWords } from './model.ts';
import { FormPage, OtherWays, ResendForm } from './parts.tsx';

export const EMAIL_CODE = '/login/email-code';

export interface EmailCodeModel extends CodeModel {
  readonly why: EmailCodeReason;
  readonly mailbox: ChallengeView;
}

export function EmailCodePage({ model }: { model: EmailCodeModel }) {
  const { lang, why, mailbox } = model;
  const words = loginWords(lang).emailCode;
  const problems = codeProblems(model, words.faults);
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      <CodeNotices model={model} />
      <Heading lead={words.why[why]}>{words.title}</Heading>
      {mailbox.sent ? (
        <TypeCode model={model} error={problemOf(problems, 'code')} />
      ) : (
        <Unsent model={model} />
      )}
    </FormPage>
  );
}

function TypeCode({ model, error }: { model: EmailCodeModel; error: string | undefined }) {
  const { lang, door, why, mailbox, fault } = model;
  const words = loginWords(lang);
  return (
    <>
      <p>
        {words.emailCode.sentTo} <b>{door.email}</b>. {words.emailCode.hint}
      </p>
      {why === 'sign_up' && <p class="soft">{words.emailCode.known}</p>}
      <Form action={EMAIL_CODE}>
        <CodeField name="code" label={words.sixDigits} error={error} autofocus={fault === null} />
        <Button>{words.emailCode.submit}</Button>
      </Form>
      <OtherWays model={model}>
        <li>
          <AnotherCode model={model} challenge={mailbox} page={EMAIL_CODE} />
        </li>
      </OtherWays>
    </>
  );
}

function Unsent({ model }: { model: EmailCodeModel }) {
  const words = loginWords(model.lang);
  return (
    <>
      <Notice kind="warning">{words.emailCode.notSent(model.door.email)}</Notice>
      <ResendForm action={EMAIL_CODE} label={words.sendNewCode} main />
      <OtherWays model={model} />
    </>
  );
}
