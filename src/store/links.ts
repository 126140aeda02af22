import type { Selectable } from 'kysely';
import type { Db, Tx } from './database.ts';
import type { InvitationTable, LinkTable, NoticeLinkTable } from './schema.ts';

export type InvitationRow = Selectable<InvitationTable>;
export type ResetRow = Selectable<LinkTable>;
export type NoticeLinkRow = Selectable<NoticeLinkTable>;

// Invitations (U1, U2)

export async function insertInvitation(tx: Db, row: InvitationRow): Promise<void> {
  await tx.insertInto('invitations').values(row).execute();
}

export type InvitationWithAccount = InvitationRow & { account_name: string; account_slug: string };

function invitations(db: Db) {
  return db
    .selectFrom('invitations')
    .innerJoin('accounts', 'accounts.id', 'invitations.account_id')
    .selectAll('invitations')
    .select(['accounts.name as account_name', 'accounts.slug as account_slug']);
}

export async function findInvitationByToken(
  db: Db,
  tokenHash: string,
): Promise<InvitationWithAccount | null> {
  return (await invitations(db).where('token_hash', '=', tokenHash).executeTakeFirst()) ?? null;
}

export async function findInvitation(db: Db, id: string): Promise<InvitationWithAccount | null> {
  return (await invitations(db).where('invitations.id', '=', id).executeTakeFirst()) ?? null;
}

/** Spends it once, and only for the address it was made for. */
export async function spendInvitation(tx: Tx, id: string, email: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('invitations')
    .set({ spent_at: now })
    .where('id', '=', id)
    .where('email', '=', email)
    .where('spent_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

// Password resets (U4)

export async function insertReset(tx: Db, row: ResetRow): Promise<void> {
  await tx.insertInto('password_resets').values(row).execute();
}

export async function findResetByToken(db: Db, tokenHash: string): Promise<ResetRow | null> {
  const row = await db
    .selectFrom('password_resets')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row ?? null;
}

/** Spends this one, and with it every other link this person was sent. */
export async function spendReset(tx: Tx, row: ResetRow, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('password_resets')
    .set({ spent_at: now })
    .where('id', '=', row.id)
    .where('spent_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await voidResetsOf(tx, row.user_id, now);
  return true;
}

export async function voidResetsOf(tx: Tx, userId: string, now: number): Promise<void> {
  await tx
    .updateTable('password_resets')
    .set({ spent_at: now })
    .where('user_id', '=', userId)
    .where('spent_at', 'is', null)
    .execute();
}

export async function countResetsSince(db: Db, userId: string, since: number): Promise<number> {
  const row = await db
    .selectFrom('password_resets')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('user_id', '=', userId)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

// "This was not me" (E7)

export async function insertNoticeLink(tx: Db, row: NoticeLinkRow): Promise<void> {
  await tx.insertInto('notice_links').values(row).execute();
}

export async function findNoticeLinkByToken(db: Db, tokenHash: string): Promise<NoticeLinkRow | null> {
  const row = await db
    .selectFrom('notice_links')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row ?? null;
}

export async function spendNoticeLink(tx: Tx, id: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('notice_links')
    .set({ spent_at: now })
    .where('id', '=', id)
    .where('spent_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
