import { describe, expect, test } from 'vitest';
import type { Evidence, Membership, Method } from './facts.ts';
import {
  app,
  BOTH,
  backupCode,
  byPass,
  code,
  days,
  mailbox,
  member,
  minutes,
  NOW,
  password,
  phone,
  product,
  textCode,
} from './testing/scene.ts';
import {
  allowedMethods,
  hasLapsed,
  planEnrollment,
  proofOf,
  settleSleep,
  untrusted,
  withoutLapsed,
} from './trust.ts';

describe('what proves an authenticator', () => {
  test.for<readonly [string, readonly Evidence[], ReturnType<typeof proofOf>]>([
    ['T2 its code', [password(), code('x')], 'itself'],
    ['T2 its text message', [textCode('x')], 'itself'],
    ['T2 its backup code', [backupCode('x')], 'backup_code'],
    ['T2 both: itself', [backupCode('x'), code('x')], 'itself'],
    ['T2 both, in the other order: itself', [code('x'), backupCode('x')], 'itself'],
    ['B2 a code of another authenticator: nothing', [code('y'), backupCode('y')], 'none'],
    [
      'B2 another’s code beside its own backup code: only the backup code',
      [backupCode('x'), code('y')],
      'backup_code',
    ],
    ['E4 password, mailbox and pass: nothing', [password(), mailbox(), byPass('x')], 'none'],
    ['E4 a password row that names it: nothing', [{ ...password(), authenticatorId: 'x' }], 'none'],
    ['P4 a pass row that names it: nothing', [{ ...byPass('p'), authenticatorId: 'x' }], 'none'],
    ['D3 nothing at all', [], 'none'],
  ])('%s', ([, evidence, proof]) => {
    expect(proofOf('x', evidence)).toBe(proof);
  });

  test('T4 since a moment: that moment counts, the millisecond before it does not', () => {
    const since = NOW - minutes(5);
    expect(proofOf('x', [code('x', minutes(5))], since)).toBe('itself');
    expect(proofOf('x', [code('x', minutes(5) - 1)], since)).toBe('itself');
    expect(proofOf('x', [code('x', minutes(5) + 1)], since)).toBe('none');
    expect(proofOf('x', [code('x', minutes(9)), backupCode('x')], since)).toBe('backup_code');
  });
});

describe('M3 which methods an account takes', () => {
  test.for<readonly [string, readonly Method[] | null, readonly Method[]]>([
    ['M3 only the app', ['totp'], ['totp']],
    ['M3 only text messages', ['sms'], ['sms']],
    ['M3 both', BOTH, BOTH],
    ['M3 where nothing is demanded, every kind', null, BOTH],
  ])('%s', ([, mandates, methods]) => {
    expect(allowedMethods(member('a', { mandates }))).toEqual(methods);
  });
});

