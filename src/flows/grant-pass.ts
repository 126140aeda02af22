import { formatPassCode, newPassCode } from '../credentials/backup-code.ts';
import { sameText } from '../credentials/token.ts';
import { plainName } from '../delivery/texts.ts';
import type { Role } from '../rules/facts.ts';
import {
  type GrantVerdict,
  isReason,
  judgeGrant,
  PASS_LIFE_MS,
  WEEK_MS,
  WRONG_NUMBERS,
} from '../rules/pass.ts';
import { type AccountRow, findMembership, type NamedMembership } from '../store/accounts.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import {
  answerRequest,
  countWrongNumber,
  findRequest,
  type PassRequestRow,
  takeBackWrongNumber,
} from '../store/pass-requests.ts';
import {
  countGrants,
  endPass,
  endUnusedPasses,
  findPass,
  insertPass,
  type PassRow,
} from '../store/passes.ts';
import { findUser } from '../store/users.ts';
import { type Acting, act, judge, type Refusal } from './act.ts';
import type { SignedIn } from './admit.ts';
import { type AuditEntry, record } from './audit.ts';
import { type Context, id, oneLine, type Visitor } from './context.ts';
import type { DeedResult, OnMember } from './manage-people.ts';
import { tellAdmins, tellUser } from './notices.ts';
import { recordPassesEnded } from './pass-events.ts';

export type GrantResult =
  | { readonly result: 'granted'; readonly passId: string; readonly code: string | null }
  | { readonly result: Exclude<GrantVerdict, 'ok'> }
  | { readonly result: 'wrong_number'; readonly triesLeft: number }
  | Refusal;

interface Grant {
  readonly member: NamedMembership;
  readonly account: AccountRow;
  readonly reason: string;
  readonly request: PassRequestRow | null;
  readonly codeHash: string | null;
  readonly role: Role | 'operator';
  readonly by: Pick<AuditEntry, 'by' | 'actorId' | 'visitor'>;
}

/** P2: granted from the member's row; the code is shown once, to be handed over by other means than mail. */
export async function handOverPass(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: OnMember & { reason: string },
): Promise<GrantResult> {
  const wanted = { deed: 'grant_pass', slug: given.slug, targetId: given.membershipId } as const;
  const seen = await judge(ctx, ctx.db, session, wanted);
  if ('result' in seen) return seen;
  const code = newPassCode(ctx.random);
  const codeHash = await ctx.hasher.hash(code);
  const result = await act(
    ctx,
    session,
    wanted,
    async (tx, { account, target, actor }): Promise<GrantResult> => {
      if (target === null) return { result: 'not_found' };
      const passId = await grant(ctx, tx, {
        member: target,
        account,
        reason: given.reason,
        request: null,
        codeHash,
        role: actor.role,
        by: { actorId: session.user.id, visitor },
      });
      return typeof passId === 'string' ? { result: 'granted', passId, code: formatPassCode(code) } : passId;
    },
  );
  ctx.wakeOutbox();
  return result;
}

/** P8: the operator on the host may grant any. */
export async function grantByOperator(
  ctx: Context,
  account: AccountRow,
  membershipId: string,
  reason: string,
  by: Grant['by'],
): Promise<GrantResult> {
  const code = newPassCode(ctx.random);
  const codeHash = await ctx.hasher.hash(code);
  const result = await inTransaction(ctx.db, async (tx): Promise<GrantResult> => {
    const member = await findMembership(tx, membershipId);
    if (member === null) return { result: 'not_found' };
    const passId = await grant(ctx, tx, {
      member,
      account,
      reason,
      request: null,
      codeHash,
      role: 'operator',
      by,
    });
    return typeof passId === 'string' ? { result: 'granted', passId, code: formatPassCode(code) } : passId;
  });
  ctx.wakeOutbox();
  return result;
}

/**
 * P1: grants what was asked for, if the admin types the number that the person reads to them. Counted before
 * it is compared; the third wrong one kills the request.
 */
export async function grantRequest(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { slug: string; requestId: string; number: string; reason: string },
): Promise<GrantResult> {
  const request = await findRequest(ctx.db, given.requestId);
  if (request === null) return { result: 'not_found' };
  const wanted = { deed: 'grant_pass', slug: given.slug, targetId: request.membership_id } as const;
  const judged = await judge(ctx, ctx.db, session, wanted);
  if ('result' in judged) return judged;
  if (!isReason(given.reason)) return { result: 'reason_missing' };
  if (!(await countWrongNumber(ctx.db, request.id, WRONG_NUMBERS, ctx.now()))) return { result: 'not_found' };
  if (!sameText(given.number.trim(), request.number)) {
    return wrongNumber(ctx, session, visitor, request);
  }
  const result = await act(ctx, session, wanted, async (tx, acting) => {
    await takeBackWrongNumber(tx, request.id);
    return grantAsked(ctx, tx, acting, visitor, request, given.reason);
  });
  ctx.wakeOutbox();
  return result;
}

async function grantAsked(
  ctx: Context,
  tx: Tx,
  { account, target, actor, session }: Acting,
  visitor: Visitor,
  request: PassRequestRow,
  reason: string,
): Promise<GrantResult> {
  if (target === null) return { result: 'not_found' };
  const verdict = await verdictOf(ctx, tx, target, actor.role, reason);
  if (verdict !== 'ok') return { result: verdict };
  if (!(await answerRequest(tx, request.id, 'granted', session.user.id, ctx.now()))) {
    return { result: 'not_found' };
  }
  const passId = await grant(ctx, tx, {
    member: target,
    account,
    reason,
    request,
    codeHash: null,
    role: actor.role,
    by: { actorId: session.user.id, visitor },
  });
  return typeof passId === 'string' ? { result: 'granted', passId, code: null } : passId;
}

