import { describe, expect, test } from 'vitest';
import { ACCESS, type Access, type Deed, hasFreshTwoFactor, isFresh, mayDo, type Target } from './access.ts';
import type { Evidence, Role } from './facts.ts';
import {
  backupCode,
  byPass,
  code,
  type MemberGiven,
  mailbox,
  member,
  minutes,
  NOW,
  pass,
  password,
  product,
  session,
  textCode,
} from './testing/scene.ts';

const ROLES = ['owner', 'admin', 'member'] as const;
/** Deeds done to the account itself. */
const TO_ACCOUNT: readonly Deed[] = ['view_account', 'set_mandate', 'set_session_length'];
/** Deeds done to somebody who is only invited. */
const TO_INVITED: readonly Deed[] = ['invite', 'withdraw_invitation'];
/** Deeds done to somebody in the account. */
const TO_PEOPLE: readonly Deed[] = [
  'remove',
  'end_sessions',
  'grant_pass',
  'deny_pass',
  'revoke_pass',
  'change_role',
  'leave',
];
const GIVES_ROLE: readonly Deed[] = ['invite', 'change_role'];

interface Cell {
  readonly deed: Deed;
  readonly actor: Role;
  /** `null`: nobody in particular. `self`: the actor. Otherwise somebody else of this role. */
  readonly target: Role | 'self' | null;
  readonly newRole: Role | undefined;
  readonly otherOwners: number;
}

function* cells(): Generator<Cell> {
  for (const deed of [...TO_ACCOUNT, ...TO_INVITED, ...TO_PEOPLE]) {
    const targets: Cell['target'][] = TO_ACCOUNT.includes(deed)
      ? [null]
      : TO_PEOPLE.includes(deed)
        ? [...ROLES, 'self']
        : [...ROLES, null];
    yield* product({
      deed: [deed],
      actor: ROLES,
      target: deed === 'withdraw_invitation' ? [...ROLES] : targets,
      newRole: GIVES_ROLE.includes(deed) ? [...ROLES] : [undefined],
      otherOwners: [0, 1, 2],
    });
  }
}

function ask({ deed, actor, target, newRole, otherOwners }: Cell): Access {
  const whom: Target | null =
    target === null
      ? null
      : target === 'self'
        ? { membershipId: 'm:self', role: actor }
        : { membershipId: TO_INVITED.includes(deed) ? null : 'm:other', role: target };
  return mayDo({ membershipId: 'm:self', role: actor }, deed, whom, otherOwners, newRole);
}

/** P8, read aloud. */
function said({ deed, actor, target, newRole = 'member', otherOwners }: Cell): Access {
  // Nobody acts on themselves except to leave. The last owner cannot leave.
  if (deed === 'leave') {
    if (target !== 'self') return 'not_yourself';
    return actor === 'owner' && otherOwners === 0 ? 'last_owner' : 'allowed';
  }
  if (actor === 'member') return deed === 'change_role' ? 'only_owners' : 'not_admin';
  if (actor === 'admin' && deed === 'change_role') return 'only_owners';
  if (target === 'self') return 'not_yourself';
  // Admins do to members what owners do to everyone, and invite no admins and owners.
  if (actor === 'admin' && (target === 'admin' || target === 'owner' || newRole !== 'member')) {
    return 'only_owners';
  }
  // The last owner cannot be demoted; to remove them would come to the same.
  const loses = deed === 'remove' || (deed === 'change_role' && newRole !== 'owner');
  return loses && target === 'owner' && otherOwners === 0 ? 'last_owner' : 'allowed';
}

