import { expect, test } from 'vitest';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  deleteUserRow,
  findUser,
  findUserByEmail,
  insertUser,
  lockUser,
  replaceHash,
  setDisabled,
  setEmail,
  setPassword,
} from '../../../src/store/users.ts';
import { addUser, atOnce, CLIENTS, NOW, newId, userRow, winners } from '../rows.ts';

export function userTests(db: () => Db): void {
  test('a person is found by id and by address, as they were written', async () => {
    const user = await addUser(db(), { disabled_at: NOW + 1 });
    expect(await findUser(db(), user.id)).toEqual(user);
    expect(await findUserByEmail(db(), user.email)).toEqual(user);
    expect(await findUser(db(), newId())).toBeNull();
    expect(await findUserByEmail(db(), `${newId()}@example.com`)).toBeNull();
  });

  test('U1: an address is taken once; the second comer changes nothing', async () => {
    const user = await addUser(db());
    const again = userRow({ email: user.email, name: 'Somebody else' });
    expect(await inTransaction(db(), (tx) => insertUser(tx, again))).toBe(false);
    expect(await findUserByEmail(db(), user.email)).toEqual(user);
    expect(await findUser(db(), again.id)).toBeNull();
  });

  test('Q3: fifty sign-ups with one address make one person', async () => {
    const email = `${newId()}@example.com`;
    expect(await winners(db(), (tx) => insertUser(tx, userRow({ email })))).toBe(1);
  });

  test('T23: deeds on one person come one after the other, none of fifty lost', async () => {
    const user = await addUser(db());
    await atOnce(db(), async (tx) => {
      await lockUser(tx, user.id);
      const seen = await findUser(tx, user.id);
      await setPassword(tx, user.id, 'hash', (seen?.password_changed_at ?? 0) + 1);
    });
    expect((await findUser(db(), user.id))?.password_changed_at).toBe(NOW + CLIENTS);
  });

  test('a new password says when it came', async () => {
    const user = await addUser(db());
    await setPassword(db(), user.id, 'new', NOW + 5);
    expect(await findUser(db(), user.id)).toEqual({
      ...user,
      password_hash: 'new',
      password_changed_at: NOW + 5,
    });
  });

  test('U3: a re-hash is no change of password, and never undoes one', async () => {
    const user = await addUser(db());
    await replaceHash(db(), user.id, user.password_hash, 'grown');
    expect(await findUser(db(), user.id)).toEqual({ ...user, password_hash: 'grown' });
    await replaceHash(db(), user.id, user.password_hash, 'stale');
    expect((await findUser(db(), user.id))?.password_hash).toBe('grown');
  });

  test('U5: disabling and enabling', async () => {
    const user = await addUser(db());
    await inTransaction(db(), (tx) => setDisabled(tx, user.id, NOW));
    expect((await findUser(db(), user.id))?.disabled_at).toBe(NOW);
    await inTransaction(db(), (tx) => setDisabled(tx, user.id, null));
    expect(await findUser(db(), user.id)).toEqual(user);
  });

  test('U4: another address, but nobody else’s', async () => {
    const [ann, bob] = [await addUser(db()), await addUser(db())];
    const email = `${newId()}@example.com`;
    await inTransaction(db(), (tx) => setEmail(tx, ann.id, email));
    expect((await findUserByEmail(db(), email))?.id).toBe(ann.id);
    expect(await findUserByEmail(db(), ann.email)).toBeNull();
    await expect(inTransaction(db(), (tx) => setEmail(tx, ann.id, bob.email))).rejects.toThrow();
    expect((await findUser(db(), ann.id))?.email).toBe(email);
  });

  test('a person who is deleted is gone, and the address is free again', async () => {
    const [user, other] = [await addUser(db()), await addUser(db())];
    await inTransaction(db(), (tx) => deleteUserRow(tx, user.id));
    expect(await findUser(db(), user.id)).toBeNull();
    expect(await findUser(db(), other.id)).toEqual(other);
    expect(await inTransaction(db(), (tx) => insertUser(tx, userRow({ email: user.email })))).toBe(true);
  });
}
