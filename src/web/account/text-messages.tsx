import type { RollOut } from '../../flows/view-account.ts';
import {
  Button,
  DateField,
  Form,
  Notice,
  PostButton,
  type Problem,
  problemOf,
  safeHref,
} from '../components.tsx';
import { addresses, withQuery } from './addresses.ts';
import type { Frame } from './frame.tsx';
import { membersOf, PEOPLE_OF } from './roll-out.ts';
import { dayInWords, isoDay } from './text-counts.ts';
import { accountWords } from './words.ts';

export interface TextMessagesModel {
  readonly frame: Frame;
  readonly rollOut: RollOut;
  /** The day typed a moment ago; `undefined`: as it is. */
  readonly day: string | undefined;
  /** The one who looks gets their own codes by text message. */
  readonly yourself: boolean;
  readonly problems: readonly Problem[];
}

/** R17: what text messages risk, who still uses them, and how an account leaves them behind. */
export function TextMessages({ model }: { model: TextMessagesModel }) {
  const { frame, rollOut } = model;
  const words = accountWords(frame.lang).texts;
  const users = words.users(rollOut.text, membersOf(rollOut));
  const href = withQuery(addresses.people(frame.account.slug), { filter: PEOPLE_OF.text });
  return (
    <section class="prose" aria-labelledby="texts">
      <h2 id="texts">{words.title}</h2>
      <p>
        <b>{rollOut.text === 0 ? users : <a href={safeHref(href)}>{users}</a>}</b>
      </p>
      <Notice title={words.risk.title}>
        <p>{words.risk.text}</p>
      </Notice>
      <End model={model} />
    </section>
  );
}

function End({ model }: { model: TextMessagesModel }) {
  const { frame } = model;
  const { mandate } = frame.account;
  const words = accountWords(frame.lang).texts;
  // Where nothing is demanded there is nothing to end.
  if (mandate === null) return null;
  if (!mandate.methods.includes('sms')) {
    const { textUntil } = mandate;
    return <p>{textUntil === null ? words.notTaken : words.ended(dayInWords(textUntil, frame.lang))}</p>;
  }
  if (!mandate.methods.includes('totp')) return <p>{words.onlyText}</p>;
  return <EndDay model={model} />;
}

function EndDay({ model }: { model: TextMessagesModel }) {
  const { frame, rollOut, day, yourself, problems } = model;
  const { account, lang, now } = frame;
  const words = accountWords(lang).texts.end;
  const until = account.mandate?.textUntil ?? null;
  const action = `${addresses.security(account.slug)}/text-end`;
  const tomorrow = isoDay(now + 24 * 3_600_000);
  return (
    <>
      <h3>{words.title}</h3>
      {until !== null && (
        <Notice kind="success">
          <p>{words.planned(dayInWords(until, lang), rollOut.text)}</p>
        </Notice>
      )}
      <ul>
        {[...words.what, ...(yourself ? [words.you] : [])].map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      {account.fresh && (
        <>
          <Form action={action}>
            <DateField
              name="day"
              label={words.day}
              hint={words.dayHint}
              min={tomorrow}
              value={day ?? (until === null ? '' : isoDay(until))}
              error={problemOf(problems, 'day')}
            />
            <Button kind="secondary">{until === null ? words.set : words.change}</Button>
          </Form>
          {until !== null && <PostButton action={action} fields={{ remove: 'yes' }} label={words.remove} />}
        </>
      )}
    </>
  );
}
