import { describe, expect, test } from 'vitest';
import { type Admission, admission, idleTooLong, sessionStands } from './admission.ts';
import type { Membership, Session } from './facts.ts';
import {
  BOTH,
  backupCode,
  byPass,
  code,
  days,
  hours,
  type MemberGiven,
  mailbox,
  member,
  minutes,
  NOW,
  pass,
  password,
  session,
  textCode,
} from './testing/scene.ts';

type Case = readonly [rule: string, session: Session | null, membership: Membership | null, answer: string];

/** An answer as a phrase with all it says. */
function say(a: Admission): string {
  if (a.answer !== 'admitted') return a.answer;
  switch (a.by) {
    case 'authenticator':
    case 'backup_code':
      return `admitted by ${a.by} ${a.authenticatorId}`;
    case 'pass':
      return `admitted by pass ${a.passId} until ${a.endsAt - NOW}`;
    default:
      return `admitted by ${a.by}`;
  }
}

function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    test.for(cases)('%s', ([, facts, membership, answer]) => {
      expect(say(admission(facts, membership, NOW))).toBe(answer);
    });
  });
}

const kinds = new Map([
  ['x', 'totp'],
  ['y', 'sms'],
] as const);
const trustsX = (given: MemberGiven = {}) => member('a', { trusts: 'x', ...given });
const free = member('a', { mandates: null });
const byPassword = session({ kinds });
const withX = session({ kinds, evidence: [password(hours(1)), code('x', hours(1))] });
const withY = session({ kinds, evidence: [password(hours(1)), textCode('y', hours(1))] });
const withBackup = session({ kinds, evidence: [password(hours(1)), backupCode('x', hours(1))] });
const onPass = (given: Parameters<typeof pass>[2] = {}, of = 'a') =>
  session({ kinds, evidence: [password(hours(1)), byPass('p', hours(1))], passes: [pass('p', of, given)] });
const forgotten = member('a', { trusts: 'forgotten' });
const minutes15 = { sessionMaxMs: minutes(15), sessionIdleMs: minutes(15) };

table('D3 signed out', [
  ['D3 no session', null, free, 'signed_out'],
  ['D3 no session, no member', null, null, 'signed_out'],
  ['S3 ended', { ...withX, endedAt: NOW - 1 }, trustsX(), 'signed_out'],
  ['S3 ended just now', { ...withX, endedAt: NOW }, trustsX(), 'signed_out'],
  ['D3 expired beats disabled', { ...withX, endedAt: NOW, userDisabledAt: NOW }, trustsX(), 'signed_out'],
  ['D3 expired beats no member', { ...withX, startedAt: NOW - days(31) }, null, 'signed_out'],
  ['D3 expired beats a pass that is over', { ...onPass({ endsAt: NOW }), endedAt: NOW }, free, 'signed_out'],
  [
    'S2 one millisecond before 24 hours',
    { ...withX, startedAt: NOW - hours(24) + 1 },
    trustsX(),
    'admitted by authenticator x',
  ],
  ['S2 24 hours old', { ...withX, startedAt: NOW - hours(24) }, trustsX(), 'signed_out'],
  [
    'S2 24 hours old, where nothing is demanded',
    { ...byPassword, startedAt: NOW - hours(24) },
    free,
    'signed_out',
  ],
  [
    'S2 one millisecond before 8 idle hours',
    { ...withX, startedAt: NOW - hours(9), lastUsedAt: NOW - hours(8) + 1 },
    trustsX(),
    'admitted by authenticator x',
  ],
  [
    'S2 idle for 8 hours',
    { ...withX, startedAt: NOW - hours(9), lastUsedAt: NOW - hours(8) },
    trustsX(),
    'signed_out',
  ],
  [
    'S2 fresh 2FA makes no old session young',
    { ...session({ kinds, evidence: [password(), code('x')] }), startedAt: NOW - hours(24) },
    trustsX(),
    'signed_out',
  ],
  [
    'S2 15 minutes, as this account set it',
    { ...withX, startedAt: NOW - minutes(15) },
    trustsX(minutes15),
    'signed_out',
  ],
  [
    'S2 a millisecond before',
    { ...withX, startedAt: NOW - minutes(15) + 1 },
    trustsX(minutes15),
    'admitted by authenticator x',
  ],
  [
    'S2 15 idle minutes, as this account set it',
    { ...withX, startedAt: NOW - minutes(20), lastUsedAt: NOW - minutes(15) },
    trustsX({ ...minutes15, sessionMaxMs: hours(24) }),
    'signed_out',
  ],
  [
    'S2 30 days, where nothing is mandated',
    { ...byPassword, startedAt: NOW - days(29), lastUsedAt: NOW - days(28) },
    member('a', { mandates: null, sessionMaxMs: days(30), sessionIdleMs: days(30) }),
    'admitted by no_mandate',
  ],
  [
    'S2 30 days are over',
    { ...byPassword, startedAt: NOW - days(30), lastUsedAt: NOW },
    member('a', { mandates: null, sessionMaxMs: days(30), sessionIdleMs: days(30) }),
    'signed_out',
  ],
  ['S2 no member: 24 hours by default', { ...withX, startedAt: NOW - hours(24) }, null, 'signed_out'],
  [
    'S2 no member: 8 idle hours by default',
    { ...withX, startedAt: NOW - hours(9), lastUsedAt: NOW - hours(8) },
    null,
    'signed_out',
  ],
]);