describe('M3, T1 the plan of a set-up', () => {
  const target = member('t', { trusts: 'x' });
  const plan = (memberships: Membership[], replaces: string | null = 'x', texts = true) => {
    const p = planEnrollment(memberships[0] ?? target, replaces, memberships, texts);
    return `${p.methods.join('/')} for ${p.movers.join('+')} from ${p.replaces}`;
  };

  test.for<readonly [string, Membership[], string]>([
    ['M3 the target alone', [target], 'totp/sms for m:t from x'],
    [
      'T1b all that trust X move together',
      [target, member('b', { trusts: 'x' })],
      'totp/sms for m:t+m:b from x',
    ],
    [
      'M3 what all of them allow',
      [target, member('b', { trusts: 'x', mandates: ['sms'] })],
      'sms for m:t+m:b from x',
    ],
    [
      'M3 none is common: the target alone, the old one stays for the rest',
      [member('t', { trusts: 'x', mandates: ['totp'] }), member('b', { trusts: 'x', mandates: ['sms'] })],
      'totp for m:t from x',
    ],
    [
      'T1b who trusts another stays',
      [target, member('b', { trusts: 'y', mandates: ['sms'] })],
      'totp/sms for m:t from x',
    ],
    [
      'T1 who is forgotten stays, and limits nothing',
      [target, member('b', { trusts: 'forgotten', mandates: ['sms'] })],
      'totp/sms for m:t from x',
    ],
    ['T1a who trusts none yet comes along', [target, member('b')], 'totp/sms for m:t+m:b from x'],
    [
      'T1a who trusts none yet and takes less than is offered stays, and narrows nothing',
      [target, member('b', { mandates: ['sms'] })],
      'totp/sms for m:t from x',
    ],
    [
      'T1a it comes along where others have narrowed the offer to what it takes',
      [target, member('b', { trusts: 'x', mandates: ['sms'] }), member('c', { mandates: ['sms'] })],
      'sms for m:t+m:b+m:c from x',
    ],
    [
      'M3 who trusts none yet takes nothing of the offer: it neither narrows it nor comes along',
      [member('t', { trusts: 'x', mandates: ['totp'] }), member('b', { mandates: ['sms'] })],
      'totp for m:t from x',
    ],
    [
      'M3 nor does it part those that trust the old one',
      [
        member('t', { trusts: 'x', mandates: ['totp'] }),
        member('b', { trusts: 'x' }),
        member('c', { mandates: ['sms'] }),
      ],
      'totp for m:t+m:b from x',
    ],
    [
      'M3 two that trust none yet and have nothing in common: neither narrows, neither comes along',
      [target, member('b', { mandates: ['sms'] }), member('c', { mandates: ['totp'] })],
      'totp/sms for m:t from x',
    ],
    [
      'T1a of two that trust none yet, the one that takes every offered method comes along all the same',
      [target, member('b', { mandates: ['sms'] }), member('c', { mandates: ['totp'] }), member('d')],
      'totp/sms for m:t+m:d from x',
    ],
    [
      'M3 for the target alone, who trusts none yet still comes along',
      [
        member('t', { trusts: 'x', mandates: ['totp'] }),
        member('b', { trusts: 'x', mandates: ['sms'] }),
        member('c'),
      ],
      'totp for m:t+m:c from x',
    ],
    [
      'M3 an account without mandate limits nothing',
      [target, member('b', { trusts: 'x', mandates: null })],
      'totp/sms for m:t+m:b from x',
    ],
  ])('%s', ([, memberships, expected]) => {
    expect(plan(memberships)).toBe(expected);
  });

  test('T1 nothing is replaced: who trusts an authenticator stays', () => {
    expect(plan([member('t'), member('b', { trusts: 'x' })], null)).toBe('totp/sms for m:t from null');
  });
  test('T1d of two forgotten only the target moves', () => {
    const two = [member('t', { trusts: 'forgotten' }), member('b', { trusts: 'forgotten' })];
    expect(plan(two, null)).toBe('totp/sms for m:t from null');
  });
  test('M3 without a carrier text is not offered', () => {
    expect(plan([target], 'x', false)).toBe('totp for m:t from x');
  });
  test('M3 without a carrier where only text is allowed: nothing', () => {
    expect(plan([member('t', { trusts: 'x', mandates: ['sms'] })], 'x', false)).toBe(' for m:t from x');
  });

  test('M3 T1 over every three memberships', () => {
    const member3 = [
      ...product({
        mandates: [null, BOTH, ['totp'], ['sms']] as const,
        trusts: ['never', 'x', 'y', 'forgotten'],
      }),
    ];
    const takes = (m: Membership, kind: Method) => m.account.mandate?.methods.includes(kind) ?? true;
    let plans = 0;
    for (const { t, b, c, replaces, texts } of product({
      t: member3,
      b: member3,
      c: member3,
      replaces: [null, 'x'],
      texts: [true, false],
    })) {
      const memberships = [member('b', b), member('t', t), member('c', c)];
      const [mb, mt, mc] = memberships as [Membership, Membership, Membership];
      const p = planEnrollment(mt, replaces, memberships, texts);
      plans++;
      const where = JSON.stringify({ t, b, c, replaces, texts, p });
      const offerable = (movers: Membership[]) =>
        BOTH.filter((kind) => (kind === 'totp' || texts) && movers.every((m) => takes(m, kind)));
      // T1 b: those that trust the replaced one, with the target; M3: the target alone if they have none in common.
      const trusting = [mb, mt, mc].filter(
        (m) =>
          m === mt ||
          (replaces !== null && m.trust.state === 'authenticator' && m.trust.authenticatorId === replaces),
      );
      const core = offerable(trusting).length > 0 ? trusting : [mt];
      // T1 a: those that trust none yet never narrow the offer; they come along only if they take all of it.
      const never = [mb, mc].filter((m) => m.trust.state === 'never');
      const methods = offerable(core);
      const without = memberships.filter((m) => m === mt || m.trust.state !== 'never');
      const alone = planEnrollment(mt, replaces, without, texts).methods;
      if (p.methods.join() !== alone.join()) expect.fail(`narrowed: ${where}`);
      const along = never.filter((m) => methods.every((kind) => takes(m, kind)));
      const expected = [...core, ...along].map((m) => m.id).sort();
      if (p.movers.toSorted().join() !== expected.join()) expect.fail(`movers: ${where}`);
      if (p.methods.join() !== methods.join()) expect.fail(`methods: ${where}`);
      if (p.replaces !== replaces) expect.fail(`replaces: ${where}`);
    }
    expect(plans).toBe(16 ** 3 * 4);
  });
});

