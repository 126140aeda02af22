import { CODE_TRIES, nextSendAt } from '../rules/throttle.ts';
import { type ChallengeRow, findChallenge } from '../store/logins.ts';
import type { ChallengePurpose } from '../store/schema.ts';
import { findTextMessage } from '../store/text-messages.ts';
import type { Context } from './context.ts';

/** What the person sees of a challenge. */
export interface ChallengeView {
  /** There is a code that may be typed. */
  readonly sent: boolean;
  /** Nobody knows, or not yet, whether the message is on its way. */
  readonly unsure: boolean;
  readonly unsent: ChallengeRow['unsent'];
  /** `null`: no further message in this login. */
  readonly resendAt: number | null;
  readonly triesLeft: number;
  readonly expiresAt: number;
}

export function viewOf(challenge: ChallengeRow | null): ChallengeView {
  if (challenge === null)
    return { sent: false, unsure: false, unsent: null, resendAt: 0, triesLeft: 0, expiresAt: 0 };
  const unsure = challenge.unsent === 'unknown';
  return {
    sent: challenge.sends > 0 && (challenge.unsent === null || unsure),
    unsure,
    unsent: challenge.unsent,
    resendAt: resendAt(challenge),
    triesLeft: Math.max(0, CODE_TRIES - challenge.tries),
    expiresAt: challenge.expires_at,
  };
}

/** Whoever knows that nothing came need not wait for it. */
export function resendAt({ sends, sent_at: sentAt, unsent }: ChallengeRow): number | null {
  const at = nextSendAt(sends, sentAt);
  return at !== null && (sends === 0 || unsent === 'failed') ? 0 : at;
}

/** How long a page waits for the carrier's answer, so that it can say what became of the message. */
const WAIT_FOR_CARRIER_MS = 2_000;
/** Another node may be the one that sends: then only the database says when it has. */
const LOOK_EVERY_MS = 250;

/** The challenge as its page shows it: of a text message just posted, once it is known whether it went. */
export async function viewChallenge(
  ctx: Context,
  loginId: string,
  purpose: ChallengePurpose,
): Promise<ChallengeView> {
  const challenge = await findChallenge(ctx.db, loginId, purpose);
  const messageId = challenge?.unsent === null ? challenge.message_id : null;
  if (messageId === null) return viewOf(challenge);
  const isQueued = async () => (await findTextMessage(ctx.db, messageId))?.state === 'queued';
  if (!(await isQueued())) return viewOf(await findChallenge(ctx.db, loginId, purpose));
  for (let waited = 0; waited < WAIT_FOR_CARRIER_MS; waited += LOOK_EVERY_MS) {
    await ctx.texts.tried(messageId, LOOK_EVERY_MS);
    if (!(await isQueued())) return viewOf(await findChallenge(ctx.db, loginId, purpose));
  }
  return { ...viewOf(challenge), unsure: true };
}
