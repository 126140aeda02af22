import type { ChallengeView } from '../../flows/view-challenge.ts';
import { Button, CodeField, Form, Heading, problemOf } from '../components.tsx';
import type { EmailCodeReason } from '../messages/en-login.ts';
import { AnotherCode, type CodeModel, CodeNotices, codeProblems, isOpen, SentCode } from './code-page.tsx';
import { loginWords } from './model.ts';
import { FormPage, OtherWays } from './parts.tsx';

export const EMAIL_CODE = '/login/email-code';

export interface EmailCodeModel extends CodeModel {
  readonly why: EmailCodeReason | 'set_up_again';
  readonly mailbox: ChallengeView;
}

export function EmailCodePage({ model }: { model: EmailCodeModel }) {
  const { lang, why, mailbox, door, fault } = model;
  const { emailCode: words, sixDigits, sendNewCode } = loginWords(lang);
  const problems = codeProblems(model, words.faults, mailbox);
  const lead = isOpen(mailbox) && (
    <>
      {words.sentTo} <b>{door.email}</b>. {words.why[why]}
    </>
  );
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      <CodeNotices model={model} />
      <Heading lead={lead}>{words.title}</Heading>
      <SentCode model={model} challenge={mailbox} page={EMAIL_CODE} send={sendNewCode}>
        <Form action={EMAIL_CODE}>
          <CodeField
            name="code"
            label={sixDigits}
            hint={words.hint}
            error={problemOf(problems, 'code')}
            autofocus={fault === null}
          />
          <Button>{words.submit}</Button>
        </Form>
      </SentCode>
      <OtherWays model={model}>
        <AnotherCode model={model} challenge={mailbox} page={EMAIL_CODE} />
      </OtherWays>
    </FormPage>
  );
}
