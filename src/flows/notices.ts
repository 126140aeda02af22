import { hashToken, newToken } from '../credentials/token.ts';
import { type AdminNoticeText, en, type NoticeEvent, plainName } from '../delivery/texts.ts';
import { adminsOf } from '../store/accounts.ts';
import type { Tx } from '../store/database.ts';
import { insertNoticeLink } from '../store/links.ts';
import { type Context, id, type Visitor } from './context.ts';
import { post } from './outbox.ts';

/** E7: how long "This was not me" works. */
export const NOTICE_LINK_LIFE_MS = 7 * 24 * 3_600_000;

export interface Notice {
  readonly user: { readonly id: string; readonly email: string; readonly name: string };
  readonly what: NoticeEvent;
  readonly visitor: Pick<Visitor, 'network' | 'browser'>;
  /** The authenticator that "This was not me" destroys. */
  readonly authenticatorId?: string | null;
  /** No link where there is nothing to take back. */
  readonly withLink?: boolean;
  /** Where it goes, if not to the person's address. */
  readonly to?: string;
}

/** E7: tells the person what happened to their login, with a way to say that it was not them. */
export async function tellUser(ctx: Context, tx: Tx, notice: Notice): Promise<void> {
  const now = ctx.now();
  let url: string | null = null;
  if (notice.withLink !== false) {
    const token = newToken(ctx.random);
    await insertNoticeLink(tx, {
      id: id(ctx),
      token_hash: hashToken(token),
      user_id: notice.user.id,
      authenticator_id: notice.authenticatorId ?? null,
      created_at: now,
      expires_at: now + NOTICE_LINK_LIFE_MS,
      spent_at: null,
    });
    url = `${ctx.settings.url}/not-me/${token}`;
  }
  const { subject, text } = en.notice({
    product: ctx.settings.product,
    name: plainName(notice.user.name),
    what: notice.what,
    at: now,
    network: notice.visitor.network,
    browser: notice.visitor.browser,
    url,
    takesAuthenticator: (notice.authenticatorId ?? null) !== null,
    support: ctx.settings.support,
  });
  const to = notice.to ?? notice.user.email;
  await post(ctx, tx, { channel: 'email', kind: 'notice', userId: notice.user.id, to, subject, text });
}

/** Tells an account's owners and admins; `except` is the one who did it. */
export async function tellAdmins(
  ctx: Context,
  tx: Tx,
  accountId: string,
  notice: Omit<AdminNoticeText, 'product' | 'at'>,
  except: string | null = null,
): Promise<void> {
  const { subject, text } = en.toAdmins({ ...notice, product: ctx.settings.product, at: ctx.now() });
  for (const admin of await adminsOf(tx, accountId)) {
    if (admin.user_id === except) continue;
    await post(ctx, tx, {
      channel: 'email',
      kind: 'notice',
      userId: admin.user_id,
      to: admin.email,
      subject,
      text,
    });
  }
}
