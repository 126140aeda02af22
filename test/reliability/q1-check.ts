/** After each start: is everything there that was acknowledged, and does nothing admit twice? */
import { DatabaseSync } from 'node:sqlite';
import { expectWhole } from '../support/crash.ts';
import type { Report } from './figures.ts';
import type { Clients } from './q1-clients.ts';
import type { Claims, SentCode } from './q1-ledger.ts';

export interface Losses {
  enrollmentsLost: number;
  codesLost: number;
  revocationsLost: number;
  logOutsLost: number;
  sessionsLost: number;
  codesAdmittedTwice: number;
  unusedCodesRefused: number;
  integrityFailed: number;
}

export const noLosses = (): Losses => ({
  enrollmentsLost: 0,
  codesLost: 0,
  revocationsLost: 0,
  logOutsLost: 0,
  sessionsLost: 0,
  codesAdmittedTwice: 0,
  unusedCodesRefused: 0,
  integrityFailed: 0,
});

/** Reads beside the running program, and closes before anything is killed. */
export function beside<T>(path: string, read: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

export function checkRows(path: string, claims: Claims, losses: Losses, report: Report): void {
  beside(path, (database) => {
    try {
      expectWhole(database);
    } catch (error) {
      losses.integrityFailed++;
      report(String(error));
    }
    for (const sent of claims.admitted) if (!isSpent(database, sent)) losses.codesLost++;
    const trusted = database.prepare(
      `select 1 from authenticators a join memberships m on m.authenticator_id = a.id
       where a.user_id = ? and m.trust = 'authenticator'`,
    );
    for (const { id } of claims.enrolled) if (trusted.get(id) === undefined) losses.enrollmentsLost++;
    const ended = database.prepare('select 1 from passes where id = ? and ended_at is not null');
    for (const { passId } of claims.revoked) if (ended.get(passId) === undefined) losses.revocationsLost++;
  });
}

function isSpent(database: DatabaseSync, { kind, person, code, step }: SentCode): boolean {
  if (kind === 'app') {
    const row = database
      .prepare('select last_step from authenticators where id = ?')
      .get(person.authenticatorId);
    return Number(row?.last_step ?? 0) >= step;
  }
  const selector = code.slice(0, 2).toUpperCase();
  const row = database
    .prepare('select spent_at from backup_codes where user_id = ? and upper(selector) = ?')
    .get(person.id, selector);
  if (row === undefined) throw new Error(`there is no row of backup code ${selector} of ${person.email}`);
  return row.spent_at !== null;
}

/** As people would notice: cookies are shown again, and codes typed again. */
export async function checkAtTheDoor(
  path: string,
  clients: Clients,
  claims: Claims,
  most: number,
  losses: Losses,
  report: Report,
): Promise<void> {
  const spent = beside(path, (database) => new Set(claims.inDoubt.filter((sent) => isSpent(database, sent))));
  const again = async (sent: SentCode) => {
    if ((await clients.replay(sent)) !== 'admitted') return;
    losses.codesAdmittedTwice++;
    report(`a code (${sent.kind}) of ${sent.person.email} admitted twice`);
  };
  const unknown = async (sent: SentCode) => {
    if (spent.has(sent)) return again(sent);
    // Nothing of it reached the disk: it is as good as never sent. One of an app may have run out meanwhile.
    const replayed = await clients.replay(sent);
    if (replayed === 'refused' && sent.kind === 'backup') losses.unusedCodesRefused++;
  };
  await Promise.all([
    ...claims.admitted.slice(-most).map(again),
    ...claims.inDoubt.slice(-most).map(unknown),
    ...claims.enrolled.slice(-1).map(async (person) => {
      if ((await clients.logIn(person)) === 'refused') losses.enrollmentsLost++;
    }),
    ...claims.sessions.slice(-2 * most).map(async (browser) => {
      if ((await browser.copy().get('/')).status !== 200) losses.sessionsLost++;
    }),
    ...claims.loggedOut.slice(-2 * most).map(async (browser) => {
      if ((await browser.copy().get('/')).status === 200) losses.logOutsLost++;
    }),
    ...claims.revoked.slice(-2 * most).map(async ({ browser }) => {
      if ((await browser.copy().get('/')).status === 200) losses.revocationsLost++;
    }),
  ]);
}
