import { hashToken } from '../credentials/token.ts';
import { membershipsOf, setTrust } from '../store/accounts.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { findNoticeLinkByToken, type NoticeLinkRow, spendNoticeLink } from '../store/links.ts';
import { forgetKnownBrowsers } from '../store/sessions.ts';
import { findUser, lockUser } from '../store/users.ts';
import { record } from './audit.ts';
import type { Context, Visitor } from './context.ts';
import { endEverything } from './end-everything.ts';
import { tellUser } from './notices.ts';
import { settleAuthenticators } from './trust.ts';

const isOpen = (row: NoticeLinkRow, now: number) => row.spent_at === null && now < row.expires_at;

/** Looking at the link spends nothing: mail scanners open links. */
export async function noticeIsOpen(ctx: Context, token: string): Promise<boolean> {
  const row = await findNoticeLinkByToken(ctx.db, hashToken(token));
  return row !== null && isOpen(row, ctx.now());
}

/**
 * E7, "This was not me": ends every session, token, pass and set-up right, and destroys the authenticator the
 * notice was about. What trusted it is `forgotten`, without a right: only a pass opens it again (T1 c).
 */
export async function disown(ctx: Context, visitor: Visitor, token: string): Promise<'done' | 'link_gone'> {
  const row = await findNoticeLinkByToken(ctx.db, hashToken(token));
  if (row === null || !isOpen(row, ctx.now())) return 'link_gone';
  const done = await inTransaction(ctx.db, async (tx) => {
    await lockUser(tx, row.user_id);
    const user = await findUser(tx, row.user_id);
    if (user === null || !(await spendNoticeLink(tx, row.id, ctx.now()))) return false;
    await endEverything(ctx, tx, user.id, 'not_me');
    await forgetKnownBrowsers(tx, user.id);
    if (row.authenticator_id !== null) await forgetAuthenticator(ctx, tx, user.id, row.authenticator_id);
    await record(ctx, tx, { kind: 'notice.disowned', userId: user.id, by: 'nobody', visitor });
    await tellUser(ctx, tx, {
      user,
      what: { event: 'disowned', tookAuthenticator: row.authenticator_id !== null },
      visitor,
      withLink: false,
    });
    return true;
  });
  ctx.wakeOutbox();
  return done ? 'done' : 'link_gone';
}

async function forgetAuthenticator(
  ctx: Context,
  tx: Tx,
  userId: string,
  authenticatorId: string,
): Promise<void> {
  const trusting = (await membershipsOf(tx, userId)).filter(
    (m) => m.trust.state === 'authenticator' && m.trust.authenticatorId === authenticatorId,
  );
  await setTrust(
    tx,
    trusting.map((m) => m.id),
    { state: 'forgotten' },
    ctx.now(),
  );
  // Nothing trusts it any more: destroyed with its backup codes.
  await settleAuthenticators(ctx, tx, userId);
}
