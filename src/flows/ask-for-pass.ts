import { hashToken, newToken } from '../credentials/token.ts';
import { plainName } from '../delivery/texts.ts';
import {
  mayBeAsked,
  REQUEST_LIFE_MS,
  REQUESTS_WAITING,
  type RequestState,
  RIGHT_LIFE_AFTER_PASS_MS,
  requestState,
} from '../rules/pass.ts';
import { adminsOf, findAccount, type NamedMembership, setTrust } from '../store/accounts.ts';
import { type Db, inTransaction, type Tx } from '../store/database.ts';
import { updateLogin } from '../store/logins.ts';
import { countWaiting, insertRequest, newestRequestOf, type PassRequestRow } from '../store/pass-requests.ts';
import { activatePass, type PassRow, passOfRequest } from '../store/passes.ts';
import { findUser, lockUser } from '../store/users.ts';
import { type Advanced, advance, type Position, positionIn, readPosition } from './advance.ts';
import { record } from './audit.ts';
import { type Context, id, type Visitor } from './context.ts';
import { tellAdmins, tellUser } from './notices.ts';
import type { ChoiceResult } from './recover.ts';
import { settleAuthenticators } from './trust.ts';

/** P1: "I can't use any of these", and its way back. The mailbox is asked for before anything is sent. */
export async function wantPass(ctx: Context, visitor: Visitor, wants: boolean): Promise<ChoiceResult> {
  const before = await readPosition(ctx, visitor);
  if (before === null) return { result: 'moved' };
  const result = await inTransaction(ctx.db, async (tx): Promise<ChoiceResult> => {
    const { login, next } = await positionIn(ctx, tx, before.login.id, visitor);
    const may = next.step === 'code' || next.step === 'pass' || next.step === 'email_code';
    if (!may || login.kind === 'sign_up') return { result: 'moved' };
    await updateLogin(tx, login.id, { wants_pass_at: wants ? ctx.now() : null });
    return { result: 'accepted', advanced: await advance(ctx, tx, login.id, visitor) };
  });
  ctx.wakeOutbox();
  return result;
}

export interface PassView {
  /** Accounts that can be asked: those that mandate and have somebody else who may grant. */
  readonly askable: readonly { readonly slug: string; readonly name: string }[];
  /** The mailbox is proven: a request can be made. */
  readonly asking: boolean;
  readonly request: {
    readonly state: RequestState;
    readonly number: string;
    readonly account: string;
    readonly expiresAt: number;
    /** Granted, and the pass has not been used, revoked or run out. */
    readonly passReady: boolean;
  } | null;
}

/** The waiting page's model. */
export async function viewPass(ctx: Context, position: Position): Promise<PassView> {
  const { facts, next, login } = position;
  const askable: { slug: string; name: string }[] = [];
  for (const m of facts.memberships) {
    if (await canBeAsked(ctx.db, m)) askable.push({ slug: m.account.slug, name: m.account.name });
  }
  const row = await newestRequestOf(ctx.db, login.id);
  return {
    askable,
    asking: next.step === 'pass' && next.asking,
    request: row === null ? null : await viewRequest(ctx, row, facts.memberships),
  };
}

async function viewRequest(
  ctx: Context,
  row: PassRequestRow,
  memberships: readonly NamedMembership[],
): Promise<PassView['request']> {
  const now = ctx.now();
  const pass = row.answer === 'granted' ? await passOfRequest(ctx.db, row.id) : null;
  return {
    state: requestState({ answer: row.answer, expiresAt: row.expires_at }, now),
    number: row.number,
    account: memberships.find((m) => m.id === row.membership_id)?.account.name ?? '',
    expiresAt: row.expires_at,
    passReady: pass !== null && pass.activated_at === null && pass.ended_at === null && now < pass.ends_at,
  };
}

/** P1: is there anybody but this person who may grant a pass here? */
async function canBeAsked(db: Db, member: NamedMembership): Promise<boolean> {
  if (member.account.mandate === null) return false;
  const admins = await adminsOf(db, member.account.id);
  return admins.some((a) => a.user_id !== member.userId && mayBeAsked(member, a));
}

export type AskResult = {
  readonly result: 'asked' | 'moved' | 'too_many' | 'nobody_to_ask' | 'unknown_account';
};

/**
 * P1: the mailbox is proven and there is one account to ask: the question goes out without another press of the
 * same button, at which a person would wait for nothing.
 */
export async function askIfOnlyOne(ctx: Context, visitor: Visitor): Promise<void> {
  const position = await readPosition(ctx, visitor);
  if (position?.next.step !== 'pass' || !position.next.asking) return;
  const { askable, request } = await viewPass(ctx, position);
  const [only, another] = askable;
  if (only !== undefined && another === undefined && request === null)
    await askForPass(ctx, visitor, only.slug);
}

