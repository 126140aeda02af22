import { expect, test } from 'vitest';
import type { MembershipRow } from '../../../src/store/accounts.ts';
import { findMembership } from '../../../src/store/accounts.ts';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import { spendInvitation } from '../../../src/store/links.ts';
import {
  countOwners,
  countRollOut,
  deleteMembership,
  findPeople,
  findPerson,
  openInvitationOf,
  type PeopleQuestion,
  setSessionsFrom,
  withdrawInvitations,
} from '../../../src/store/people.ts';
import {
  addAccount,
  addAuthenticator,
  addInvitation,
  addMembership,
  addPass,
  addUser,
  type Member,
  NOW,
  newId,
  winners,
} from '../rows.ts';

const ALL: PeopleQuestion = { search: '', filter: 'all', sort: 'joined', offset: 0, limit: 99 };

const AT = { now: NOW, asleepFrom: NOW - 1000 };

export function peopleTests(db: () => Db): void {
  type Given = Partial<MembershipRow> & { name?: string; method?: 'totp' | 'sms'; disabled_at?: number };

  async function join(account: Member['account'], given: Given = {}): Promise<Member> {
    const { name = 'Ann', method, disabled_at = null, ...over } = given;
    const user = await addUser(db(), { name, disabled_at });
    const trusted =
      method === undefined ? null : await addAuthenticator(db(), { user_id: user.id, kind: method });
    const membership = await addMembership(db(), {
      user_id: user.id,
      account_id: account.id,
      ...(trusted === null ? {} : { trust: 'authenticator', authenticator_id: trusted.id }),
      ...over,
    });
    return { user, account, membership };
  }
  const onPass = (member: Member, over = {}) => addPass(db(), member, { activated_at: NOW, ...over });

  /** An account with somebody of each kind, and another account that must never show. */
  async function addCompany() {
    const account = await addAccount(db());
    const app = await join(account, { name: 'Olivia', role: 'owner', method: 'totp', joined_at: NOW + 1 });
    const text = await join(account, { name: 'Theo', method: 'sms', joined_at: NOW + 2 });
    const notYet = await join(account, { name: 'Nina', role: 'admin', joined_at: NOW + 3 });
    const setUpAgain = await join(account, { name: 'Sam', trust: 'forgotten', joined_at: NOW + 4 });
    const passing = await join(account, { name: 'Pat', trust: 'forgotten', joined_at: NOW + 5 });
    await onPass(passing, { ends_at: NOW + 1000 });
    const invited = await addInvitation(db(), {
      account_id: account.id,
      email: `iris-${newId()}@example.com`,
      created_at: NOW + 6,
    });
    const elsewhere = await join(await addAccount(db()), { name: 'Mallory', method: 'totp' });
    await onPass(elsewhere);
    return { account, app, text, notYet, setUpAgain, passing, invited };
  }

  const find = async (account: Member['account'], over: Partial<PeopleQuestion> = {}) =>
    findPeople(db(), account.id, { ...ALL, ...over }, AT);
  const names = async (account: Member['account'], over: Partial<PeopleQuestion> = {}) =>
    (await find(account, over)).rows.map((r) => r.name || 'Iris');

  test('T3: a member’s row, and an invitation’s, say this and no more', async () => {
    const { account, passing, invited } = await addCompany();
    const { rows, total } = await find(account);
    expect(total).toBe(6);
    expect(rows[0]).toEqual({
      kind: 'invited',
      id: invited.id,
      user_id: null,
      name: '',
      email: invited.email,
      role: 'member',
      trust: 'never',
      trust_since: NOW + 6,
      method: null,
      pass_id: null,
      pass_until: null,
      active: 0,
      disabled: 0,
      last_entered_at: null,
      joined_at: NOW + 6,
    });
    expect(rows[1]).toEqual({
      kind: 'member',
      id: passing.membership.id,
      user_id: passing.user.id,
      name: 'Pat',
      email: passing.user.email,
      role: 'member',
      trust: 'forgotten',
      trust_since: NOW,
      method: null,
      pass_id: expect.any(String),
      pass_until: NOW + 1000,
      active: 1,
      disabled: 0,
      last_entered_at: null,
      joined_at: NOW + 5,
    });
    expect(await findPerson(db(), account.id, passing.membership.id, AT)).toEqual(rows[1]);
  });

  test('R60: a member is found in their own account only', async () => {
    const { app, invited, account } = await addCompany();
    const other = await addAccount(db());
    expect((await findPerson(db(), account.id, app.membership.id, AT))?.name).toBe('Olivia');
    expect(await findPerson(db(), other.id, app.membership.id, AT)).toBeNull();
    expect(await findPerson(db(), account.id, invited.id, AT)).toBeNull();
    expect(await findPerson(db(), account.id, newId(), AT)).toBeNull();
  });

  test('the roll-out in figures', async () => {
    const { account } = await addCompany();
    expect(await countRollOut(db(), account.id, AT)).toEqual({
      app: 1,
      text: 1,
      notYet: 1,
      onPass: 1,
      setUpAgain: 1,
      invited: 1,
    });
    const none = { app: 0, text: 0, notYet: 0, onPass: 0, setUpAgain: 0, invited: 0 };
    expect(await countRollOut(db(), (await addAccount(db())).id, AT)).toEqual(none);
  });

  test.each([
    ['all', ['Iris', 'Nina', 'Olivia', 'Pat', 'Sam', 'Theo']],
    ['set_up', ['Olivia', 'Theo']],
    ['not_yet', ['Nina']],
    ['on_pass', ['Pat']],
    ['set_up_again', ['Sam']],
    ['invited', ['Iris']],
    ['admins', ['Nina', 'Olivia']],
  ] as const)('the filter "%s", with its total', async (filter, expected) => {
    const { account } = await addCompany();
    expect((await names(account, { filter })).sort()).toEqual(expected);
    expect((await find(account, { filter, limit: 1 })).total).toBe(expected.length);
  });

  test.each([
    ['handed over and not used', { activated_at: null }],
    ['revoked', { ended_at: NOW, ended_by: 'revoked' }],
    ['over', { ends_at: NOW }],
  ] as const)('P4: a pass that is %s puts nobody on a pass', async (_what, over) => {
    const account = await addAccount(db());
    await onPass(await join(account), over);
    expect(await names(account, { filter: 'on_pass' })).toEqual([]);
    expect((await countRollOut(db(), account.id, AT)).onPass).toBe(0);
  });

  test('two passes of one member are one row, with the later end', async () => {
    const account = await addAccount(db());
    const member = await join(account);
    await onPass(member, { ends_at: NOW + 5 });
    const later = await onPass(member, { ends_at: NOW + 9 });
    const { rows, total } = await find(account);
    expect([total, rows.map((r) => [r.pass_id, r.pass_until])]).toEqual([1, [[later.id, NOW + 9]]]);
  });

  test('U2, U5: who sleeps and who is disabled shows', async () => {
    const account = await addAccount(db());
    const asleep = await join(account, { name: 'Asleep', active_at: null });
    const disabled = await join(account, { name: 'Disabled', disabled_at: NOW });
    const { rows } = await find(account);
    const flags = rows.map((r) => [r.id, r.active, r.disabled]);
    expect(flags).toContainEqual([asleep.membership.id, 0, 0]);
    expect(flags).toContainEqual([disabled.membership.id, 1, 1]);
  });

  test.each([
    ['name', ['anna', 'Bert', 'Carla']],
    ['role', ['Carla', 'anna', 'Bert']],
    ['last_login', ['Bert', 'Carla', 'anna']],
    ['joined', ['Carla', 'Bert', 'anna']],
  ] as const)('sorted by %s', async (sort, expected) => {
    const account = await addAccount(db());
    await join(account, { name: 'Bert', joined_at: NOW + 2, last_entered_at: NOW + 9 });
    await join(account, { name: 'anna', role: 'admin', joined_at: NOW + 1 });
    await join(account, { name: 'Carla', role: 'owner', joined_at: NOW + 3, last_entered_at: NOW + 8 });
    expect(await names(account, { sort })).toEqual(expected);
  });

  test('pages follow one another without a gap or a repeat, also among namesakes', async () => {
    const account = await addAccount(db());
    for (let n = 0; n < 5; n++) await join(account);
    const whole = (await find(account, { sort: 'name' })).rows.map((r) => r.id);
    const pages = await Promise.all(
      [0, 2, 4].map((offset) => find(account, { sort: 'name', offset, limit: 2 })),
    );
    expect(pages.flatMap((p) => p.rows.map((r) => r.id))).toEqual(whole);
    expect(pages.map((p) => p.total)).toEqual([5, 5, 5]);
  });

  test.each([
    ['part of a name', 'lindq', ['Theo Åsa Lindqvist']],
    ['a name in other case', 'THEO', ['Theo Åsa Lindqvist']],
    ['letters beyond ASCII, as they are', 'Åsa', ['Theo Åsa Lindqvist']],
    ['the same in small letters', 'åsa', ['Theo Åsa Lindqvist']],
    ['part of an invited address', 'IRIS-', ['Iris']],
    ['a sign that SQL would take for any letter', 'T_eo', []],
    ['a sign that SQL would take for anything', '%', []],
    ['a backslash', '\\', []],
    ['a quote', "'", []],
  ])('a search for %s', async (_what, search, expected) => {
    const account = await addAccount(db());
    await join(account, { name: 'Theo Åsa Lindqvist' });
    await join(account, { name: 'Nina Okafor' });
    await addInvitation(db(), { account_id: account.id, email: `iris-${newId()}@example.com` });
    expect(await names(account, { search })).toEqual(expected);
  });

  test('P8: owners are counted who could act, admins are not', async () => {
    const account = await addAccount(db());
    const owner = await join(account, { role: 'owner' });
    await join(account, { role: 'owner' });
    await join(account, { role: 'owner', active_at: null });
    await join(account, { role: 'owner', disabled_at: NOW });
    const admin = await join(account, { role: 'admin' });
    await join(await addAccount(db()), { role: 'owner' });
    expect(await countOwners(db(), account.id)).toBe(2);
    expect(await countOwners(db(), account.id, owner.membership.id)).toBe(1);
    expect(await countOwners(db(), account.id, admin.membership.id)).toBe(2);
  });

  test('P6: fifty admins remove one member, one wins', async () => {
    const { app, text } = await addCompany();
    expect(await winners(db(), (tx) => deleteMembership(tx, app.membership.id))).toBe(1);
    expect(await findMembership(db(), app.membership.id)).toBeNull();
    expect(await findMembership(db(), text.membership.id)).not.toBeNull();
  });

  test('S2: a member’s sessions for this account end at a moment', async () => {
    const { app, text } = await addCompany();
    await inTransaction(db(), (tx) => setSessionsFrom(tx, app.membership.id, NOW + 5));
    expect((await findMembership(db(), app.membership.id))?.sessionsFrom).toBe(NOW + 5);
    expect((await findMembership(db(), text.membership.id))?.sessionsFrom).toBe(0);
  });

  test('U1: an invitation is open until it is spent or withdrawn, for its own account', async () => {
    const account = await addAccount(db());
    const open = await addInvitation(db(), { account_id: account.id });
    const spent = await addInvitation(db(), { account_id: account.id, spent_at: NOW });
    const withdrawn = await addInvitation(db(), { account_id: account.id, withdrawn_at: NOW });
    expect(await openInvitationOf(db(), account.id, open.id)).toEqual(open);
    expect(await openInvitationOf(db(), account.id, spent.id)).toBeNull();
    expect(await openInvitationOf(db(), account.id, withdrawn.id)).toBeNull();
    expect(await openInvitationOf(db(), (await addAccount(db())).id, open.id)).toBeNull();
  });

  test('U1: withdrawing takes what is open for an address or an id, in this account; it joins nobody then', async () => {
    const [account, other] = [await addAccount(db()), await addAccount(db())];
    const [first, second, spent] = [
      await addInvitation(db(), { account_id: account.id }),
      await addInvitation(db(), { account_id: account.id }),
      await addInvitation(db(), { account_id: account.id, spent_at: NOW }),
    ];
    const elsewhere = await addInvitation(db(), { account_id: other.id });
    const another = await addInvitation(db(), { account_id: account.id, email: 'ben@example.com' });
    const withdraw = (which: { email: string } | { id: string }) =>
      inTransaction(db(), (tx) => withdrawInvitations(tx, account.id, which, NOW));
    expect(await withdraw({ id: elsewhere.id })).toBe(0);
    expect(await withdraw({ id: spent.id })).toBe(0);
    expect(await withdraw({ email: first.email })).toBe(2);
    expect(await withdraw({ id: another.id })).toBe(1);
    expect(await withdraw({ id: another.id })).toBe(0);
    const spend = (id: string) => inTransaction(db(), (tx) => spendInvitation(tx, id, first.email, NOW));
    expect([await spend(first.id), await spend(second.id), await spend(elsewhere.id)]).toEqual([
      false,
      false,
      true,
    ]);
  });
}
