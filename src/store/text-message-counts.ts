/** Counts over text messages: for pages, for the operator, and for alerts. */
import { sql } from 'kysely';
import type { Db } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { Seen } from './text-messages.ts';

export interface DayCount {
  readonly day: string;
  readonly country: string;
  readonly sent: number;
  readonly delivered: number;
  readonly verified: number;
  readonly failed: number;
  readonly blocked: number;
}

/** Per day (UTC) and country, the newest day first. Of one account; `null`: of all. */
export async function textsPerDay(db: Db, accountId: string | null, since: number): Promise<DayCount[]> {
  const count = (condition: ReturnType<typeof sql<boolean>>) =>
    sql<number>`sum(case when ${condition} then asks else 0 end)`;
  let query = db
    .selectFrom('text_messages')
    .select([
      dayOf(db).as('day'),
      'country',
      count(sql`state != 'blocked'`).as('sent'),
      count(sql`state = 'delivered'`).as('delivered'),
      count(sql`verified_at is not null`).as('verified'),
      count(sql`state = 'failed'`).as('failed'),
      count(sql`state = 'blocked'`).as('blocked'),
    ])
    .where('at', '>=', since);
  if (accountId !== null) query = query.where('account_id', '=', accountId);
  const rows = await query.groupBy(['day', 'country']).orderBy('day', 'desc').orderBy('country').execute();
  return rows.map((row) => ({
    day: row.day,
    country: row.country,
    sent: Number(row.sent),
    delivered: Number(row.delivered),
    verified: Number(row.verified),
    failed: Number(row.failed),
    blocked: Number(row.blocked),
  }));
}

/** The day (UTC) of a message, in SQL. */
export const dayOf = (db: Db) =>
  isPostgres(db)
    ? sql<string>`to_char(to_timestamp(at / 1000.0) at time zone 'UTC', 'YYYY-MM-DD')`
    : sql<string>`strftime('%Y-%m-%d', at / 1000, 'unixepoch')`;

/** Why messages were not sent, the most frequent reason first. */
export async function textsBlockedBy(
  db: Db,
  accountId: string | null,
  since: number,
): Promise<{ reason: string; count: number }[]> {
  let query = db
    .selectFrom('text_messages')
    .select((eb) => ['reason', eb.fn.sum<number>('asks').as('count')])
    .where('at', '>=', since)
    .where('state', '=', 'blocked');
  if (accountId !== null) query = query.where('account_id', '=', accountId);
  const rows = await query.groupBy('reason').execute();
  return rows
    .map((row) => ({ reason: row.reason ?? '', count: Number(row.count) }))
    .toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** People of an account whose login there asks for a code by text message. */
export async function countMembersByText(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('memberships')
    .innerJoin('authenticators', 'authenticators.id', 'memberships.authenticator_id')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('memberships.account_id', '=', accountId)
    .where('authenticators.kind', '=', 'sms')
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Messages that a carrier took or may have taken, and used codes, by country: of what nobody took no code is missing. */
export async function seenByCountry(
  db: Db,
  from: number,
  until: number,
): Promise<(Seen & { readonly country: string })[]> {
  const rows = await db
    .selectFrom('text_messages')
    .select((eb) => [
      'country',
      eb.fn.countAll<number>().as('sent'),
      eb.fn.count<number>('verified_at').as('verified'),
    ])
    .where('at', '>', from)
    .where('at', '<=', until)
    .where('state', '!=', 'blocked')
    .where((eb) => eb.or([eb('state', '!=', 'failed'), eb('carrier', 'is not', null)]))
    .groupBy('country')
    .execute();
  return rows.map((row) => ({
    country: row.country,
    sent: Number(row.sent),
    verified: Number(row.verified),
  }));
}

export interface CarrierDay {
  readonly carrier: string;
  readonly taken: number;
  readonly delivered: number;
  readonly lastTakenAt: number | null;
}

/** What each carrier took and delivered since then. */
export async function carriersSince(db: Db, since: number): Promise<CarrierDay[]> {
  const rows = await db
    .selectFrom('text_messages')
    .select((eb) => [
      'carrier',
      eb.fn.countAll<number>().as('taken'),
      sql<number>`sum(case when state = 'delivered' then 1 else 0 end)`.as('delivered'),
      eb.fn.max('settled_at').as('last_taken_at'),
    ])
    .where('at', '>=', since)
    .where('carrier', 'is not', null)
    .groupBy('carrier')
    .orderBy('carrier')
    .execute();
  return rows.map((row) => ({
    carrier: row.carrier ?? '',
    taken: Number(row.taken),
    delivered: Number(row.delivered),
    lastTakenAt: row.last_taken_at,
  }));
}

/** Messages that no carrier took since then, by what the last one asked said; the newest first. */
export async function refusalsSince(
  db: Db,
  since: number,
): Promise<{ reason: string; count: number; lastAt: number }[]> {
  const rows = await db
    .selectFrom('text_messages')
    .select((eb) => ['reason', eb.fn.sum<number>('asks').as('count'), eb.fn.max('at').as('last_at')])
    .where('at', '>=', since)
    .where('state', 'in', ['failed', 'unknown'])
    .where('carrier', 'is', null)
    .groupBy('reason')
    .execute();
  return rows
    .map((row) => ({ reason: row.reason ?? '', count: Number(row.count), lastAt: row.last_at }))
    .toSorted((a, b) => b.lastAt - a.lastAt);
}
