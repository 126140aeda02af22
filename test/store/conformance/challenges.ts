import { expect, test } from 'vitest';
import type { Db } from '../../../src/store/database.ts';
import {
  type ChallengeRow,
  countChallengeTry,
  findChallenge,
  putChallenge,
  renewChallenge,
  spendChallenge,
} from '../../../src/store/logins.ts';
import { addLogin, addUser, CLIENTS, challengeRow, NOW, newId, winners } from '../rows.ts';

export function challengeTests(db: () => Db): void {
  async function addChallenge(over: Partial<ChallengeRow> = {}): Promise<ChallengeRow> {
    const user = await addUser(db());
    const login = await addLogin(db(), { user_id: user.id });
    const row = challengeRow({ login_id: login.id, user_id: user.id, ...over });
    await putChallenge(db(), row);
    return row;
  }
  const find = (row: ChallengeRow) => findChallenge(db(), row.login_id, row.purpose);
  const renewed = {
    code_hmac: 'new',
    sends: 2,
    sent_at: NOW + 1,
    expires_at: NOW + 2,
    unsent: null,
    message_id: 'second',
  };

  test('a challenge is found by its login and purpose, as it was written', async () => {
    const row = await addChallenge({ target_id: 'x', unsent: 'limit', spent_at: NOW });
    expect(await find(row)).toEqual(row);
    expect(await findChallenge(db(), row.login_id, 'mailbox')).toBeNull();
    expect(await findChallenge(db(), newId(), 'code')).toBeNull();
  });

  test('R15: a new one takes the place of the old, whose code is dead then; other purposes stay', async () => {
    const old = await addChallenge({ tries: 5, spent_at: NOW });
    const mailbox = challengeRow({
      login_id: old.login_id,
      user_id: old.user_id,
      purpose: 'mailbox',
      channel: 'email',
    });
    await putChallenge(db(), mailbox);
    const fresh = challengeRow({ login_id: old.login_id, user_id: old.user_id, code_hmac: 'another' });
    await putChallenge(db(), fresh);
    expect(await find(old)).toEqual(fresh);
    expect(await find(mailbox)).toEqual(mailbox);
    expect(await winners(db(), (tx) => spendChallenge(tx, old.id, old.code_hmac, NOW))).toBe(0);
    expect(await countChallengeTry(db(), old.id, 5)).toBe(false);
  });

  test('E4, Q3: fifty clients with the right code, one wins', async () => {
    const row = await addChallenge();
    expect(await winners(db(), (tx) => spendChallenge(tx, row.id, row.code_hmac, NOW + 3))).toBe(1);
    expect((await find(row))?.spent_at).toBe(NOW + 3);
  });

  test('R15: the code that was compared, and no longer the one of the row, spends nothing', async () => {
    const row = await addChallenge();
    expect(await renewChallenge(db(), row, renewed)).toBe(true);
    expect(await winners(db(), (tx) => spendChallenge(tx, row.id, row.code_hmac, NOW))).toBe(0);
    expect(await winners(db(), (tx) => spendChallenge(tx, row.id, 'new', NOW))).toBe(1);
  });

  test('E4, Q3: fifty clients resend at once, one wins; tries are kept', async () => {
    const row = await addChallenge({ tries: 3 });
    expect(await winners(db(), (tx) => renewChallenge(tx, row, renewed))).toBe(1);
    expect(await find(row)).toEqual({ ...row, ...renewed });
  });

  test.each([
    ['sends', { sends: 2 }],
    ['the time of sending', { sent_at: NOW - 1 }],
    ['the challenge', { id: 'another' }],
  ] as const)('E4: a resend that saw other than what is there (%s) changes nothing', async (_what, seen) => {
    const row = await addChallenge();
    expect(await renewChallenge(db(), { ...row, ...seen }, renewed)).toBe(false);
    expect(await find(row)).toEqual(row);
  });

  test('D5, Q4: of fifty tries at once exactly as many are heard as there are', async () => {
    const row = await addChallenge();
    const heard = await Promise.all(
      Array.from({ length: CLIENTS }, () => countChallengeTry(db(), row.id, 5)),
    );
    expect(heard.filter((each) => each)).toHaveLength(5);
    expect((await find(row))?.tries).toBe(5);
  });

  test('D5: a resend gives no new tries, and a spent challenge hears none', async () => {
    const row = await addChallenge({ tries: 4 });
    await renewChallenge(db(), row, renewed);
    expect(await countChallengeTry(db(), row.id, 5)).toBe(true);
    expect(await countChallengeTry(db(), row.id, 5)).toBe(false);
    const spent = await addChallenge({ spent_at: NOW });
    expect(await countChallengeTry(db(), spent.id, 5)).toBe(false);
  });
}
