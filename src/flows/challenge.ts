import { addressHmac, codeHmac, codeMatches, newSixDigitCode } from '../credentials/one-time-code.ts';
import { open } from '../credentials/sealed-secret.ts';
import { en } from '../delivery/texts.ts';
import {
  CODE_LIFE_MS,
  CODE_MAILS_PER_DAY,
  CODE_SENDS,
  CODE_TEXTS_PER_DAY,
  CODE_TRIES,
  countCodeTry,
  nextSendAt,
  renewedLogin,
  type Try,
} from '../rules/throttle.ts';
import { findAuthenticator, findEnrollment } from '../store/authenticators.ts';
import { countMail, countTry, type Decide, readCounter, takeBackMail } from '../store/counters.ts';
import type { Db, Tx } from '../store/database.ts';
import {
  type ChallengeRow,
  countChallengeTry,
  findChallenge,
  type LoginRow,
  putChallenge,
  renewChallenge,
  updateLogin,
} from '../store/logins.ts';
import type { ChallengePurpose } from '../store/schema.ts';
import { findUser, findUserByEmail } from '../store/users.ts';
import { type Context, id } from './context.ts';
import { post } from './outbox.ts';

const DAY_MS = 24 * 3_600_000;

/** D4: where a code goes and whom it proves, from the server's records. */
interface Addressee {
  readonly channel: 'email' | 'sms';
  readonly to: string;
  /** Whom the code is bound to: a user, or the address in a sign-up that has no user yet. */
  readonly subject: string;
  readonly targetId: string | null;
  readonly userId: string | null;
}

/** What the person sees of a challenge. */
export interface ChallengeView {
  readonly sent: boolean;
  readonly unsent: ChallengeRow['unsent'];
  /** `null`: no further message in this login. */
  readonly resendAt: number | null;
  readonly triesLeft: number;
  readonly expiresAt: number;
}

export function viewOf(challenge: ChallengeRow | null): ChallengeView {
  if (challenge === null) return { sent: false, unsent: null, resendAt: 0, triesLeft: 0, expiresAt: 0 };
  return {
    sent: challenge.sends > 0 && challenge.unsent === null,
    unsent: challenge.unsent,
    resendAt: challenge.sends === 0 ? 0 : nextSendAt(challenge.sends, challenge.sent_at),
    triesLeft: Math.max(0, CODE_TRIES - challenge.tries),
    expiresAt: challenge.expires_at,
  };
}

/** Makes the challenge of this step if there is none, and posts its code. Called when a POST leads here. */
export async function ensureChallenge(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  purpose: ChallengePurpose,
  targetId: string | null,
): Promise<void> {
  const old = await findChallenge(tx, login.id, purpose);
  const same = old !== null && old.target_id === targetId && old.spent_at === null;
  if (same && ctx.now() < old.expires_at) return;
  const addressee = await addresseeOf(ctx, tx, login, purpose, targetId);
  // Another target (a changed number, another account's authenticator): the count of messages goes on.
  await sendCode(ctx, tx, login, purpose, addressee, old);
}

async function sendCode(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  purpose: ChallengePurpose,
  addressee: Addressee,
  old: ChallengeRow | null,
): Promise<Resent> {
  const now = ctx.now();
  const sends = old?.sends ?? 0;
  const tries = old?.tries ?? 0;
  const spare = sends < CODE_SENDS && tries < CODE_TRIES;
  const code = newSixDigitCode(ctx.random);
  const unsent = spare && (await maySend(ctx, tx, addressee)) ? null : 'limit';
  const row: ChallengeRow = {
    id: id(ctx),
    login_id: login.id,
    purpose,
    channel: addressee.channel,
    user_id: addressee.subject,
    target_id: addressee.targetId,
    code_hmac: codeHmac(ctx.keys, bindingOf(login, purpose, addressee.subject, addressee.targetId, code)),
    // E4, R15: a new code does not give new tries.
    tries,
    sends: unsent === null ? sends + 1 : sends,
    sent_at: now,
    expires_at: now + CODE_LIFE_MS,
    spent_at: null,
    unsent,
  };
  await putChallenge(tx, row);
  if (unsent === null) {
    await postCode(ctx, tx, login, addressee, code, row.expires_at);
    return 'sent';
  }
  return spare ? 'limit' : 'no_more';
}

