import { Button, Form, Heading, Notice, problemOf, RecoveryCodeField } from '../components.tsx';
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
  const { lang, dead, phone, door, fault } = model;
  const words = loginWords(lang).recoveryCode;
  const problems = codeProblems(model, words.faults);
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      <CodeNotices model={model} />
      <Heading caption={door.account?.name} lead={words.leads[phone]}>
        {words.title}
      </Heading>
      {dead ? (
        <Notice kind="warning" title={words.dead}>
          <p>{phone === 'usable' ? words.deadWithPhone : words.deadWithoutPhone(model.support)}</p>
        </Notice>
      ) : null}
      <Form action={RECOVERY_CODE}>
        <RecoveryCodeField
          name="code"
          label={words.field}
          hint={words.hint}
          error={problemOf(problems, 'code')}
          autofocus={fault === null}
        />
        <Button>{words.submit}</Button>
      </Form>
      <OtherWays model={model}>
        {phone === 'usable' && <LinkItem href="/login/code">{words.back}</LinkItem>}
        <LinkItem href="/help/two-factor#locked-out">{loginWords(lang).lockedOut}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}
