import { expect, test } from 'vitest';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  countResetsSince,
  findInvitation,
  findInvitationByToken,
  findNoticeLinkByToken,
  findResetByToken,
  type InvitationRow,
  insertInvitation,
  insertNoticeLink,
  insertReset,
  type NoticeLinkRow,
  type ResetRow,
  spendInvitation,
  spendNoticeLink,
  spendReset,
  voidResetsOf,
} from '../../../src/store/links.ts';
import { lockUser } from '../../../src/store/users.ts';
import { addAccount, addUser, invitationRow, NOW, newId, noticeLinkRow, resetRow, winners } from '../rows.ts';

export function linkTests(db: () => Db): void {
  async function addInvitation(over: Partial<InvitationRow> = {}): Promise<InvitationRow> {
    const account = await addAccount(db());
    const row = invitationRow({ account_id: account.id, ...over });
    await insertInvitation(db(), row);
    return row;
  }
  async function addReset(userId: string, over: Partial<ResetRow> = {}): Promise<ResetRow> {
    const row = resetRow({ user_id: userId, ...over });
    await insertReset(db(), row);
    return row;
  }
  async function addNoticeLink(over: Partial<NoticeLinkRow> = {}): Promise<NoticeLinkRow> {
    const user = await addUser(db());
    const row = noticeLinkRow({ user_id: user.id, ...over });
    await insertNoticeLink(db(), row);
    return row;
  }

  test('an invitation is found by id and by token, with its account’s name', async () => {
    const account = await addAccount(db(), { name: 'Meridian Pictures' });
    const row = invitationRow({ account_id: account.id, role: 'admin', invited_by: 'olivia' });
    await insertInvitation(db(), row);
    const found = { ...row, account_name: 'Meridian Pictures', account_slug: account.slug };
    expect(await findInvitation(db(), row.id)).toEqual(found);
    expect(await findInvitationByToken(db(), row.token_hash)).toEqual(found);
    expect(await findInvitation(db(), newId())).toBeNull();
    expect(await findInvitationByToken(db(), newId())).toBeNull();
  });

  test('U1, T07, Q3: fifty clients accept one invitation, one wins', async () => {
    const row = await addInvitation();
    expect(await winners(db(), (tx) => spendInvitation(tx, row.id, row.email, NOW + 1))).toBe(1);
    expect((await findInvitation(db(), row.id))?.spent_at).toBe(NOW + 1);
  });

  test.each([
    ['by another address', {}, 'ann@example.com', NOW],
    ['when withdrawn', { withdrawn_at: NOW }, 'iris@example.com', NOW],
    ['at the moment it expires', { expires_at: NOW }, 'iris@example.com', NOW],
    ['after it expired', { expires_at: NOW }, 'iris@example.com', NOW + 1],
  ] as const)('U1, T07: an invitation is not spent %s', async (_when, over, email, now) => {
    const row = await addInvitation(over);
    expect(await winners(db(), (tx) => spendInvitation(tx, row.id, email, now))).toBe(0);
    expect((await findInvitation(db(), row.id))?.spent_at).toBeNull();
  });

  test('U1: an invitation is good to its last millisecond', async () => {
    const row = await addInvitation({ expires_at: NOW });
    expect(await inTransaction(db(), (tx) => spendInvitation(tx, row.id, row.email, NOW - 1))).toBe(true);
  });

  test('U4, Q3: fifty clients use one reset link, one wins', async () => {
    const user = await addUser(db());
    const row = await addReset(user.id);
    expect(await findResetByToken(db(), row.token_hash)).toEqual(row);
    expect(await findResetByToken(db(), newId())).toBeNull();
    expect(await winners(db(), (tx) => spendReset(tx, row, NOW + 1))).toBe(1);
    expect((await findResetByToken(db(), row.token_hash))?.spent_at).toBe(NOW + 1);
  });

  test('U4: one link used voids every other one of that person, also when used at the same moment', async () => {
    const [ann, bob] = [await addUser(db()), await addUser(db())];
    const links = [await addReset(ann.id), await addReset(ann.id), await addReset(ann.id)];
    const others = await addReset(bob.id);
    const won = await winners(db(), async (tx, n) => {
      await lockUser(tx, ann.id);
      return spendReset(tx, links[n % links.length] as ResetRow, NOW + 1);
    });
    expect(won).toBe(1);
    for (const { token_hash } of links) {
      expect((await findResetByToken(db(), token_hash))?.spent_at).toBe(NOW + 1);
    }
    expect(await findResetByToken(db(), others.token_hash)).toEqual(others);
  });

  test('U4: an expired or voided link spends nothing, and voids nothing', async () => {
    const user = await addUser(db());
    const expired = await addReset(user.id, { expires_at: NOW });
    const live = await addReset(user.id);
    expect(await winners(db(), (tx) => spendReset(tx, expired, NOW))).toBe(0);
    expect(await findResetByToken(db(), live.token_hash)).toEqual(live);
    await inTransaction(db(), (tx) => voidResetsOf(tx, user.id, NOW + 2));
    expect(await winners(db(), (tx) => spendReset(tx, live, NOW + 3))).toBe(0);
    expect((await findResetByToken(db(), live.token_hash))?.spent_at).toBe(NOW + 2);
  });

  test('resets asked for since a moment, as a number', async () => {
    const user = await addUser(db());
    for (const created_at of [NOW, NOW + 1, NOW + 2]) await addReset(user.id, { created_at });
    await addReset((await addUser(db())).id, { created_at: NOW + 1 });
    expect(await countResetsSince(db(), user.id, NOW)).toBe(2);
    expect(await countResetsSince(db(), user.id, NOW + 2)).toBe(0);
  });

  test('E7, Q3: fifty clients say "this was not me", one wins', async () => {
    const row = await addNoticeLink({ authenticator_id: 'x' });
    expect(await findNoticeLinkByToken(db(), row.token_hash)).toEqual(row);
    expect(await findNoticeLinkByToken(db(), newId())).toBeNull();
    expect(await winners(db(), (tx) => spendNoticeLink(tx, row.id, NOW + 1))).toBe(1);
    expect((await findNoticeLinkByToken(db(), row.token_hash))?.spent_at).toBe(NOW + 1);
  });

  test('E7: after its days the link does nothing', async () => {
    const row = await addNoticeLink({ expires_at: NOW });
    expect(await winners(db(), (tx) => spendNoticeLink(tx, row.id, NOW))).toBe(0);
    expect(await inTransaction(db(), (tx) => spendNoticeLink(tx, row.id, NOW - 1))).toBe(true);
  });
}
