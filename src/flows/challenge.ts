import { addressHmac, codeHmac, codeMatches, newSixDigitCode } from '../credentials/one-time-code.ts';
import { open } from '../credentials/sealed-secret.ts';
import { textCode } from '../delivery/text-code.ts';
import { type EmailCodeFor, en, plainName } from '../delivery/texts.ts';
import {
  CODE_LIFE_MS,
  CODE_MAILS_PER_DAY,
  CODE_SENDS,
  CODE_TRIES,
  countCodeTry,
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
  lockLogin,
  putChallenge,
  renewChallenge,
  updateLogin,
} from '../store/logins.ts';
import type { ChallengePurpose } from '../store/schema.ts';
import { findUser, findUserByEmail } from '../store/users.ts';
import { type Context, id } from './context.ts';
import { newMessageId, post } from './outbox.ts';
import { askForText, noteTextUsed } from './text-messages.ts';
import { resendAt } from './view-challenge.ts';

const DAY_MS = 24 * 3_600_000;

/** D4: where a code goes and whom it proves, from the server's records. */
interface Addressee {
  readonly channel: 'email' | 'sms';
  readonly to: string;
  /** Whom the code is bound to: a user, or the address in a sign-up that has no user yet. */
  readonly subject: string;
  readonly targetId: string | null;
  readonly userId: string | null;
  readonly purpose: ChallengePurpose;
}

/** Which code: of which step, to which authenticator or enrollment, for which account's demand. */
export interface CodeFor {
  readonly purpose: ChallengePurpose;
  /** `null` for e-mail. */
  readonly targetId: string | null;
  readonly accountId: string | null;
  /** Said in the mail. */
  readonly mail?: EmailCodeFor;
}

/** Makes the challenge of this step if there is none, and posts its code. Called when a POST leads here. */
export async function ensureChallenge(ctx: Context, tx: Tx, login: LoginRow, wanted: CodeFor): Promise<void> {
  const old = await findChallenge(tx, login.id, wanted.purpose);
  const same = old !== null && old.target_id === wanted.targetId && old.spent_at === null;
  if (same && ctx.now() < old.expires_at) return;
  const addressee = await addresseeOf(ctx, tx, login, wanted.purpose, wanted.targetId);
  // Another target (a changed number, another account's authenticator): the count of messages goes on.
  await sendCode(ctx, tx, login, wanted, addressee, old);
}

async function sendCode(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  wanted: CodeFor,
  addressee: Addressee,
  old: ChallengeRow | null,
): Promise<Resent> {
  const now = ctx.now();
  const { purpose } = wanted;
  const sends = old?.sends ?? 0;
  const tries = old?.tries ?? 0;
  const spare = sends < CODE_SENDS && tries < CODE_TRIES;
  const code = newSixDigitCode(ctx.random);
  const messageId = newMessageId(ctx);
  const answer = spare ? await maySend(ctx, tx, login, wanted, addressee, messageId) : 'limit';
  const unsent = answer === 'go' ? null : answer;
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
    message_id: unsent === null && addressee.channel === 'sms' ? messageId : null,
  };
  await putChallenge(tx, row);
  if (unsent === null) {
    await postCode(ctx, tx, login, addressee, wanted, { id: messageId, code, expiresAt: row.expires_at });
    return 'sent';
  }
  return spare ? unsent : 'no_more';
}

/** `limit`: too many; `failed`: no carrier takes any, or none may be sent there. The code before stays good. */
export type Resent = 'sent' | 'too_early' | 'no_more' | 'limit' | 'failed';

