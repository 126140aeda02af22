/**
 * What people were told had been done, and whether it still is. An entry is made when the answer that says so has
 * arrived; what got no answer may be done or not.
 */
import { hashToken } from '../../src/credentials/token.ts';
import type { Doorstep } from '../support/doorstep.ts';

export type Entry =
  | { readonly what: 'enrolled'; readonly userId: string }
  | { readonly what: 'code_spent'; readonly authenticatorId: string; readonly step: number }
  | { readonly what: 'backup_code_spent'; readonly userId: string; readonly selector: string }
  | { readonly what: 'session_begun'; readonly token: string }
  | { readonly what: 'session_ended'; readonly token: string }
  | { readonly what: 'pass_revoked'; readonly passId: string };

export type Kind = Entry['what'];
export const KINDS = [
  'enrolled',
  'code_spent',
  'backup_code_spent',
  'session_begun',
  'session_ended',
  'pass_revoked',
] as const satisfies readonly Kind[];

export interface Ledger {
  readonly entries: readonly Entry[];
  add(entry: Entry): void;
  count(kind: Kind): number;
}

export function createLedger(): Ledger {
  const entries: Entry[] = [];
  return {
    entries,
    add: (entry) => void entries.push(entry),
    count: (kind) => entries.filter(({ what }) => what === kind).length,
  };
}

/** @returns the entries of which the database knows nothing (any more). */
export async function lostEntries(site: Pick<Doorstep, 'rows'>, entries: readonly Entry[]): Promise<Entry[]> {
  const ids = async (query: string) => new Set((await site.rows<{ id: string }>(query)).map((r) => r.id));
  const steps = new Map(
    (
      await site.rows<{ id: string; last_step: number | null }>('select id, last_step from authenticators')
    ).map((a) => [a.id, a.last_step ?? 0]),
  );
  const enrolled = await ids('select user_id as id from authenticators');
  const spent = await ids(
    `select user_id || ':' || selector as id from backup_codes where spent_at is not null`,
  );
  const sessions = await ids('select token_hash as id from sessions');
  const ended = await ids('select token_hash as id from sessions where ended_at is not null');
  const revoked = await ids('select id from passes where ended_at is not null');

  return entries.filter((entry) => {
    switch (entry.what) {
      case 'enrolled':
        return !enrolled.has(entry.userId);
      case 'code_spent':
        return (steps.get(entry.authenticatorId) ?? 0) < entry.step;
      case 'backup_code_spent':
        return !spent.has(`${entry.userId}:${entry.selector}`);
      case 'session_begun':
        return !sessions.has(hashToken(entry.token));
      case 'session_ended':
        return !ended.has(hashToken(entry.token));
      case 'pass_revoked':
        return !revoked.has(entry.passId);
      default:
        return unknownEntry(entry);
    }
  });
}

function unknownEntry(entry: never): never {
  throw new Error(`unknown entry ${JSON.stringify(entry)}`);
}

/** Sessions of people of an account that mandates 2FA, without evidence of any second step: there may be none (D1). */
export async function sessionsWithoutFactor(site: Pick<Doorstep, 'rows'>, slug: string): Promise<number> {
  const rows = await site.rows(
    `select s.id from sessions s
     join memberships m on m.user_id = s.user_id join accounts a on a.id = m.account_id and a.slug = '${slug}'
     where not exists (
       select 1 from evidence e where e.session_id = s.id and e.kind in ('totp', 'sms', 'backup_code', 'pass'))`,
  );
  return rows.length;
}
