import type { Selectable } from 'kysely';
import type { Db, Tx } from './database.ts';
import type { TextMessageTable } from './schema.ts';

export type TextMessageRow = Selectable<TextMessageTable>;

export async function insertTextMessage(tx: Db, row: TextMessageRow): Promise<void> {
  await tx.insertInto('text_messages').values(row).execute();
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

/** How many went to a prefix (a number less its last four digits) since then, and how many codes of them were used. */
export async function seenOfPrefix(
  db: Db,
  prefixHmac: string,
  purpose: TextMessageRow['purpose'],
  since: number,
): Promise<Seen> {
  const row = await db
    .selectFrom('text_messages')
    .select((eb) => [eb.fn.countAll<number>().as('sent'), eb.fn.count<number>('verified_at').as('verified')])
    .where('prefix_hmac', '=', prefixHmac)
    .where('purpose', '=', purpose)
    .where('at', '>', since)
    .where('state', '!=', 'blocked')
    // What no carrier took went to nobody, and says nothing of them.
    .where((eb) => eb.or([eb('state', '!=', 'failed'), eb('carrier', 'is not', null)]))
    .executeTakeFirstOrThrow();
  return { sent: Number(row.sent), verified: Number(row.verified) };
}

/** Which of these numbers were written to since then, without the code of any such message being used. */
export async function unansweredOf(
  db: Db,
  numberHmacs: readonly string[],
  purpose: TextMessageRow['purpose'],
  since: number,
): Promise<Set<string>> {
  if (numberHmacs.length === 0) return new Set();
  const rows = await db
    .selectFrom('text_messages')
    .select('number_hmac')
    .where('number_hmac', 'in', numberHmacs)
    .where('purpose', '=', purpose)
    .where('at', '>', since)
    .where('state', '!=', 'blocked')
    // What no carrier took went to nobody, and says nothing of them.
    .where((eb) => eb.or([eb('state', '!=', 'failed'), eb('carrier', 'is not', null)]))
    .groupBy('number_hmac')
    .having((eb) => eb(eb.fn.count('verified_at'), '=', 0))
    .execute();
  return new Set(rows.map((row) => row.number_hmac));
}
