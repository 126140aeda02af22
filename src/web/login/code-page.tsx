import type { ChallengeView } from '../../flows/challenge.ts';
import { Notice, PostButton, type Problem } from '../components.tsx';
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

const ABOUT_SENDING: readonly CodeFault['result'][] = ['too_early', 'no_more', 'limit'];

/** One problem at the code's field; what is wrong with sending has no field. */
export function codeProblems(
  model: CodeModel,
  texts: Readonly<Record<CodeFault['result'], FaultText>>,
): Problem[] {
  const { fault } = model;
  if (fault === null) return [];
  const field = ABOUT_SENDING.includes(fault.result) ? undefined : 'code';
  return [{ field, text: faultText(texts, fault, model) }];
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

export interface AnotherCodeProps {
  model: LoginModel;
  challenge: ChallengeView;
  page: string;
}

/** "Send a new code", or why there is none and the way to a fresh start. */
export function AnotherCode({ model, challenge, page }: AnotherCodeProps) {
  const words = loginWords(model.lang);
  if (challenge.triesLeft > 0 && challenge.resendAt !== null) {
    return <ResendForm action={page} label={words.sendNewCode} />;
  }
  return (
    <>
      {challenge.triesLeft > 0 ? words.noMoreCodes : words.noMoreTries}{' '}
      <StartAgain wayOut={model.wayOut} label={words.startAgain} />
    </>
  );
}

function StartAgain({ wayOut, label }: { wayOut: WayOut; label: string }) {
  if (wayOut === 'sign_up') return <a href="/sign-up">{label}</a>;
  if (wayOut === 'step_up') return <a href="/">{label}</a>;
  return <PostButton action="/logout" label={label} kind="link" />;
}