/** Sends the request to the admins of one account; which one, the person may pick among their own. */
export async function askForPass(ctx: Context, visitor: Visitor, slug: string | null): Promise<AskResult> {
  const before = await readPosition(ctx, visitor);
  if (before === null) return { result: 'moved' };
  const result = await inTransaction(ctx.db, async (tx): Promise<AskResult> => {
    const { login, next, facts, user } = await positionIn(ctx, tx, before.login.id, visitor);
    if (next.step !== 'pass' || !next.asking || user === null) return { result: 'moved' };
    await lockUser(tx, user.id);
    const member = facts.memberships.find((m) =>
      slug === null ? m.id === next.target : m.account.slug === slug && m.account.mandate !== null,
    );
    if (member === undefined) return { result: 'unknown_account' };
    if (!(await canBeAsked(tx, member))) return { result: 'nobody_to_ask' };
    const now = ctx.now();
    const open = await newestRequestOf(tx, login.id);
    if (
      open !== null &&
      requestState({ answer: open.answer, expiresAt: open.expires_at }, now) === 'waiting'
    ) {
      return { result: 'asked' };
    }
    if ((await countWaiting(tx, member.id, now)) >= REQUESTS_WAITING) return { result: 'too_many' };
    await insertRequest(tx, newRequest(ctx, login.id, member, visitor));
    await record(ctx, tx, {
      kind: 'pass.requested',
      actorId: user.id,
      accountId: member.account.id,
      visitor,
    });
    await tellAdmins(
      ctx,
      tx,
      member.account.id,
      {
        account: plainName(member.account.name),
        person: `${plainName(user.name)} (${user.email})`,
        what: 'pass_requested',
        network: visitor.network,
        browser: visitor.browser,
        url: `${ctx.settings.url}/accounts/${member.account.slug}/passes`,
      },
      user.id,
    );
    return { result: 'asked' };
  });
  ctx.wakeOutbox();
  return result;
}

function newRequest(
  ctx: Context,
  loginId: string,
  member: NamedMembership,
  visitor: Visitor,
): PassRequestRow {
  const now = ctx.now();
  return {
    id: id(ctx),
    login_id: loginId,
    membership_id: member.id,
    account_id: member.account.id,
    user_id: member.userId,
    number: twoDigits(ctx),
    wrong_numbers: 0,
    network: visitor.network,
    browser: visitor.browser,
    created_at: now,
    expires_at: now + REQUEST_LIFE_MS,
    answered_at: null,
    answered_by: null,
    answer: null,
  };
}

/** 10 to 99, each as likely: bytes beyond the last whole ninety are drawn again. */
function twoDigits(ctx: Context): string {
  for (;;) {
    const byte = ctx.random(1)[0] ?? 255;
    if (byte < 180) return String(10 + (byte % 90));
  }
}

/** P1: the waiting page goes on: the pass that answered this very login's request is activated here. */
export async function usePassOfRequest(ctx: Context, visitor: Visitor): Promise<ChoiceResult> {
  const before = await readPosition(ctx, visitor);
  if (before === null) return { result: 'moved' };
  const result = await inTransaction(ctx.db, async (tx): Promise<ChoiceResult> => {
    const { login, next, user } = await positionIn(ctx, tx, before.login.id, visitor);
    const waits = next.step === 'pass' || next.step === 'code';
    if (!waits || user === null) return { result: 'moved' };
    const request = await newestRequestOf(tx, login.id);
    const pass = request === null ? null : await passOfRequest(tx, request.id);
    if (pass === null || pass.user_id !== user.id) return { result: 'moved' };
    const advanced = await activate(ctx, tx, login.id, pass, visitor);
    return advanced === null ? { result: 'moved' } : { result: 'accepted', advanced };
  });
  ctx.wakeOutbox();
  return result;
}

/**
 * P3, P7: activation, in the transaction of what earned it. The pass becomes this browser's, the account
 * forgets the authenticator, and the browser gets the right to set up anew for that account.
 * @returns `null` when the pass was used, revoked or over.
 */
export async function activate(
  ctx: Context,
  tx: Tx,
  loginId: string,
  pass: PassRow,
  visitor: Visitor,
): Promise<Advanced | null> {
  const now = ctx.now();
  await lockUser(tx, pass.user_id);
  const token = newToken(ctx.random);
  const activated = await activatePass(tx, pass.id, {
    cookieHash: hashToken(token),
    rightUntil: pass.ends_at + RIGHT_LIFE_AFTER_PASS_MS,
    now,
  });
  if (!activated) return null;
  await setTrust(tx, [pass.membership_id], { state: 'forgotten' }, now);
  await settleAuthenticators(ctx, tx, pass.user_id);
  await updateLogin(tx, loginId, {
    account_picked: pass.account_id,
    wants_pass_at: null,
    after_recovery: null,
  });
  await tellOfActivation(ctx, tx, pass, visitor);
  // The newest few: a cookie has its limits, and nobody holds more passes than accounts.
  const passes = [token, ...visitor.passTokens].slice(0, 8);
  const advanced = await advance(ctx, tx, loginId, { ...visitor, passTokens: passes });
  return { ...advanced, tokens: { passes, ...advanced.tokens } };
}

async function tellOfActivation(ctx: Context, tx: Tx, pass: PassRow, visitor: Visitor): Promise<void> {
  const user = await findUser(tx, pass.user_id);
  const account = await findAccount(tx, pass.account_id);
  if (user === null || account === null) throw new Error('a pass of nobody, or into nothing');
  await record(ctx, tx, {
    kind: 'pass.activated',
    actorId: user.id,
    accountId: account.id,
    visitor,
    data: { pass: pass.id },
  });
  const name = plainName(account.name);
  const what = { event: 'pass_activated', account: name, endsAt: pass.ends_at } as const;
  await tellUser(ctx, tx, { user, what, visitor });
  await tellAdmins(
    ctx,
    tx,
    account.id,
    {
      account: name,
      person: `${plainName(user.name)} (${user.email})`,
      what: 'pass_activated',
      network: visitor.network,
      browser: visitor.browser,
      url: `${ctx.settings.url}/accounts/${account.slug}/passes`,
    },
    user.id,
  );
}
