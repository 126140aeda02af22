import type { PersonView } from '../../flows/view-account.ts';
import { CopyButton, LinkButton, Time } from '../components.tsx';
import { addresses } from './addresses.ts';
import { AccountPage, type Frame } from './frame.tsx';
import { accountWords } from './words.ts';

const CODE = 'pass-code';

export interface PassCodeModel {
  readonly frame: Frame;
  readonly person: PersonView;
  readonly code: string;
  readonly endsAt: number;
}

/** P2: the only page that ever shows the code, in answer to the POST that made it. */
export function PassCodePage({ model: { frame, person, code, endsAt } }: { model: PassCodeModel }) {
  const { people } = accountWords(frame.lang);
  const words = people.passCode;
  const { slug } = frame.account;
  return (
    <AccountPage
      frame={frame}
      current="people"
      title={words.title(person.name)}
      lead={words.lead}
      trail={[
        { href: addresses.people(slug), label: people.title },
        { href: addresses.person(slug, person.id), label: person.name },
      ]}
    >
      <div class="prose">
        <code class="grouped-key key-large" id={CODE}>
          {code}
        </code>
        <div class="actions">
          <CopyButton from={CODE} label={words.copy} doneLabel={words.copied} />
        </div>
        <h2>{words.howTitle}</h2>
        <ol class="steps">
          {words.how.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p>
          {words.until}{' '}
          <b>
            <Time at={endsAt} lang={frame.lang} />
          </b>
          . {words.end}
        </p>
        <LinkButton kind="secondary" href={addresses.person(slug, person.id)}>
          {words.done}
        </LinkButton>
      </div>
    </AccountPage>
  );
}