export type Resent = 'sent' | 'too_early' | 'no_more' | 'limit';

/** E4: a new code on request; the old one is dead, the count of wrong tries stays. */
export async function resend(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  purpose: ChallengePurpose,
  targetId: string | null,
): Promise<Resent> {
  const now = ctx.now();
  const old = await findChallenge(tx, login.id, purpose);
  const addressee = await addresseeOf(ctx, tx, login, purpose, targetId);
  if (old === null || old.target_id !== targetId || old.spent_at !== null) {
    return sendCode(ctx, tx, login, purpose, addressee, old);
  }
  const at = old.sends === 0 ? 0 : nextSendAt(old.sends, old.sent_at);
  if (at === null || old.tries >= CODE_TRIES) return 'no_more';
  if (now < at) return 'too_early';
  if (!(await maySend(ctx, tx, addressee))) return 'limit';
  const code = newSixDigitCode(ctx.random);
  const renewed = await renewChallenge(tx, old, {
    code_hmac: codeHmac(ctx.keys, bindingOf(login, purpose, addressee.subject, targetId, code)),
    sends: old.sends + 1,
    sent_at: now,
    expires_at: now + CODE_LIFE_MS,
    unsent: null,
  });
  if (!renewed) return 'too_early';
  await postCode(ctx, tx, login, addressee, code, now + CODE_LIFE_MS);
  return 'sent';
}

export type Compared =
  | { readonly result: 'right'; readonly challenge: ChallengeRow }
  | { readonly result: 'wrong'; readonly triesLeft: number }
  | { readonly result: 'expired' | 'no_more' | 'none' }
  | Refusal;
export type Refusal = { readonly result: 'wait'; readonly until: number } | { readonly result: 'dead' };

/**
 * D5, D6: counts the try in its own committed write, then compares. `counterKey` counts over all logins;
 * the challenge counts its own five.
 */
export async function compareCode(
  ctx: Context,
  login: LoginRow,
  purpose: ChallengePurpose,
  code: string,
  counterKey: string,
): Promise<Compared> {
  const challenge = await findChallenge(ctx.db, login.id, purpose);
  const now = ctx.now();
  if (challenge === null || challenge.spent_at !== null) {
    const counter = await readCounter(ctx.db, counterKey);
    const waits = counter !== null && now < counter.waitUntil;
    return waits ? { result: 'wait', until: counter.waitUntil } : { result: 'none' };
  }
  if (now >= challenge.expires_at) return { result: 'expired' };
  // Only an authenticator can be dead (D6); a mailbox or a number being set up is merely made to wait.
  const decide: Decide = (counter) => countCodeTry(counter, now, purpose === 'code');
  const counted = await countTry(ctx.db, new Map([[counterKey, decide]]));
  if (!counted.heard) return refused(counted);
  if (!(await countChallengeTry(ctx.db, challenge.id, CODE_TRIES))) return { result: 'no_more' };
  const binding = bindingOf(login, purpose, challenge.user_id, challenge.target_id, code);
  if (codeMatches(ctx.keys, challenge.code_hmac, binding)) return { result: 'right', challenge };
  return { result: 'wrong', triesLeft: Math.max(0, CODE_TRIES - challenge.tries - 1) };
}

export function refused(counted: Extract<Try, { heard: false }>): Refusal {
  return counted.reason === 'wait' ? { result: 'wait', until: counted.until } : { result: 'dead' };
}

/** T22: purpose, login, person and target are inside the code's HMAC: it proves nothing anywhere else. */
function bindingOf(
  login: LoginRow,
  purpose: ChallengePurpose,
  subject: string,
  targetId: string | null,
  code: string,
) {
  return { purpose: `${purpose}:${targetId ?? ''}`, loginId: login.id, userId: subject, code };
}