table('S2 idled out: once over for an account, it stays so', [
  ['S2 of this account, though used just now', { ...withX, idledOut: ['a'] }, trustsX(), 'signed_out'],
  ['S2 among others', { ...withX, idledOut: ['b', 'a'] }, trustsX(), 'signed_out'],
  ['S2 where nothing is demanded alike', { ...byPassword, idledOut: ['a'] }, free, 'signed_out'],
  ['S2 a pass does not outlast it', { ...onPass(), idledOut: ['a'] }, forgotten, 'signed_out'],
  [
    'S2 nor does having begun before the mandate',
    { ...byPassword, idledOut: ['a'] },
    member('a', { from: 'next_login', since: NOW }),
    'signed_out',
  ],
  ['S2 beats disabled', { ...withX, idledOut: ['a'], userDisabledAt: NOW }, trustsX(), 'signed_out'],
  ['S2 beats a pass that is over', { ...onPass({ endsAt: NOW }), idledOut: ['a'] }, forgotten, 'signed_out'],
  ['S2 of another account only', { ...withX, idledOut: ['b'] }, trustsX(), 'admitted by authenticator x'],
  [
    'S2 named by the account, not by the membership',
    { ...withX, idledOut: ['m:a'] },
    trustsX(),
    'admitted by authenticator x',
  ],
  ['S2 no member of it any more', { ...withX, idledOut: ['a'] }, null, 'not_member'],
]);

describe('S2 idleTooLong: for which accounts this session, used now, is over', () => {
  const quarter = member('a', { sessionIdleMs: minutes(15) }).account;
  const long = member('b', { sessionIdleMs: hours(8) }).account;
  const after = (idleMs: number, idledOut: string[] = []) =>
    idleTooLong({ lastUsedAt: NOW - idleMs, idledOut }, [quarter, long], NOW).toSorted();

  test.for<readonly [string, number, string[], string[]]>([
    ['S2 used in this moment: none', 0, [], []],
    ['S2 a millisecond before the shorter limit: none', minutes(15) - 1, [], []],
    ['S2 at the shorter limit: that account', minutes(15), [], ['a']],
    ['S2 a millisecond before the longer one: still that account', hours(8) - 1, [], ['a']],
    ['S2 at the longer one: both', hours(8), [], ['a', 'b']],
    ['S2 once over it stays so, used again or not', 0, ['a'], ['a']],
    ['S2 the old list and the new one together', minutes(15), ['b'], ['a', 'b']],
    ['S2 each once', hours(8), ['a', 'b'], ['a', 'b']],
    ['S2 an account one has left meanwhile stays on the list', 0, ['gone'], ['gone']],
  ])('%s', ([, idleMs, idledOut, expected]) => {
    expect(after(idleMs, idledOut)).toEqual(expected);
  });

  test('S2 of no account: what was on the list', () => {
    expect(idleTooLong({ lastUsedAt: 0, idledOut: [] }, [], NOW)).toEqual([]);
    expect(idleTooLong({ lastUsedAt: 0, idledOut: ['a'] }, [], NOW)).toEqual(['a']);
  });

  test('S2 it agrees with admission on every millisecond about the border, and no later use mends it', () => {
    for (const idleMs of [minutes(15) - 1, minutes(15), minutes(15) + 1]) {
      const at = trustsX({ sessionIdleMs: minutes(15) });
      const before = { ...withX, lastUsedAt: NOW - idleMs };
      const used = { ...before, lastUsedAt: NOW, idledOut: idleTooLong(before, [at.account], NOW) };
      const expected = idleMs < minutes(15) ? 'admitted' : 'signed_out';
      expect(admission(before, at, NOW).answer).toBe(expected);
      expect(admission(used, at, NOW).answer).toBe(expected);
      expect(sessionStands(used, [at], NOW)).toBe(expected === 'admitted' ? 'signed_in' : expected);
    }
  });
});

