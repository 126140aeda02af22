import { ContactText, Heading, LinkButton } from '../components.tsx';
import { Layout } from '../layout.tsx';
import { type ErrorMessages, enErrors } from '../messages/en-errors.ts';
import type { ErrorKind, Fault } from './faults.ts';

const catalogue = new Map<string, ErrorMessages>([['en', enErrors]]);

export interface ErrorModel {
  readonly lang: string;
  readonly kind: ErrorKind;
  /** What exactly cannot be read. */
  readonly fault: Fault | null;
  /** Only of what went wrong on our side: by it the log can be searched. */
  readonly requestId: string | null;
  /** Whom people turn to. */
  readonly support: string;
}

/** Nothing of the error itself gets here, so that nothing of it can be shown. */
export function ErrorPage({ lang, kind, fault, requestId, support }: ErrorModel) {
  const words = catalogue.get(lang) ?? enErrors;
  const { title, paragraphs } = words.pages[kind];
  return (
    <Layout title={title} lang={lang}>
      <Heading>{title}</Heading>
      {fault && <p>{words.faults[fault.kind](fault)}</p>}
      {paragraphs.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      {requestId && (
        <>
          <p>
            <ContactText text={words.ifItGoesOn(support)} contact={support} />
          </p>
          <p>
            <code>{requestId}</code>
          </p>
        </>
      )}
      <LinkButton kind="secondary" href="/">
        {words.toStart}
      </LinkButton>
    </Layout>
  );
}

/** RFC 9457, for callers that are no browsers. */
export function problemOf({ lang, kind, fault, requestId }: ErrorModel, status: number) {
  const words = catalogue.get(lang) ?? enErrors;
  const { title, paragraphs } = words.pages[kind];
  const detail = [...(fault ? [words.faults[fault.kind](fault)] : []), ...paragraphs].join(' ');
  return { type: 'about:blank', title, status, detail, ...(requestId === null ? {} : { requestId }) };
}