/** D6: the counter of e-mailed codes, by purpose and person (or address at sign-up). */
export function mailboxCounterKey(ctx: Context, login: LoginRow): string {
  if (login.user_id !== null) return `mailbox:${login.user_id}`;
  return `mailbox:${addressHmac(ctx.keys, 'mailbox', login.sign_up_email ?? '')}`;
}

async function addresseeOf(
  ctx: Context,
  tx: Db,
  login: LoginRow,
  purpose: ChallengePurpose,
  targetId: string | null,
): Promise<Addressee> {
  if (purpose === 'mailbox') {
    if (login.user_id === null) {
      const to = login.sign_up_email ?? '';
      return { channel: 'email', to, subject: `address:${to}`, targetId: null, userId: null };
    }
    const user = await findUser(tx, login.user_id);
    if (user === null) throw new Error('a login of a user who is gone');
    return { channel: 'email', to: user.email, subject: user.id, targetId: null, userId: user.id };
  }
  if (login.user_id === null || targetId === null) throw new Error('a text code without a person or a phone');
  const row =
    purpose === 'code' ? await findAuthenticator(tx, targetId) : await findEnrollment(tx, login.id, 'sms');
  if (row === null || row.id !== targetId || row.user_id !== login.user_id || row.kind !== 'sms') {
    throw new Error('a text code for a phone that is not this person’s');
  }
  const table = purpose === 'code' ? 'authenticators' : 'enrollments';
  const to = open(ctx.keys, { table, row: row.id, user: row.user_id }, row.secret_sealed);
  return { channel: 'sms', to, subject: row.user_id, targetId, userId: row.user_id };
}

/** D6, T28: ten mails with codes, and ten texts, per address or number and day, whoever asks for them. */
async function maySend(ctx: Context, tx: Tx, addressee: Addressee): Promise<boolean> {
  const most = addressee.channel === 'email' ? CODE_MAILS_PER_DAY : CODE_TEXTS_PER_DAY;
  return countMail(tx, sendsKey(ctx, addressee), most, DAY_MS, ctx.now());
}

/**
 * R32: mails of sign-ups have a count of their own, since anybody can cause them with anybody's address; they
 * must not use up the mails of a person who is logging in.
 */
function sendsKey(ctx: Context, addressee: Addressee): string {
  if (addressee.channel === 'sms') return `texts:${addressHmac(ctx.keys, 'texts', addressee.to)}`;
  const kind = addressee.userId === null ? 'mails:sign-up' : 'mails';
  return `${kind}:${addressHmac(ctx.keys, 'mails', addressee.to)}`;
}

/** A code that was used was no nuisance: it gives its message back, so that busy people are not counted out. */
export async function giveBackSend(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  challenge: ChallengeRow,
): Promise<void> {
  const addressee = await addresseeOf(ctx, tx, login, challenge.purpose, challenge.target_id);
  await takeBackMail(tx, sendsKey(ctx, addressee));
}

async function postCode(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  addressee: Addressee,
  code: string,
  expiresAt: number,
): Promise<void> {
  // D1: a code that has just been sent can be typed for as long as the page says that it works.
  await updateLogin(tx, login.id, { expires_at: renewedLogin(login.created_at, ctx.now()) });
  const { product, url } = ctx.settings;
  const common = { kind: 'code', userId: addressee.userId, to: addressee.to, expiresAt } as const;
  if (addressee.channel === 'sms') {
    const { subject, text } = en.textCode({ product, code, host: new URL(url).hostname });
    return post(ctx, tx, { ...common, channel: 'sms', subject, text });
  }
  const taken = login.kind === 'sign_up' && (await findUserByEmail(tx, addressee.to)) !== null;
  // D8: the page says the same to everybody; the mail tells the owner of the mailbox the truth.
  const { subject, text } = taken
    ? en.alreadySignedUp({ product, loginUrl: `${url}/login`, resetUrl: `${url}/forgot-password` })
    : en.emailCode({ product, code, why: login.kind === 'sign_up' ? 'sign_up' : 'other' });
  return post(ctx, tx, { ...common, channel: 'email', subject, text });
}
