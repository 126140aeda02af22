import { Heading, PostButton } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { invitationWords } from './gone.tsx';
import { maskedAddress } from './mask.ts';

export interface InvitationModel {
  readonly lang: string;
  /** The page's own address, with its token. */
  readonly address: string;
  readonly state: 'log_in' | 'logged_in' | 'someone_else';
  readonly account: string;
  /** Whom the invitation is for. */
  readonly email: string;
  readonly signedInAs: string | null;
}

/** Opening the link changes nothing (mail scanners do it); its one button does. */
export function InvitationPage({ model }: { model: InvitationModel }) {
  const { lang, address, state, account, email, signedInAs } = model;
  const words = invitationWords(lang);
  const title = words.title(account);
  const forSomeoneElse = state === 'someone_else';
  return (
    <Layout title={title} lang={lang} signedInAs={signedInAs ?? undefined}>
      <Heading lead={words.lead(account)}>{title}</Heading>
      <p>{words.how[state](maskedAddress(email), signedInAs ?? '')}</p>
      <PostButton
        action={forSomeoneElse ? `${address}/log-out` : address}
        label={forSomeoneElse ? words.logOutAndGoOn : words.accept}
        kind="primary"
      />
      <p class="soft">{words.notMine}</p>
    </Layout>
  );
}
