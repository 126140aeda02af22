import { type Selectable, sql } from 'kysely';
import type { Db } from './database.ts';
import type { AuditEventTable } from './schema.ts';

export type AuditEventRow = Selectable<AuditEventTable>;

export async function insertAuditEvent(tx: Db, row: AuditEventRow): Promise<void> {
  await tx.insertInto('audit_events').values(row).execute();
}

/** The newest event of one kind that happened to this person, in whatever account. */
export async function lastEventOf(db: Db, userId: string, kind: string): Promise<AuditEventRow | null> {
  const found = await db
    .selectFrom('audit_events')
    .selectAll()
    .where('user_id', '=', userId)
    .where('kind', '=', kind)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return found ?? null;
}

export interface AuditQuestion {
  readonly accountId: string;
  /** A person's name or address, or part of it. */
  readonly search: string;
  /** A kind, or the part of it before the dot. */
  readonly kind: string;
  readonly from: number | null;
  readonly until: number | null;
}

export type NamedAuditEvent = Awaited<ReturnType<typeof findAuditEvents>>[number];

/**
 * What concerns an account, newest first: events that name it, and nothing of its people that names no account
 * or another one (T3, T32).
 */
export async function findAuditEvents(
  db: Db,
  question: AuditQuestion,
  page: { limit: number; before: { at: number; id: string } | null },
) {
  let query = db
    .selectFrom('audit_events')
    .leftJoin('users as actors', 'actors.id', 'audit_events.actor_id')
    .leftJoin('users as people', 'people.id', 'audit_events.user_id')
    .selectAll('audit_events')
    .select([
      'actors.name as actor_name',
      'actors.email as actor_email',
      'people.name as person_name',
      'people.email as person_email',
    ])
    .where('audit_events.account_id', '=', question.accountId)
    .orderBy('audit_events.at', 'desc')
    .orderBy('audit_events.id', 'desc')
    .limit(page.limit);
  if (question.kind !== '') {
    const like = `${question.kind.replace(/[\\%_]/g, (c) => `\\${c}`)}.%`;
    query = query.where(
      sql<boolean>`(audit_events.kind = ${question.kind} or audit_events.kind like ${like} escape '\\')`,
    );
  }
  if (question.from !== null) query = query.where('audit_events.at', '>=', question.from);
  if (question.until !== null) query = query.where('audit_events.at', '<', question.until);
  if (question.search !== '') {
    const like = `%${question.search.toLowerCase().replace(/[\\%_]/g, (c) => `\\${c}`)}%`;
    query = query.where(
      sql<boolean>`(lower(actors.name) like ${like} escape '\\' or actors.email like ${like} escape '\\'
        or lower(people.name) like ${like} escape '\\' or people.email like ${like} escape '\\')`,
    );
  }
  const { before } = page;
  if (before !== null) {
    query = query.where((eb) =>
      eb.or([
        eb('audit_events.at', '<', before.at),
        eb.and([eb('audit_events.at', '=', before.at), eb('audit_events.id', '<', before.id)]),
      ]),
    );
  }
  return query.execute();
}

/** Events of one kind since then, of every account and of none, newest first. */
export async function eventsOfKind(
  db: Db,
  kind: string,
  since: number,
  limit: number,
): Promise<AuditEventRow[]> {
  return db
    .selectFrom('audit_events')
    .selectAll()
    .where('kind', '=', kind)
    .where('at', '>=', since)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
