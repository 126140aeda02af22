import { type RawBuilder, sql } from 'kysely';
import { type Db, inTransaction } from './database.ts';

const DAY_MS = 24 * 3_600_000;
/** Long enough to compare a month's bill with. */
const TEXT_MESSAGES_KEPT_DAYS = 90;
/** Rows of one transaction: after a long rest there may be millions, and nobody shall wait for them. */
const BATCH = 1_000;

/** What no rule looks at any more, by the column that names a row. Counters of codes stay: a count in a row has no age (D6). */
const OLD: readonly (readonly [table: string, key: string, when: (now: number) => RawBuilder<unknown>])[] = [
  ['logins', 'id', (now) => sql`created_at < ${now - DAY_MS}`],
  ['sessions', 'id', (now) => sql`ended_at < ${now - 7 * DAY_MS} or last_used_at < ${now - 31 * DAY_MS}`],
  ['known_browsers', 'token_hash', (now) => sql`expires_at < ${now}`],
  ['password_resets', 'id', (now) => sql`expires_at < ${now - DAY_MS}`],
  ['notice_links', 'id', (now) => sql`expires_at < ${now - DAY_MS}`],
  [
    'counters',
    'key',
    (
      now,
    ) => sql`last_at < ${now - 2 * DAY_MS} and wait_until < ${now} and (key like 'password:%' or key like 'network:%'
      or key like 'known:%' or key like 'mails:%' or key like 'texts:%' or key like 'sms-alerts:%' or key like 'resets:%'
      or key like 'sign-ups:%' or key like 'invited:%' or key like 'inviting:%')`,
  ],
  ['text_messages', 'id', (now) => sql`at < ${now - TEXT_MESSAGES_KEPT_DAYS * DAY_MS}`],
  [
    'outbox',
    'id',
    (now) => sql`created_at < ${now - 7 * DAY_MS} and (sent_at is not null or failed_at is not null)`,
  ],
];

/**
 * Takes away rows that no rule looks at any more, a batch at a time. Nothing depends on it: every expiry is judged
 * by time on each request (D9).
 */
export async function sweepOldRows(db: Db, now: number, batch = BATCH): Promise<void> {
  for (const [table, key, when] of OLD) {
    const column = sql.ref(key);
    const old = sql`select ${column} from ${sql.table(table)} where ${when(now)} limit ${sql.lit(batch)}`;
    for (let gone = BigInt(batch); gone >= BigInt(batch); ) {
      const { numAffectedRows = 0n } = await inTransaction(db, (tx) =>
        sql`delete from ${sql.table(table)} where ${column} in (${old})`.execute(tx),
      );
      gone = numAffectedRows;
    }
  }
}
