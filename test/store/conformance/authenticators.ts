import { expect, test } from 'vitest';
import { setTrust } from '../../../src/store/accounts.ts';
import {
  authenticatorsOf,
  codeCounterKey,
  confirmEnrollment,
  deleteAuthenticators,
  deleteEnrollments,
  findAuthenticator,
  findAuthenticatorOf,
  findBackupCode,
  findEnrollment,
  insertAuthenticator,
  putEnrollment,
  putEnrollmentOnce,
  recoveryCounterKey,
  replaceBackupCodes,
  setAsleep,
  spendBackupCode,
  spendTotpStep,
  unspentSelectors,
} from '../../../src/store/authenticators.ts';
import { countTry, readCounter } from '../../../src/store/counters.ts';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  addAuthenticator,
  addLogin,
  addMember,
  addUser,
  atOnce,
  authenticatorRow,
  backupCodeRow,
  enrollmentRow,
  NOW,
  newId,
  winners,
} from '../rows.ts';

const SELECTORS = ['00', '01', '02', '03', '04', '05', '06', '07', '08', '09'];

export function authenticatorTests(db: () => Db): void {
  const setCounter = (key: string, wrong: number) =>
    countTry(db(), new Map([[key, () => ({ heard: true, next: { wrong, waitUntil: 0, lastAt: NOW } })]]));

  /** A person with an authenticator and ten codes. */
  async function addWithCodes() {
    const user = await addUser(db());
    const authenticator = await addAuthenticator(db(), { user_id: user.id });
    const codes = SELECTORS.map((selector) =>
      backupCodeRow({ user_id: user.id, authenticator_id: authenticator.id, selector }),
    );
    await inTransaction(db(), (tx) => replaceBackupCodes(tx, authenticator.id, codes, NOW));
    return { user, authenticator, codes };
  }

  test('an authenticator is found as it was written; a person’s newest is the one last confirmed', async () => {
    const user = await addUser(db());
    expect(await findAuthenticatorOf(db(), user.id)).toBeNull();
    const newer = await addAuthenticator(db(), {
      user_id: user.id,
      kind: 'sms',
      confirmed_at: NOW + 2,
      last_step: 59_000_000,
      backup_codes_saved_at: NOW + 3,
      asleep_since: NOW + 4,
    });
    const older = await addAuthenticator(db(), { user_id: user.id, confirmed_at: NOW + 1 });
    expect(await findAuthenticator(db(), newer.id)).toEqual(newer);
    expect(await findAuthenticator(db(), older.id)).toEqual(older);
    expect(await findAuthenticator(db(), newId())).toBeNull();
    expect(await findAuthenticatorOf(db(), user.id)).toEqual(newer);
  });

  test('authenticators as the rules see them, oldest first', async () => {
    const { user, authenticator, codes } = await addWithCodes();
    const second = await addAuthenticator(db(), {
      user_id: user.id,
      kind: 'sms',
      confirmed_at: NOW + 1,
      asleep_since: NOW + 2,
    });
    await inTransaction(db(), (tx) => spendBackupCode(tx, codes[0]?.id ?? '', NOW));
    expect(await authenticatorsOf(db(), user.id, 100)).toEqual([
      {
        id: authenticator.id,
        kind: 'totp',
        codesDead: false,
        backupCodesDead: false,
        backupCodesSaved: true,
        backupCodesLeft: 9,
        asleepSince: null,
      },
      {
        id: second.id,
        kind: 'sms',
        codesDead: false,
        backupCodesDead: false,
        backupCodesSaved: false,
        backupCodesLeft: 0,
        asleepSince: NOW + 2,
      },
    ]);
    expect(await authenticatorsOf(db(), newId(), 100)).toEqual([]);
  });

  test('D6: dead at exactly the number given: codes by authenticator, recovery codes by person', async () => {
    const user = await addUser(db());
    const x = await addAuthenticator(db(), { user_id: user.id });
    const y = await addAuthenticator(db(), { user_id: user.id, confirmed_at: NOW + 1 });
    const dead = async () =>
      (await authenticatorsOf(db(), user.id, 100)).map((a) => [a.id, a.codesDead, a.backupCodesDead]);
    await setCounter(codeCounterKey(x.id), 99);
    await setCounter(recoveryCounterKey(user.id), 99);
    expect(await dead()).toEqual([
      [x.id, false, false],
      [y.id, false, false],
    ]);
    await setCounter(codeCounterKey(x.id), 100);
    expect(await dead()).toEqual([
      [x.id, true, false],
      [y.id, false, false],
    ]);
    await setCounter(recoveryCounterKey(user.id), 101);
    expect(await dead()).toEqual([
      [x.id, true, true],
      [y.id, false, true],
    ]);
  });

  test('M4: authenticators fall asleep and wake', async () => {
    const user = await addUser(db());
    const { id } = await addAuthenticator(db(), { user_id: user.id });
    const other = await addAuthenticator(db(), { user_id: user.id });
    await inTransaction(db(), (tx) => setAsleep(tx, [id], NOW + 1));
    await inTransaction(db(), (tx) => setAsleep(tx, [], NOW + 2));
    expect((await findAuthenticator(db(), id))?.asleep_since).toBe(NOW + 1);
    expect((await findAuthenticator(db(), other.id))?.asleep_since).toBeNull();
    await inTransaction(db(), (tx) => setAsleep(tx, [id], null));
    expect((await findAuthenticator(db(), id))?.asleep_since).toBeNull();
  });

  test('T1: destroying an authenticator takes its codes and its counter, and nobody else’s', async () => {
    const { user, authenticator } = await addWithCodes();
    const kept = await addWithCodes();
    await setCounter(codeCounterKey(authenticator.id), 7);
    await setCounter(codeCounterKey(kept.authenticator.id), 8);
    await inTransaction(db(), (tx) => deleteAuthenticators(tx, []));
    await inTransaction(db(), (tx) => deleteAuthenticators(tx, [authenticator.id]));
    expect(await findAuthenticator(db(), authenticator.id)).toBeNull();
    expect(await unspentSelectors(db(), user.id)).toEqual(new Set());
    expect(await readCounter(db(), codeCounterKey(authenticator.id))).toBeNull();
    expect(await unspentSelectors(db(), kept.user.id)).toEqual(new Set(SELECTORS));
    expect((await readCounter(db(), codeCounterKey(kept.authenticator.id)))?.wrong).toBe(8);
  });

  test('T1: an authenticator that a membership still trusts cannot be destroyed', async () => {
    const { membership, user } = await addMember(db());
    const { id } = await addAuthenticator(db(), { user_id: user.id });
    const trust = { state: 'authenticator', authenticatorId: id } as const;
    await inTransaction(db(), (tx) => setTrust(tx, [membership.id], trust, NOW));
    await expect(inTransaction(db(), (tx) => deleteAuthenticators(tx, [id]))).rejects.toThrow();
    expect(await findAuthenticator(db(), id)).not.toBeNull();
  });

  test('E3, R09: a step is accepted once, and only a greater one after it', async () => {
    const user = await addUser(db());
    const { id } = await addAuthenticator(db(), { user_id: user.id, last_step: 100 });
    const spend = (step: number) => inTransaction(db(), (tx) => spendTotpStep(tx, id, step));
    expect(await spend(99)).toBe(false);
    expect(await spend(100)).toBe(false);
    expect(await spend(101)).toBe(true);
    expect(await spend(101)).toBe(false);
    expect((await findAuthenticator(db(), id))?.last_step).toBe(101);
  });

  test('D5, Q3: fifty clients with one code of an app, one wins; the first code ever too', async () => {
    const user = await addUser(db());
    const { id } = await addAuthenticator(db(), { user_id: user.id, last_step: null });
    const other = await addAuthenticator(db(), { user_id: user.id, last_step: null });
    expect(await winners(db(), (tx) => spendTotpStep(tx, id, 59_000_000))).toBe(1);
    expect(await winners(db(), (tx) => spendTotpStep(tx, id, 59_000_001))).toBe(1);
    expect(await winners(db(), (tx) => spendTotpStep(tx, id, 59_000_001))).toBe(0);
    expect((await findAuthenticator(db(), other.id))?.last_step).toBeNull();
  });

  test('D5: fifty clients with fifty steps leave the greatest', async () => {
    const user = await addUser(db());
    const { id } = await addAuthenticator(db(), { user_id: user.id });
    expect(await winners(db(), (tx, n) => spendTotpStep(tx, id, 1000 - n))).toBeGreaterThan(0);
    expect((await findAuthenticator(db(), id))?.last_step).toBe(1000);
  });

  test('E1: the pending enrollment of a login, one per kind', async () => {
    const user = await addUser(db());
    const login = await addLogin(db(), { user_id: user.id });
    const app = enrollmentRow({ login_id: login.id, user_id: user.id });
    const phone = enrollmentRow({ login_id: login.id, user_id: user.id, kind: 'sms' });
    await inTransaction(db(), (tx) => putEnrollment(tx, app));
    await putEnrollment(db(), phone);
    expect(await findEnrollment(db(), login.id, 'totp')).toEqual(app);
    expect(await findEnrollment(db(), login.id, 'sms')).toEqual(phone);
    await inTransaction(db(), (tx) => deleteEnrollments(tx, login.id));
    expect(await findEnrollment(db(), login.id, 'totp')).toBeNull();
    expect(await findEnrollment(db(), login.id, 'sms')).toBeNull();
  });

  test('T20: a new enrollment takes the place of the old, which nobody can confirm any more', async () => {
    const user = await addUser(db());
    const login = await addLogin(db(), { user_id: user.id });
    const row = () => enrollmentRow({ login_id: login.id, user_id: user.id, kind: 'sms' });
    const [old, fresh] = [row(), { ...row(), secret_sealed: 'another number', created_at: NOW + 1 }];
    await putEnrollment(db(), old);
    await putEnrollment(db(), fresh);
    expect(await findEnrollment(db(), login.id, 'sms')).toEqual(fresh);
    expect(await inTransaction(db(), (tx) => confirmEnrollment(tx, old.id, NOW))).toBe(false);
    expect(await inTransaction(db(), (tx) => confirmEnrollment(tx, fresh.id, NOW))).toBe(true);
  });

  test('E2: a reload keeps the secret that is there, also fifty at once', async () => {
    const user = await addUser(db());
    const login = await addLogin(db(), { user_id: user.id });
    const seen = await atOnce(db(), async (tx) => {
      await putEnrollmentOnce(tx, enrollmentRow({ login_id: login.id, user_id: user.id }));
      return (await findEnrollment(tx, login.id, 'totp'))?.id;
    });
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toBeDefined();
  });

  test('T20, Q3: fifty clients confirm one enrollment, one wins; confirmed, it is pending no more', async () => {
    const user = await addUser(db());
    const login = await addLogin(db(), { user_id: user.id });
    const row = enrollmentRow({ login_id: login.id, user_id: user.id });
    await putEnrollment(db(), row);
    const won = await winners(db(), async (tx) => {
      if (!(await confirmEnrollment(tx, row.id, NOW))) return false;
      await insertAuthenticator(tx, authenticatorRow({ user_id: user.id }));
      return true;
    });
    expect(won).toBe(1);
    expect(await findEnrollment(db(), login.id, 'totp')).toBeNull();
    expect(await authenticatorsOf(db(), user.id, 100)).toHaveLength(1);
  });

  test('B1, B2: a code is found by its first two characters, for its own person, until it is spent', async () => {
    const { user, codes } = await addWithCodes();
    const [code] = codes;
    expect(await findBackupCode(db(), user.id, '00')).toEqual(code);
    expect(await findBackupCode(db(), user.id, 'ZZ')).toBeNull();
    expect(await findBackupCode(db(), (await addUser(db())).id, '00')).toBeNull();
    expect(await inTransaction(db(), (tx) => spendBackupCode(tx, code?.id ?? '', NOW))).toBe(true);
    expect(await findBackupCode(db(), user.id, '00')).toBeNull();
    expect(await unspentSelectors(db(), user.id)).toEqual(new Set(SELECTORS.slice(1)));
  });

  test('B2, Q3: fifty clients with one backup code, one wins; the spent row stays marked', async () => {
    const { codes } = await addWithCodes();
    const id = codes[3]?.id ?? '';
    expect(await winners(db(), (tx, n) => spendBackupCode(tx, id, NOW + n))).toBe(1);
    const row = await db().selectFrom('backup_codes').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row?.spent_at).toBeGreaterThanOrEqual(NOW);
    expect(await inTransaction(db(), (tx) => spendBackupCode(tx, newId(), NOW))).toBe(false);
  });

  test('B2, R23: a new set kills the whole old one, spent or not, and counts as saved', async () => {
    const { user, authenticator, codes } = await addWithCodes();
    const others = await addWithCodes();
    await inTransaction(db(), (tx) => spendBackupCode(tx, codes[0]?.id ?? '', NOW));
    const fresh = ['ZA', 'ZB'].map((selector) =>
      backupCodeRow({ user_id: user.id, authenticator_id: authenticator.id, selector }),
    );
    await inTransaction(db(), (tx) => replaceBackupCodes(tx, authenticator.id, fresh, NOW + 5));
    expect(await unspentSelectors(db(), user.id)).toEqual(new Set(['ZA', 'ZB']));
    expect(await inTransaction(db(), (tx) => spendBackupCode(tx, codes[1]?.id ?? '', NOW))).toBe(false);
    expect((await findAuthenticator(db(), authenticator.id))?.backup_codes_saved_at).toBe(NOW + 5);
    expect(await unspentSelectors(db(), others.user.id)).toEqual(new Set(SELECTORS));
  });
}
