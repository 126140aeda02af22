import { describe, expect, test } from 'vitest';
import type { Method, Plan } from './facts.ts';
import {
  cappedSessionLength,
  judgeMandate,
  judgePlanChange,
  judgeSessionLength,
  type MandateVerdict,
  orderedMethods,
  SESSION_LEAST_MS,
  SESSION_MOST_MANDATED_MS,
  SESSION_MOST_MS,
  type Standing,
  standingOf,
} from './mandate.ts';
import { BOTH, days, hours, minutes, NOW, product } from './testing/scene.ts';

describe('M1, M3 may this mandate be switched on?', () => {
  test.for<readonly [string, Plan, readonly Method[], boolean, MandateVerdict]>([
    ['M1 both, with a carrier', 'enterprise', BOTH, true, 'ok'],
    ['M3 both, without one: the app is left', 'enterprise', BOTH, false, 'ok'],
    ['M3 the app alone', 'enterprise', ['totp'], true, 'ok'],
    ['M3 the app alone needs no carrier', 'enterprise', ['totp'], false, 'ok'],
    ['M3 text alone, with a carrier', 'enterprise', ['sms'], true, 'ok'],
    ['M3 text alone, without one', 'enterprise', ['sms'], false, 'text_needs_carrier'],
    ['M3 no method', 'enterprise', [], true, 'no_method'],
    ['M3 no method, no carrier', 'enterprise', [], false, 'no_method'],
  ])('%s', ([, plan, methods, textMessages, verdict]) => {
    expect(judgeMandate(plan, methods, textMessages)).toBe(verdict);
  });

  test('M1 only enterprise accounts can mandate, whatever else', () => {
    for (const { methods, texts } of product({
      methods: [[], ['totp'], ['sms'], BOTH] as readonly (readonly Method[])[],
      texts: [true, false],
    })) {
      expect(judgeMandate('standard', methods, texts)).toBe('not_enterprise');
    }
  });

  test('M1 to standard while a mandate is on: refused, unless the operator says so', () => {
    for (const { to, on, forced } of product({
      to: ['standard', 'enterprise'] as const,
      on: [true, false],
      forced: [true, false],
    })) {
      const refused = to === 'standard' && on && !forced;
      expect(judgePlanChange(to, on, forced)).toBe(refused ? 'mandate_on' : 'ok');
    }
  });

  test('E2 the app comes first, in whatever order they were ticked', () => {
    expect(orderedMethods(['sms', 'totp'])).toEqual(['totp', 'sms']);
    expect(orderedMethods(['totp', 'sms'])).toEqual(['totp', 'sms']);
    expect(orderedMethods(['sms'])).toEqual(['sms']);
    expect(orderedMethods(['sms', 'sms'])).toEqual(['sms']);
    expect(orderedMethods([])).toEqual([]);
  });
});

describe('T3 where a member stands with this account’s mandate', () => {
  const trusts = {
    trust: 'authenticator',
    trustSince: NOW - days(3),
    method: 'totp',
    passUntil: null,
    methods: BOTH,
  } as const;
  const until = NOW + hours(3);
  test.for<readonly [string, Parameters<typeof standingOf>[0], Standing]>([
    ['T3 by app, and since when', trusts, { state: 'set_up', method: 'totp', since: NOW - days(3) }],
    [
      'T3 by text message',
      { ...trusts, method: 'sms' },
      { state: 'set_up', method: 'sms', since: NOW - days(3) },
    ],
    [
      'T3 the only method',
      { ...trusts, methods: ['totp'] },
      { state: 'set_up', method: 'totp', since: NOW - days(3) },
    ],
    [
      'M3 by a kind that is no longer allowed',
      { ...trusts, methods: ['sms'] },
      { state: 'other_method_needed', method: 'totp' },
    ],
    ['T1 never', { ...trusts, trust: 'never', method: null }, { state: 'not_yet' }],
    ['T3 never, whatever the person has elsewhere', { ...trusts, trust: 'never' }, { state: 'not_yet' }],
    ['D9 an authenticator that is not there', { ...trusts, method: null }, { state: 'not_yet' }],
    ['T1c forgotten', { ...trusts, trust: 'forgotten', method: null }, { state: 'set_up_again' }],
    [
      'T1c forgotten, whatever the person has elsewhere',
      { ...trusts, trust: 'forgotten' },
      { state: 'set_up_again' },
    ],
    [
      'P7 on a pass, forgotten',
      { ...trusts, trust: 'forgotten', method: null, passUntil: until },
      { state: 'on_pass', until },
    ],
    ['P4 on a pass not used yet', { ...trusts, passUntil: until }, { state: 'on_pass', until }],
    [
      'P4 on a pass, never set up',
      { ...trusts, trust: 'never', passUntil: until },
      { state: 'on_pass', until },
    ],
  ])('%s', ([, given, standing]) => {
    expect(standingOf(given)).toEqual(standing);
  });
});

