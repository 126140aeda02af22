import { findAccount, findAccountBySlug, membershipsOf } from '../store/accounts.ts';
import { insertAuditEvent } from '../store/audit.ts';
import { knowsEvent } from '../store/restore-activity.ts';
import { findUser, findUserByEmail } from '../store/users.ts';
import { accountWord, TOLD_BY_ACCOUNT } from './account-word.ts';
import type { AuditKind } from './audit.ts';
import { type Context, canonicalEmail } from './context.ts';
import type { Operator } from './operate.ts';
import type { Named, PastEvent } from './read-activity.ts';
import type { Subject } from './redo-event.ts';
import { REDO } from './redo-events.ts';

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
    | 'refused'
    /** A line of the export of all accounts without a signature, or with one that is not of this line. */
    | 'unsigned'
    | 'not_ours'
    /** With `--account`: no export of an account has such a line, or it gives what a customer's word must not. */
    | 'not_account_export'
    | 'by_hand';
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
  'pass.right_ended': 'nothing',
  'user.disabled': 'redo',
  'user.enabled': 'redo',
  'user.email_changed': 'redo',
  'user.deleted': 'redo',
  // The authenticator it was about has an event of its own; all else that it ends is void.
  'notice.disowned': 'nothing',
  'keys.added': 'nothing',
  'keys.resealed': 'nothing',
  'keys.removed': 'nothing',
  'clock.said_right': 'nothing',
  'restore.finished': 'nothing',
  'mail.bounced': 'nothing',
  'sms.alert': 'nothing',
  'sms.limits_changed': 'redo',
};

const isKind = (kind: string): kind is AuditKind => Object.hasOwn(MEANING, kind);

/** Why an event could not be done yet, where one that comes later in the file may make way for it. */
const MAY_COME: ReadonlySet<Undone['why']> = new Set(['last_owner', 'refused']);

type Counts = { -readonly [K in 'known' | 'recorded']: number } & Record<
  'redone' | 'lost',
  Record<string, number>
>;

/**
 * Does again, in their order, what events tell of that the copy does not know. Each event that is done with comes
 * into the history as it was, so that the same file a second time changes nothing, whatever happened in between.
 */
export async function replayActivity(
  ctx: Context,
  operator: Operator,
  events: readonly PastEvent[],
): Promise<Replayed> {
  const counts: Counts = { known: 0, recorded: 0, redone: {}, lost: {} };
  const undone: Undone[] = [];
  const waiting: Undone[] = [];
  let left: readonly PastEvent[] = events;
  // The last owner of an account can go once the account has gone: what had to wait is tried again while that helps.
  for (let orderly = true; ; ) {
    waiting.length = 0;
    const again: PastEvent[] = [];
    const behind = new Set<string>();
    for (const event of left) {
      // Nothing of theirs before what came first: whoever was demoted and then made owner again must not end demoted.
      if (orderly && behind.has(whomOf(event))) {
        again.push(event);
        continue;
      }
      const why = await replay(ctx, operator, event, counts);
      if (why === null) continue;
      const told = { line: event.line, kind: event.kind, why };
      if (!MAY_COME.has(why)) {
        undone.push(told);
        continue;
      }
      waiting.push(told);
      again.push(event);
      behind.add(whomOf(event));
    }
    const helped = again.length < left.length;
    left = again;
    if (!orderly || left.length === 0) break;
    // What nothing makes way for any more is told, and what came after it is done once, in its order.
    if (!helped) orderly = false;
  }
  return { ...counts, undone: [...undone, ...waiting].toSorted((a, b) => a.line - b.line) };
}

const whomOf = ({ person, account }: PastEvent) =>
  person === null ? `account ${account?.id ?? account?.slug}` : `person ${person.id ?? person.email}`;

async function replay(
  ctx: Context,
  operator: Operator,
  event: PastEvent,
  counts: Counts,
): Promise<Undone['why'] | null> {
  const subject = await subjectOf(ctx, event);
  const row = rowOf(event, subject);
  // A changed line is told even where the copy knows the event: whoever changed it must be looked for.
  const seenAs = { ...row, user_id: event.person?.id ?? subject.personId };
  if (event.refused !== 'not_ours' && (await knowsEvent(ctx.db, seenAs, event.hasId))) {
    counts.known += 1;
    return null;
  }
  if (event.refused !== null) return event.refused;
  if (!isKind(event.kind)) return 'unknown_kind';
  // A record from the future would make every node think its clock wrong.
  if (event.at > ctx.now()) return 'in_future';
  const word = event.word === 'account' ? accountWord(event.kind) : 'ours';
  if (word === null) return 'not_account_export';
  if (word === 'by_hand') return word;
  if (word === 'skip') return null;
  if (event.word === 'account' && subject.account === null) return 'no_account';
  if (MEANING[event.kind] === 'redo' && !subject.outsider) {
    const redo = REDO[event.kind];
    if (redo === undefined) throw new Error(`nobody knows how to do ${event.kind} again`);
    const why = await redo(ctx, operator, event, subject);
    if (why !== null) return why;
  }
  await insertAuditEvent(ctx.db, row);
  const list = { redo: counts.redone, lost: counts.lost, nothing: null }[MEANING[event.kind]];
  if (list === null) counts.recorded += 1;
  else list[event.kind] = (list[event.kind] ?? 0) + 1;
  return null;
}

interface Found extends Subject {
  /** Whoever has that address, in whatever account; never shown. */
  readonly personId: string | null;
  /** Not of the account in whose export they stand. */
  readonly outsider: boolean;
}

async function subjectOf(ctx: Context, event: PastEvent): Promise<Found> {
  const byId = event.account?.id == null ? null : await findAccount(ctx.db, event.account.id);
  const bySlug = event.account?.slug == null ? null : await findAccountBySlug(ctx.db, event.account.slug);
  // An id is never used again; a slug may be another account's by now.
  const account = event.account?.id == null ? bySlug : byId;
  const [person, actor] = [await userOf(ctx, event.person), await userOf(ctx, event.actor)];
  const personId = person?.id ?? null;
  if (event.word === 'ours') {
    const actorId = event.actor?.id ?? actor?.id ?? null;
    return { user: person, actorId, account, personId, outsider: false };
  }
  // T3: an account knows its own people. Named in its history, others would show there who has an address, and how they are called.
  const ofAccount = async (user: Subject['user']) =>
    user !== null && (await membershipsOf(ctx.db, user.id)).some((m) => m.account.id === account?.id)
      ? user
      : null;
  const user = await ofAccount(person);
  const actorId = (await ofAccount(actor))?.id ?? null;
  // They joined since: nothing of theirs in this account is in the copy.
  return { user, actorId, account, personId, outsider: person !== null && user === null };
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
    data: JSON.stringify(event.word === 'ours' ? event.details : { ...event.details, ...TOLD_BY_ACCOUNT }),
  };
}