table('D3 disabled, no member, sessions of this account ended', [
  ['U5 disabled', { ...withX, userDisabledAt: NOW - 1 }, trustsX(), 'disabled'],
  ['U5 disabled, where nothing is demanded', { ...byPassword, userDisabledAt: NOW - 1 }, free, 'disabled'],
  ['D3 disabled beats no member', { ...withX, userDisabledAt: NOW - 1 }, null, 'disabled'],
  ['D3 no member', withX, null, 'not_member'],
  ['D3 no member: the pass of another account helps nothing', onPass(), null, 'not_member'],
  [
    'S2 begun a millisecond before its sessions were ended',
    withX,
    trustsX({ sessionsFrom: withX.startedAt + 1 }),
    'session_ended_here',
  ],
  [
    'S2 begun in that very moment',
    withX,
    trustsX({ sessionsFrom: withX.startedAt }),
    'admitted by authenticator x',
  ],
  [
    'S2 where nothing is demanded alike',
    byPassword,
    member('a', { mandates: null, sessionsFrom: NOW - 1 }),
    'session_ended_here',
  ],
  [
    'S2 a pass does not outlast it',
    onPass(),
    member('a', { trusts: 'forgotten', sessionsFrom: NOW - 1 }),
    'session_ended_here',
  ],
  [
    'S2 nor does having begun before the mandate',
    byPassword,
    member('a', { from: 'next_login', since: NOW - 1, sessionsFrom: NOW - 1 }),
    'session_ended_here',
  ],
]);

table('D3 where nothing is demanded', [
  ['D3 a password is enough', byPassword, free, 'admitted by no_mandate'],
  [
    'M4 sleeping authenticators are not asked for',
    byPassword,
    trustsX({ mandates: null }),
    'admitted by no_mandate',
  ],
  [
    'M4 forgotten does no harm',
    byPassword,
    member('a', { mandates: null, trusts: 'forgotten' }),
    'admitted by no_mandate',
  ],
  ['P4 a pass opens accounts that demand nothing', onPass({}, 'b'), free, 'admitted by no_mandate'],
]);

table('T2 the trusted authenticator', [
  ['T2 proven', withX, trustsX(), 'admitted by authenticator x'],
  ['T2 by text message', withY, member('a', { trusts: 'y' }), 'admitted by authenticator y'],
  ['T2 one of its backup codes', withBackup, trustsX(), 'admitted by backup_code x'],
  [
    'T2 itself and a backup code: by itself',
    { ...withX, evidence: [...withBackup.evidence, ...withX.evidence] },
    trustsX(),
    'admitted by authenticator x',
  ],
  [
    'T2 however long ago it was proven',
    { ...withX, startedAt: NOW - hours(23) },
    trustsX(),
    'admitted by authenticator x',
  ],
  ['D3 unproven', byPassword, trustsX(), 'code_needed'],
  [
    'D3 the mailbox is no second factor',
    session({ kinds, evidence: [password(), mailbox()] }),
    trustsX(),
    'code_needed',
  ],
  ['D3 another one proven', withY, trustsX(), 'other_authenticator_needed'],
  ['D3 a backup code of another one', withBackup, member('a', { trusts: 'y' }), 'other_authenticator_needed'],
  ['D3 never set up', byPassword, member('a'), 'set_up_needed'],
  [
    'T1 never set up here, though X is proven: it must come to be trusted first',
    withX,
    member('a'),
    'set_up_needed',
  ],
  ['D3 forgotten', byPassword, member('a', { trusts: 'forgotten' }), 'pass_needed'],
  [
    'P7 forgotten: the authenticator once trusted does not open it',
    withX,
    member('a', { trusts: 'forgotten' }),
    'pass_needed',
  ],
  ['M3 a kind that is no longer allowed', withX, trustsX({ mandates: ['sms'] }), 'method_not_allowed'],
  [
    'M3 the other kind likewise',
    withY,
    member('a', { trusts: 'y', mandates: ['totp'] }),
    'method_not_allowed',
  ],
  [
    'M3 a backup code of a kind no longer allowed',
    withBackup,
    trustsX({ mandates: ['sms'] }),
    'method_not_allowed',
  ],
  ['M3 the only kind allowed', withX, trustsX({ mandates: ['totp'] }), 'admitted by authenticator x'],
  [
    'D3 an authenticator that is gone opens nothing',
    { ...withX, kinds: new Map() },
    trustsX(),
    'method_not_allowed',
  ],
]);

