import type { ExpressionBuilder, Selectable } from 'kysely';
import type { Db, Tx } from './database.ts';
import type { Schema, TextMessageTable } from './schema.ts';

export type TextMessageRow = Selectable<TextMessageTable>;

export async function insertTextMessage(tx: Db, row: TextMessageRow): Promise<void> {
  await tx.insertInto('text_messages').values(row).execute();
}

const HOUR_MS = 3_600_000;

/**
 * Notes an ask that led to no message. They are added up, so that nobody fills the table by asking: of one hour there
 * is one row for each account, country, purpose and reason, however many ask, and it names no person and no number.
 */
export async function addRefusedText(tx: Tx, row: TextMessageRow): Promise<void> {
  const hour = Math.floor(row.at / HOUR_MS);
  const of = [hour, row.account_id ?? '', row.purpose, row.country, row.state, row.reason];
  await tx
    .insertInto('text_messages')
    .values({
      ...row,
      id: `refused:${of.join(':')}`,
      user_id: null,
      prefix_hmac: '',
      number_hmac: '',
      asks: 1,
    })
    .onConflict((c) =>
      c.column('id').doUpdateSet((eb) => ({
        asks: eb('text_messages.asks', '+', 1),
        at: eb.ref('excluded.at'),
      })),
    )
    .execute();
}

export async function findTextMessage(db: Db, id: string): Promise<TextMessageRow | null> {
  const row = await db.selectFrom('text_messages').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** What the carrier said, or did not say. Once: a message that was settled stays as it is. */
export async function settleTextMessage(
  db: Db,
  id: string,
  said: Pick<TextMessageRow, 'state' | 'reason' | 'carrier' | 'provider_id' | 'parts' | 'settled_at'>,
): Promise<boolean> {
  const result = await db
    .updateTable('text_messages')
    .set(said)
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * What a receipt said. Delivered is the last word, whatever came before; a failure is believed of a message that is
 * not known to have come. @returns false where no message goes by that name, or it says nothing new.
 */
export async function noteReceipt(
  db: Db,
  message: { readonly carrier: string; readonly providerId: string },
  receipt: { readonly state: 'delivered' | 'failed'; readonly reason: string | null; readonly at: number },
): Promise<boolean> {
  const before = receipt.state === 'delivered' ? ['sent', 'unknown', 'failed'] : ['sent', 'unknown'];
  const result = await db
    .updateTable('text_messages')
    .set({ state: receipt.state, reason: receipt.reason, receipt_at: receipt.at })
    .where('carrier', '=', message.carrier)
    .where('provider_id', '=', message.providerId)
    .where('state', 'in', before as TextMessageRow['state'][])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Does a message of this carrier go by that name? A receipt can be faster than the answer it belongs to. */
export async function isKnownToCarrier(db: Db, carrier: string, providerId: string): Promise<boolean> {
  const row = await db
    .selectFrom('text_messages')
    .select('id')
    .where('carrier', '=', carrier)
    .where('provider_id', '=', providerId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Its code was used: once, so that it gives its places back once. */
export async function noteTextVerified(tx: Tx, id: string, now: number): Promise<TextMessageRow | null> {
  const row = await tx
    .updateTable('text_messages')
    .set({ verified_at: now })
    .where('id', '=', id)
    .where('verified_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export interface Seen {
  readonly sent: number;
  readonly verified: number;
}

/** Which messages a signal looks at. */
export interface Signal {
  readonly purpose: TextMessageRow['purpose'];
  /** After this moment. */
  readonly since: number;
  /** Those that were recorded in place of being sent; else those that went. Neither says anything of the other. */
  readonly recorded: boolean;
}

const counts =
  ({ purpose, since, recorded }: Signal) =>
  (eb: ExpressionBuilder<Schema, 'text_messages'>) =>
    eb.and([
      eb('purpose', '=', purpose),
      eb('at', '>', since),
      ...(recorded
        ? [eb('state', '=', 'blocked'), eb('reason', '=', 'record_only')]
        : [
            eb('state', '!=', 'blocked'),
            // What no carrier took went to nobody, and says nothing of them.
            eb.or([eb('state', '!=', 'failed'), eb('carrier', 'is not', null)]),
          ]),
    ]);

/** How many went to a prefix (a number less its last four digits), and how many codes of them were used. */
export async function seenOfPrefix(db: Db, prefixHmac: string, signal: Signal): Promise<Seen> {
  const row = await db
    .selectFrom('text_messages')
    .select((eb) => [eb.fn.countAll<number>().as('sent'), eb.fn.count<number>('verified_at').as('verified')])
    .where('prefix_hmac', '=', prefixHmac)
    .where(counts(signal))
    .executeTakeFirstOrThrow();
  return { sent: Number(row.sent), verified: Number(row.verified) };
}

/** Which of these numbers were written to, without the code of any such message being used. */
export async function unansweredOf(
  db: Db,
  numberHmacs: readonly string[],
  signal: Signal,
): Promise<Set<string>> {
  if (numberHmacs.length === 0) return new Set();
  const rows = await db
    .selectFrom('text_messages')
    .select('number_hmac')
    .where('number_hmac', 'in', numberHmacs)
    .where(counts(signal))
    .groupBy('number_hmac')
    .having((eb) => eb(eb.fn.count('verified_at'), '=', 0))
    .execute();
  return new Set(rows.map((row) => row.number_hmac));
}
