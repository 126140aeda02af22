import { insertAuditEvent } from '../store/audit.ts';
import type { Db } from '../store/database.ts';
import { type Context, id } from './context.ts';

/** Everything that is recorded, in the past tense. A new kind needs a name here. */
export type AuditKind =
  | 'sign_up.started'
  | 'sign_up.completed'
  | 'login.password_accepted'
  | 'login.password_refused'
  | 'login.code_refused'
  | 'login.recovery_code_refused'
  | 'login.completed'
  | 'login.refused'
  | 'step_up.completed'
  | 'mailbox.proven'
  | 'mailbox.code_refused'
  | 'authenticator.enrolled'
  | 'authenticator.destroyed'
  | 'authenticator.trusted'
  | 'enrollment.code_refused'
  | 'backup_codes.saved'
  | 'backup_code.used'
  | 'session.ended'
  | 'sessions.ended'
  | 'password.changed'
  | 'password.reset_asked'
  | 'password.reset'
  | 'invitation.made'
  | 'invitation.accepted'
  | 'invitation.withdrawn'
  | 'account.created'
  | 'account.deleted'
  | 'account.plan_changed'
  | 'membership.role_changed'
  | 'membership.removed'
  | 'membership.sessions_ended'
  | 'mandate.switched_on'
  | 'mandate.switched_off'
  | 'mandate.changed'
  | 'mandate.text_end_set'
  | 'mandate.text_end_removed'
  | 'session_length.changed'
  | 'pass.requested'
  | 'pass.request_denied'
  | 'pass.request_died'
  | 'pass.granted'
  | 'pass.activated'
  | 'pass.code_refused'
  | 'pass.revoked'
  | 'pass.ended'
  | 'pass.right_ended'
  | 'user.disabled'
  | 'user.enabled'
  | 'user.email_changed'
  | 'user.deleted'
  | 'notice.disowned'
  | 'keys.added'
  | 'keys.resealed'
  | 'keys.removed'
  | 'clock.said_right'
  | 'restore.finished'
  | 'mail.bounced'
  | 'sms.alert'
  | 'sms.limits_changed';

export interface AuditEntry {
  readonly kind: AuditKind;
  /** Who did it. `operator` is the command line on the host. */
  readonly by?: 'user' | 'operator' | 'nobody';
  readonly actorId?: string | null;
  /** To whom; the actor themselves when absent. */
  readonly userId?: string | null;
  readonly accountId?: string | null;
  readonly visitor?: { readonly network: string; readonly browser: string };
  /** No secrets, no codes, no phone numbers (R66). */
  readonly data?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
}

/** Written in the transaction of the deed: what is not recorded has not happened, and the other way round. */
export async function record(ctx: Context, tx: Db, entry: AuditEntry): Promise<void> {
  const actor = entry.actorId ?? null;
  await insertAuditEvent(tx, {
    id: id(ctx),
    at: ctx.now(),
    kind: entry.kind,
    actor_id: actor,
    by: entry.by ?? (actor === null ? 'nobody' : 'user'),
    user_id: entry.userId ?? actor,
    account_id: entry.accountId ?? null,
    network: entry.visitor?.network ?? '',
    browser: entry.visitor?.browser ?? '',
    data: JSON.stringify(entry.data ?? {}),
  });
}
