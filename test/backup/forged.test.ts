/** T35: a record of what was done comes back by many hands. What one of them wrote into it gives nobody anything. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { readSignedLine, signLine } from '../../src/credentials/signed-line.ts';
import { backUp } from '../../src/flows/backup.ts';
import { disableUser } from '../../src/flows/disable-user.ts';
import { exportActivity } from '../../src/flows/export-activity.ts';
import { restoreFile } from '../../src/flows/restore.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { createClock, hours } from '../support/clock.ts';
import type { Person } from '../support/scene.ts';
import { openStand, placeAt, type StandGiven } from '../support/stand.ts';

const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-forged-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let given: StandGiven & { clock: ReturnType<typeof createClock> };
let copy: string;
let meridian: AccountRow;
let people: Record<'olivia' | 'nina' | 'mallory' | 'stranger', Person>;
/** The export of all accounts, of an hour after the copy: in it Nina was disabled. */
let exported: string[];
let keys: Parameters<typeof signLine>[0];

beforeEach(async () => {
  const folder = mkdtempSync(join(root, 'at-'));
  given = { databaseUrl: `sqlite:${join(folder, 'sallyport.db')}`, keys: null, clock: createClock() };
  copy = join(folder, 'copy.db');
  const stand = await openStand(given);
  meridian = await stand.addAccount({ name: 'Meridian', mandates: ['totp'] });
  const evil = await stand.addAccount({ name: 'Evil', plan: 'enterprise' });
  const add = (name: string, of: Parameters<typeof stand.addPerson>[0]['in']) =>
    stand.addPerson({ email: `${name}@meridian.example`, name, method: 'totp', in: of ?? [] });
  people = {
    olivia: await add('olivia', [{ account: meridian, role: 'owner' }]),
    nina: await add('nina', [{ account: meridian, role: 'admin' }]),
    mallory: await add('mallory', [
      { account: evil, role: 'owner' },
      { account: meridian, role: 'member' },
    ]),
    stranger: await add('stranger', [{ account: meridian, role: 'member' }]),
  };
  await backUp(await placeAt(given), copy, () => {});
  given.clock.advance(hours(1));
  await disableUser(stand.ctx, people.nina.email, { by: 'operator' });
  exported = [];
  for await (const lines of exportActivity(stand.ctx, 0)) exported.push(...lines);
  keys = { keys: stand.ctx.keys.keys };
  await stand.close();
  given.clock.advance(hours(1));
});

/** A line as an account's own export has them, `n` seconds after the copy. */
const line = (n: number, kind: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    time: new Date(given.clock.now() - hours(2) + n * 1000).toISOString(),
    kind,
    by: 'user',
    actor: null,
    person: null,
    network: '',
    browser: '',
    details: {},
    ...more,
  });
const named = ({ name, email }: Person) => ({ name, email });

async function bringBack(lines: readonly string[], accountSlug: string | null) {
  given.clock.advance(1);
  const text = lines.join('\n');
  const restored = await restoreFile(await placeAt(given), { name: 'tester' }, copy, { text, accountSlug });
  if (restored.result !== 'done') throw new Error(restored.result);
  const { replayed, unread } = restored.finished;
  const back = await openStand(given);
  try {
    return {
      whys: replayed?.undone.map(({ kind, why }) => [kind, why]),
      redone: replayed?.redone,
      unread,
      accounts: await back.rows(
        "select slug, plan, mandate_methods as methods, mandate_since is not null as 'on' from accounts order by slug",
      ),
      roles: await back.rows(
        `select users.email, role, slug from memberships join users on users.id = user_id
         join accounts on accounts.id = account_id order by users.email, slug`,
      ),
      people: await back.rows('select email, disabled_at is not null as disabled from users order by email'),
      told: await back.rows<{ kind: string; user_id: string | null; data: string }>(
        `select kind, user_id, data from audit_events where data like '%account export%' order by at`,
      ),
    };
  } finally {
    await back.close();
  }
}

