import type { PersonView } from '../../flows/view-account.ts';
import { Badge, Time, type Tone } from '../components.tsx';
import type { State } from '../messages/en-account.ts';
import { accountWords } from './words.ts';

const TONE: Readonly<Record<State, Tone>> = {
  set_up: 'good',
  other_method_needed: 'warn',
  not_yet: 'neutral',
  on_pass: 'warn',
  set_up_again: 'warn',
  invited: 'neutral',
};

/** T3: where somebody stands with this account's mandate, and nothing more. */
export function Standing({ lang, person }: { lang: string; person: PersonView }) {
  const words = accountWords(lang).account;
  const { standing } = person;
  return (
    <div>
      <Badge tone={TONE[standing.state]}>{stateText(standing, words.states)}</Badge>
      {standing.state === 'on_pass' && (
        <span class="soft">
          {' '}
          {words.until} <Time at={standing.until} lang={lang} />
        </span>
      )}
      {person.disabled && (
        <>
          {' '}
          <Badge tone="bad">{words.disabled}</Badge>
        </>
      )}
      {person.kind === 'member' && !person.active && <span class="soft"> {words.joining}</span>}
    </div>
  );
}

type States = ReturnType<typeof accountWords>['account']['states'];

function stateText(standing: PersonView['standing'], states: States): string {
  switch (standing.state) {
    case 'set_up':
    case 'other_method_needed':
      return states[standing.state][standing.method];
    case 'not_yet':
    case 'on_pass':
    case 'set_up_again':
    case 'invited':
      return states[standing.state];
    default:
      return unknownStanding(standing);
  }
}

function unknownStanding(standing: never): never {
  throw new Error(`unknown standing ${JSON.stringify(standing)}`);
}
