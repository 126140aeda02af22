import type { Tx } from './database.ts';
import type { Schema } from './schema.ts';

export interface Voided {
  readonly sessions: number;
  readonly logins: number;
  readonly passes: number;
  readonly invitations: number;
  readonly links: number;
  readonly messages: number;
  readonly backupCodes: number;
}

/**
 * What becomes of each table in a restored copy. A new table does not compile until somebody has thought about it:
 * whatever was spent, ended or revoked since the copy was made stands in it unspent and alive.
 */
export const IN_A_RESTORE: Readonly<Record<keyof Schema, string>> = {
  meta: 'kept; what says that this is a copy goes last',
  users: 'kept: a password changed since is the old one again, unless the activity is replayed',
  accounts: 'kept',
  memberships: 'kept; what became forgotten since comes from the activity',
  authenticators: 'kept; no code of up to now is accepted again',
  enrollments: 'gone',
  backup_codes: 'spent, all of them',
  logins: 'ended',
  challenges: 'spent',
  evidence: 'kept: it speaks for logins and sessions that have ended',
  sessions: 'ended',
  known_browsers: 'gone',
  invitations: 'withdrawn',
  password_resets: 'spent',
  notice_links: 'spent',
  passes: 'ended, with their set-up rights',
  pass_requests: 'withdrawn',
  counters: 'kept: wrong tries stay counted, and nothing is given back',
  outbox: 'what waits is not sent: it was, or it tells of what is void',
  text_messages: 'kept; what was under way is settled as unknown',
  inbox: 'kept; development only',
  audit_events: 'kept',
};

/** T35: all that could let somebody in by what the copy does not know of is void. */
export async function voidAll(tx: Tx, now: number, lastTotpStep: number): Promise<Voided> {
  const sessions = await tx
    .updateTable('sessions')
    .set({ ended_at: now })
    .where('ended_at', 'is', null)
    .execute();
  const logins = await tx
    .updateTable('logins')
    .set({ ended_at: now, backup_codes_sealed: null, sign_up_password_hash: null })
    .where('ended_at', 'is', null)
    .execute();
  await tx.updateTable('challenges').set({ spent_at: now }).where('spent_at', 'is', null).execute();
  await tx.deleteFrom('enrollments').execute();
  await tx.deleteFrom('known_browsers').execute();
  const passes = await endAllPasses(tx, now);
  const invitations = await tx
    .updateTable('invitations')
    .set({ withdrawn_at: now })
    .where('spent_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .execute();
  const links = await spendAllLinks(tx, now);
  const messages = await dropAllMessages(tx, now);
  const backupCodes = await tx
    .updateTable('backup_codes')
    .set({ spent_at: now })
    .where('spent_at', 'is', null)
    .execute();
  await tx
    .updateTable('authenticators')
    .set({ last_step: lastTotpStep })
    .where('kind', '=', 'totp')
    .where((eb) => eb.or([eb('last_step', 'is', null), eb('last_step', '<', lastTotpStep)]))
    .execute();
  return {
    sessions: count(sessions),
    logins: count(logins),
    passes,
    invitations: count(invitations),
    links,
    messages,
    backupCodes: count(backupCodes),
  };
}

const count = (results: readonly { readonly numUpdatedRows: bigint }[]) =>
  results.reduce((sum, { numUpdatedRows }) => sum + Number(numUpdatedRows), 0);

async function endAllPasses(tx: Tx, now: number): Promise<number> {
  const ended = await tx
    .updateTable('passes')
    .set({ ended_at: now, ended_by: 'revoked' })
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .execute();
  // And those that are over by time: were this machine's clock ahead, set right it would stand before their end.
  await tx
    .updateTable('passes')
    .set((eb) => ({ ended_at: eb.ref('ends_at') }))
    .where('ended_at', 'is', null)
    .execute();
  await tx.updateTable('passes').set({ code_hash: null }).where('code_hash', 'is not', null).execute();
  await tx.updateTable('passes').set({ right_until: null }).where('right_spent_at', 'is', null).execute();
  // Those that ended since the copy was made were told of then.
  await tx.updateTable('passes').set({ end_told_at: now }).where('end_told_at', 'is', null).execute();
  await tx
    .updateTable('pass_requests')
    .set({ answer: 'withdrawn', answered_at: now })
    .where('answer', 'is', null)
    .execute();
  return count(ended);
}

async function spendAllLinks(tx: Tx, now: number): Promise<number> {
  const resets = await tx
    .updateTable('password_resets')
    .set({ spent_at: now })
    .where('spent_at', 'is', null)
    .execute();
  const notices = await tx
    .updateTable('notice_links')
    .set({ spent_at: now })
    .where('spent_at', 'is', null)
    .execute();
  return count([...resets, ...notices]);
}

async function dropAllMessages(tx: Tx, now: number): Promise<number> {
  const messages = await tx
    .updateTable('outbox')
    .set({ failed_at: now, message_sealed: null, claimed_until: 0, last_error: 'restored' })
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .execute();
  await tx
    .updateTable('text_messages')
    .set({ state: 'unknown', settled_at: now, reason: 'restored' })
    .where('state', '=', 'queued')
    .execute();
  return count(messages);
}
