import type { ChallengeView } from '../../flows/challenge.ts';
import { Button, CodeField, Form, Heading, Notice, problemOf } from '../components.tsx';
import { AnotherCode, type CodeModel, CodeNotices, codeProblems } from '../login/code-page.tsx';
import { loginWords } from '../login/model.ts';
import { FormPage, LinkItem, MaskedNumber, OtherWays } from '../login/parts.tsx';
import { PHONE } from './phone-page.tsx';
import { setUpWords } from './words.ts';

export const TEXT = '/login/set-up/text';

export interface TextModel extends CodeModel {
  readonly phone: string;
  readonly challenge: ChallengeView;
}

export function TextPage({ model }: { model: TextModel }) {
  const { lang, phone, challenge, door, fault } = model;
  const words = setUpWords(lang).text;
  const problems = codeProblems(model, words.faults);
  const lead = challenge.sent && (
    <>
      {words.sentTo} <MaskedNumber phone={phone} lang={lang} />. {words.hint}
    </>
  );
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      <CodeNotices model={model} />
      <Heading caption={door.account?.name} lead={lead}>
        {words.title}
      </Heading>
      {challenge.sent ? (
        <Form action={TEXT}>
          <CodeField
            name="code"
            label={loginWords(lang).sixDigits}
            error={problemOf(problems, 'code')}
            autofocus={fault === null}
            webOtp
          />
          <Button>{words.submit}</Button>
        </Form>
      ) : (
        <Notice kind="warning">{words.notSent}</Notice>
      )}
      <OtherWays model={model}>
        <li>
          <AnotherCode model={model} challenge={challenge} page={TEXT} />
        </li>
        <LinkItem href={PHONE}>{words.changeNumber}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}
