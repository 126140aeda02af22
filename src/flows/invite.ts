import { hashToken, newToken } from '../credentials/token.ts';
import { en, plainName } from '../delivery/texts.ts';
import type { Role } from '../rules/facts.ts';
import type { Tx } from '../store/database.ts';
import { insertInvitation } from '../store/links.ts';
import { type AuditEntry, record } from './audit.ts';
import { type Context, id } from './context.ts';
import { INVITATION_LIFE_MS } from './invitation.ts';
import { post } from './outbox.ts';

export interface NewInvitation {
  readonly account: { readonly id: string; readonly name: string };
  /** In its canonical form. */
  readonly email: string;
  readonly role: Role;
  readonly inviter: { readonly id: string; readonly name: string } | null;
  readonly by: Pick<AuditEntry, 'by' | 'actorId' | 'visitor'>;
}

/** U1: an invitation bound to address, account and role; its token goes into the mail. @returns its address. */
export async function makeInvitation(ctx: Context, tx: Tx, given: NewInvitation): Promise<string> {
  const now = ctx.now();
  const token = newToken(ctx.random);
  await insertInvitation(tx, {
    id: id(ctx),
    token_hash: hashToken(token),
    account_id: given.account.id,
    email: given.email,
    role: given.role,
    invited_by: given.inviter?.id ?? null,
    created_at: now,
    expires_at: now + INVITATION_LIFE_MS,
    spent_at: null,
    withdrawn_at: null,
  });
  const url = `${ctx.settings.url}/invitations/${token}`;
  const { subject, text } = en.invitation({
    product: ctx.settings.product,
    account: plainName(given.account.name),
    inviter: given.inviter === null ? null : plainName(given.inviter.name),
    url,
  });
  await post(ctx, tx, { channel: 'email', kind: 'notice', userId: null, to: given.email, subject, text });
  await record(ctx, tx, {
    kind: 'invitation.made',
    ...given.by,
    accountId: given.account.id,
    data: { email: given.email, role: given.role },
  });
  return url;
}
