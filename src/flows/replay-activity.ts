import { findAccount, findAccountBySlug } from '../store/accounts.ts';
import { insertAuditEvent } from '../store/audit.ts';
import { knowsEvent } from '../store/restore-activity.ts';
import { findUser, findUserByEmail } from '../store/users.ts';
import type { AuditKind } from './audit.ts';
import { type Context, canonicalEmail } from './context.ts';
import type { Operator } from './operate.ts';
import type { Named, PastEvent } from './read-activity.ts';
import { REDO, type Subject } from './redo-events.ts';

/** An event that could not be done again, and why. */
export interface Undone {
  readonly line: number;
  readonly kind: string;
  readonly why:
    | 'unknown_kind'
    | 'in_future'
    | 'no_user'
    | 'no_account'
    | 'no_details'
    | 'last_owner'
    | 'refused';
}

export interface Replayed {
  /** In the copy's own history: nothing was to do. */
  readonly known: number;
  /** Done again, or so already. */
  readonly redone: Readonly<Record<string, number>>;
  /** Made since, and gone with the database: people, accounts, set-ups. They begin anew. */
  readonly lost: Readonly<Record<string, number>>;
  /** Brought back into the history alone. */
  readonly recorded: number;
  readonly undone: readonly Undone[];
}

/**
 * - `redo`: what it did is done again (`redo-events.ts`).
 * - `lost`: it made something that the copy does not have and that a record cannot bring back.
 * - `nothing`: it left nothing behind, or only what a restore voids anyway.
 * A new kind of event does not compile until somebody has thought about it.
 */
export const MEANING: Readonly<Record<AuditKind, 'redo' | 'lost' | 'nothing'>> = {
  'sign_up.started': 'nothing',
  'sign_up.completed': 'lost',
  'login.password_accepted': 'nothing',
  'login.password_refused': 'nothing',
  'login.code_refused': 'nothing',
  'login.recovery_code_refused': 'nothing',
  'login.completed': 'nothing',
  'login.refused': 'nothing',
  'step_up.completed': 'nothing',
  'mailbox.proven': 'nothing',
  'mailbox.code_refused': 'nothing',
  'authenticator.enrolled': 'lost',
  'authenticator.destroyed': 'redo',
  'authenticator.trusted': 'lost',
  'enrollment.code_refused': 'nothing',
  'backup_codes.saved': 'nothing',
  'backup_code.used': 'nothing',
  'session.ended': 'nothing',
  'sessions.ended': 'nothing',
  'password.changed': 'redo',
  'password.reset_asked': 'nothing',
  'password.reset': 'redo',
  'invitation.made': 'nothing',
  'invitation.accepted': 'lost',
  'invitation.withdrawn': 'nothing',
  'account.created': 'lost',
  'account.deleted': 'redo',
  'account.plan_changed': 'redo',
  'membership.role_changed': 'redo',
  'membership.removed': 'redo',
  'membership.sessions_ended': 'nothing',
  'mandate.switched_on': 'redo',
  'mandate.switched_off': 'redo',
  'mandate.changed': 'redo',
  'mandate.text_end_set': 'redo',
  'mandate.text_end_removed': 'redo',
  'session_length.changed': 'redo',
  'pass.requested': 'nothing',
  'pass.request_denied': 'nothing',
  'pass.request_died': 'nothing',
  'pass.granted': 'nothing',
  'pass.activated': 'redo',
  'pass.code_refused': 'nothing',
  'pass.revoked': 'nothing',
  'pass.ended': 'nothing',
  'user.disabled': 'redo',
  'user.enabled': 'redo',
  'user.email_changed': 'redo',
  'user.deleted': 'redo',
  // The authenticator it was about has an event of its own; all else that it ends is void.
  'notice.disowned': 'nothing',
  'keys.added': 'nothing',
  'keys.resealed': 'nothing',
  'keys.removed': 'nothing',
  'restore.finished': 'nothing',
  'mail.bounced': 'nothing',
  'sms.alert': 'nothing',
};

const isKind = (kind: string): kind is AuditKind => Object.hasOwn(MEANING, kind);

/**
 * Does again, in their order, what events tell of that the copy does not know. Each event that is done with comes
 * into the history as it was, so that the same file a second time changes nothing, whatever happened in between.
 */
export async function replayActivity(
  ctx: Context,
  operator: Operator,
  events: readonly PastEvent[],
): Promise<Replayed> {
  const redone: Record<string, number> = {};
  const lost: Record<string, number> = {};
  let [known, recorded] = [0, 0];
  const replay = async (event: PastEvent): Promise<Undone['why'] | null> => {
    const subject = await subjectOf(ctx, event);
    if (await knowsEvent(ctx.db, rowOf(event, subject))) {
      known += 1;
      return null;
    }
    const why = await replayOne(ctx, operator, event, subject);
    if (why !== null) return why;
    await insertAuditEvent(ctx.db, rowOf(event, subject));
    const meaning = isKind(event.kind) ? MEANING[event.kind] : 'nothing';
    const counts = { redo: redone, lost, nothing: null }[meaning];
    if (counts === null) recorded += 1;
    else counts[event.kind] = (counts[event.kind] ?? 0) + 1;
    return null;
  };
  let left: readonly PastEvent[] = events;
  let undone: Undone[] = [];
  // Once more at the end: the last owner of an account can go once the account has gone.
  for (let round = 0; round < 2; round++) {
    undone = [];
    const again: PastEvent[] = [];
    for (const event of left) {
      const why = await replay(event);
      if (why === null) continue;
      undone.push({ line: event.line, kind: event.kind, why });
      again.push(event);
    }
    left = again;
  }
  return { known, redone, lost, recorded, undone };
}

async function replayOne(
  ctx: Context,
  operator: Operator,
  event: PastEvent,
  subject: Subject,
): Promise<Undone['why'] | null> {
  if (!isKind(event.kind)) return 'unknown_kind';
  // A record from the future would make every node think its clock wrong.
  if (event.at > ctx.now()) return 'in_future';
  if (MEANING[event.kind] !== 'redo') return null;
  const redo = REDO[event.kind];
  if (redo === undefined) throw new Error(`nobody knows how to do ${event.kind} again`);
  return redo(ctx, operator, event, subject);
}

async function subjectOf(ctx: Context, event: PastEvent): Promise<Subject> {
  const { account } = event;
  const byId = account?.id == null ? null : await findAccount(ctx.db, account.id);
  const bySlug = account?.slug == null ? null : await findAccountBySlug(ctx.db, account.slug);
  return {
    user: await userOf(ctx, event.person),
    actorId: event.actor?.id ?? (await userOf(ctx, event.actor))?.id ?? null,
    // An id is never used again; a slug may be another account's by now.
    account: account?.id == null ? bySlug : byId,
  };
}

async function userOf(ctx: Context, named: Named | null): Promise<Subject['user']> {
  if (named === null) return null;
  if (named.id !== null) return findUser(ctx.db, named.id);
  return named.email === null ? null : findUserByEmail(ctx.db, canonicalEmail(named.email));
}

function rowOf(event: PastEvent, subject: Subject) {
  return {
    id: event.id,
    at: event.at,
    kind: event.kind,
    actor_id: subject.actorId,
    by: event.by,
    user_id: event.person?.id ?? subject.user?.id ?? null,
    account_id: event.account?.id ?? subject.account?.id ?? null,
    network: event.network,
    browser: event.browser,
    data: JSON.stringify(event.details),
  };
}