const stateOf = ({ accounts, roles, people }: Awaited<ReturnType<typeof bringBack>>) => ({
  accounts,
  roles,
  people,
});

describe('the export of one account is a customer’s word', () => {
  test('about another account, or about people themselves, it changes nothing and is told', async () => {
    const untouched = stateOf(await bringBack([], null));
    const account = { id: meridian.id, slug: 'meridian' };
    const { olivia, mallory } = people;
    const lines = [
      line(1, 'mandate.switched_off', { account }),
      line(2, 'membership.role_changed', { account, person: named(mallory), details: { to: 'owner' } }),
      line(3, 'user.email_changed', { person: named(olivia), details: { to: 'olivia@evil.example' } }),
      line(4, 'membership.removed', { person: { ...named(olivia), id: olivia.id } }),
      line(5, 'membership.removed', { id: 'made-up', person: named(olivia) }),
      line(6, 'password.reset', { person: named(olivia) }),
      line(7, 'account.deleted', { account: null }),
    ];
    const found = await bringBack([...lines, ...exported], 'evil');
    expect(stateOf(found)).toEqual(untouched);
    expect(new Set(found.whys?.map(([, why]) => why))).toEqual(new Set(['not_account_export']));
    expect(found.whys).toHaveLength(lines.length + exported.length);
    expect({ redone: found.redone, told: found.told }).toEqual({ redone: {}, told: [] });
  });

  test('in its own account it takes away; what gives is left to the operator’s hand', async () => {
    const { olivia, nina, mallory, stranger } = people;
    const found = await bringBack(
      [
        line(1, 'membership.role_changed', { person: named(mallory), details: { to: 'owner' } }),
        line(2, 'membership.role_changed', { person: named(nina), details: { to: 'member' } }),
        line(3, 'membership.removed', { person: named(stranger) }),
        line(4, 'membership.removed', { person: named(olivia) }),
        line(5, 'mandate.changed', { details: { methods: 'totp,sms', from: 'now' } }),
        line(6, 'mandate.switched_off'),
        line(7, 'account.plan_changed', { details: { plan: 'standard' } }),
        line(8, 'account.deleted'),
        line(9, 'session_length.changed', { details: { maxMs: 86_400_000, idleMs: 86_400_000 } }),
        line(10, 'pass.activated', { person: named(nina) }),
        line(11, 'invitation.made', { person: named(mallory) }),
        line(12, 'sms.limits_changed', { details: { perDay: 100_000, spend: null } }),
      ],
      'meridian',
    );
    expect(found.whys).toEqual([
      ['membership.role_changed', 'by_hand'],
      ['membership.removed', 'last_owner'],
      ['mandate.changed', 'by_hand'],
      ['mandate.switched_off', 'by_hand'],
      ['account.plan_changed', 'by_hand'],
      ['account.deleted', 'by_hand'],
      ['session_length.changed', 'by_hand'],
      ['sms.limits_changed', 'by_hand'],
    ]);
    expect(found.redone).toEqual({
      'membership.role_changed': 1,
      'membership.removed': 1,
      'pass.activated': 1,
    });
    expect(found.roles).toEqual([
      { email: 'mallory@meridian.example', role: 'owner', slug: 'evil' },
      { email: 'mallory@meridian.example', role: 'member', slug: 'meridian' },
      { email: 'nina@meridian.example', role: 'member', slug: 'meridian' },
      { email: 'olivia@meridian.example', role: 'owner', slug: 'meridian' },
    ]);
    expect(found.accounts).toContainEqual({ slug: 'meridian', plan: 'enterprise', methods: 'totp', on: 1 });
    // The history says whose word it is.
    expect(found.told.map(({ kind }) => kind)).toEqual([
      'membership.role_changed',
      'membership.removed',
      'pass.activated',
      'invitation.made',
    ]);
  });

  test('T3: it puts nobody else’s name into the account’s history', async () => {
    const found = await bringBack(
      [
        line(1, 'invitation.accepted', { person: named(people.olivia), actor: named(people.olivia) }),
        line(2, 'membership.removed', { person: named(people.olivia) }),
      ],
      'evil',
    );
    expect(found.told.map(({ kind, user_id }) => [kind, user_id])).toEqual([
      ['invitation.accepted', null],
      ['membership.removed', null],
    ]);
    expect(found.roles).toContainEqual({
      email: 'olivia@meridian.example',
      role: 'owner',
      slug: 'meridian',
    });
  });
});

