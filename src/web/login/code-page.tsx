import type { ComponentChildren } from 'preact';
import type { ChallengeView } from '../../flows/view-challenge.ts';
import { LinkButton, Notice, PostButton, type Problem } from '../components.tsx';
import { durationInWords } from '../messages/durations.ts';
import type { CodeFault } from '../messages/en-login.ts';
import { type FaultText, faultText } from '../messages/fault-text.ts';
import { type LoginModel, loginWords, type WayOut } from './model.ts';
import { ResendForm } from './parts.tsx';

/** What all pages that ask for a code have in common. */
export interface CodeModel extends LoginModel {
  readonly fault: CodeFault | null;
  /** The person has just asked for another code. */
  readonly sentAgain: boolean;
  /** Nothing is heard before this moment (D6). */
  readonly waitUntil: number | null;
}

/** There is a code on its way that may still be tried. */
export const isOpen = (challenge: ChallengeView) => challenge.sent && challenge.triesLeft > 0;

const ABOUT_SENDING: readonly CodeFault['result'][] = ['too_early', 'no_more', 'limit', 'failed'];

/** One problem at the code's field; what is wrong with sending has none, nor has a page without a form. */
export function codeProblems(
  model: CodeModel,
  texts: Readonly<Record<CodeFault['result'], FaultText>>,
  challenge?: ChallengeView,
): Problem[] {
  const { fault } = model;
  if (fault === null) return [];
  const fieldless = ABOUT_SENDING.includes(fault.result) || (challenge !== undefined && !isOpen(challenge));
  return [{ field: fieldless ? undefined : 'code', text: faultText(texts, fault, model) }];
}

/** What is to be known before anything is typed; a fault on top says it already. */
export function CodeNotices({ model }: { model: CodeModel }) {
  const { fault, lang, now, sentAgain, waitUntil } = model;
  if (fault !== null) return null;
  const words = loginWords(lang);
  if (waitUntil !== null) {
    return <Notice kind="warning">{words.waiting(durationInWords(waitUntil - now, lang))}</Notice>;
  }
  return sentAgain ? <Notice kind="success">{words.sentAgain}</Notice> : null;
}

export interface SentCodeProps {
  model: CodeModel;
  challenge: ChallengeView;
  page: string;
  /** The button where nothing was sent yet. */
  send: string;
  /** Of text messages: why none went, and what else works. Without it, one that was not sent comes tomorrow. */
  unsent?: { readonly later: string; readonly failed: string };
  /** The form for the code. */
  children: ComponentChildren;
}

/** The code's form; or, where there is no code to type, the way to get one. */
export function SentCode({ model, challenge, page, send, unsent, children }: SentCodeProps) {
  const words = loginWords(model.lang);
  if (isOpen(challenge)) return children;
  if (!challenge.sent && challenge.unsent === null) return <ResendForm action={page} label={send} main />;
  if (unsent !== undefined && !challenge.sent && challenge.resendAt !== null) {
    return (
      <>
        {model.fault === null && (
          <Notice kind="warning">{unsent[challenge.unsent === 'limit' ? 'later' : 'failed']}</Notice>
        )}
        <ResendForm action={page} label={words.tryAgain} main />
      </>
    );
  }
  const why = challenge.sent ? 'tries' : challenge.resendAt === null ? 'login' : 'today';
  return (
    <>
      {model.fault === null && model.waitUntil === null && (
        <Notice kind="warning">{words.noCode[why]}</Notice>
      )}
      {why !== 'today' && <StartAgain wayOut={model.wayOut} label={words.startAgain} kind="primary" />}
    </>
  );
}

/** "Send a new code", while there is a code to be replaced; after the last one, a fresh start. */
export function AnotherCode(props: { model: CodeModel; challenge: ChallengeView; page: string }) {
  const { model, challenge, page } = props;
  const words = loginWords(model.lang);
  if (!isOpen(challenge)) return null;
  if (challenge.resendAt !== null) {
    return (
      <li>
        <ResendForm action={page} label={words.sendNewCode} />
      </li>
    );
  }
  return (
    <li>
      {words.noMoreCodes} <StartAgain wayOut={model.wayOut} label={words.startAgain} kind="link" />
    </li>
  );
}

function StartAgain(props: { wayOut: WayOut; label: string; kind: 'primary' | 'link' }) {
  const { wayOut, label, kind } = props;
  if (wayOut === 'log_in') return <PostButton action="/logout" label={label} kind={kind} />;
  const href = wayOut === 'sign_up' ? '/sign-up' : '/';
  return (
    <LinkButton href={href} kind={kind}>
      {label}
    </LinkButton>
  );
}
