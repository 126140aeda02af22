import { parseSixDigits } from '../credentials/one-time-code.ts';
import { clearCounter } from '../store/counters.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { findInvitation } from '../store/links.ts';
import { type ChallengeRow, endLogin, type LoginRow, spendChallenge, updateLogin } from '../store/logins.ts';
import { lockUser } from '../store/users.ts';
import {
  type Advanced,
  advance,
  mailboxCode,
  type Position,
  positionIn,
  prove,
  readPosition,
} from './advance.ts';
import { askIfOnlyOne } from './ask-for-pass.ts';
import { record } from './audit.ts';
import {
  compareCode,
  giveBackSend,
  mailboxCounterKey,
  type Refusal,
  type Resent,
  resend,
} from './challenge.ts';
import type { Context, Visitor } from './context.ts';
import { acceptInvitation, invitationIsOpen } from './invitation.ts';
import { createUser } from './sign-up.ts';

/** What became of a typed code. `moved`: another step is due now, nothing was compared. */
export type CodeResult =
  | { readonly result: 'accepted'; readonly advanced: Advanced }
  | { readonly result: 'moved' }
  | { readonly result: 'malformed' }
  | { readonly result: 'wrong'; readonly triesLeft: number | null }
  /** Right, but spent before: each code works once. */
  | { readonly result: 'used' }
  | { readonly result: 'expired' | 'no_more' | 'none' }
  | { readonly result: 'invitation_gone' }
  | Refusal;

/** Proves the mailbox in this login and browser (U1, E1), and makes the user or joins the account if due. */
export async function answerEmailCode(ctx: Context, visitor: Visitor, typed: string): Promise<CodeResult> {
  const position = await readPosition(ctx, visitor);
  if (position?.next.step !== 'email_code') return { result: 'moved' };
  const code = parseSixDigits(typed);
  if (code === null) return { result: 'malformed' };
  const counterKey = mailboxCounterKey(ctx, position.login);
  const compared = await compareCode(ctx, position.login, 'mailbox', code, counterKey);
  if (compared.result !== 'right') {
    if (compared.result === 'wrong') {
      await record(ctx, ctx.db, {
        kind: 'mailbox.code_refused',
        actorId: position.login.user_id,
        visitor,
      });
    }
    return compared;
  }
  const result = await acceptMailbox(ctx, visitor, position, compared.challenge, counterKey);
  if (result.result === 'accepted' && result.advanced.next.step === 'pass') await askIfOnlyOne(ctx, visitor);
  ctx.wakeOutbox();
  return result;
}

function acceptMailbox(
  ctx: Context,
  visitor: Visitor,
  before: Position,
  challenge: ChallengeRow,
  counterKey: string,
): Promise<CodeResult> {
  return inTransaction(ctx.db, async (tx): Promise<CodeResult> => {
    if (before.login.user_id !== null) await lockUser(tx, before.login.user_id);
    const { login, next } = await positionIn(ctx, tx, before.login.id, visitor);
    if (next.step !== 'email_code') return { result: 'moved' };
    if (!(await spendChallenge(tx, challenge.id, challenge.code_hmac, ctx.now()))) return { result: 'used' };
    await clearCounter(tx, counterKey);
    await giveBackSend(ctx, tx, login, challenge);

    let user = before.user;
    if (user === null) {
      if (!(await invitationStands(ctx, tx, login))) {
        await endLogin(tx, login.id, ctx.now());
        return { result: 'invitation_gone' };
      }
      user = await createUser(ctx, tx, login, visitor);
      // Taken while the code was on its way: as far as anybody can tell, the code was wrong (D8).
      if (user === null) return { result: 'wrong', triesLeft: 0 };
      await updateLogin(tx, login.id, { user_id: user.id });
    }
    await prove(ctx, tx, login.id, { kind: 'email' });
    await record(ctx, tx, { kind: 'mailbox.proven', actorId: user.id, visitor });
    if (login.invitation_id !== null) {
      const joined = await acceptInvitation(ctx, tx, login, user, visitor);
      // Withdrawn or spent while this login was under way: it goes on as an ordinary one.
      if (joined === 'gone') await updateLogin(tx, login.id, { invitation_id: null, account_asked: null });
    }
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
}

async function invitationStands(ctx: Context, tx: Tx, login: LoginRow): Promise<boolean> {
  if (login.invitation_id === null) return true;
  const invitation = await findInvitation(tx, login.invitation_id);
  return invitation !== null && invitationIsOpen(invitation, ctx.now());
}

/** `action=resend` on the page of the e-mailed code. */
export async function resendEmailCode(ctx: Context, visitor: Visitor): Promise<Resent | 'moved'> {
  const position = await readPosition(ctx, visitor);
  if (position?.next.step !== 'email_code') return 'moved';
  const wanted = mailboxCode(position, position.next.why);
  const resent = await inTransaction(ctx.db, (tx) => resend(ctx, tx, position.login, wanted));
  ctx.wakeOutbox();
  return resent;
}