describe('the export of all accounts is signed', () => {
  test('a line that was changed, or that nobody signed, is told and not done again', async () => {
    const { nina, olivia } = people;
    const disabled = exported.find((l) => l.includes('user.disabled')) ?? '';
    const changed = disabled.replaceAll(nina.id, olivia.id).replaceAll(nina.email, olivia.email);
    expect(changed).not.toBe(disabled);
    const { mac: _, ...bare } = JSON.parse(disabled);
    const found = await bringBack([changed, JSON.stringify(bare), line(1, 'mandate.switched_off')], null);
    expect(found.whys).toEqual([
      ['user.disabled', 'not_ours'],
      ['user.disabled', 'unsigned'],
      ['mandate.switched_off', 'no_account'],
    ]);
    expect(found.people).not.toContainEqual(expect.objectContaining({ disabled: 1 }));
    expect((await bringBack(exported, null)).people).toContainEqual({ email: nina.email, disabled: 1 });
  });

  test('any key of the ring signs for it, and no other', () => {
    const json = '{"kind":"x"}';
    const [old, other] = [7, 9].map((n) => ({ id: String(n), bytes: Buffer.alloc(32, n) }));
    if (old === undefined || other === undefined) throw new Error('no keys');
    const signed = signLine({ keys: [old] }, json);
    expect(readSignedLine({ keys: [other, old] }, signed)).toEqual({ signed: true, json });
    expect(readSignedLine({ keys: [other] }, signed)).toEqual({ signed: false, bears: true });
    expect(readSignedLine({ keys: [old] }, json)).toEqual({ signed: false, bears: false });
    expect(readSignedLine({ keys: [old] }, signed.replace('"x"', '"y"'))).toEqual({
      signed: false,
      bears: true,
    });
  });
});

describe('in their order', () => {
  const ours = (n: number, kind: string, more: Record<string, unknown>) =>
    signLine(keys, line(n, kind, { id: `event-${n}`, ...more }));

  test('whoever was demoted while they were the copy’s last owner, and made owner again, stays owner', async () => {
    const { olivia, nina } = people;
    const of = ({ id, name, email }: Person) => ({ id, name, email });
    const account = { id: meridian.id, slug: 'meridian' };
    const found = await bringBack(
      [
        // Whom the copy does not have was owner for a while.
        ours(1, 'membership.role_changed', { account, person: of(olivia), details: { to: 'member' } }),
        ours(2, 'membership.role_changed', { account, person: of(olivia), details: { to: 'owner' } }),
        ours(3, 'membership.role_changed', { account, person: of(nina), details: { to: 'owner' } }),
      ],
      null,
    );
    expect(found.whys).toEqual([]);
    const owner = { role: 'owner', slug: 'meridian' };
    expect(found.roles).toContainEqual({ ...owner, email: olivia.email });
    expect(found.roles).toContainEqual({ ...owner, email: nina.email });
  });

  test('two events of one moment are two: each is known by its own id alone', async () => {
    const account = { id: meridian.id, slug: 'meridian' };
    const more = { account, person: { id: people.nina.id, name: 'nina', email: people.nina.email } };
    const found = await bringBack(
      [
        ours(1, 'membership.role_changed', { ...more, id: 'one', details: { to: 'owner' } }),
        ours(1, 'membership.role_changed', { ...more, id: 'two', details: { to: 'member' } }),
      ],
      null,
    );
    expect(found.redone).toEqual({ 'membership.role_changed': 2 });
    expect(found.roles).toContainEqual({
      email: people.nina.email,
      role: 'member',
      slug: 'meridian',
    });
  });
});