table('P4, P5 the pass', [
  ['P4 its own account', onPass(), forgotten, `admitted by pass p until ${hours(23)}`],
  ['P4 the last millisecond', onPass({ endsAt: NOW + 1 }), forgotten, 'admitted by pass p until 1'],
  ['P5 at its end', onPass({ endsAt: NOW }), forgotten, 'pass_over'],
  [
    'P6 revoked, or ended by removal, reset or "not me"',
    onPass({ endedAt: NOW - 1 }),
    forgotten,
    'pass_over',
  ],
  ['P6 revoked just now', onPass({ endedAt: NOW }), forgotten, 'pass_over'],
  ['P6 its row is gone', { ...onPass(), passes: [] }, forgotten, 'pass_over'],
  [
    'D9 a pass without a name',
    { ...onPass(), evidence: [{ kind: 'pass', at: NOW }] },
    forgotten,
    'pass_over',
  ],
  ['P4 never another account that mandates', onPass({}, 'b'), forgotten, 'pass_needed'],
  ['P4 nor one whose authenticator is unproven', onPass({}, 'b'), trustsX(), 'code_needed'],
  ['P4 nor one not set up', onPass({}, 'b'), member('a'), 'set_up_needed'],
  [
    'P3 a pass that this session does not rest on',
    { ...byPassword, passes: [pass('p', 'a')] },
    forgotten,
    'pass_needed',
  ],
  ['P5 over: out of accounts that demand nothing, too', onPass({ endsAt: NOW }, 'b'), free, 'pass_over'],
  [
    'P5 over: out although the authenticator was proven',
    { ...onPass({ endsAt: NOW }, 'b'), evidence: [...withX.evidence, byPass('p')] },
    trustsX(),
    'pass_over',
  ],
  [
    'P5 over: out of every account, before it is asked whether one is a member',
    onPass({ endsAt: NOW }),
    null,
    'pass_over',
  ],
  [
    'P5 over, though it began before the mandate',
    onPass({ endsAt: NOW }),
    member('a', { from: 'next_login', since: NOW }),
    'pass_over',
  ],
  ['D3 expired beats a pass', { ...onPass(), startedAt: NOW - hours(24) }, forgotten, 'signed_out'],
  ['D3 disabled beats a pass', { ...onPass(), userDisabledAt: NOW }, forgotten, 'disabled'],
  [
    'D3 disabled beats a pass that is over',
    { ...onPass({ endsAt: NOW }), userDisabledAt: NOW },
    forgotten,
    'disabled',
  ],
  [
    'T2 the trusted authenticator goes before the pass',
    { ...onPass(), evidence: [...withX.evidence, byPass('p')] },
    trustsX(),
    'admitted by authenticator x',
  ],
  [
    'M3 T2 a pass, where the proven kind is no longer allowed',
    { ...onPass(), evidence: [...withX.evidence, byPass('p')] },
    trustsX({ mandates: ['sms'] }),
    `admitted by pass p until ${hours(23)}`,
  ],
]);

const two = (p: Parameters<typeof pass>[2], q: Parameters<typeof pass>[2]) =>
  session({
    kinds,
    evidence: [password(hours(1)), byPass('p', hours(1)), byPass('q', hours(1))],
    passes: [pass('p', 'a', p), pass('q', 'b', q)],
  });

table('P5 several passes', [
  [
    'P5 both live: each opens its own account',
    two({}, {}),
    forgotten,
    `admitted by pass p until ${hours(23)}`,
  ],
  [
    'P5 the session ends with the earliest: the other one’s',
    two({}, { endsAt: NOW + 5 }),
    forgotten,
    'admitted by pass p until 5',
  ],
  [
    'P5 the session ends with the earliest, in the other account, too',
    two({ endsAt: NOW + 5 }, {}),
    member('b', { trusts: 'forgotten' }),
    'admitted by pass q until 5',
  ],
  [
    'P5 the second: its own',
    two({}, { endsAt: NOW + 5 }),
    member('b', { trusts: 'forgotten' }),
    'admitted by pass q until 5',
  ],
  ['P5 the other one over: out here as well', two({}, { endsAt: NOW }), forgotten, 'pass_over'],
  [
    'P5 this one over: out there as well',
    two({ endsAt: NOW }, {}),
    member('b', { trusts: 'forgotten' }),
    'pass_over',
  ],
  ['P6 the other one revoked: out here as well', two({}, { endedAt: NOW - 1 }), forgotten, 'pass_over'],
  ['P5 and out where nothing is demanded', two({}, { endsAt: NOW }), free, 'pass_over'],
]);

