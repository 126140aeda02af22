import { expect, test } from 'vitest';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  answerRequest,
  countWaiting,
  countWrongNumber,
  findRequest,
  newestRequestOf,
  requestSettlesAt,
  takeBackWrongNumber,
  waitingRequests,
  withdrawRequestsOf,
  withdrawRequestsOfAccount,
  withdrawRequestsOfMembership,
} from '../../../src/store/pass-requests.ts';
import { addMember, addRequest, CLIENTS, type Member, NOW, newId, winners } from '../rows.ts';

export function passRequestTests(db: () => Db): void {
  const find = (id: string) => findRequest(db(), id);
  const denied = { answer: 'denied', answered_at: NOW, answered_by: 'olivia' } as const;

  test('a request is found as it was written; of several in one login the newest', async () => {
    const member = await addMember(db());
    const login_id = newId();
    const first = await addRequest(db(), member, { login_id, ...denied, wrong_numbers: 2 });
    const second = await addRequest(db(), member, { login_id, created_at: NOW + 1 });
    await addRequest(db(), member, { created_at: NOW + 2 });
    expect(await find(first.id)).toEqual(first);
    expect(await newestRequestOf(db(), login_id)).toEqual(second);
    expect(await find(newId())).toBeNull();
    expect(await newestRequestOf(db(), newId())).toBeNull();
  });

  test('D1, P1: when the newest request of a login was answered, or stops waiting', async () => {
    const member = await addMember(db());
    const login_id = newId();
    expect(await requestSettlesAt(db(), login_id)).toBeNull();
    await addRequest(db(), member, { login_id, answer: 'withdrawn', answered_at: NOW + 99 });
    expect(await requestSettlesAt(db(), login_id)).toBeNull();
    await addRequest(db(), member, { login_id, expires_at: NOW + 10 });
    await addRequest(db(), member, { login_id, expires_at: NOW + 30 });
    await addRequest(db(), member, { expires_at: NOW + 50 });
    expect(await requestSettlesAt(db(), login_id)).toBe(NOW + 30);
    await addRequest(db(), member, {
      login_id,
      expires_at: NOW + 90,
      answer: 'granted',
      answered_at: NOW + 40,
    });
    expect(await requestSettlesAt(db(), login_id)).toBe(NOW + 40);
  });

  test('P1: waiting are those of the member that are neither answered nor over', async () => {
    const member = await addMember(db());
    await addRequest(db(), member, { expires_at: NOW + 1 });
    await addRequest(db(), member, { expires_at: NOW });
    await addRequest(db(), member, denied);
    await addRequest(db(), await addMember(db()));
    expect(await countWaiting(db(), member.membership.id, NOW)).toBe(1);
    expect(await countWaiting(db(), member.membership.id, NOW + 1)).toBe(0);
  });

  test('P1: what the admins see: the waiting ones, oldest first, with the person', async () => {
    const member = await addMember(db(), { role: 'admin' });
    const newer = await addRequest(db(), member, { created_at: NOW + 2 });
    const older = await addRequest(db(), member, { created_at: NOW + 1 });
    await addRequest(db(), member, denied);
    await addRequest(db(), member, { expires_at: NOW });
    await addRequest(db(), await addMember(db()));
    const { name, email, password_changed_at, created_at } = member.user;
    const person = { name, email, password_changed_at, user_created_at: created_at, role: 'admin' };
    expect(await waitingRequests(db(), member.account.id, NOW)).toEqual([
      { ...older, ...person },
      { ...newer, ...person },
    ]);
  });

  test('P1, Q4: of fifty wrong numbers at once exactly three are heard', async () => {
    const { id } = await addRequest(db(), await addMember(db()));
    const heard = await Promise.all(
      Array.from({ length: CLIENTS }, () => countWrongNumber(db(), id, 3, NOW)),
    );
    expect(heard.filter((each) => each)).toHaveLength(3);
    expect((await find(id))?.wrong_numbers).toBe(3);
    await inTransaction(db(), (tx) => takeBackWrongNumber(tx, id));
    expect((await find(id))?.wrong_numbers).toBe(2);
    expect(await countWrongNumber(db(), id, 3, NOW)).toBe(true);
  });

  test('P1: no number is heard once a request is answered', async () => {
    const { id } = await addRequest(db(), await addMember(db()), denied);
    expect(await countWrongNumber(db(), id, 3, NOW)).toBe(false);
  });

  test('P1, Q3: fifty admins answer one request, one wins', async () => {
    const row = await addRequest(db(), await addMember(db()));
    const won = await winners(db(), (tx, n) =>
      answerRequest(tx, row.id, n % 2 === 0 ? 'granted' : 'denied', `admin ${n}`, NOW + n),
    );
    expect(won).toBe(1);
    const { answer, answered_by, answered_at } = (await find(row.id)) ?? row;
    const n = (answered_at ?? 0) - NOW;
    expect({ answer, answered_by }).toEqual({
      answer: n % 2 === 0 ? 'granted' : 'denied',
      answered_by: `admin ${n}`,
    });
  });

  test('P1: at the end of its half hour a request cannot be granted any more', async () => {
    const row = await addRequest(db(), await addMember(db()), { expires_at: NOW });
    expect(await winners(db(), (tx) => answerRequest(tx, row.id, 'granted', 'olivia', NOW))).toBe(0);
    expect(await find(row.id)).toEqual(row);
  });

  test.each([
    ['person', (m: Member) => inTransaction(db(), (tx) => withdrawRequestsOf(tx, m.user.id, NOW + 1))],
    [
      'account',
      (m: Member) => inTransaction(db(), (tx) => withdrawRequestsOfAccount(tx, m.account.id, NOW + 1)),
    ],
    [
      'membership',
      (m: Member) => inTransaction(db(), (tx) => withdrawRequestsOfMembership(tx, m.membership.id, NOW + 1)),
    ],
  ])('P6: requests still waiting die with the %s’s, the others stay', async (_of, withdraw) => {
    const member = await addMember(db());
    const waiting = await addRequest(db(), member);
    const answered = await addRequest(db(), member, denied);
    const others = await addRequest(db(), await addMember(db()));
    await withdraw(member);
    expect(await find(waiting.id)).toEqual({ ...waiting, answer: 'withdrawn', answered_at: NOW + 1 });
    expect(await find(answered.id)).toEqual(answered);
    expect(await find(others.id)).toEqual(others);
  });
}