describe('M4 sleep', () => {
  const asleep = (agoMs: number) => NOW - agoMs;

  test('M4 over 90 days: a millisecond more, and not before', () => {
    expect(hasLapsed(asleep(days(90)), NOW)).toBe(false);
    expect(hasLapsed(asleep(days(90) + 1), NOW)).toBe(true);
    expect(hasLapsed(null, NOW)).toBe(false);
    expect(hasLapsed(NOW, NOW)).toBe(false);
  });

  test('M4 what has lapsed is gone, and its memberships become never; the rest stays as it is', () => {
    const facts = {
      memberships: [
        member('a', { trusts: 'old' }),
        member('b', { trusts: 'x' }),
        member('c', { trusts: 'forgotten' }),
        member('d'),
      ],
      authenticators: [
        app('old', { asleepSince: asleep(days(91)) }),
        phone('x', { asleepSince: asleep(days(90)) }),
      ],
    };
    const { memberships, authenticators } = withoutLapsed(facts, NOW);
    expect(authenticators).toEqual([facts.authenticators[1]]);
    expect(memberships).toEqual([member('a'), ...facts.memberships.slice(1)]);
  });

  test('M4 D9 only what has lapsed is forgotten: an authenticator that is not among the facts stays trusted', () => {
    const facts = {
      memberships: [member('a', { trusts: 'gone' }), member('b', { trusts: 'old' })],
      authenticators: [app('old', { asleepSince: asleep(days(91)) }), app('x')],
    };
    const { memberships, authenticators } = withoutLapsed(facts, NOW);
    expect(memberships).toEqual([facts.memberships[0], member('b')]);
    expect(authenticators).toEqual([facts.authenticators[1]]);
    const awake = { memberships: facts.memberships.slice(0, 1), authenticators: [app('x')] };
    expect(withoutLapsed(awake, NOW)).toEqual(awake);
  });

  test('M4 no account mandates: all go to sleep, and those that sleep stay so', () => {
    const xs = [app('x'), app('y', { asleepSince: asleep(days(3)) })];
    expect(settleSleep([member('a', { mandates: null })], xs, NOW)).toEqual({
      sleep: ['x'],
      wake: [],
      destroy: [],
    });
    expect(settleSleep([], xs, NOW)).toEqual({ sleep: ['x'], wake: [], destroy: [] });
  });

  test('M4 one account mandates: all wake, also those it does not concern', () => {
    const xs = [app('x'), app('y', { asleepSince: asleep(days(90)) })];
    const memberships = [member('a', { mandates: null }), member('b')];
    expect(settleSleep(memberships, xs, NOW)).toEqual({ sleep: [], wake: ['y'], destroy: [] });
  });

  test('M4 asleep over 90 days: destroyed, and no mandate wakes it', () => {
    const xs = [app('old', { asleepSince: asleep(days(90) + 1) })];
    const destroyed = { sleep: [], wake: [], destroy: ['old'] };
    expect(settleSleep([member('a')], xs, NOW)).toEqual(destroyed);
    expect(settleSleep([member('a', { mandates: null })], xs, NOW)).toEqual(destroyed);
  });
});

describe('T1 what no membership trusts is destroyed', () => {
  test('T1 only what nobody trusts; forgotten and never trust nothing', () => {
    const xs = [app('x'), app('y'), phone('z')];
    const memberships = [member('a', { trusts: 'y' }), member('b', { trusts: 'forgotten' }), member('c')];
    expect(untrusted(xs, memberships)).toEqual(['x', 'z']);
  });
  test('T1 trust of an account without mandate keeps it', () => {
    expect(untrusted([app('x')], [member('a', { mandates: null, trusts: 'x' })])).toEqual([]);
  });
  test('T1 of no account: all', () => {
    expect(untrusted([app('x')], [])).toEqual(['x']);
  });
});
