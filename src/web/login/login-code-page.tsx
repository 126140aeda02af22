import type { ChallengeView } from '../../flows/view-challenge.ts';
import { Button, CodeField, Form, Heading, type Problem, problemOf } from '../components.tsx';
import { AnotherCode, type CodeModel, CodeNotices, codeProblems, isOpen, SentCode } from './code-page.tsx';
import { loginWords } from './model.ts';
import { FormPage, LinkItem, MaskedNumber, OtherWays } from './parts.tsx';

export const LOGIN_CODE = '/login/code';

export function AppCodePage({ model }: { model: CodeModel }) {
  const words = loginWords(model.lang).code;
  const problems = codeProblems(model, words.appFaults);
  return (
    <FormPage lang={model.lang} title={words.title} problems={problems}>
      <CodeNotices model={model} />
      <Heading caption={model.door.account?.name} lead={words.app.lead(model.product)}>
        {words.title}
      </Heading>
      <VerifyForm model={model} problems={problems} />
      <OtherWays model={model}>
        <RecoveryLinks lang={model.lang} />
      </OtherWays>
    </FormPage>
  );
}

export interface TextCodeModel extends CodeModel {
  readonly phone: string;
  readonly challenge: ChallengeView;
}

export function TextCodePage({ model }: { model: TextCodeModel }) {
  const { lang, phone, challenge, door } = model;
  const words = loginWords(lang).code;
  const problems = codeProblems(model, words.textFaults, challenge);
  const open = isOpen(challenge);
  const { unsure } = challenge;
  const toSend = !challenge.sent && challenge.unsent === null;
  const lead = (open || toSend) && (
    <>
      {open ? words.text[unsure ? 'unsureTo' : 'sentTo'] : words.text.toSendTo}{' '}
      <MaskedNumber phone={phone} lang={lang} />. {open && words.text[unsure ? 'unsureHint' : 'hint']}
    </>
  );
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      <CodeNotices model={model} />
      <Heading caption={door.account?.name} lead={lead}>
        {words.title}
      </Heading>
      <SentCode
        model={model}
        challenge={challenge}
        page={LOGIN_CODE}
        send={words.text.send}
        unsent={loginWords(lang).noCode}
      >
        <VerifyForm model={model} problems={problems} webOtp />
      </SentCode>
      <OtherWays model={model}>
        <AnotherCode model={model} challenge={challenge} page={LOGIN_CODE} />
        <RecoveryLinks lang={lang} />
      </OtherWays>
    </FormPage>
  );
}

function VerifyForm(props: { model: CodeModel; problems: readonly Problem[]; webOtp?: boolean }) {
  const { model, problems, webOtp } = props;
  const words = loginWords(model.lang);
  return (
    <Form action={LOGIN_CODE}>
      <CodeField
        name="code"
        label={words.sixDigits}
        error={problemOf(problems, 'code')}
        autofocus={model.fault === null}
        webOtp={webOtp}
      />
      <Button>{words.code.submit}</Button>
    </Form>
  );
}

function RecoveryLinks({ lang }: { lang: string }) {
  const words = loginWords(lang);
  return (
    <>
      <LinkItem href="/login/recovery-code">{words.code.recovery}</LinkItem>
      <LinkItem href="/login/pass">{words.noneOfThese}</LinkItem>
      <LinkItem href="/help/two-factor#locked-out">{words.lockedOut}</LinkItem>
    </>
  );
}
