import { ErrorSummary, Heading, LinkButton, PostButton, type Problem } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { formWords } from '../login/parts.tsx';
import { addresses } from './addresses.ts';
import { accountWords } from './words.ts';

export interface LeaveModel {
  readonly lang: string;
  readonly email: string;
  readonly slug: string;
  readonly name: string;
  /** The account would be left without an owner. */
  readonly isLast: boolean;
  readonly problems: readonly Problem[];
}

/** P8: the one thing that everybody may do to themselves. Members get here as well, so it stands by itself. */
export function LeavePage({ model }: { model: LeaveModel }) {
  const { lang, email, slug, name, isLast, problems } = model;
  const words = accountWords(lang).account.leave;
  const form = formWords(lang);
  const title = words.title(name);
  return (
    <Layout
      title={problems.length > 0 ? `${form.errorPrefix}${title}` : title}
      signedInAs={email}
      lang={lang}
    >
      <ErrorSummary title={form.problem} problems={problems} />
      <Heading>{title}</Heading>
      {isLast ? (
        <p>{words.lastOwner}</p>
      ) : (
        <>
          <ul>
            {words.effects.map((effect) => (
              <li key={effect}>{effect}</li>
            ))}
          </ul>
          <PostButton kind="danger" action={addresses.leave(slug)} label={words.button} />
        </>
      )}
      <LinkButton kind="secondary" href="/">
        {isLast ? accountWords(lang).account.toStart : words.back}
      </LinkButton>
    </Layout>
  );
}
