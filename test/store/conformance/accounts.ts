import { expect, test } from 'vitest';
import {
  accountFacts,
  activateMemberships,
  adminsOf,
  allMembershipsOf,
  deleteAccountRow,
  findAccount,
  findAccountBySlug,
  findMembership,
  insertAccount,
  insertMembership,
  listAccounts,
  lockAccount,
  membershipsOf,
  noteEntered,
  setMandate,
  setPlan,
  setRole,
  setTrust,
  usersToSettle,
} from '../../../src/store/accounts.ts';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import {
  accountRow,
  addAccount,
  addAuthenticator,
  addMember,
  addMembership,
  addUser,
  atOnce,
  CLIENTS,
  membershipRow,
  NOW,
  newId,
  winners,
} from '../rows.ts';

export function accountTests(db: () => Db): void {
  test('an account is found by id and by slug, as it was written', async () => {
    const account = await addAccount(db(), { mandate_since: null });
    expect(await findAccount(db(), account.id)).toEqual(account);
    expect(await findAccountBySlug(db(), account.slug)).toEqual(account);
    expect(await findAccount(db(), newId())).toBeNull();
    expect(await findAccountBySlug(db(), newId())).toBeNull();
  });

  test('a slug is taken once, also by fifty at once', async () => {
    const slug = newId();
    expect(await winners(db(), (tx) => insertAccount(tx, accountRow({ slug })))).toBe(1);
    expect(await inTransaction(db(), (tx) => insertAccount(tx, accountRow({ slug })))).toBe(false);
  });

  test.each([
    ['no mandate', { mandate_since: null }, null],
    [
      'both methods, from the next login',
      { mandate_since: NOW, mandate_methods: 'totp,sms', mandate_from: 'next_login' },
      { since: NOW, methods: ['totp', 'sms'], from: 'next_login', textUntil: null },
    ],
    [
      'the app only, now',
      { mandate_since: NOW + 1, mandate_methods: 'totp', mandate_from: 'now' },
      { since: NOW + 1, methods: ['totp'], from: 'now', textUntil: null },
    ],
    [
      'both methods, text messages until a day',
      { mandate_since: NOW, mandate_methods: 'totp,sms', mandate_text_until: NOW + 86_400_000 },
      { since: NOW, methods: ['totp', 'sms'], from: 'next_login', textUntil: NOW + 86_400_000 },
    ],
  ] as const)('M3: a mandate as the rules see it: %s', (_what, columns, mandate) => {
    const row = accountRow(columns);
    expect(accountFacts(row)).toEqual({
      id: row.id,
      slug: row.slug,
      name: row.name,
      mandate,
      sessionMaxMs: 86_400_000,
      sessionIdleMs: 28_800_000,
    });
  });

  test('a membership as the rules see it, with every kind of trust, oldest first', async () => {
    const user = await addUser(db());
    const { id: authenticatorId } = await addAuthenticator(db(), { user_id: user.id });
    const accounts = [await addAccount(db()), await addAccount(db()), await addAccount(db())];
    const [a, b, c] = accounts.map((each) => each.id) as [string, string, string];
    const never = await addMembership(db(), {
      user_id: user.id,
      account_id: a,
      joined_at: NOW + 3,
      active_at: null,
    });
    const trusting = await addMembership(db(), {
      user_id: user.id,
      account_id: b,
      role: 'owner',
      trust: 'authenticator',
      authenticator_id: authenticatorId,
      trust_since: NOW + 9,
      joined_at: NOW + 1,
      sessions_from: NOW + 4,
      last_entered_at: NOW + 5,
    });
    const forgotten = await addMembership(db(), {
      user_id: user.id,
      account_id: c,
      role: 'admin',
      trust: 'forgotten',
      joined_at: NOW + 2,
    });
    const facts = await membershipsOf(db(), user.id);
    expect(facts.map((m) => m.id)).toEqual([trusting.id, forgotten.id, never.id]);
    expect(facts.map((m) => m.trust)).toEqual([
      { state: 'authenticator', authenticatorId },
      { state: 'forgotten' },
      { state: 'never' },
    ]);
    expect(facts.map((m) => m.active)).toEqual([true, true, false]);
    expect(facts[0]).toEqual({
      id: trusting.id,
      userId: user.id,
      account: accountFacts(accounts[1] ?? accountRow()),
      role: 'owner',
      trust: { state: 'authenticator', authenticatorId },
      trustSince: NOW + 9,
      joinedAt: NOW + 1,
      active: true,
      sessionsFrom: NOW + 4,
      lastEnteredAt: NOW + 5,
    });
    expect(await findMembership(db(), forgotten.id)).toEqual(facts[1]);
    expect(await findMembership(db(), newId())).toBeNull();
    expect(await membershipsOf(db(), newId())).toEqual([]);
  });

  test('T07: a person is in an account once, also by fifty at once', async () => {
    const [user, account] = [await addUser(db()), await addAccount(db())];
    const row = () => membershipRow({ user_id: user.id, account_id: account.id });
    expect(await winners(db(), (tx) => insertMembership(tx, row()))).toBe(1);
    expect(await inTransaction(db(), (tx) => insertMembership(tx, row()))).toBe(false);
    expect(await membershipsOf(db(), user.id)).toHaveLength(1);
  });

  test('U2: a membership wakes once; waking it again changes nothing', async () => {
    const { membership } = await addMember(db(), { active_at: null });
    const other = await addMember(db(), { active_at: null });
    const activeAt = async () =>
      (await db().selectFrom('memberships').select('active_at').where('id', '=', membership.id).execute())[0];
    await inTransaction(db(), (tx) => activateMemberships(tx, [membership.id], NOW + 1));
    await inTransaction(db(), (tx) => activateMemberships(tx, [membership.id], NOW + 2));
    await inTransaction(db(), (tx) => activateMemberships(tx, [], NOW + 3));
    expect(await activeAt()).toEqual({ active_at: NOW + 1 });
    expect((await findMembership(db(), other.membership.id))?.active).toBe(false);
  });

  test('T3: last login to an account', async () => {
    const { membership, user } = await addMember(db());
    const other = await addMembership(db(), { user_id: user.id, account_id: (await addAccount(db())).id });
    await noteEntered(db(), [membership.id], NOW + 7);
    await noteEntered(db(), [], NOW + 8);
    expect((await findMembership(db(), membership.id))?.lastEnteredAt).toBe(NOW + 7);
    expect((await findMembership(db(), other.id))?.lastEnteredAt).toBeNull();
  });

  test('T1: trust moves for the memberships named, and says since when', async () => {
    const { membership, user } = await addMember(db());
    const other = await addMembership(db(), { user_id: user.id, account_id: (await addAccount(db())).id });
    const { id: authenticatorId } = await addAuthenticator(db(), { user_id: user.id });
    for (const trust of [
      { state: 'authenticator', authenticatorId },
      { state: 'forgotten' },
      { state: 'never' },
    ] as const) {
      await inTransaction(db(), (tx) => setTrust(tx, [membership.id], trust, NOW + 3));
      expect(await findMembership(db(), membership.id)).toMatchObject({ trust, trustSince: NOW + 3 });
    }
    await inTransaction(db(), (tx) => setTrust(tx, [], { state: 'forgotten' }, NOW + 4));
    expect(await findMembership(db(), other.id)).toMatchObject({
      trust: { state: 'never' },
      trustSince: NOW,
    });
  });

  test.each([
    ['an authenticator without naming it', { trust: 'authenticator', authenticator_id: null }],
    ['an authenticator that does not exist', { trust: 'authenticator', authenticator_id: 'nobody' }],
  ] as const)('T1: the database refuses trust in %s', async (_what, columns) => {
    const [user, account] = [await addUser(db()), await addAccount(db())];
    const row = membershipRow({ user_id: user.id, account_id: account.id, ...columns });
    await expect(inTransaction(db(), (tx) => insertMembership(tx, row))).rejects.toThrow();
  });

  test('T1: the database refuses to name an authenticator that is not trusted', async () => {
    const { membership, user } = await addMember(db());
    const { id } = await addAuthenticator(db(), { user_id: user.id });
    const naming = db()
      .updateTable('memberships')
      .set({ authenticator_id: id })
      .where('id', '=', membership.id);
    await expect(naming.execute()).rejects.toThrow();
  });

  test('R61: a role changes', async () => {
    const { membership } = await addMember(db());
    await inTransaction(db(), (tx) => setRole(tx, membership.id, 'admin'));
    expect((await findMembership(db(), membership.id))?.role).toBe('admin');
  });

  test('P1: those who answer for an account: awake, not disabled, owners and admins, oldest first', async () => {
    const account = await addAccount(db());
    const join = async (
      role: 'owner' | 'admin' | 'member',
      joined_at: number,
      over: { active_at?: number | null; disabled_at?: number } = {},
    ) => {
      const user = await addUser(db(), { disabled_at: over.disabled_at ?? null });
      const active_at = over.active_at === undefined ? NOW : over.active_at;
      await addMembership(db(), { user_id: user.id, account_id: account.id, role, joined_at, active_at });
      return { user_id: user.id, email: user.email, name: user.name, role };
    };
    const admin = await join('admin', NOW + 2);
    const owner = await join('owner', NOW + 1);
    await join('member', NOW);
    await join('admin', NOW, { active_at: null });
    await join('owner', NOW, { disabled_at: NOW });
    await addMember(db(), { role: 'owner' });
    expect(await adminsOf(db(), account.id)).toEqual([owner, admin]);
  });

  test('M1: a mandate and its session lengths are set for that account only', async () => {
    const [account, other] = [await addAccount(db(), { mandate_since: null }), await addAccount(db())];
    const mandate = {
      mandate_since: NOW + 1,
      mandate_methods: 'totp,sms',
      mandate_from: 'now',
      mandate_text_until: NOW + 86_400_000,
      session_max_ms: 900_000,
      session_idle_ms: 900_000,
    } as const;
    await inTransaction(db(), (tx) => setMandate(tx, account.id, mandate));
    await inTransaction(db(), (tx) => setPlan(tx, account.id, 'standard'));
    expect(await findAccount(db(), account.id)).toEqual({ ...account, ...mandate, plan: 'standard' });
    expect(await findAccount(db(), other.id)).toEqual(other);
  });

  test('T24: deeds on one account come one after the other, none of fifty lost', async () => {
    const account = await addAccount(db());
    await atOnce(db(), async (tx) => {
      const row = await lockAccount(tx, account.id);
      await setMandate(tx, account.id, { ...account, mandate_since: (row?.mandate_since ?? 0) + 1 });
    });
    expect((await lockAccount(db(), account.id))?.mandate_since).toBe(NOW + CLIENTS);
    expect(await lockAccount(db(), newId())).toBeNull();
  });

  test('the operator’s list: every account with how many people, by slug', async () => {
    const { account } = await addMember(db());
    await addMembership(db(), { account_id: account.id, user_id: (await addUser(db())).id });
    const empty = await addAccount(db());
    const list = await listAccounts(db());
    expect(list.find((a) => a.id === account.id)).toEqual({ ...account, members: 2 });
    expect(list.find((a) => a.id === empty.id)).toEqual({ ...empty, members: 0 });
    expect(list.map((a) => a.slug)).toEqual(list.map((a) => a.slug).toSorted());
  });

  test('M4: after a mandate changed: those whose authenticators sleep and should not, or the other way', async () => {
    const account = await addAccount(db(), { mandate_since: null });
    const elsewhere = await addAccount(db());
    const join = async (asleep_since: number | null, mandatedElsewhere: boolean) => {
      const { id: user_id } = await addUser(db());
      await addMembership(db(), { user_id, account_id: account.id });
      if (mandatedElsewhere) await addMembership(db(), { user_id, account_id: elsewhere.id });
      await addAuthenticator(db(), { user_id, asleep_since });
      await addAuthenticator(db(), { user_id, asleep_since });
      return user_id;
    };
    const awake = await join(null, false);
    const asleep = await join(NOW, false);
    const awakeElsewhere = await join(null, true);
    const asleepElsewhere = await join(NOW, true);
    await addMembership(db(), { account_id: account.id, user_id: (await addUser(db())).id });
    const settle = async () => (await inTransaction(db(), (tx) => usersToSettle(tx, account.id))).sort();
    expect(await settle()).toEqual([awake, asleepElsewhere].sort());
    await inTransaction(db(), (tx) => setMandate(tx, account.id, { ...account, mandate_since: NOW }));
    expect(await settle()).toEqual([asleep, asleepElsewhere].sort());
    expect(await settle()).not.toContain(awakeElsewhere);
  });

  test('all who belong to an account; once it is deleted, none', async () => {
    const { account, membership, user } = await addMember(db());
    expect(await allMembershipsOf(db(), account.id)).toEqual([
      { membershipId: membership.id, userId: user.id },
    ]);
    await inTransaction(db(), (tx) => deleteAccountRow(tx, account.id));
    expect(await allMembershipsOf(db(), account.id)).toEqual([]);
    expect(await findAccount(db(), account.id)).toBeNull();
  });
}