describe('P8 who may do what to whom', () => {
  const all = [...cells()];

  test('P8 every cell', () => {
    for (const cell of all) {
      if (ask(cell) !== said(cell)) expect.fail(`${ask(cell)}, not ${said(cell)}: ${JSON.stringify(cell)}`);
    }
    expect(all.length).toBeGreaterThan(400);
    expect(new Set(all.map((c) => c.deed))).toEqual(new Set(Object.keys(ACCESS)));
    expect(new Set(all.map(ask))).toEqual(
      new Set(['allowed', 'not_admin', 'only_owners', 'not_yourself', 'last_owner']),
    );
  });

  const allowed = all.filter((cell) => ask(cell) === 'allowed');
  const holds = (applies: (c: Cell) => boolean, rule: (c: Cell) => boolean) => {
    const some = allowed.filter(applies);
    expect(some.length).toBeGreaterThan(0);
    for (const cell of some) if (!rule(cell)) expect.fail(JSON.stringify(cell));
  };

  test('P8 a member does nothing but leave', () =>
    holds(
      (c) => c.actor === 'member',
      (c) => c.deed === 'leave',
    ));
  test('P8 nobody acts on themselves except to leave', () =>
    holds(
      (c) => c.target === 'self',
      (c) => c.deed === 'leave',
    ));
  test('P8 nobody makes somebody else leave', () =>
    holds(
      (c) => c.deed === 'leave',
      (c) => c.target === 'self',
    ));
  test('P8 owners alone change roles', () =>
    holds(
      (c) => c.deed === 'change_role',
      (c) => c.actor === 'owner',
    ));
  test('P8 owners alone invite admins and owners', () =>
    holds(
      (c) => c.deed === 'invite' && (c.newRole !== 'member' || c.target === 'admin' || c.target === 'owner'),
      (c) => c.actor === 'owner',
    ));
  test('P8 owners alone act on admins and other owners', () =>
    holds(
      (c) => c.target === 'admin' || c.target === 'owner',
      (c) => c.actor === 'owner',
    ));
  test('P8 after whatever is allowed an owner is left', () =>
    holds(
      (c) => c.otherOwners === 0,
      ({ deed, target, actor, newRole }) => {
        const owner = target === 'owner' || (target === 'self' && actor === 'owner');
        return (
          !owner || !(['leave', 'remove'].includes(deed) || (deed === 'change_role' && newRole !== 'owner'))
        );
      },
    ));
  test('P8 a new role never widens what a deed that gives none allows', () => {
    for (const cell of all.filter((c) => !GIVES_ROLE.includes(c.deed))) {
      for (const newRole of ROLES) {
        if (ask({ ...cell, newRole }) === 'allowed') expect(ask(cell)).toBe('allowed');
      }
    }
  });
  test('P8 somebody only invited is never taken for the actor', () => {
    const invited = { membershipId: null, role: 'member' } as const;
    for (const actor of ['owner', 'admin'] as const) {
      expect(mayDo({ membershipId: 'm:self', role: actor }, 'withdraw_invitation', invited, 1)).toBe(
        'allowed',
      );
    }
  });
});

describe('T4 which deeds ask for fresh 2FA', () => {
  // `remove` is left out: docs/decisions/0012 says yes, the table says no.
  test('T4 M1 what lets somebody in, or changes who may let in', () => {
    const asks = Object.entries(ACCESS).flatMap(([deed, { fresh }]) => (fresh ? [deed] : []));
    expect(asks.filter((deed) => deed !== 'remove').sort()).toEqual([
      'change_role',
      'grant_pass',
      'invite',
      'set_mandate',
      'set_session_length',
    ]);
  });
});

type Case = readonly [
  rule: string,
  membership: MemberGiven,
  evidence: readonly Evidence[],
  fresh: boolean,
  twoFactor: boolean,
];

const KINDS = new Map([
  ['x', 'totp'],
  ['y', 'sms'],
] as const);

function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    test.for(cases)('%s', ([, given, evidence, fresh, twoFactor]) => {
      const left = session({ evidence, kinds: KINDS, passes: [pass('p', 'a')] });
      expect(isFresh(left, member('a', given), NOW)).toBe(fresh);
      expect(hasFreshTwoFactor(left, member('a', given), NOW)).toBe(twoFactor);
    });
  });
}

const trustsX = { trusts: 'x' };
const free = { mandates: null };

