import type { ChallengeView } from '../../flows/view-challenge.ts';
import { Button, CodeField, Form, Heading, problemOf } from '../components.tsx';
import {
  AnotherCode,
  type CodeModel,
  CodeNotices,
  codeProblems,
  isOpen,
  SentCode,
} from '../login/code-page.tsx';
import { loginWords } from '../login/model.ts';
import { FormPage, LinkItem, OtherWays } from '../login/parts.tsx';
import { SET_UP } from './choose-page.tsx';
import { PHONE } from './phone-page.tsx';
import { setUpWords } from './words.ts';

export const TEXT = '/login/set-up/text';

export interface TextModel extends CodeModel {
  readonly phone: string;
  readonly challenge: ChallengeView;
}

export function TextPage({ model }: { model: TextModel }) {
  const { lang, phone, challenge, door, fault } = model;
  const { text: words, otherMethod } = setUpWords(lang);
  const problems = codeProblems(model, words.faults, challenge);
  const title = !challenge.sent && challenge.unsent !== null ? words.unsentTitle : words.title;
  const lead = isOpen(challenge) && (
    <>
      {words[challenge.unsure ? 'unsureTo' : 'sentTo']} <b class="number unbroken">{phone}</b>.{' '}
      {words[challenge.unsure ? 'unsureHint' : 'hint']}
    </>
  );
  return (
    <FormPage lang={lang} title={title} problems={problems}>
      <CodeNotices model={model} />
      <Heading caption={door.account?.name} lead={lead}>
        {title}
      </Heading>
      <SentCode model={model} challenge={challenge} page={TEXT} send={words.send} unsent={words.noCode}>
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
      </SentCode>
      <OtherWays model={model}>
        <AnotherCode model={model} challenge={challenge} page={TEXT} />
        {challenge.resendAt !== null && <LinkItem href={PHONE}>{words.changeNumber}</LinkItem>}
        <LinkItem href={SET_UP}>{otherMethod}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}
