import { open } from '../credentials/sealed-secret.ts';
import { otpauthAddress } from '../credentials/totp.ts';
import type { Method } from '../rules/facts.ts';
import type { NamedMembership } from '../store/accounts.ts';
import { codeCounterKey, findAuthenticator, recoveryCounterKey } from '../store/authenticators.ts';
import { readCounter } from '../store/counters.ts';
import { findChallenge } from '../store/logins.ts';
import type { Position } from './advance.ts';
import { mailboxCounterKey } from './challenge.ts';
import type { Context } from './context.ts';
import { readEnrollment } from './enroll.ts';
import { maskedNumber, readableNumber } from './phone-number.ts';
import { type ChallengeView, viewChallenge, viewOf } from './view-challenge.ts';

/** What the pages of a login say about whose door this is. */
export interface DoorView {
  /** The account whose demand is being met, if one is. */
  readonly account: { readonly slug: string; readonly name: string } | null;
  /** D2.6: the other mandating accounts this person may pick instead. */
  readonly others: readonly { readonly slug: string; readonly name: string }[];
  readonly email: string;
  readonly stepUp: boolean;
}

export function viewDoor({ login, user, facts, next }: Position): DoorView {
  const targetId = 'target' in next ? next.target : null;
  const target = facts.memberships.find((m) => m.id === targetId);
  const others = facts.memberships.filter((m) => m.account.mandate !== null && m.id !== targetId);
  const named = (m: NamedMembership) => ({ slug: m.account.slug, name: m.account.name });
  return {
    account: target === undefined ? null : named(target),
    others: login.kind === 'step_up' ? [] : others.map(named),
    email: user?.email ?? login.sign_up_email ?? '',
    stepUp: login.kind === 'step_up',
  };
}

export interface MailboxView extends ChallengeView {
  readonly waitUntil: number | null;
}

export async function viewMailbox(ctx: Context, position: Position): Promise<MailboxView> {
  const challenge = await findChallenge(ctx.db, position.login.id, 'mailbox');
  return {
    ...viewOf(challenge),
    waitUntil: await waitOf(ctx, mailboxCounterKey(ctx, position.login)),
  };
}

export interface CodeView {
  readonly method: Method;
  /** Only the last two digits; `null` for an app. */
  readonly phone: string | null;
  readonly challenge: ChallengeView | null;
  readonly onlyRecovery: boolean;
  readonly waitUntil: number | null;
}

export async function viewCode(ctx: Context, position: Position): Promise<CodeView | null> {
  const { login, next } = position;
  if (next.step !== 'code') return null;
  const x = next.authenticator;
  const waitUntil = await waitOf(ctx, codeCounterKey(x.id));
  if (x.kind === 'totp') {
    return { method: 'totp', phone: null, challenge: null, onlyRecovery: next.onlyRecovery, waitUntil };
  }
  const row = await findAuthenticator(ctx.db, x.id);
  if (row === null) return null;
  const number = open(
    ctx.keys,
    { table: 'authenticators', row: row.id, user: row.user_id },
    row.secret_sealed,
  );
  const challenge = await viewChallenge(ctx, login.id, 'code');
  return {
    method: 'sms',
    phone: maskedNumber(number),
    challenge,
    onlyRecovery: next.onlyRecovery,
    waitUntil,
  };
}

export interface RecoveryView {
  /** The backup codes are dead too: only a pass helps. */
  readonly dead: boolean;
  readonly waitUntil: number | null;
}

export async function viewRecovery(ctx: Context, position: Position): Promise<RecoveryView> {
  const { user, next } = position;
  const dead = next.step === 'code' && next.authenticator.backupCodesDead;
  return { dead, waitUntil: user === null ? null : await waitOf(ctx, recoveryCounterKey(user.id)) };
}

export interface AppSetUpView {
  /** The key as it is typed, and its `otpauth:` address for the QR code and the link. */
  readonly key: string;
  readonly address: string;
}

export async function viewAppSetUp(ctx: Context, position: Position): Promise<AppSetUpView | null> {
  const enrollment = await readEnrollment(ctx, position, 'totp');
  if (enrollment === null || position.user === null) return null;
  return {
    key: enrollment.secret,
    address: otpauthAddress({
      secret: enrollment.secret,
      issuer: ctx.settings.product,
      label: position.user.email,
    }),
  };
}

export interface TextSetUpView {
  /** The whole number: this very login typed it, and only this login's pages show it, until it is confirmed. */
  readonly phone: string;
  readonly challenge: ChallengeView;
}

export async function viewTextSetUp(ctx: Context, position: Position): Promise<TextSetUpView | null> {
  const enrollment = await readEnrollment(ctx, position, 'sms');
  if (enrollment === null) return null;
  const challenge = await viewChallenge(ctx, position.login.id, 'enroll');
  return { phone: readableNumber(enrollment.secret), challenge };
}

async function waitOf(ctx: Context, key: string): Promise<number | null> {
  const counter = await readCounter(ctx.db, key);
  return counter !== null && counter.waitUntil > ctx.now() ? counter.waitUntil : null;
}
