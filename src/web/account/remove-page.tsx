import type { PersonView } from '../../flows/view-account.ts';
import { PostButton, safeHref } from '../components.tsx';
import { addresses } from './addresses.ts';
import { AccountPage, type Frame } from './frame.tsx';
import { accountWords } from './words.ts';

export interface RemoveModel {
  readonly frame: Frame;
  readonly person: PersonView;
}

/** The step before somebody is removed: what it does, and what it does not. */
export function RemovePage({ model: { frame, person } }: { model: RemoveModel }) {
  const { people } = accountWords(frame.lang);
  const words = people.removePage;
  const { slug } = frame.account;
  const back = addresses.person(slug, person.id);
  return (
    <AccountPage
      frame={frame}
      current="people"
      title={words.title(person.name)}
      lead={person.email}
      trail={[
        { href: addresses.people(slug), label: people.title },
        { href: back, label: person.name },
      ]}
    >
      <ul class="prose">
        {words.effects.map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
      <PostButton
        kind="danger"
        action={addresses.remove(slug, person.id)}
        label={words.button}
        about={person.name}
      />
      <p>
        <a href={safeHref(back)}>{words.back}</a>
      </p>
    </AccountPage>
  );
}
