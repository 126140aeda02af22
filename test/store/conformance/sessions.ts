import { expect, test } from 'vitest';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  endSession,
  endSessionsOf,
  findSession,
  findSessionByToken,
  forgetKnownBrowsers,
  insertKnownBrowser,
  isKnownBrowser,
  noteUsed,
  openSessionsOf,
  swapToken,
} from '../../../src/store/sessions.ts';
import { addSession, addUser, CLIENTS, NOW, newId, sessionRow, winners } from '../rows.ts';

export function sessionTests(db: () => Db): void {
  test('a session is found by id and by token, as it was written', async () => {
    const user = await addUser(db());
    const session = await addSession(db(), { user_id: user.id, ended_at: NOW + 3 });
    expect(await findSession(db(), session.id)).toEqual(session);
    expect(await findSessionByToken(db(), session.token_hash)).toEqual(session);
    expect(await findSession(db(), newId())).toBeNull();
    expect(await findSessionByToken(db(), newId())).toBeNull();
  });

  test('R42: two sessions never share a token', async () => {
    const user = await addUser(db());
    const { token_hash } = await addSession(db(), { user_id: user.id });
    await expect(addSession(db(), sessionRow({ user_id: user.id, token_hash }))).rejects.toThrow();
  });

  test('R47: a person’s open sessions, the one last used first', async () => {
    const user = await addUser(db());
    const older = await addSession(db(), { user_id: user.id, last_used_at: NOW + 1 });
    const newer = await addSession(db(), { user_id: user.id, last_used_at: NOW + 2 });
    await addSession(db(), { user_id: user.id, ended_at: NOW });
    await addSession(db(), { user_id: (await addUser(db())).id });
    expect(await openSessionsOf(db(), user.id)).toEqual([newer, older]);
  });

  test('S1: a swapped token opens, the old one opens nothing; start and end stay', async () => {
    const user = await addUser(db());
    const session = await addSession(db(), { user_id: user.id });
    const fresh = newId();
    expect(await inTransaction(db(), (tx) => swapToken(tx, session.id, fresh, NOW + 5, []))).toBe(true);
    expect(await findSessionByToken(db(), session.token_hash)).toBeNull();
    expect(await findSessionByToken(db(), fresh)).toEqual({
      ...session,
      token_hash: fresh,
      last_used_at: NOW + 5,
    });
  });

  test('S1: a session that ended gets no new token', async () => {
    const user = await addUser(db());
    const session = await addSession(db(), { user_id: user.id, ended_at: NOW });
    expect(await winners(db(), (tx) => swapToken(tx, session.id, newId(), NOW, []))).toBe(0);
    expect(await findSession(db(), session.id)).toEqual(session);
  });

  test('S2: last use only moves forward', async () => {
    const user = await addUser(db());
    const { id } = await addSession(db(), { user_id: user.id });
    await Promise.all([NOW + 2, NOW + 9, NOW + 4].map((at) => noteUsed(db(), id, at, [])));
    expect((await findSession(db(), id))?.last_used_at).toBe(NOW + 9);
  });

  test('S2: a person ends their own sessions and no others; fifty times at once it ends once', async () => {
    const [ann, bob] = [await addUser(db()), await addUser(db())];
    const session = await addSession(db(), { user_id: ann.id });
    expect(await endSession(db(), session.id, bob.id, NOW)).toBe(false);
    const ends = await Promise.all(
      Array.from({ length: CLIENTS }, (_, n) => endSession(db(), session.id, ann.id, NOW + n)),
    );
    expect(ends.filter((each) => each)).toHaveLength(1);
    expect((await findSession(db(), session.id))?.ended_at).toBeGreaterThanOrEqual(NOW);
  });

  test('U4: all sessions of a person end, but one if told, and it says how many', async () => {
    const [ann, bob] = [await addUser(db()), await addUser(db())];
    const mine = [await addSession(db(), { user_id: ann.id }), await addSession(db(), { user_id: ann.id })];
    const kept = await addSession(db(), { user_id: ann.id });
    const others = await addSession(db(), { user_id: bob.id });
    expect(await endSessionsOf(db(), ann.id, NOW, kept.id)).toBe(mine.length);
    expect(await openSessionsOf(db(), ann.id)).toEqual([kept]);
    expect(await endSessionsOf(db(), ann.id, NOW)).toBe(1);
    expect(await endSessionsOf(db(), ann.id, NOW)).toBe(0);
    expect(await openSessionsOf(db(), bob.id)).toEqual([others]);
  });

  test('D7: a browser is known to one person, for a time, until it is forgotten', async () => {
    const [ann, bob] = [await addUser(db()), await addUser(db())];
    const [annsBrowser, bobsBrowser] = [newId(), newId()];
    await insertKnownBrowser(db(), { token_hash: annsBrowser, user_id: ann.id, expires_at: NOW + 10 });
    await insertKnownBrowser(db(), { token_hash: bobsBrowser, user_id: bob.id, expires_at: NOW + 10 });
    expect(await isKnownBrowser(db(), annsBrowser, ann.id, NOW + 9)).toBe(true);
    expect(await isKnownBrowser(db(), annsBrowser, ann.id, NOW + 10)).toBe(false);
    expect(await isKnownBrowser(db(), annsBrowser, bob.id, NOW)).toBe(false);
    expect(await isKnownBrowser(db(), newId(), ann.id, NOW)).toBe(false);
    await inTransaction(db(), (tx) => forgetKnownBrowsers(tx, ann.id));
    expect(await isKnownBrowser(db(), annsBrowser, ann.id, NOW)).toBe(false);
    expect(await isKnownBrowser(db(), bobsBrowser, bob.id, NOW)).toBe(true);
  });

  test('D7: the same browser again lasts longer, and can be known to two people', async () => {
    const [ann, bob] = [await addUser(db()), await addUser(db())];
    const browser = newId();
    await insertKnownBrowser(db(), { token_hash: browser, user_id: ann.id, expires_at: NOW + 10 });
    await insertKnownBrowser(db(), { token_hash: browser, user_id: bob.id, expires_at: NOW + 15 });
    await insertKnownBrowser(db(), { token_hash: browser, user_id: ann.id, expires_at: NOW + 20 });
    expect(await isKnownBrowser(db(), browser, ann.id, NOW + 19)).toBe(true);
    expect(await isKnownBrowser(db(), browser, bob.id, NOW + 14)).toBe(true);
    expect(await isKnownBrowser(db(), browser, bob.id, NOW + 15)).toBe(false);
  });
}
