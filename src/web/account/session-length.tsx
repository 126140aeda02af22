import { Button, Facts, Form, type Problem, problemOf, SelectField } from '../components.tsx';
import { durationInWords } from '../messages/durations.ts';
import { LENGTHS, type Length } from '../messages/en-account-security.ts';
import { addresses } from './addresses.ts';
import type { Frame } from './frame.tsx';
import { accountWords } from './words.ts';

const MINUTE_MS = 60_000;

/** In minutes, as the form has them. */
export interface TypedLength {
  readonly max: string;
  readonly idle: string;
}

export const asMinutes = (ms: number): string => String(Math.round(ms / MINUTE_MS));
export const asMs = (minutes: string): number => Number(minutes) * MINUTE_MS;

/** S2: chosen from a list; whether a choice fits is the flow's to say. */
export function SessionLength(props: { frame: Frame; length: TypedLength; problems: readonly Problem[] }) {
  const { frame, length, problems } = props;
  const { account, lang } = frame;
  const words = accountWords(lang).security.length;
  const note = account.mandate !== null && <p class="soft">{words.ofMandate}</p>;
  return (
    <section class="prose" aria-labelledby="length">
      <h2 id="length">{words.title}</h2>
      {note}
      {account.fresh ? (
        <Form action={`${addresses.security(account.slug)}/session-length`}>
          <SelectField
            name="max"
            label={words.max}
            hint={words.maxHint}
            value={length.max}
            options={optionsFor(length.max, frame)}
            error={problemOf(problems, 'max')}
          />
          <SelectField
            name="idle"
            label={words.idle}
            value={length.idle}
            options={optionsFor(length.idle, frame)}
            error={problemOf(problems, 'idle')}
          />
          <Button kind="secondary">{words.save}</Button>
        </Form>
      ) : (
        <Facts
          facts={[
            { label: words.max, value: lengthInWords(length.max, lang) },
            { label: words.idle, value: lengthInWords(length.idle, lang) },
          ]}
        />
      )}
    </section>
  );
}

/** What the account has now stays a choice, also where an operator set something of their own. */
function optionsFor(now: string, { account, lang }: Frame) {
  const most = account.mandate === null ? Number.POSITIVE_INFINITY : 24 * 60;
  const values = new Set<string>([...LENGTHS.filter((minutes) => Number(minutes) <= most), now]);
  return [...values]
    .toSorted((a, b) => Number(a) - Number(b))
    .map((value) => ({ value, label: lengthInWords(value, lang) }));
}

function lengthInWords(minutes: string, lang: string): string {
  const { choices } = accountWords(lang).security.length;
  return Object.hasOwn(choices, minutes) ? choices[minutes as Length] : durationInWords(asMs(minutes), lang);
}
