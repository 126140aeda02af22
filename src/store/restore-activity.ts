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

/** Does the copy know of this event: by its id, or as the same thing to the same person at the same moment? */
export async function knowsEvent(
  db: Db,
  event: Pick<Selectable<AuditEventTable>, 'id' | 'at' | 'kind' | 'user_id' | 'account_id'>,
): Promise<boolean> {
  const row = await db
    .selectFrom('audit_events')
    .select('id')
    .where((eb) =>
      eb.or([
        eb('id', '=', event.id),
        eb.and([
          eb('at', '=', event.at),
          eb('kind', '=', event.kind),
          event.user_id === null ? eb('user_id', 'is', null) : eb('user_id', '=', event.user_id),
          event.account_id === null ? eb('account_id', 'is', null) : eb('account_id', '=', event.account_id),
        ]),
      ]),
    )
    .executeTakeFirst();
  return row !== undefined;
}
