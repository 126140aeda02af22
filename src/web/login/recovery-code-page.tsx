import { Button, ContactText, Form, Heading, Notice, problemOf, RecoveryCodeField } from '../components.tsx';
import { type CodeModel, CodeNotices, codeProblems } from './code-page.tsx';
import { loginWords } from './model.ts';
import { FormPage, LinkItem, OtherWays } from './parts.tsx';

export const RECOVERY_CODE = '/login/recovery-code';

export interface RecoveryCodeModel extends CodeModel {
  /** Backup codes are no longer taken. */
  readonly dead: boolean;
  /** Whether a code from the phone would do instead, is taken no longer, or nothing but a pass code opens. */
  readonly phone: 'usable' | 'dead' | 'pass_only';
}

export function RecoveryCodePage({ model }: { model: RecoveryCodeModel }) {
  const { lang, dead, phone, door } = model;
  const words = loginWords(lang).recoveryCode;
  const problems = codeProblems(model, words.faults);
  const title = phone === 'pass_only' ? words.passOnly.title : words.title;
  return (
    <FormPage lang={lang} title={title} problems={problems}>
      <CodeNotices model={model} />
      <Heading caption={door.account?.name} lead={words.leads[phone]}>
        {title}
      </Heading>
      {dead ? <Dead model={model} /> : <CodeForm model={model} error={problemOf(problems, 'code')} />}
      <OtherWays model={model}>
        {phone === 'usable' && <LinkItem href="/login/code">{words.back}</LinkItem>}
        {phone === 'pass_only' && <LinkItem href="/login/pass">{words.passOnly.back}</LinkItem>}
        {phone !== 'pass_only' && <LinkItem href="/login/pass">{loginWords(lang).noneOfThese}</LinkItem>}
        <LinkItem href="/help/two-factor#locked-out">{loginWords(lang).lockedOut}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}

function CodeForm({ model, error }: { model: RecoveryCodeModel; error: string | undefined }) {
  const { lang, phone, fault } = model;
  const words = loginWords(lang).recoveryCode;
  const { field, hint } = phone === 'pass_only' ? words.passOnly : words;
  return (
    <Form action={RECOVERY_CODE}>
      <RecoveryCodeField name="code" label={field} hint={hint} error={error} autofocus={fault === null} />
      <Button>{words.submit}</Button>
    </Form>
  );
}

function Dead({ model: { lang, phone, support } }: { model: RecoveryCodeModel }) {
  const words = loginWords(lang).recoveryCode;
  return (
    <Notice kind="warning" title={words.dead}>
      <p>
        {phone === 'usable' ? (
          words.deadWithPhone
        ) : (
          <ContactText text={words.deadWithoutPhone(support)} contact={support} />
        )}
      </p>
    </Notice>
  );
}
