import { Heading, LinkButton, PostButton } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { wordsIn } from './words.ts';

export function NotMePage({ lang, token }: { lang: string; token: string }) {
  const words = wordsIn(lang).notMe;
  return (
    <Layout title={words.title} lang={lang}>
      <Heading>{words.title}</Heading>
      <p>{words.lead}</p>
      <ul>
        {words.whatHappens.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
      <p>{words.afterwards}</p>
      <PostButton kind="danger" action={`/not-me/${encodeURIComponent(token)}`} label={words.button} />
    </Layout>
  );
}

export function NotMeDonePage({ lang }: { lang: string }) {
  const words = wordsIn(lang).notMeDone;
  return (
    <Layout title={words.title} lang={lang}>
      <Heading lead={words.lead}>{words.title}</Heading>
      <ol>
        {words.next.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <LinkButton href="/forgot-password">{words.choosePassword}</LinkButton>
    </Layout>
  );
}

export function NotMeGonePage({ lang }: { lang: string }) {
  const words = wordsIn(lang).notMeGone;
  return (
    <Layout title={words.title} lang={lang}>
      <Heading>{words.title}</Heading>
      {words.paragraphs.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <LinkButton kind="secondary" href="/forgot-password">
        {words.choosePassword}
      </LinkButton>
    </Layout>
  );
}
