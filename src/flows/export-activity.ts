import { signLine } from '../credentials/signed-line.ts';
import { type ActivityRow, readActivity } from '../store/restore-activity.ts';
import type { Context } from './context.ts';

/** One event of any account as a line of JSON, without its signature; what `restore --activity` reads. Names may have gone since. */
export interface ActivityLine {
  readonly id: string;
  /** ISO 8601, UTC, with milliseconds. */
  readonly time: string;
  readonly kind: string;
  readonly by: string;
  readonly actor: Who | null;
  readonly person: Who | null;
  readonly account: { readonly id: string; readonly slug: string | null } | null;
  readonly network: string;
  readonly browser: string;
  readonly details: unknown;
}

interface Who {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
}

const AT_ONCE = 500;

/**
 * Everything that was recorded since then in all accounts, oldest first, a batch of lines at a time. Each is signed:
 * `restore --activity` does again what it says, whoever kept the file meanwhile.
 */
export async function* exportActivity(ctx: Context, since: number): AsyncGenerator<string[]> {
  let after: { at: number; id: string } | null = null;
  for (;;) {
    const rows: ActivityRow[] = await readActivity(ctx.db, since, after, AT_ONCE);
    if (rows.length > 0) yield rows.map((row) => signLine(ctx.keys, JSON.stringify(lineOf(row))));
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) return;
    after = { at: last.at, id: last.id };
  }
}

function lineOf(row: ActivityRow): ActivityLine {
  const who = (id: string | null, name: string | null, email: string | null) =>
    id === null ? null : { id, name, email };
  return {
    id: row.id,
    time: new Date(row.at).toISOString(),
    kind: row.kind,
    by: row.by,
    actor: who(row.actor_id, row.actor_name, row.actor_email),
    person: who(row.user_id, row.person_name, row.person_email),
    account: row.account_id === null ? null : { id: row.account_id, slug: row.account_slug },
    network: row.network,
    browser: row.browser,
    details: JSON.parse(row.data),
  };
}
