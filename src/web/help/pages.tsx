import { AppList } from '../components/lists.tsx';
import { Heading } from '../components/notices.tsx';
import { Layout } from '../layout.tsx';
import { enHelp, type HelpMessages, type HelpSection } from '../messages/en-help.ts';
import { authenticatorApps } from './authenticator-apps.ts';

const catalogue = new Map<string, HelpMessages>([['en', enHelp]]);

/** `/help/two-factor`: open to everyone, since those who need it most are locked out. */
export function HelpTwoFactorPage({ lang }: { lang: string }) {
  const words = catalogue.get(lang) ?? enHelp;
  return (
    <Layout title={words.title} shape="wide" lang={lang}>
      <div class="help">
        <Heading lead={words.lead}>{words.title}</Heading>
        <nav class="contents" aria-labelledby="contents">
          <h2 id="contents">{words.contents}</h2>
          <ol>
            {words.sections.map((section) => (
              <li key={section.id}>
                <a href={`#${section.id}`}>{section.title}</a>
              </li>
            ))}
          </ol>
        </nav>
        <div>
          {words.sections.map((section) => (
            <Section key={section.id} section={section} words={words} />
          ))}
        </div>
      </div>
    </Layout>
  );
}

function Section({ section, words }: { section: HelpSection; words: HelpMessages }) {
  return (
    <section id={section.id} aria-labelledby={`${section.id}-title`}>
      <h2 id={`${section.id}-title`}>{section.title}</h2>
      <Paragraphs texts={section.paragraphs} />
      {section.listsApps && (
        <AppList apps={authenticatorApps} ios={words.appStore} android={words.googlePlay} />
      )}
      {section.steps && (
        <ol class="steps">
          {section.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      <Paragraphs texts={section.after ?? []} />
    </section>
  );
}

function Paragraphs({ texts }: { texts: readonly string[] }) {
  return texts.map((text) => <p key={text}>{text}</p>);
}
