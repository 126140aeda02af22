import { expect, test } from 'vitest';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  activatePass,
  claimEndedPasses,
  countGrants,
  endPass,
  endPasses,
  endPassesOfAccount,
  endUnusedPasses,
  findPass,
  passesByCookies,
  passesById,
  passesOfAccount,
  passFacts,
  passOfRequest,
  spendSetUpRights,
  unusedPassesOf,
} from '../../../src/store/passes.ts';
import {
  addAccount,
  addMember,
  addMembership,
  addPass,
  addUser,
  atOnce,
  CLIENTS,
  type Member,
  NOW,
  newId,
  winners,
} from '../rows.ts';

const DAY_MS = 86_400_000;

export function passTests(db: () => Db): void {
  const activated = () => ({ activated_at: NOW, cookie_hash: newId(), right_until: NOW + 8 * DAY_MS });
  const find = (id: string) => findPass(db(), id);
  /** One person in two accounts. */
  async function addTwice(): Promise<{ here: Member; there: Member }> {
    const here = await addMember(db());
    const account = await addAccount(db());
    const membership = await addMembership(db(), { user_id: here.user.id, account_id: account.id });
    return { here, there: { user: here.user, account, membership } };
  }

  test('a pass is found by id and by request, as it was written and as the rules see it', async () => {
    const member = await addMember(db());
    const row = await addPass(db(), member, {
      ...activated(),
      request_id: newId(),
      ended_at: NOW + 1,
      ended_by: 'revoked',
      end_told_at: NOW + 2,
      right_spent_at: NOW + 3,
    });
    expect(await find(row.id)).toEqual(row);
    expect(await passOfRequest(db(), row.request_id ?? '')).toEqual(row);
    expect(await find(newId())).toBeNull();
    expect(await passOfRequest(db(), newId())).toBeNull();
    expect(passFacts(row)).toEqual({
      id: row.id,
      membershipId: member.membership.id,
      endsAt: NOW + DAY_MS,
      endedAt: NOW + 1,
      rightUntil: NOW + 8 * DAY_MS,
      rightSpentAt: NOW + 3,
    });
    expect(await passesById(db(), [row.id, newId()])).toEqual([passFacts(row)]);
    expect(await passesById(db(), [])).toEqual([]);
  });

  test('P3: the passes of this browser, for this person only', async () => {
    const [ann, bob] = [await addMember(db()), await addMember(db())];
    const hers = await addPass(db(), ann, activated());
    const his = await addPass(db(), bob, activated());
    await addPass(db(), ann, activated());
    const cookies = [hers.cookie_hash ?? '', his.cookie_hash ?? '', newId()];
    expect(await passesByCookies(db(), ann.user.id, cookies)).toEqual([passFacts(hers)]);
    expect(await passesByCookies(db(), ann.user.id, [])).toEqual([]);
  });

  test('P3: no two passes share a cookie, and a request is granted once', async () => {
    const member = await addMember(db());
    const pass = await addPass(db(), member, { ...activated(), request_id: newId() });
    await expect(addPass(db(), member, { cookie_hash: pass.cookie_hash })).rejects.toThrow();
    await expect(addPass(db(), member, { request_id: pass.request_id })).rejects.toThrow();
  });

  test('P2: a typed pass code is compared with the unused ones of that person, newest first', async () => {
    const { here, there } = await addTwice();
    const code_hash = 'hash';
    const older = await addPass(db(), here, { code_hash, granted_at: NOW + 1 });
    const newer = await addPass(db(), there, { code_hash, granted_at: NOW + 2 });
    await addPass(db(), here, { code_hash, ...activated() });
    await addPass(db(), here, { code_hash, ended_at: NOW, ended_by: 'revoked' });
    await addPass(db(), here, { code_hash, ends_at: NOW + 3 });
    await addPass(db(), here, { kind: 'asked_for' });
    await addPass(db(), await addMember(db()), { code_hash });
    expect(await unusedPassesOf(db(), here.user.id, NOW + 3)).toEqual([newer, older]);
  });

  test('P3, Q3: fifty browsers activate one pass, one wins; its code is gone', async () => {
    const pass = await addPass(db(), await addMember(db()), { code_hash: 'hash' });
    const browsers = Array.from({ length: CLIENTS }, newId);
    const won = await atOnce(db(), (tx, n) =>
      activatePass(tx, pass.id, { cookieHash: browsers[n] ?? '', rightUntil: NOW + DAY_MS, now: NOW + 1 }),
    );
    expect(won.filter((each) => each)).toHaveLength(1);
    expect(await find(pass.id)).toEqual({
      ...pass,
      code_hash: null,
      activated_at: NOW + 1,
      cookie_hash: browsers[won.indexOf(true)],
      right_until: NOW + DAY_MS,
    });
  });

  test.each([
    ['a revoked pass', { ended_at: NOW - 1, ended_by: 'revoked' }],
    ['a pass at the end of its day', { ends_at: NOW }],
  ] as const)('P6, T23: %s cannot be activated, nor ended again', async (_what, over) => {
    const pass = await addPass(db(), await addMember(db()), over);
    const p = { cookieHash: newId(), rightUntil: NOW + DAY_MS, now: NOW };
    expect(await winners(db(), (tx) => activatePass(tx, pass.id, p))).toBe(0);
    expect(await winners(db(), (tx) => endPass(tx, pass.id, 'revoked', NOW))).toBe(0);
    expect(await find(pass.id)).toEqual(pass);
  });

  test('P6: a set-up right that outlived its pass is ended too, once; a spent one is history', async () => {
    const member = await addMember(db());
    const over = await addPass(db(), member, { ...activated(), ends_at: NOW });
    const spent = await addPass(db(), member, { ...activated(), ends_at: NOW, right_spent_at: NOW - 1 });
    const lapsed = await addPass(db(), member, { ...activated(), ends_at: NOW - 1, right_until: NOW });
    expect(await winners(db(), (tx) => endPass(tx, over.id, 'revoked', NOW))).toBe(1);
    expect(await find(over.id)).toEqual({ ...over, right_until: null });
    for (const pass of [spent, lapsed]) {
      expect(await winners(db(), (tx) => endPass(tx, pass.id, 'revoked', NOW))).toBe(0);
      expect(await find(pass.id)).toEqual(pass);
    }
  });

  test('T23: activated and revoked by fifty at once, it is over in the end, once, without a right', async () => {
    const pass = await addPass(db(), await addMember(db()), { code_hash: 'hash' });
    const done = await atOnce(db(), async (tx, n) => {
      if (n % 2 === 1) return (await endPass(tx, pass.id, 'revoked', NOW)) ? 'revoked' : 'late';
      const p = { cookieHash: newId(), rightUntil: NOW + DAY_MS, now: NOW };
      return (await activatePass(tx, pass.id, p)) ? 'activated' : 'late';
    });
    expect(done.filter((each) => each === 'revoked')).toHaveLength(1);
    expect(done.filter((each) => each === 'activated').length).toBeLessThanOrEqual(1);
    expect(await find(pass.id)).toMatchObject({ ended_at: NOW, ended_by: 'revoked', right_until: null });
  });

  test('P6: ending takes passes in force and waiting, with their set-up rights, and says which', async () => {
    const { here, there } = await addTwice();
    const active = await addPass(db(), here, activated());
    const waiting = await addPass(db(), there);
    const over = await addPass(db(), here, { ...activated(), ends_at: NOW });
    const ended = await addPass(db(), here, { ended_at: NOW - 1, ended_by: 'revoked' });
    const spent = await addPass(db(), here, { ...activated(), ends_at: NOW - 1, right_spent_at: NOW - 1 });
    const others = await addPass(db(), await addMember(db()), activated());

    const gone = await inTransaction(db(), (tx) => endPasses(tx, { userId: here.user.id }, 'reset', NOW));
    const end = { ended_at: NOW, ended_by: 'reset', right_until: null } as const;
    expect(gone.map((p) => p.id).sort()).toEqual([active.id, waiting.id].sort());
    expect(await find(active.id)).toEqual({ ...active, ...end });
    expect(await find(waiting.id)).toEqual({ ...waiting, ...end });
    // Its day is over, so it did not end by this; but its right was still alive.
    expect(await find(over.id)).toEqual({ ...over, right_until: null });
    expect(await find(ended.id)).toEqual(ended);
    expect(await find(spent.id)).toEqual(spent);
    expect(await find(others.id)).toEqual(others);
  });

  test.each([
    ['membership', ({ membership }: Member) => ({ membershipId: membership.id })],
    ['account', ({ account }: Member) => ({ accountId: account.id })],
  ] as const)('P6: ending those of one %s leaves the person’s others', async (_of, which) => {
    const { here, there } = await addTwice();
    const [mine, kept] = [await addPass(db(), here, activated()), await addPass(db(), there, activated())];
    const gone = await inTransaction(db(), (tx) =>
      endPasses(tx, { userId: here.user.id, ...which(here) }, 'removed', NOW),
    );
    expect(gone.map((p) => p.id)).toEqual([mine.id]);
    expect(await find(mine.id)).toMatchObject({ ended_at: NOW, right_until: null });
    expect(await find(kept.id)).toEqual(kept);
  });

  test('M4: a mandate switched off ends the account’s passes and keeps their set-up rights', async () => {
    const { here, there } = await addTwice();
    const active = await addPass(db(), here, { ...activated(), code_hash: 'hash' });
    await addPass(db(), here, { ends_at: NOW });
    const elsewhere = await addPass(db(), there, activated());
    const gone = await inTransaction(db(), (tx) => endPassesOfAccount(tx, here.account.id, NOW));
    expect(gone).toEqual([{ ...active, code_hash: null, ended_at: NOW, ended_by: 'mandate_off' }]);
    expect(await find(elsewhere.id)).toEqual(elsewhere);
  });

  test('P2: a new code takes the place of those never used; a pass in use goes on', async () => {
    const { here, there } = await addTwice();
    const unused = await addPass(db(), here, { code_hash: 'hash' });
    const used = await addPass(db(), here, activated());
    const elsewhere = await addPass(db(), there, { code_hash: 'hash' });
    const gone = await inTransaction(db(), (tx) => endUnusedPasses(tx, here.membership.id, NOW));
    expect(gone).toEqual([{ ...unused, code_hash: null, ended_at: NOW, ended_by: 'replaced' }]);
    expect(await find(unused.id)).toEqual(gone[0]);
    expect(await find(used.id)).toEqual(used);
    expect(await find(elsewhere.id)).toEqual(elsewhere);
  });

  test('P5, P7: a set-up ends that membership’s pass and spends its rights, once', async () => {
    const { here, there } = await addTwice();
    const live = await addPass(db(), here, activated());
    const over = await addPass(db(), here, { ...activated(), ends_at: NOW - 1 });
    const taken = await addPass(db(), here, { ends_at: NOW - 1, ended_at: NOW - 2, ended_by: 'reset' });
    const kept = await addPass(db(), there, activated());
    const spend = () => inTransaction(db(), (tx) => spendSetUpRights(tx, here.membership.id, NOW));
    expect((await spend()).map((p) => p.id)).toEqual([live.id]);
    expect(await spend()).toEqual([]);
    expect(await find(live.id)).toEqual({ ...live, ended_at: NOW, ended_by: 'set_up', right_spent_at: NOW });
    expect(await find(over.id)).toEqual({ ...over, right_spent_at: NOW });
    expect(await find(taken.id)).toEqual(taken);
    expect(await find(kept.id)).toEqual(kept);
  });

  test('P2: a set-up ends a pass that was handed over and never used', async () => {
    const member = await addMember(db());
    const unused = await addPass(db(), member);
    await inTransaction(db(), (tx) => spendSetUpRights(tx, member.membership.id, NOW));
    expect(await find(unused.id)).toEqual({ ...unused, ended_at: NOW, ended_by: 'set_up' });
  });

  test('P3: passes of one member granted since a moment, whatever became of them', async () => {
    const { here, there } = await addTwice();
    await addPass(db(), here, { granted_at: NOW });
    await addPass(db(), here, { granted_at: NOW + 1, ended_at: NOW + 2, ended_by: 'revoked' });
    await addPass(db(), here, { granted_at: NOW + 2, ...activated() });
    await addPass(db(), there, { granted_at: NOW + 2 });
    expect(
      await countGrants(
        db(),
        { accountId: here.membership.account_id, userId: here.membership.user_id },
        NOW,
      ),
    ).toBe(2);
    expect(
      await countGrants(
        db(),
        { accountId: here.membership.account_id, userId: here.membership.user_id },
        NOW + 2,
      ),
    ).toBe(0);
  });

  test('an account’s passes, newest first, with names, also of those who left', async () => {
    const member = await addMember(db(), { role: 'admin' });
    const granter = await addUser(db(), { name: 'Olivia Hart' });
    const left = { ...member, membership: { ...member.membership, id: newId() } };
    const older = await addPass(db(), left, { granted_at: NOW + 1 });
    const newer = await addPass(db(), member, { granted_at: NOW + 2, granted_by: granter.id });
    const elsewhere = await addPass(db(), await addMember(db()));
    const names = { name: member.user.name, email: member.user.email, slug: member.account.slug };
    expect(await passesOfAccount(db(), member.account.id, 9)).toEqual([
      { ...newer, ...names, granter: 'Olivia Hart', role: 'admin' },
      { ...older, ...names, granter: null, role: null },
    ]);
    expect((await passesOfAccount(db(), member.account.id, 1)).map((p) => p.id)).toEqual([newer.id]);
    expect((await passesOfAccount(db(), null, 9_999)).map((p) => p.id)).toContain(elsewhere.id);
  });

  test('P5: the end of a used pass is told once, however many ask at once', async () => {
    const member = await addMember(db());
    const mine = [
      await addPass(db(), member, { ...activated(), ends_at: NOW }),
      await addPass(db(), member, { ...activated(), ended_at: NOW - 1, ended_by: 'revoked' }),
    ].map((p) => p.id);
    await addPass(db(), member, activated());
    await addPass(db(), member, { ends_at: NOW });
    await addPass(db(), member, { ...activated(), ends_at: NOW, end_told_at: NOW - 1 });
    const claimed = (await atOnce(db(), (tx) => claimEndedPasses(tx, NOW, 100))).flat();
    const ofMine = claimed.filter((p) => p.user_id === member.user.id);
    expect(ofMine.map((p) => p.id).sort()).toEqual(mine.sort());
    expect(ofMine.map((p) => p.end_told_at)).toEqual([NOW, NOW]);
  });

  test('P5: no more ends are claimed at a time than asked for', async () => {
    const member = await addMember(db());
    for (const n of [1, 2, 3]) await addPass(db(), member, { ...activated(), ends_at: NOW - n });
    const claim = async () => (await inTransaction(db(), (tx) => claimEndedPasses(tx, NOW, 2))).length;
    expect([await claim(), await claim(), await claim()]).toEqual([2, 1, 0]);
  });
}
