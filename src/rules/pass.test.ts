import { describe, expect, test } from 'vitest';
import {
  judgeGrant,
  mayBeAsked,
  PASS_LIFE_MS,
  passIsLive,
  passStateOf,
  REQUEST_LIFE_MS,
  REQUESTS_WAITING,
  RIGHT_LIFE_AFTER_PASS_MS,
  requestState,
  rightIsLive,
  WEEK_MS,
  WRONG_NUMBERS,
} from './pass.ts';
import { days, hours, minutes, NOW, pass } from './testing/scene.ts';

const LONG_AFTER = NOW + days(4000);

describe('P4 exactly 24 hours', () => {
  test('P4 24 hours, P7 and seven days more', () => {
    expect(PASS_LIFE_MS).toBe(hours(24));
    expect(RIGHT_LIFE_AFTER_PASS_MS).toBe(days(7));
  });

  test('P4 live to the last millisecond, and never again', () => {
    const granted = pass('p', 'a', { endsAt: NOW + hours(24) });
    expect(passIsLive(granted, NOW)).toBe(true);
    expect(passIsLive(granted, NOW + hours(24) - 1)).toBe(true);
    expect(passIsLive(granted, NOW + hours(24))).toBe(false);
    expect(passIsLive(granted, NOW + hours(24) + 1)).toBe(false);
    expect(passIsLive(granted, LONG_AFTER)).toBe(false);
  });

  test('P6 ended is ended, even where the end is yet to come', () => {
    for (const endedAt of [0, NOW - 1, NOW, NOW + 1]) {
      expect(passIsLive(pass('p', 'a', { endedAt }), NOW)).toBe(false);
    }
  });

  test('P5 a pass that cannot be found is not live', () => {
    expect(passIsLive(undefined, NOW)).toBe(false);
  });

  test('P4 the right keeps no pass alive', () => {
    expect(passIsLive(pass('p', 'a', { endsAt: NOW, rightUntil: NOW + days(7) }), NOW)).toBe(false);
  });
});

describe('P7 the set-up right', () => {
  const right = pass('p', 'a', { endsAt: NOW, rightUntil: NOW + days(7) });

  test('P7 until seven days after the pass ends', () => {
    expect(rightIsLive(right, NOW)).toBe(true);
    expect(rightIsLive(right, NOW + days(7) - 1)).toBe(true);
    expect(rightIsLive(right, NOW + days(7))).toBe(false);
    expect(rightIsLive(right, LONG_AFTER)).toBe(false);
  });

  test('P5 while the pass lives as well', () => {
    expect(rightIsLive(pass('p', 'a'), NOW)).toBe(true);
  });

  test('P7 spent by the set-up', () => {
    expect(rightIsLive({ ...right, rightSpentAt: NOW - 1 }, NOW)).toBe(false);
    expect(rightIsLive({ ...right, rightSpentAt: 0 }, NOW)).toBe(false);
  });

  test('U4 E7 taken away by a reset or "not me"', () => {
    expect(rightIsLive({ ...right, rightUntil: null }, NOW)).toBe(false);
  });
});

describe('P1 asking for a pass', () => {
  test('P1 half an hour, three requests, three wrong numbers', () => {
    expect(REQUEST_LIFE_MS).toBe(minutes(30));
    expect(REQUESTS_WAITING).toBe(3);
    expect(WRONG_NUMBERS).toBe(3);
  });

  test('P1 it waits half an hour', () => {
    const request = { answer: null, expiresAt: NOW + REQUEST_LIFE_MS };
    expect(requestState(request, NOW + minutes(30) - 1)).toBe('waiting');
    expect(requestState(request, NOW + minutes(30))).toBe('expired');
  });

  test.for(['granted', 'denied', 'wrong_number', 'withdrawn'] as const)('P1 answered: %s', (answer) => {
    expect(requestState({ answer, expiresAt: NOW + 1 }, NOW)).toBe(answer);
    expect(requestState({ answer, expiresAt: NOW - 1 }, NOW)).toBe(answer);
  });

  test.for([
    ['P8 an owner answers for a member', 'member', 'owner', true],
    ['P8 an owner answers for an admin', 'admin', 'owner', true],
    ['P8 an owner answers for another owner', 'owner', 'owner', true],
    ['P8 an admin answers for a member', 'member', 'admin', true],
    ['P8 an admin does not answer for another admin', 'admin', 'admin', false],
    ['P8 nor for an owner', 'owner', 'admin', false],
    ['P8 a member answers for nobody', 'member', 'member', false],
    ['P8 nor for an admin', 'admin', 'member', false],
    ['P8 nor for an owner', 'owner', 'member', false],
  ] as const)('%s', ([, asking, asked, answer]) => {
    expect(mayBeAsked({ role: asking }, { role: asked })).toBe(answer);
  });
});

describe('P3 granting a pass', () => {
  const grant = { mandated: true, grantedThisWeek: 0, by: 'admin', reason: 'Phone lost' } as const;

  test.for([
    ['P3 the first of the week', grant, 'ok'],
    ['P3 the second', { ...grant, grantedThisWeek: 1 }, 'ok'],
    ['P3 a third', { ...grant, grantedThisWeek: 2 }, 'too_many'],
    ['P3 a fourth', { ...grant, grantedThisWeek: 3 }, 'too_many'],
    ['P3 a third by an owner', { ...grant, grantedThisWeek: 2, by: 'owner' }, 'ok'],
    ['P8 a third by the operator', { ...grant, grantedThisWeek: 2, by: 'operator' }, 'ok'],
    ['P3 no reason', { ...grant, reason: '' }, 'reason_missing'],
    ['P3 a reason of blanks', { ...grant, reason: ' \t\n' }, 'reason_missing'],
    ['P3 an owner gives a reason too', { ...grant, by: 'owner', reason: ' ' }, 'reason_missing'],
    ['P3 and so does the operator', { ...grant, by: 'operator', reason: '' }, 'reason_missing'],
    ['P4 where nothing is mandated there is nothing to pass', { ...grant, mandated: false }, 'not_mandated'],
    ['P4 for an owner neither', { ...grant, mandated: false, by: 'owner' }, 'not_mandated'],
    ['P8 the operator may also there', { ...grant, mandated: false, by: 'operator' }, 'ok'],
    [
      'P3 and gives a reason there, too',
      { ...grant, mandated: false, by: 'operator', reason: ' ' },
      'reason_missing',
    ],
    [
      'P3 a reason that cannot be seen',
      { ...grant, reason: '\u200b\u00a0\ufeff\u2060\u0000' },
      'reason_missing',
    ],
    ['P3 a reason of one letter, in any script', { ...grant, reason: '\u200b\u00a0 病' }, 'ok'],
  ] as const)('%s', ([, given, verdict]) => {
    expect(judgeGrant(given)).toBe(verdict);
  });

  test('P3 the week has seven days', () => expect(WEEK_MS).toBe(days(7)));

  test('P2 P4 P5 what lists show of a pass', () => {
    const granted = { endsAt: NOW + 1, endedAt: null, activatedAt: null };
    expect(passStateOf(granted, NOW)).toBe('unused');
    expect(passStateOf({ ...granted, activatedAt: NOW - 1 }, NOW)).toBe('in_use');
    expect(passStateOf({ ...granted, activatedAt: NOW - 1 }, NOW + 1)).toBe('over');
    expect(passStateOf(granted, NOW + 1)).toBe('over');
    expect(passStateOf({ ...granted, endedAt: NOW - 1 }, NOW)).toBe('over');
    expect(passStateOf({ ...granted, activatedAt: 1, endedAt: NOW }, NOW)).toBe('over');
  });
});
