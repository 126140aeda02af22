/** What receipts say of carriers: for the operator, and for alerts. */
import { sql } from 'kysely';
import type { Db } from './database.ts';
import { dayOf } from './text-message-counts.ts';
import type { TextMessageRow } from './text-messages.ts';

export interface CarrierReceipts {
  readonly day: string;
  readonly carrier: string;
  readonly country: string;
  /** Taken by this carrier. */
  readonly sent: number;
  readonly delivered: number;
  /** As a receipt said. */
  readonly failed: number;
}

/** What each carrier took per day (UTC) and country, and what its receipts say; the newest day first. */
export async function receiptsPerDay(db: Db, since: number): Promise<CarrierReceipts[]> {
  const count = (state: TextMessageRow['state']) =>
    sql<number>`sum(case when state = ${state} then 1 else 0 end)`;
  const rows = await db
    .selectFrom('text_messages')
    .select((eb) => [
      dayOf(db).as('day'),
      'carrier',
      'country',
      eb.fn.countAll<number>().as('sent'),
      count('delivered').as('delivered'),
      count('failed').as('failed'),
    ])
    .where('at', '>=', since)
    .where('carrier', 'is not', null)
    .groupBy(['day', 'carrier', 'country'])
    .orderBy('day', 'desc')
    .orderBy('carrier')
    .orderBy('country')
    .execute();
  return rows.map(({ day, carrier, country, sent, delivered, failed }) => ({
    day,
    carrier: carrier ?? '',
    country,
    sent: Number(sent),
    delivered: Number(delivered),
    failed: Number(failed),
  }));
}

export interface CarrierInCountry {
  readonly carrier: string;
  readonly country: string;
  readonly sent: number;
  readonly delivered: number;
}

/** The newest messages that each of these carriers took, by country: at most so many of each. */
export async function newestOfCarriers(
  db: Db,
  carriers: readonly string[],
  { from, until }: { readonly from: number; readonly until: number },
  most: number,
): Promise<CarrierInCountry[]> {
  if (carriers.length === 0) return [];
  const rows = await db
    .with('ranked', (ranked) =>
      ranked
        .selectFrom('text_messages')
        .select((eb) => [
          'carrier',
          'country',
          'state',
          eb.fn
            .agg<number>('row_number')
            .over((o) => o.partitionBy(['carrier', 'country']).orderBy('at', 'desc').orderBy('id', 'desc'))
            .as('place'),
        ])
        .where('carrier', 'in', carriers)
        .where('at', '>', from)
        .where('at', '<=', until),
    )
    .selectFrom('ranked')
    .select((eb) => [
      'carrier',
      'country',
      eb.fn.countAll<number>().as('sent'),
      sql<number>`sum(case when state = 'delivered' then 1 else 0 end)`.as('delivered'),
    ])
    .where('place', '<=', most)
    .groupBy(['carrier', 'country'])
    .execute();
  return rows.map(({ carrier, country, sent, delivered }) => ({
    carrier: carrier ?? '',
    country,
    sent: Number(sent),
    delivered: Number(delivered),
  }));
}

/** Of which of these carriers any receipt has come, about a message of that time. */
export async function carriersThatTold(
  db: Db,
  carriers: readonly string[],
  { from, until }: { readonly from: number; readonly until: number },
): Promise<Set<string>> {
  // One by one: of a carrier that tells, the first receipt ends the search.
  const told = await Promise.all(
    carriers.map((carrier) =>
      db
        .selectFrom('text_messages')
        .select('carrier')
        .where('carrier', '=', carrier)
        .where('at', '>', from)
        .where('at', '<=', until)
        .where('receipt_at', 'is not', null)
        .limit(1)
        .executeTakeFirst(),
    ),
  );
  return new Set(carriers.filter((_, n) => told[n] !== undefined));
}
