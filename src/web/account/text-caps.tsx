import type { AccountTextsView } from '../../flows/view-account-texts.ts';
import { ContactText, Facts, Time } from '../components.tsx';
import type { Frame } from './frame.tsx';
import { count } from './text-counts.ts';
import { accountWords } from './words.ts';

type Caps = AccountTextsView['caps'];

/** What the account may send and spend by text message in a day, and what of it is used. */
export function TextCaps({ frame, caps }: { frame: Frame; caps: Caps }) {
  if (!frame.account.textMessages) return null;
  const words = accountWords(frame.lang).texts.caps;
  const until = caps.map((cap) => cap.until ?? 0).reduce((a, b) => Math.max(a, b), 0);
  return (
    <section class="prose" aria-labelledby="text-limits">
      <h3 id="text-limits">{words.title}</h3>
      <p>{words.lead}</p>
      <Facts
        facts={caps.map((cap) => ({
          label: nameOf(cap, words.names),
          value: (
            <>
              <b>{words.used(count(cap.used, frame), count(cap.most, frame))}</b>,{' '}
              {cap.own ? words.own : words.everybody}
            </>
          ),
        }))}
      />
      {until > 0 && (
        <p>
          {words.until} <Time at={until} lang={frame.lang} />
        </p>
      )}
      <p class="soft">
        <ContactText text={words.whom(frame.support)} contact={frame.support} />
      </p>
    </section>
  );
}

const nameOf = ({ limit }: Caps[number], names: Readonly<Record<string, string>>) => names[limit] ?? limit;