describe('S2 session length', () => {
  test('S2 from 15 minutes to 24 hours where mandated, to 30 days elsewhere', () => {
    expect([SESSION_LEAST_MS, SESSION_MOST_MANDATED_MS, SESSION_MOST_MS]).toEqual([
      minutes(15),
      hours(24),
      days(30),
    ]);
  });

  const table: readonly (readonly [
    string,
    number,
    number,
    boolean,
    ReturnType<typeof judgeSessionLength>,
  ])[] = [
    ['S2 the defaults', hours(24), hours(8), true, 'ok'],
    ['S2 the shortest', minutes(15), minutes(15), true, 'ok'],
    ['S2 the longest where mandated', hours(24), hours(24), true, 'ok'],
    ['S2 the longest elsewhere', days(30), days(30), false, 'ok'],
    ['S2 a millisecond too short', minutes(15) - 1, minutes(15) - 1, false, 'too_short'],
    ['S2 idle a millisecond too short', hours(1), minutes(15) - 1, true, 'too_short'],
    ['S2 a millisecond too long where mandated', hours(24) + 1, hours(8), true, 'too_long'],
    ['S2 the same elsewhere', hours(24) + 1, hours(8), false, 'ok'],
    ['S2 a millisecond too long elsewhere', days(30) + 1, hours(8), false, 'too_long'],
    ['S2 idle too long where mandated', hours(24), hours(24) + 1, true, 'too_long'],
    ['S2 idle longer than the whole', hours(1), hours(1) + 1, true, 'idle_longer_than_max'],
    ['S2 idle longer than the whole, elsewhere', days(1), days(2), false, 'idle_longer_than_max'],
    ['S2 nothing at all', 0, 0, true, 'too_short'],
    ['S2 less than nothing', -hours(1), -hours(1), false, 'too_short'],
  ];
  test.for(table)('%s', ([, maxMs, idleMs, mandated, verdict]) => {
    expect(judgeSessionLength({ maxMs, idleMs }, mandated)).toBe(verdict);
  });

  test('S2 switching a mandate on shortens what is too long for it, and nothing else', () => {
    expect(cappedSessionLength({ maxMs: days(30), idleMs: days(7) })).toEqual({
      maxMs: hours(24),
      idleMs: hours(24),
    });
    expect(cappedSessionLength({ maxMs: days(30), idleMs: hours(8) })).toEqual({
      maxMs: hours(24),
      idleMs: hours(8),
    });
    expect(cappedSessionLength({ maxMs: hours(24), idleMs: hours(1) })).toEqual({
      maxMs: hours(24),
      idleMs: hours(1),
    });
  });

  test('S2 whatever an account may set, it may keep once capped', () => {
    const lengths = [minutes(15), hours(1), hours(24), hours(24) + 1, days(30)];
    for (const p of product({ maxMs: lengths, idleMs: lengths })) {
      if (judgeSessionLength(p, false) !== 'ok') continue;
      expect(judgeSessionLength(cappedSessionLength(p), true)).toBe('ok');
    }
  });
});