/** E4: a new code on request; the old one is dead, the count of wrong tries stays. */
export async function resend(ctx: Context, tx: Tx, login: LoginRow, wanted: CodeFor): Promise<Resent> {
  const now = ctx.now();
  const { purpose, targetId } = wanted;
  // Two presses of one button come one after the other: the second finds that it is too early.
  await lockLogin(tx, login.id);
  const old = await findChallenge(tx, login.id, purpose);
  const addressee = await addresseeOf(ctx, tx, login, purpose, targetId);
  if (old === null || old.target_id !== targetId || old.spent_at !== null) {
    return sendCode(ctx, tx, login, wanted, addressee, old);
  }
  const at = resendAt(old);
  if (at === null || old.tries >= CODE_TRIES) return 'no_more';
  if (now < at) return 'too_early';
  const messageId = newMessageId(ctx);
  const answer = await maySend(ctx, tx, login, wanted, addressee, messageId);
  if (answer !== 'go') return answer;
  const code = newSixDigitCode(ctx.random);
  const renewed = await renewChallenge(tx, old, {
    code_hmac: codeHmac(ctx.keys, bindingOf(login, purpose, addressee.subject, targetId, code)),
    sends: old.sends + 1,
    sent_at: now,
    expires_at: now + CODE_LIFE_MS,
    unsent: null,
    message_id: addressee.channel === 'sms' ? messageId : null,
  });
  if (!renewed) return 'too_early';
  await postCode(ctx, tx, login, addressee, wanted, { id: messageId, code, expiresAt: now + CODE_LIFE_MS });
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
      return { channel: 'email', to, subject: `address:${to}`, targetId: null, userId: null, purpose };
    }
    const user = await findUser(tx, login.user_id);
    if (user === null) throw new Error('a login of a user who is gone');
    return { channel: 'email', to: user.email, subject: user.id, targetId: null, userId: user.id, purpose };
  }
  if (login.user_id === null || targetId === null) throw new Error('a text code without a person or a phone');
  const row =
    purpose === 'code' ? await findAuthenticator(tx, targetId) : await findEnrollment(tx, login.id, 'sms');
  if (row === null || row.id !== targetId || row.user_id !== login.user_id || row.kind !== 'sms') {
    throw new Error('a text code for a phone that is not this person’s');
  }
  const table = purpose === 'code' ? 'authenticators' : 'enrollments';
  const to = open(ctx.keys, { table, row: row.id, user: row.user_id }, row.secret_sealed);
  return { channel: 'sms', to, subject: row.user_id, targetId, userId: row.user_id, purpose };
}

/** D6: ten mails with codes per address and day, whoever asks for them. T28: texts as `rules/text-messages` says. */
async function maySend(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  { purpose, accountId }: CodeFor,
  { channel, to, userId }: Addressee,
  messageId: string,
): Promise<'go' | 'limit' | 'failed'> {
  if (channel === 'sms') {
    if (userId === null || purpose === 'mailbox') throw new Error('a text message to nobody');
    return askForText(ctx, tx, { id: messageId, to, userId, accountId, network: login.network, purpose });
  }
  const counted = await countMail(tx, mailsKey(ctx, to, userId), CODE_MAILS_PER_DAY, DAY_MS, ctx.now());
  return counted ? 'go' : 'limit';
}

/**
 * R32: mails of sign-ups have a count of their own, since anybody can cause them with anybody's address; they
 * must not use up the mails of a person who is logging in.
 */
function mailsKey(ctx: Context, to: string, userId: string | null): string {
  const kind = userId === null ? 'mails:sign-up' : 'mails';
  return `${kind}:${addressHmac(ctx.keys, 'mails', to)}`;
}

/** A code that was used was no nuisance: it gives its message back, so that busy people are not counted out. */
export async function giveBackSend(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  challenge: ChallengeRow,
): Promise<void> {
  if (challenge.channel === 'sms') {
    if (challenge.message_id !== null) await noteTextUsed(ctx, tx, challenge.message_id, login.network);
    return;
  }
  const { to, userId } = await addresseeOf(ctx, tx, login, challenge.purpose, challenge.target_id);
  await takeBackMail(tx, mailsKey(ctx, to, userId));
}

async function postCode(
  ctx: Context,
  tx: Tx,
  login: LoginRow,
  addressee: Addressee,
  { mail }: CodeFor,
  { id, code, expiresAt }: { readonly id: string; readonly code: string; readonly expiresAt: number },
): Promise<void> {
  // D1: a code that has just been sent can be typed for as long as the page says that it works.
  await updateLogin(tx, login.id, { expires_at: renewedLogin(login.created_at, ctx.now()) });
  const { product, url } = ctx.settings;
  const common = { id, kind: 'code', userId: addressee.userId, to: addressee.to, expiresAt } as const;
  if (addressee.channel === 'sms') {
    const host = new URL(url).hostname;
    const purpose = addressee.purpose === 'enroll' ? 'enroll' : 'code';
    const text = textCode({ product, code, host, purpose, language: login.language });
    return post(ctx, tx, { ...common, channel: 'sms', subject: '', text });
  }
  const taken = login.kind === 'sign_up' && (await findUserByEmail(tx, addressee.to)) !== null;
  if (mail === undefined) throw new Error('an e-mailed code that nobody could say the purpose of');
  const account = mail.account === null ? null : plainName(mail.account);
  // D8: the page says the same to everybody; the mail tells the owner of the mailbox the truth.
  const { subject, text } = taken
    ? en.alreadySignedUp({ product, loginUrl: `${url}/login`, resetUrl: `${url}/forgot-password` })
    : en.emailCode({ product, code, why: mail.why, account });
  return post(ctx, tx, { ...common, channel: 'email', subject, text });
}
