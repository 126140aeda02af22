import type { AppSetUpView } from '../../flows/view-login.ts';
import {
  AppList,
  Button,
  CodeField,
  CopyButton,
  Form,
  GroupedKey,
  Heading,
  problemOf,
  QrCode,
  safeHref,
} from '../components.tsx';
import { authenticatorApps } from '../help/authenticator-apps.ts';
import { type LoginModel, loginWords } from '../login/model.ts';
import { FormPage, LinkItem, OtherWays } from '../login/parts.tsx';
import type { AppFault, SetUpMessages } from '../messages/en-set-up.ts';
import { faultText } from '../messages/fault-text.ts';
import { SET_UP } from './choose-page.tsx';
import { setUpWords } from './words.ts';

export const APP = '/login/set-up/app';
const KEY = 'totp-key';

export interface AppModel extends LoginModel, AppSetUpView {
  readonly fault: AppFault | null;
  /** There is another method to choose. */
  readonly choice: boolean;
}

export function AppPage({ model }: { model: AppModel }) {
  const { lang, key, address, fault, choice } = model;
  const words = setUpWords(lang);
  const problems = fault === null ? [] : [{ field: 'code', text: faultText(words.app.faults, fault, model) }];
  return (
    <FormPage lang={lang} title={words.app.title} problems={problems}>
      <Heading caption={model.door.account?.name}>{words.app.title}</Heading>
      <ol class="steps">
        <li>
          <p>{words.app.getApp}</p>
          <details>
            <summary>{words.app.whichApp}</summary>
            <AppList apps={authenticatorApps} ios={words.app.appStore} android={words.app.googlePlay} />
          </details>
        </li>
        <li>
          <p>{words.app.scan}</p>
          <QrCode text={address} label={words.app.qrLabel} />
          <KeyInOtherForms words={words.app} address={address} value={key} />
        </li>
        <li>
          <p>{words.app.type}</p>
          <Form action={APP}>
            <CodeField name="code" label={loginWords(lang).sixDigits} error={problemOf(problems, 'code')} />
            <Button>{words.app.submit}</Button>
          </Form>
        </li>
      </ol>
      <OtherWays model={model}>
        {choice && <LinkItem href={SET_UP}>{words.otherMethod}</LinkItem>}
        <LinkItem href="/help/two-factor#set-up-app">{words.help}</LinkItem>
      </OtherWays>
    </FormPage>
  );
}

/** For the phone one is reading this on, and for an app that is not on a phone. */
function KeyInOtherForms(props: { words: SetUpMessages['app']; address: string; value: string }) {
  const { words, address, value } = props;
  return (
    <>
      <p>
        {words.openHint} <a href={safeHref(address)}>{words.openApp}</a>
      </p>
      <p>{words.byHand}</p>
      <GroupedKey id={KEY} value={value} />
      <div class="actions">
        <CopyButton from={KEY} label={words.copy} doneLabel={words.copied} />
      </div>
    </>
  );
}
