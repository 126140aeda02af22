import { type Selectable, sql } from 'kysely';
import type { Authenticator } from '../rules/facts.ts';
import type { Db, Tx } from './database.ts';
import type { AuthenticatorTable, BackupCodeTable, EnrollmentTable } from './schema.ts';

export type AuthenticatorRow = Selectable<AuthenticatorTable>;
export type EnrollmentRow = Selectable<EnrollmentTable>;
export type BackupCodeRow = Selectable<BackupCodeTable>;

/** Keys of the counters that decide whether an authenticator is dead (D6). */
export const codeCounterKey = (authenticatorId: string): string => `code:${authenticatorId}`;
export const recoveryCounterKey = (userId: string): string => `recovery:${userId}`;

/** A person's authenticators as the rules see them. `deadAfter` is the rule's number. */
export async function authenticatorsOf(db: Db, userId: string, deadAfter: number): Promise<Authenticator[]> {
  const rows = await db
    .selectFrom('authenticators')
    .leftJoin('counters', (join) => join.on('counters.key', '=', sql<string>`'code:' || authenticators.id`))
    .leftJoin('counters as recovery', (join) => join.on('recovery.key', '=', recoveryCounterKey(userId)))
    .selectAll('authenticators')
    .select((eb) => [
      'counters.wrong',
      'recovery.wrong as wrong_recovery_codes',
      eb
        .selectFrom('backup_codes')
        .select((c) => c.fn.countAll<number>().as('left'))
        .whereRef('backup_codes.authenticator_id', '=', 'authenticators.id')
        .where('backup_codes.spent_at', 'is', null)
        .as('backup_codes_left'),
    ])
    .where('user_id', '=', userId)
    .orderBy('confirmed_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    codesDead: (row.wrong ?? 0) >= deadAfter,
    backupCodesDead: (row.wrong_recovery_codes ?? 0) >= deadAfter,
    backupCodesSaved: row.backup_codes_saved_at !== null,
    backupCodesLeft: Number(row.backup_codes_left ?? 0),
    asleepSince: row.asleep_since,
  }));
}

export async function findAuthenticator(db: Db, id: string): Promise<AuthenticatorRow | null> {
  return (await db.selectFrom('authenticators').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

export async function insertAuthenticator(tx: Tx, row: AuthenticatorRow): Promise<void> {
  await tx.insertInto('authenticators').values(row).execute();
}

/** Destroys authenticators with their codes and counters. What trusted them must have been moved before. */
export async function deleteAuthenticators(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.deleteFrom('authenticators').where('id', 'in', ids).execute();
  await tx.deleteFrom('counters').where('key', 'in', ids.map(codeCounterKey)).execute();
}

export async function setAsleep(tx: Tx, ids: readonly string[], since: number | null): Promise<void> {
  if (ids.length === 0) return;
  await tx.updateTable('authenticators').set({ asleep_since: since }).where('id', 'in', ids).execute();
}

/** D5: two requests with the same code, one of them first: the step only ever grows (RFC 6238 §5.2). */
export async function spendTotpStep(tx: Tx, id: string, step: number): Promise<boolean> {
  const result = await tx
    .updateTable('authenticators')
    .set({ last_step: step })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('last_step', 'is', null), eb('last_step', '<', step)]))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

// Enrollments

export async function findEnrollment(
  db: Db,
  loginId: string,
  kind: EnrollmentRow['kind'],
): Promise<EnrollmentRow | null> {
  const row = await db
    .selectFrom('enrollments')
    .selectAll()
    .where('login_id', '=', loginId)
    .where('kind', '=', kind)
    .where('confirmed_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** One pending enrollment per login and kind; a new one takes the place of the old. */
export async function putEnrollment(tx: Db, row: EnrollmentRow): Promise<void> {
  await tx
    .insertInto('enrollments')
    .values(row)
    .onConflict((c) =>
      c.columns(['login_id', 'kind']).doUpdateSet({
        id: row.id,
        user_id: row.user_id,
        secret_sealed: row.secret_sealed,
        created_at: row.created_at,
        confirmed_at: null,
      }),
    )
    .execute();
}

/** Keeps the pending secret that is there, so that a reload shows the same QR code. */
export async function putEnrollmentOnce(tx: Db, row: EnrollmentRow): Promise<void> {
  await tx
    .insertInto('enrollments')
    .values(row)
    .onConflict((c) => c.columns(['login_id', 'kind']).doNothing())
    .execute();
}

/** Spends the enrollment: only one request confirms it, and only the secret it was shown. */
export async function confirmEnrollment(tx: Tx, id: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('enrollments')
    .set({ confirmed_at: now })
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function deleteEnrollments(tx: Tx, loginId: string): Promise<void> {
  await tx.deleteFrom('enrollments').where('login_id', '=', loginId).execute();
}

// Backup codes

export async function unspentSelectors(db: Db, userId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('backup_codes')
    .select('selector')
    .where('user_id', '=', userId)
    .where('spent_at', 'is', null)
    .execute();
  return new Set(rows.map((r) => r.selector));
}

/** B1: the first two characters choose the row; the rest is compared with one hash. */
export async function findBackupCode(
  db: Db,
  userId: string,
  selector: string,
): Promise<BackupCodeRow | null> {
  const row = await db
    .selectFrom('backup_codes')
    .selectAll()
    .where('user_id', '=', userId)
    .where('selector', '=', selector)
    .where('spent_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

export async function spendBackupCode(tx: Tx, id: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('backup_codes')
    .set({ spent_at: now })
    .where('id', '=', id)
    .where('spent_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** B2: the new set kills the old. */
export async function replaceBackupCodes(
  tx: Tx,
  authenticatorId: string,
  rows: readonly BackupCodeRow[],
  now: number,
): Promise<void> {
  await tx.deleteFrom('backup_codes').where('authenticator_id', '=', authenticatorId).execute();
  await tx.insertInto('backup_codes').values(rows).execute();
  await tx
    .updateTable('authenticators')
    .set({ backup_codes_saved_at: now })
    .where('id', '=', authenticatorId)
    .execute();
}

/** A person's newest authenticator. */
export async function findAuthenticatorOf(db: Db, userId: string): Promise<AuthenticatorRow | null> {
  const row = await db
    .selectFrom('authenticators')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('confirmed_at', 'desc')
    .executeTakeFirst();
  return row ?? null;
}
