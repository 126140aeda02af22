import {
  Button,
  Checkbox,
  CodeGrid,
  CopyButton,
  Form,
  Heading,
  LinkButton,
  Notice,
  PrintButton,
  problemOf,
} from '../components.tsx';
import { type LoginModel, loginWords } from './model.ts';
import { FormPage } from './parts.tsx';

export const BACKUP_CODES = '/login/backup-codes';
export const DOWNLOAD = '/login/backup-codes.txt';
const LIST = 'backup-codes';

export interface BackupCodesModel extends LoginModel {
  readonly codes: readonly string[];
  /** How many of an older set still work; `null` where there is none. */
  readonly oldOnes: number | null;
  /** "Finish" was pressed without "I have saved these codes". */
  readonly unsaved: boolean;
}

export function BackupCodesPage({ model }: { model: BackupCodesModel }) {
  const { lang, codes, oldOnes, unsaved, product, door } = model;
  const words = loginWords(lang).backupCodes;
  const problems = unsaved ? [{ field: 'saved', text: words.notSaved }] : [];
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      <Heading lead={words.lead}>{words.title}</Heading>
      {oldOnes !== null && <Notice>{words.renewed(oldOnes)}</Notice>}
      <p class="print-only">{words.paper(product, door.email)}</p>
      <CodeGrid id={LIST} codes={codes} />
      <div class="actions">
        <LinkButton kind="secondary" href={DOWNLOAD} download={DOWNLOAD.replace(/^.*\//, '')}>
          {words.download}
        </LinkButton>
        <CopyButton from={LIST} label={words.copy} doneLabel={words.copied} />
        <PrintButton label={words.print} />
      </div>
      <Form action={BACKUP_CODES}>
        <Checkbox name="saved" label={words.saved} error={problemOf(problems, 'saved')} />
        <Button>{words.submit}</Button>
      </Form>
    </FormPage>
  );
}

/** The same ten as a file. */
export function backupCodesText({ lang, product, door }: LoginModel, codes: readonly string[]): string {
  const heading = loginWords(lang).backupCodes.paper(product, door.email);
  return [heading, '', ...codes, ''].join('\r\n');
}
