import { sql } from 'kysely';
import type { Tx } from './database.ts';

const DAY_MS = 24 * 3_600_000;
/** Long enough to compare a month's bill with. */
const TEXT_MESSAGES_KEPT_DAYS = 90;

/**
 * Takes away rows that no rule looks at any more. Nothing depends on it: every expiry is judged by time on
 * each request (D9). Counters of codes stay, since a count in a row has no age (D6).
 */
export async function sweepOldRows(tx: Tx, now: number): Promise<void> {
  await tx
    .deleteFrom('logins')
    .where('created_at', '<', now - DAY_MS)
    .execute();
  await tx
    .deleteFrom('sessions')
    .where((eb) => eb.or([eb('ended_at', '<', now - 7 * DAY_MS), eb('last_used_at', '<', now - 31 * DAY_MS)]))
    .execute();
  await tx.deleteFrom('known_browsers').where('expires_at', '<', now).execute();
  await tx
    .deleteFrom('password_resets')
    .where('expires_at', '<', now - DAY_MS)
    .execute();
  await tx
    .deleteFrom('notice_links')
    .where('expires_at', '<', now - DAY_MS)
    .execute();
  await tx
    .deleteFrom('counters')
    .where('last_at', '<', now - 2 * DAY_MS)
    .where('wait_until', '<', now)
    .where(sql<boolean>`(key like 'password:%' or key like 'network:%' or key like 'known:%'
      or key like 'mails:%' or key like 'texts:%' or key like 'sms-alerts:%' or key like 'resets:%' or key like 'sign-ups:%' or key like 'invited:%'
      or key like 'inviting:%')`)
    .execute();
  await tx
    .deleteFrom('text_messages')
    .where('at', '<', now - TEXT_MESSAGES_KEPT_DAYS * DAY_MS)
    .execute();
  await tx
    .deleteFrom('outbox')
    .where('created_at', '<', now - 7 * DAY_MS)
    .where((eb) => eb.or([eb('sent_at', 'is not', null), eb('failed_at', 'is not', null)]))
    .execute();
}