table('T4 fresh 2FA in an account that mandates', [
  ['T4 X just now', trustsX, [password(), code('x')], true, true],
  ['T4 X exactly five minutes ago', trustsX, [code('x', minutes(5))], true, true],
  ['T4 X a millisecond more', trustsX, [password(), code('x', minutes(5) + 1)], false, false],
  ['T4 X a millisecond less', trustsX, [code('x', minutes(5) - 1)], true, true],
  ['T4 by text message', { trusts: 'y' }, [textCode('y')], true, true],
  ['T4 another one', trustsX, [password(), textCode('y')], false, false],
  ['T4 never a backup code', trustsX, [password(), backupCode('x')], false, false],
  [
    'T4 a backup code just now does not freshen X of before',
    trustsX,
    [code('x', minutes(6)), backupCode('x')],
    false,
    false,
  ],
  ['T4 never a pass', trustsX, [password(), byPass('p')], false, false],
  ['T4 P7 a pass, forgotten', { trusts: 'forgotten' }, [password(), byPass('p')], false, false],
  ['T4 P4 a pass row that names X', trustsX, [{ ...byPass('p'), authenticatorId: 'x' }], false, false],
  ['T4 no password stands in', trustsX, [password()], false, false],
  ['T4 nor where none is trusted yet', {}, [password(), code('x')], false, false],
  ['T4 nor where it is forgotten', { trusts: 'forgotten' }, [password(), code('x')], false, false],
  ['T4 nor the mailbox', trustsX, [password(), mailbox()], false, false],
  ['T4 nothing at all', trustsX, [], false, false],
  ['D9 X is not among the facts', { trusts: 'gone' }, [password(), code('gone')], false, false],
]);

table('T4 fresh where the account does not mandate', [
  ['T4 the password just now stands in', free, [password()], true, false],
  ['T4 the password exactly five minutes ago', free, [password(minutes(5))], true, false],
  ['T4 the password a millisecond more', free, [password(minutes(5) + 1)], false, false],
  ['T4 forgotten: the password stands in', { ...free, trusts: 'forgotten' }, [password()], true, false],
  ['T4 a mailbox does not stand in', free, [mailbox()], false, false],
  ['T4 P4 nor does a pass', free, [byPass('p'), password(minutes(6))], false, false],
  ['T4 nor a backup code', free, [backupCode('x')], false, false],
  ['T4 nor a code of what is not trusted here', free, [code('x')], false, false],
  ['M4 asleep it is still asked for', { ...free, ...trustsX }, [password()], false, false],
  ['M4 asleep, proven', { ...free, ...trustsX }, [code('x', minutes(5))], true, true],
  ['M4 asleep, its backup code', { ...free, ...trustsX }, [password(), backupCode('x')], false, false],
  [
    'D9 X is not among the facts: no password stands in',
    { ...free, trusts: 'gone' },
    [password()],
    false,
    false,
  ],
]);

test('T4 two-factor is always fresh, and fresh 2FA never comes from a pass, a mailbox or a backup code', () => {
  let seen = 0;
  for (const { mandates, trusts, ago, kind } of product({
    mandates: [null, ['totp'], ['sms']] as const,
    trusts: ['never', 'x', 'y', 'forgotten', 'gone'],
    ago: [0, minutes(5), minutes(5) + 1],
    kind: ['password', 'email', 'totp', 'sms', 'backup_code', 'pass'] as const,
  })) {
    const one: Evidence = { kind, at: NOW - ago, authenticatorId: trusts, passId: 'p' };
    const left = session({ evidence: [one], kinds: KINDS, passes: [pass('p', 'a')] });
    const membership = member('a', { mandates, trusts });
    const two = hasFreshTwoFactor(left, membership, NOW);
    const fresh = isFresh(left, membership, NOW);
    seen++;
    const inTime = ago <= minutes(5);
    const itself = (kind === 'totp' || kind === 'sms') && KINDS.has(trusts as 'x');
    expect(two).toBe(inTime && itself);
    const noneTrusted = trusts === 'never' || trusts === 'forgotten';
    const standsIn = mandates === null && noneTrusted && kind === 'password';
    expect(fresh).toBe(inTime && (itself || standsIn));
  }
  expect(seen).toBe(3 * 5 * 3 * 6);
});