const later = (given: MemberGiven = {}) =>
  member('a', { from: 'next_login', since: NOW - minutes(30), ...given });

table('M2, T2 a mandate from the next login, or now', [
  ['T2 session and membership began before it', byPassword, later(), 'admitted by before_mandate'],
  ['T2 whatever the membership trusts', byPassword, later({ trusts: 'x' }), 'admitted by before_mandate'],
  [
    'T2 the session began a millisecond before',
    byPassword,
    later({ since: byPassword.startedAt + 1 }),
    'admitted by before_mandate',
  ],
  [
    'T2 the session began in that very moment',
    byPassword,
    later({ since: byPassword.startedAt }),
    'set_up_needed',
  ],
  ['T2 the session began after', { ...byPassword, startedAt: NOW - minutes(29) }, later(), 'set_up_needed'],
  [
    'T2 the membership began a millisecond before',
    byPassword,
    later({ joinedAt: NOW - minutes(30) - 1 }),
    'admitted by before_mandate',
  ],
  [
    'T2 the membership began in that very moment',
    byPassword,
    later({ joinedAt: NOW - minutes(30) }),
    'set_up_needed',
  ],
  ['M2 now: out on the next request', byPassword, later({ from: 'now' }), 'set_up_needed'],
  [
    'M2 now: unless the trusted authenticator was proven',
    withX,
    later({ from: 'now', trusts: 'x' }),
    'admitted by authenticator x',
  ],
  ['M2 now: by the other one', withY, later({ from: 'now', trusts: 'x' }), 'other_authenticator_needed'],
  [
    'T2 proven goes before "from the next login"',
    withX,
    later({ trusts: 'x' }),
    'admitted by authenticator x',
  ],
]);

