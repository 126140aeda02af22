import { expect, test } from 'vitest';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  addEvidence,
  dropPassEvidence,
  endLogin,
  endLoginsOf,
  evidenceOf,
  findLogin,
  findLoginByToken,
  lockLogin,
  moveEvidence,
  noteWrongCode,
  updateLogin,
} from '../../../src/store/logins.ts';
import { insertSession, openSessionsOf } from '../../../src/store/sessions.ts';
import { addLogin, addSession, addUser, atOnce, CLIENTS, NOW, newId, sessionRow, winners } from '../rows.ts';

export function loginTests(db: () => Db): void {
  const evidence = (loginId: string, kind: 'password' | 'totp' | 'pass', at: number, of = {}) => ({
    id: newId(),
    login_id: loginId,
    session_id: null,
    kind,
    at,
    authenticator_id: null,
    pass_id: null,
    ...of,
  });

  test('a login is found by id and by token, as it was written', async () => {
    const login = await addLogin(db(), {
      kind: 'sign_up',
      account_asked: 'a',
      account_picked: 'b',
      return_to: '/password',
      after_recovery: 'replace',
      backup_codes_sealed: 'sealed',
      sign_up_name: 'Ann',
      sign_up_email: 'ann@example.com',
      sign_up_password_hash: 'hash',
      sign_up_account: 'Example Ltd',
      wrong_codes: 2,
    });
    expect(await findLogin(db(), login.id)).toEqual(login);
    expect(await findLoginByToken(db(), login.token_hash)).toEqual(login);
    expect(await inTransaction(db(), (tx) => lockLogin(tx, login.id))).toEqual(login);
    expect(await findLogin(db(), newId())).toBeNull();
    expect(await findLoginByToken(db(), newId())).toBeNull();
    expect(await inTransaction(db(), (tx) => lockLogin(tx, newId()))).toBeNull();
  });

  test('an update changes what it names, of that login only', async () => {
    const [login, other] = [await addLogin(db()), await addLogin(db())];
    await updateLogin(db(), login.id, { account_picked: 'b', expires_at: NOW + 9 });
    expect(await findLogin(db(), login.id)).toEqual({ ...login, account_picked: 'b', expires_at: NOW + 9 });
    expect(await findLogin(db(), other.id)).toEqual(other);
  });

  test('R62: steps of one login come one after the other, none of fifty lost', async () => {
    const login = await addLogin(db());
    await atOnce(db(), async (tx) => {
      const row = await lockLogin(tx, login.id);
      await updateLogin(tx, login.id, { expires_at: (row?.expires_at ?? 0) + 1 });
    });
    expect((await findLogin(db(), login.id))?.expires_at).toBe(login.expires_at + CLIENTS);
  });

  test('D1, Q3: fifty clients finish one login, one of them gets a session with what was proven', async () => {
    const user = await addUser(db());
    const login = await addLogin(db(), {
      user_id: user.id,
      backup_codes_sealed: 'ten codes',
      sign_up_password_hash: 'hash',
    });
    await inTransaction(db(), (tx) => addEvidence(tx, evidence(login.id, 'password', NOW)));
    const won = await winners(db(), async (tx) => {
      if (!(await endLogin(tx, login.id, NOW + 1))) return false;
      const session = sessionRow({ user_id: user.id });
      await insertSession(tx, session);
      await moveEvidence(tx, login.id, session.id);
      return true;
    });
    expect(won).toBe(1);
    const sessions = await openSessionsOf(db(), user.id);
    expect(sessions).toHaveLength(1);
    expect(await evidenceOf(db(), { sessionId: sessions[0]?.id ?? '' })).toEqual([
      { kind: 'password', at: NOW },
    ]);
    expect(await findLogin(db(), login.id)).toEqual({
      ...login,
      ended_at: NOW + 1,
      backup_codes_sealed: null,
      sign_up_password_hash: null,
    });
  });

  test('U4, U5: all logins of a person end at once, with what they held sealed; nobody else’s', async () => {
    const [ann, bob] = [await addUser(db()), await addUser(db())];
    const mine = await addLogin(db(), { user_id: ann.id, backup_codes_sealed: 'ten codes' });
    const ended = await addLogin(db(), { user_id: ann.id, ended_at: NOW - 5 });
    const others = await addLogin(db(), { user_id: bob.id });
    await inTransaction(db(), (tx) => endLoginsOf(tx, ann.id, NOW));
    expect(await findLogin(db(), mine.id)).toEqual({ ...mine, ended_at: NOW, backup_codes_sealed: null });
    expect(await findLogin(db(), ended.id)).toEqual(ended);
    expect(await findLogin(db(), others.id)).toEqual(others);
    expect(await inTransaction(db(), (tx) => endLogin(tx, mine.id, NOW))).toBe(false);
  });

  test('D6: wrong codes of a login count exactly, fifty at once', async () => {
    const login = await addLogin(db());
    const counts = await Promise.all(Array.from({ length: CLIENTS }, () => noteWrongCode(db(), login.id)));
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: CLIENTS }, (_, n) => n + 1));
    expect(await noteWrongCode(db(), newId())).toBe(0);
  });

  test('evidence comes back in order, naming only what it is of', async () => {
    const login = await addLogin(db());
    await inTransaction(db(), async (tx) => {
      await addEvidence(tx, evidence(login.id, 'pass', NOW + 3, { pass_id: 'p' }));
      await addEvidence(tx, evidence(login.id, 'password', NOW + 1));
      await addEvidence(tx, evidence(login.id, 'totp', NOW + 2, { authenticator_id: 'x' }));
    });
    expect(await evidenceOf(db(), { loginId: login.id })).toEqual([
      { kind: 'password', at: NOW + 1 },
      { kind: 'totp', at: NOW + 2, authenticatorId: 'x' },
      { kind: 'pass', at: NOW + 3, passId: 'p' },
    ]);
    expect(await evidenceOf(db(), { loginId: newId() })).toEqual([]);
  });

  test('D1: evidence moves to the session and joins what is there; other logins keep theirs', async () => {
    const user = await addUser(db());
    const session = await addSession(db(), { user_id: user.id });
    const [first, second, other] = [await addLogin(db()), await addLogin(db()), await addLogin(db())];
    await inTransaction(db(), async (tx) => {
      await addEvidence(tx, evidence(first.id, 'password', NOW + 1));
      await addEvidence(tx, evidence(second.id, 'totp', NOW + 2, { authenticator_id: 'x' }));
      await addEvidence(tx, evidence(other.id, 'password', NOW + 3));
      await moveEvidence(tx, first.id, session.id);
      await moveEvidence(tx, second.id, session.id);
    });
    expect((await evidenceOf(db(), { sessionId: session.id })).map((e) => e.kind)).toEqual([
      'password',
      'totp',
    ]);
    expect(await evidenceOf(db(), { loginId: first.id })).toEqual([]);
    expect(await evidenceOf(db(), { loginId: other.id })).toHaveLength(1);
  });

  test('P5: the evidence of the passes named goes, of that session only', async () => {
    const user = await addUser(db());
    const [session, other] = [
      await addSession(db(), { user_id: user.id }),
      await addSession(db(), { user_id: user.id }),
    ];
    for (const { id } of [session, other]) {
      const login = await addLogin(db());
      await inTransaction(db(), async (tx) => {
        await addEvidence(tx, evidence(login.id, 'password', NOW));
        await addEvidence(tx, evidence(login.id, 'pass', NOW + 1, { pass_id: 'p' }));
        await addEvidence(tx, evidence(login.id, 'pass', NOW + 2, { pass_id: 'q' }));
        await moveEvidence(tx, login.id, id);
      });
    }
    await inTransaction(db(), (tx) => dropPassEvidence(tx, session.id, []));
    expect(await evidenceOf(db(), { sessionId: session.id })).toHaveLength(3);
    await inTransaction(db(), (tx) => dropPassEvidence(tx, session.id, ['p', 'unknown']));
    expect(await evidenceOf(db(), { sessionId: session.id })).toEqual([
      { kind: 'password', at: NOW },
      { kind: 'pass', at: NOW + 2, passId: 'q' },
    ]);
    expect(await evidenceOf(db(), { sessionId: other.id })).toHaveLength(3);
  });
}
