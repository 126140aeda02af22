import type { Selectable } from 'kysely';
import type { Db } from './database.ts';
import type { AuditEventTable } from './schema.ts';

export type ActivityRow = Awaited<ReturnType<typeof readActivity>>[number];

/** Events of all accounts, oldest first, from `since` on; `after` is the last one that was read. */
export async function readActivity(
  db: Db,
  since: number,
  after: { at: number; id: string } | null,
  most: number,
) {
  let query = db
    .selectFrom('audit_events')
    .leftJoin('users as actors', 'actors.id', 'audit_events.actor_id')
    .leftJoin('users as people', 'people.id', 'audit_events.user_id')
    .leftJoin('accounts', 'accounts.id', 'audit_events.account_id')
    .selectAll('audit_events')
    .select([
      'actors.name as actor_name',
      'actors.email as actor_email',
      'people.name as person_name',
      'people.email as person_email',
      'accounts.slug as account_slug',
    ])
    .where('audit_events.at', '>=', since)
    .orderBy('audit_events.at')
    .orderBy('audit_events.id')
    .limit(most);
  if (after !== null) {
    query = query.where((eb) =>
      eb.or([
        eb('audit_events.at', '>', after.at),
        eb.and([eb('audit_events.at', '=', after.at), eb('audit_events.id', '>', after.id)]),
      ]),
    );
  }
  return query.execute();
}

/**
 * Does the copy know of this event: by its id alone where the line has one, else as the same thing in the same account
 * to the same person at the same moment? Two may fall into one millisecond, and one of them must not hide the other.
 * An export without ids does not say who it was once they are deleted.
 */
export async function knowsEvent(
  db: Db,
  event: Pick<Selectable<AuditEventTable>, 'id' | 'at' | 'kind' | 'user_id' | 'account_id'>,
  hasId: boolean,
): Promise<boolean> {
  const byId = await db.selectFrom('audit_events').select('id').where('id', '=', event.id).executeTakeFirst();
  if (byId !== undefined || hasId) return byId !== undefined;
  let query = db
    .selectFrom('audit_events')
    .select('id')
    .where('at', '=', event.at)
    .where('kind', '=', event.kind)
    .where('account_id', event.account_id === null ? 'is' : '=', event.account_id);
  if (event.user_id !== null) query = query.where('user_id', '=', event.user_id);
  return (await query.executeTakeFirst()) !== undefined;
}
