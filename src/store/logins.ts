import type { Selectable } from 'kysely';
import type { Evidence } from '../rules/facts.ts';
import type { Db, Tx } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { ChallengePurpose, ChallengeTable, EvidenceTable, LoginTable } from './schema.ts';

export type LoginRow = Selectable<LoginTable>;
export type ChallengeRow = Selectable<ChallengeTable>;

export async function insertLogin(tx: Db, row: LoginRow): Promise<void> {
  await tx.insertInto('logins').values(row).execute();
}

export async function findLoginByToken(db: Db, tokenHash: string): Promise<LoginRow | null> {
  const row = await db
    .selectFrom('logins')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row ?? null;
}

export async function findLogin(db: Db, id: string): Promise<LoginRow | null> {
  return (await db.selectFrom('logins').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** Reads the row and holds it until the transaction ends: steps of one login come one after the other. */
export async function lockLogin(tx: Tx, id: string): Promise<LoginRow | null> {
  const query = tx.selectFrom('logins').selectAll().where('id', '=', id);
  return (await (isPostgres(tx) ? query.forNoKeyUpdate() : query).executeTakeFirst()) ?? null;
}

export async function updateLogin(tx: Db, id: string, changes: Partial<LoginRow>): Promise<void> {
  await tx.updateTable('logins').set(changes).where('id', '=', id).execute();
}

/** Ends a login once; the second request that finishes it finds that it is not the first. */
export async function endLogin(tx: Tx, id: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('logins')
    .set({
      ended_at: now,
      backup_codes_sealed: null,
      sign_up_password_hash: null,
    })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function endLoginsOf(tx: Tx, userId: string, now: number): Promise<void> {
  await tx
    .updateTable('logins')
    .set({ ended_at: now, backup_codes_sealed: null, sign_up_password_hash: null })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .execute();
}

/** @returns how many wrong codes this login has seen. */
export async function noteWrongCode(db: Db, id: string): Promise<number> {
  const row = await db
    .updateTable('logins')
    .set((eb) => ({ wrong_codes: eb('wrong_codes', '+', 1) }))
    .where('id', '=', id)
    .returning('wrong_codes')
    .executeTakeFirst();
  return row?.wrong_codes ?? 0;
}

// Evidence

export async function addEvidence(tx: Tx, row: Selectable<EvidenceTable>): Promise<void> {
  await tx.insertInto('evidence').values(row).execute();
}

export async function evidenceOf(
  db: Db,
  owner: { loginId: string } | { sessionId: string },
): Promise<Evidence[]> {
  const query = db.selectFrom('evidence').selectAll().orderBy('at');
  const rows = await ('loginId' in owner
    ? query.where('login_id', '=', owner.loginId)
    : query.where('session_id', '=', owner.sessionId)
  ).execute();
  return rows.map((row) => ({
    kind: row.kind,
    at: row.at,
    ...(row.authenticator_id === null ? {} : { authenticatorId: row.authenticator_id }),
    ...(row.pass_id === null ? {} : { passId: row.pass_id }),
  }));
}

/** What was proven in the login now speaks for the session. */
export async function moveEvidence(tx: Tx, loginId: string, sessionId: string): Promise<void> {
  await tx
    .updateTable('evidence')
    .set({ login_id: null, session_id: sessionId })
    .where('login_id', '=', loginId)
    .execute();
}

/** P5: a pass ended by the set-up of this very session no longer weighs on it. */
export async function dropPassEvidence(tx: Tx, sessionId: string, passIds: readonly string[]): Promise<void> {
  if (passIds.length === 0) return;
  await tx
    .deleteFrom('evidence')
    .where('session_id', '=', sessionId)
    .where('pass_id', 'in', passIds)
    .execute();
}

// Challenges

export async function findChallenge(
  db: Db,
  loginId: string,
  purpose: ChallengePurpose,
): Promise<ChallengeRow | null> {
  const row = await db
    .selectFrom('challenges')
    .selectAll()
    .where('login_id', '=', loginId)
    .where('purpose', '=', purpose)
    .executeTakeFirst();
  return row ?? null;
}

/** One live challenge per login and purpose: a new one takes the place of the old, whose code is dead then. */
export async function putChallenge(tx: Db, row: ChallengeRow): Promise<void> {
  const { login_id: _login, purpose: _purpose, ...rest } = row;
  await tx
    .insertInto('challenges')
    .values(row)
    .onConflict((c) => c.columns(['login_id', 'purpose']).doUpdateSet(rest))
    .execute();
}

/** A resend: new code, same challenge; compare-and-set on the number of sends. */
export async function renewChallenge(
  tx: Db,
  old: ChallengeRow,
  changes: Pick<ChallengeRow, 'code_hmac' | 'sends' | 'sent_at' | 'expires_at' | 'unsent' | 'message_id'>,
): Promise<boolean> {
  const result = await tx
    .updateTable('challenges')
    .set(changes)
    .where('id', '=', old.id)
    .where('sends', '=', old.sends)
    .where('sent_at', '=', old.sent_at)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Holds the challenge that a message is the newest of, until the commit. */
export async function holdChallengeOf(tx: Tx, messageId: string): Promise<void> {
  // In SQLite a transaction holds everything.
  if (!isPostgres(tx)) return;
  await tx
    .selectFrom('challenges')
    .select('id')
    .where('message_id', '=', messageId)
    .forNoKeyUpdate()
    .execute();
}

/** The newest message of a challenge did not go, or nobody knows. One that was replaced meanwhile concerns nobody. */
export async function noteUnsent(tx: Tx, messageId: string, unsent: 'failed' | 'unknown'): Promise<void> {
  await tx
    .updateTable('challenges')
    .set({ unsent })
    .where('message_id', '=', messageId)
    .where('spent_at', 'is', null)
    .execute();
}

/** D5: counts a try in its own write. @returns false when there was none left. */
export async function countChallengeTry(db: Db, id: string, most: number): Promise<boolean> {
  const result = await db
    .updateTable('challenges')
    .set((eb) => ({ tries: eb('tries', '+', 1) }))
    .where('id', '=', id)
    .where('tries', '<', most)
    .where('spent_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Spends the challenge, if its code is still the one that was compared. */
export async function spendChallenge(tx: Tx, id: string, codeHmac: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('challenges')
    .set({ spent_at: now })
    .where('id', '=', id)
    .where('code_hmac', '=', codeHmac)
    .where('spent_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