async function wrongNumber(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  request: PassRequestRow,
): Promise<GrantResult> {
  return inTransaction(ctx.db, async (tx): Promise<GrantResult> => {
    const now = (await findRequest(tx, request.id))?.wrong_numbers ?? WRONG_NUMBERS;
    const triesLeft = Math.max(0, WRONG_NUMBERS - now);
    if (
      triesLeft === 0 &&
      (await answerRequest(tx, request.id, 'wrong_number', session.user.id, ctx.now()))
    ) {
      await record(ctx, tx, {
        kind: 'pass.request_died',
        actorId: session.user.id,
        userId: request.user_id,
        accountId: request.account_id,
        visitor,
      });
    }
    return { result: 'wrong_number', triesLeft };
  });
}

function verdictOf(
  ctx: Context,
  tx: Tx,
  member: NamedMembership,
  role: Role | 'operator',
  reason: string,
): Promise<GrantVerdict> {
  return countGrants(tx, { accountId: member.account.id, userId: member.userId }, ctx.now() - WEEK_MS).then(
    (grantedThisWeek) =>
      judgeGrant({ mandated: member.account.mandate !== null, grantedThisWeek, by: role, reason }),
  );
}

/** Writes the pass: exactly 24 hours from now, whenever it is used (P4). */
async function grant(
  ctx: Context,
  tx: Tx,
  given: Grant,
): Promise<string | { result: Exclude<GrantVerdict, 'ok'> }> {
  const { member, account, request } = given;
  const verdict = await verdictOf(ctx, tx, member, given.role, given.reason);
  if (verdict !== 'ok') return { result: verdict };
  const now = ctx.now();
  await recordPassesEnded(ctx, tx, await endUnusedPasses(tx, member.id, now), 'replaced', given.by);
  const passId = id(ctx);
  await insertPass(tx, {
    id: passId,
    membership_id: member.id,
    account_id: account.id,
    user_id: member.userId,
    granted_by: given.by.actorId ?? null,
    reason: oneLine(given.reason),
    kind: request === null ? 'handed_over' : 'asked_for',
    request_id: request?.id ?? null,
    granted_at: now,
    ends_at: now + PASS_LIFE_MS,
    code_hash: given.codeHash,
    activated_at: null,
    cookie_hash: null,
    ended_at: null,
    ended_by: null,
    end_told_at: null,
    right_until: null,
    right_spent_at: null,
  });
  await tellOfGrant(ctx, tx, given, passId, now + PASS_LIFE_MS);
  return passId;
}

async function tellOfGrant(
  ctx: Context,
  tx: Tx,
  { member, account, by, reason }: Grant,
  passId: string,
  endsAt: number,
): Promise<void> {
  const user = await findUser(tx, member.userId);
  if (user === null) throw new Error('a pass for nobody');
  await record(ctx, tx, {
    kind: 'pass.granted',
    ...by,
    userId: user.id,
    accountId: account.id,
    data: { pass: passId, reason: reason.trim() },
  });
  const visitor = { network: '', browser: '' };
  const name = plainName(account.name);
  await tellUser(ctx, tx, { user, what: { event: 'pass_granted', account: name, endsAt }, visitor });
  await tellAdmins(
    ctx,
    tx,
    account.id,
    {
      account: name,
      person: `${plainName(user.name)} (${user.email})`,
      what: 'pass_granted',
      network: by.visitor?.network ?? '',
      browser: by.visitor?.browser ?? '',
      url: `${ctx.settings.url}/accounts/${account.slug}/passes`,
    },
    by.actorId ?? null,
  );
}

/** P1: "Deny". The waiting page says so and what to do. */
export async function denyRequest(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { slug: string; requestId: string },
): Promise<DeedResult> {
  const request = await findRequest(ctx.db, given.requestId);
  if (request === null) return { result: 'not_found' };
  const wanted = { deed: 'deny_pass', slug: given.slug, targetId: request.membership_id } as const;
  return act(ctx, session, wanted, async (tx, { account }): Promise<DeedResult> => {
    if (!(await answerRequest(tx, request.id, 'denied', session.user.id, ctx.now()))) {
      return { result: 'not_found' };
    }
    await record(ctx, tx, {
      kind: 'pass.request_denied',
      actorId: session.user.id,
      userId: request.user_id,
      accountId: account.id,
      visitor,
    });
    return { result: 'done' };
  });
}

/** P6: ends it at once; every session that rests on it is over at its next request (T23: revoke wins). */
export async function revokePass(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  given: { slug: string; passId: string },
): Promise<DeedResult> {
  const pass = await findPass(ctx.db, given.passId);
  if (pass === null) return { result: 'not_found' };
  const wanted = { deed: 'revoke_pass', slug: given.slug, targetId: pass.membership_id } as const;
  return act(ctx, session, wanted, async (tx): Promise<DeedResult> => {
    const by = { actorId: session.user.id, visitor };
    return (await revoke(ctx, tx, pass, by)) ? { result: 'done' } : { result: 'not_found' };
  });
}

export async function revoke(
  ctx: Context,
  tx: Tx,
  pass: PassRow,
  by: Pick<AuditEntry, 'by' | 'actorId' | 'visitor'>,
): Promise<boolean> {
  if (!(await endPass(tx, pass.id, 'revoked', ctx.now()))) return false;
  await record(ctx, tx, {
    kind: 'pass.revoked',
    ...by,
    userId: pass.user_id,
    accountId: pass.account_id,
    data: { pass: pass.id },
  });
  return true;
}