describe('sessionStands: pages that belong to no account', () => {
  const stands = (facts: Session | null, memberships: readonly Membership[] = [free]) =>
    sessionStands(facts, memberships, NOW);
  const short = member('b', { sessionMaxMs: minutes(15), sessionIdleMs: minutes(15) });
  const month = member('c', { mandates: null, sessionMaxMs: days(30), sessionIdleMs: days(30) });

  test('D3 a young session stands', () => expect(stands(byPassword)).toBe('signed_in'));
  test('U5 of no account it stands as well', () => expect(stands(byPassword, [])).toBe('signed_in'));
  test('D3 no session', () => expect(stands(null)).toBe('signed_out'));
  test('S3 ended', () => expect(stands({ ...byPassword, endedAt: NOW })).toBe('signed_out'));
  test('U5 disabled', () => expect(stands({ ...byPassword, userDisabledAt: NOW })).toBe('disabled'));
  test('D3 ended beats disabled', () =>
    expect(stands({ ...byPassword, endedAt: NOW, userDisabledAt: NOW })).toBe('signed_out'));
  test('P5 a pass over: out everywhere', () => expect(stands(onPass({ endsAt: NOW }))).toBe('pass_over'));
  test('P5 a pass that lives', () => expect(stands(onPass({ endsAt: NOW + 1 }))).toBe('signed_in'));
  test('P5 one of two over', () => expect(stands(two({}, { endsAt: NOW }))).toBe('pass_over'));
  test('P6 a pass whose row is gone', () => expect(stands({ ...onPass(), passes: [] })).toBe('pass_over'));
  test('D3 disabled beats a pass that is over', () =>
    expect(stands({ ...onPass({ endsAt: NOW }), userDisabledAt: NOW })).toBe('disabled'));
  test.for([
    ['S2 without an account 24 hours', [], hours(24)],
    ['S2 as long as any of the accounts lets it: 24 hours of one', [free, short], hours(24)],
    ['S2 as long as any of the accounts lets it: 30 days of one', [short, month], days(30)],
    ['S2 15 minutes, where the only account says so', [short], minutes(15)],
  ] as const)('%s', ([, memberships, max]) => {
    const old = { ...byPassword, startedAt: NOW - max, lastUsedAt: NOW };
    expect(stands(old, memberships)).toBe('signed_out');
    expect(stands({ ...old, startedAt: NOW - max + 1 }, memberships)).toBe('signed_in');
  });
  const idle15 = member('d', { sessionIdleMs: minutes(15) });
  test.for([
    ['S2 idle without an account: 8 hours', [], hours(8)],
    ['S2 idle: 8 hours of one', [free, idle15], hours(8)],
    ['S2 idle: 15 minutes of the only one', [idle15], minutes(15)],
  ] as const)('%s', ([, memberships, idle]) => {
    const unused = { ...byPassword, startedAt: NOW - hours(9), lastUsedAt: NOW - idle };
    expect(stands(unused, memberships)).toBe('signed_out');
    expect(stands({ ...unused, lastUsedAt: NOW - idle + 1 }, memberships)).toBe('signed_in');
  });
  test('S2 idled out of the only account: it stands no more', () =>
    expect(stands({ ...byPassword, idledOut: ['a'] })).toBe('signed_out'));
  test('S2 idled out of all of them', () =>
    expect(stands({ ...byPassword, idledOut: ['a', 'c'] }, [free, month])).toBe('signed_out'));
  test('S2 idled out of one: the other keeps it', () =>
    expect(stands({ ...byPassword, idledOut: ['a'] }, [free, month])).toBe('signed_in'));
  test('S2 idled out of an account one is not in: by the others, or by the defaults', () => {
    expect(stands({ ...byPassword, idledOut: ['z'] })).toBe('signed_in');
    expect(stands({ ...byPassword, idledOut: ['z'] }, [])).toBe('signed_in');
  });
  test('S2 idled out beats disabled, and a pass that is over', () => {
    expect(stands({ ...byPassword, idledOut: ['a'], userDisabledAt: NOW })).toBe('signed_out');
    expect(stands({ ...onPass({ endsAt: NOW }), idledOut: ['a'] })).toBe('signed_out');
  });
  test('S2 an account idled out keeps it standing no longer than the rest: to the millisecond', () => {
    const unused = { ...byPassword, idledOut: ['c'], lastUsedAt: NOW - minutes(15) };
    expect(stands(unused, [month, idle15])).toBe('signed_out');
    expect(stands({ ...unused, lastUsedAt: NOW - minutes(15) + 1 }, [month, idle15])).toBe('signed_in');
    expect(stands({ ...unused, idledOut: [] }, [month, idle15])).toBe('signed_in');
  });
  test('M2 a mandate shuts an account, not the session', () =>
    expect(stands(byPassword, [member('a', { mandates: BOTH })])).toBe('signed_in'));
});

const inactive = (given: MemberGiven = {}) => member('a', { active: false, ...given });

table('U2 inactive until its set-up ends', [
  ['U2 nothing proven', byPassword, inactive(), 'set_up_needed'],
  ['U2 its authenticator proven', withX, inactive({ trusts: 'x' }), 'set_up_needed'],
  ['U2 a backup code of it proven', withBackup, inactive({ trusts: 'x' }), 'set_up_needed'],
  ['U2 another one proven', withY, inactive({ trusts: 'x' }), 'set_up_needed'],
  ['U2 M3 of a kind not allowed', withX, inactive({ trusts: 'x', mandates: ['sms'] }), 'set_up_needed'],
  ['U2 forgotten', byPassword, inactive({ trusts: 'forgotten' }), 'set_up_needed'],
  ['U2 forgotten, on its own pass', onPass(), inactive({ trusts: 'forgotten' }), 'set_up_needed'],
  ['U2 T2 not as before the mandate either', byPassword, { ...later(), active: false }, 'set_up_needed'],
  ['U2 nor before the mandate with X', withX, { ...later({ trusts: 'x' }), active: false }, 'set_up_needed'],
  [
    'U2 where nothing is mandated nothing waits',
    byPassword,
    inactive({ mandates: null }),
    'admitted by no_mandate',
  ],
  ['S3 signed out goes before', { ...withX, endedAt: NOW }, inactive({ trusts: 'x' }), 'signed_out'],
  ['U5 disabled goes before', { ...withX, userDisabledAt: NOW }, inactive({ trusts: 'x' }), 'disabled'],
  ['P5 a pass over goes before', onPass({ endsAt: NOW }), inactive(), 'pass_over'],
  [
    'S2 sessions ended here go before',
    withX,
    inactive({ trusts: 'x', sessionsFrom: NOW - 1 }),
    'session_ended_here',
  ],
]);
