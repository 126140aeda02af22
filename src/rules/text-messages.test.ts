/** T28, S09, S10, S12: what may be sent, and what stops it. Numbers from the table of limits, not from the code. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  type BlockReason,
  DEFAULT_TEXT_POLICY,
  givenBack,
  judgeText,
  LIMIT_NAMES,
  type LimitName,
  TEXT_LIMITS,
  type TextFacts,
  type TextPolicy,
} from './text-messages.ts';
import { receiptsAreLow } from './text-receipts.ts';
import { neighboursOf, prefixMayGoOn, runLength, verificationIsLow } from './text-signals.ts';
import type { Counter } from './throttle.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const MINUTE = 60_000;
const policy: TextPolicy = { ...DEFAULT_TEXT_POLICY, countries: new Set(['DE', 'US']) };

/** A counter whose window began a minute ago. */
const used = (name: LimitName, wrong: number): Counter => ({
  wrong,
  waitUntil: NOW - MINUTE + TEXT_LIMITS[name].windowMs,
  lastAt: NOW - MINUTE,
});
const counts = (over: Partial<Record<LimitName, number>> = {}) =>
  new Map(LIMIT_NAMES.map((name) => [name, used(name, over[name] ?? 0)]));
const facts = (over: Partial<TextFacts> = {}): TextFacts => ({
  purpose: 'code',
  country: 'DE',
  line: 'MOBILE',
  counts: counts(),
  prefix: { sent: 0, verified: 0 },
  run: 0,
  ...over,
});
const say = (given: TextFacts, by = policy): BlockReason | 'go' => {
  const verdict = judgeText(by, given, NOW);
  return verdict.send ? 'go' : verdict.reason;
};

test.each<[string, Partial<TextFacts>, BlockReason | 'go']>([
  ['S07 a country that is named', {}, 'go'],
  ['S07 a country that is not', { country: 'LV' }, 'country'],
  ['S07 a number of no country', { country: 'ZZ' }, 'country'],
  ['S12 premium', { line: 'PREMIUM_RATE' }, 'line'],
  ['S12 toll-free', { line: 'TOLL_FREE' }, 'line'],
  ['S12 landline', { line: 'FIXED_LINE' }, 'line'],
  ['S12 pager', { line: 'PAGER' }, 'line'],
  ['S12 where nobody can tell landline and mobile apart', { line: 'FIXED_LINE_OR_MOBILE' }, 'go'],
  ['S12 where the numbers do not tell', { line: null }, 'go'],
  ['number: the 3rd in ten minutes', { counts: counts({ 'number/10min': 2 }) }, 'go'],
  ['number: the 4th in ten minutes', { counts: counts({ 'number/10min': 3 }) }, 'number/10min'],
  ['number: the 6th in an hour', { counts: counts({ 'number/hour': 5 }) }, 'number/hour'],
  [
    'T28 number: the 31st of a day, however many were used',
    { counts: counts({ 'number/day-in-all': 30 }) },
    'number/day-in-all',
  ],
  [
    'person: the 31st of a day, however many were used',
    { counts: counts({ 'person/day-in-all': 30 }) },
    'person/day-in-all',
  ],
  [
    'T30 a set-up beyond half of a cap',
    { purpose: 'enroll', counts: counts({ 'instance/day': 1000 }) },
    'instance/day',
  ],
  ['T30 a log-in beyond half of a cap', { counts: counts({ 'instance/day': 1000 }) }, 'go'],
  ['number: the 10th of a day', { counts: counts({ 'number/day': 9 }) }, 'go'],
  ['number: the 11th of a day', { counts: counts({ 'number/day': 10 }) }, 'number/day'],
  ['person: the 6th in an hour', { counts: counts({ 'person/hour': 5 }) }, 'person/hour'],
  ['person: the 11th of a day', { counts: counts({ 'person/day': 10 }) }, 'person/day'],
  ['network: the 11th in an hour', { counts: counts({ 'network/hour': 10 }) }, 'network/hour'],
  ['network: the 31st of a day', { counts: counts({ 'network/day': 30 }) }, 'network/day'],
  ['account: the 200th of a day', { counts: counts({ 'account/day': 199 }) }, 'go'],
  ['account: the 201st of a day', { counts: counts({ 'account/day': 200 }) }, 'account/day'],
  ['instance: the 2,000th of a day', { counts: counts({ 'instance/day': 1_999 }) }, 'go'],
  ['instance: the 2,001st of a day', { counts: counts({ 'instance/day': 2_000 }) }, 'instance/day'],
  // The default price is 0.05: 10 of the currency are 200 messages.
  ['S09 account: the last that its money pays', { counts: counts({ 'account/spend': 99_500 }) }, 'go'],
  ['S09 account: one that it does not', { counts: counts({ 'account/spend': 99_501 }) }, 'account/spend'],
  [
    'S09 instance: one that its money does not pay',
    { counts: counts({ 'instance/spend': 999_501 }) },
    'instance/spend',
  ],
  [
    'S10 the 10th of a prefix, nobody having answered',
    { counts: counts({ 'prefix/hour': 9 }), prefix: { sent: 9, verified: 0 } },
    'go',
  ],
  [
    'S10 the 11th of a prefix, nobody having answered',
    { counts: counts({ 'prefix/hour': 10 }), prefix: { sent: 10, verified: 0 } },
    'prefix/hour',
  ],
  [
    'S10 the 21st of a prefix, with 4 of 20 answered',
    { counts: counts({ 'prefix/hour': 20 }), prefix: { sent: 20, verified: 4 } },
    'go',
  ],
  [
    'S10 the 21st of a prefix, with 3 of 20 answered',
    { counts: counts({ 'prefix/hour': 20 }), prefix: { sent: 20, verified: 3 } },
    'prefix/hour',
  ],
  ['S10 the 6th of a run', { run: 5 }, 'run'],
  ['S10 the 5th of a run', { run: 4 }, 'go'],
])('T28 %s: %o → %s', (_what, over, expected) => {
  expect(say(facts(over))).toBe(expected);
});

describe('a window', () => {
  it('over, begins anew with the message', () => {
    const old = new Map(LIMIT_NAMES.map((name) => [name, { wrong: 10_000_000, waitUntil: NOW, lastAt: 0 }]));
    const verdict = judgeText(policy, facts({ counts: old }), NOW);
    expect(verdict.send).toBe(true);
    expect(verdict.next.get('number/10min')).toEqual({ wrong: 1, waitUntil: NOW + 10 * MINUTE, lastAt: NOW });
    expect(verdict.next.get('account/day')).toEqual({
      wrong: 1,
      waitUntil: NOW + 1_440 * MINUTE,
      lastAt: NOW,
    });
  });

  it('S15: what is refused counts nowhere', () => {
    const verdict = judgeText(policy, facts({ counts: counts({ 'instance/day': 2_000 }) }), NOW);
    expect([...verdict.next]).toEqual([]);
  });

  it('S09: money is counted by the price of the country', () => {
    const dear = { ...policy, prices: { otherwise: 500, of: new Map([['DE', 700]]) } };
    const spent = (country: string) =>
      judgeText(dear, facts({ country }), NOW).next.get('instance/spend')?.wrong;
    expect([spent('DE'), spent('US')]).toEqual([700, 500]);
  });

  it('counts nothing for an account where there is none', () => {
    const alone = counts({ 'account/day': 200 });
    alone.delete('account/day');
    expect(say(facts({ counts: alone }))).toBe('go');
  });
});

describe('S09 the alarm', () => {
  const crossings = (name: LimitName, before: number) =>
    judgeText(policy, facts({ counts: counts({ [name]: before }) }), NOW).crossings;
  it.each([
    [98, []],
    [99, [50]],
    [100, []],
    [159, [80]],
    [199, [100]],
    // Whoever is refused may be the first to tell of it.
    [200, [100]],
  ])('account: after %d of 200 → %o', (before, percents) => {
    const until = used('account/day', before).waitUntil;
    expect(crossings('account/day', before)).toEqual(
      percents.map((percent) => ({ limit: 'account/day', percent, most: 200, until })),
    );
  });

  it('belongs to the window it was used up in', () => {
    const over = new Map([['account/day' as const, { wrong: 200, waitUntil: NOW, lastAt: 0 }]]);
    const small = { ...policy, limits: { ...policy.limits, 'account/day': 2 } };
    expect(judgeText(small, facts({ counts: over }), NOW).crossings).toEqual([
      { limit: 'account/day', percent: 50, most: 2, until: NOW + 1_440 * MINUTE },
    ]);
  });

  it('where not a single message fits, is of no window: else each refusal would begin one', () => {
    const none = { ...policy, limits: { ...policy.limits, 'account/day': 0 } };
    const fresh = new Map([['account/day' as const, { wrong: 0, waitUntil: 0, lastAt: 0 }]]);
    const expected = [{ limit: 'account/day', percent: 100, most: 0, until: 0 }];
    expect(judgeText(none, facts({ counts: fresh }), NOW).crossings).toEqual(expected);
    expect(judgeText(none, facts({ counts: fresh }), NOW + MINUTE).crossings).toEqual(expected);
  });

  describe('what is left of a cap is too little for a dear message', () => {
    const prices = {
      otherwise: 500,
      of: new Map([
        ['DE', 3_000],
        ['FR', 100],
      ]),
    };
    const served = { ...policy, prices, countries: new Set(['US', 'DE']) };
    const most = served.limits['instance/spend'];
    const asked = (country: string, left: number, purpose: 'code' | 'enroll' = 'code') =>
      judgeText(served, facts({ country, purpose, counts: counts({ 'instance/spend': most - left }) }), NOW);

    it('and enough for a cheap one: nobody is told that it is used up', () => {
      expect(asked('DE', 2_999)).toMatchObject({
        send: false,
        reason: 'instance/spend',
        tooLow: false,
        crossings: [],
      });
      expect(asked('US', 2_999)).toMatchObject({ send: true });
      expect(asked('US', 500, 'enroll')).toMatchObject({ send: false, tooLow: false, crossings: [] });
    });

    it('and for any that is served, however cheap others would be: used up', () => {
      const until = used('instance/spend', 1).waitUntil;
      expect(asked('DE', 499).crossings).toEqual([{ limit: 'instance/spend', percent: 100, most, until }]);
    });
  });

  it.each<[string, Partial<Record<LimitName, number>>, Partial<TextFacts>]>([
    ['none at all', { 'account/day': 0 }, {}],
    ['half of one, for a set-up', { 'account/day': 1 }, { purpose: 'enroll' }],
    ['less money than one costs', { 'instance/spend': 499 }, {}],
  ])('S09 a cap of %s: no wait helps, and it is told as too low', (_what, limits, about) => {
    const low = { ...policy, limits: { ...policy.limits, ...limits } };
    const [[limit, most]] = Object.entries(limits) as [[LimitName, number]];
    const fresh = counts({ [limit]: 0 });
    expect(judgeText(low, facts({ ...about, counts: fresh }), NOW)).toMatchObject({
      send: false,
      reason: limit,
      tooLow: true,
      crossings: [{ limit, percent: 100, most, until: 0 }],
    });
  });

  it('is raised at once for every mark that one message passes', () => {
    const small = { ...policy, limits: { ...policy.limits, 'instance/day': 1 } };
    expect(judgeText(small, facts(), NOW).crossings.map((c) => c.percent)).toEqual([50, 80, 100]);
  });

  it('is silent about single persons, numbers and networks', () => {
    const full = { 'number/10min': 2, 'person/day': 9, 'network/day': 29 };
    expect(judgeText(policy, facts({ counts: counts(full) }), NOW).crossings).toEqual([]);
  });
});

it('record-only: everything is decided and counted, and nothing is sent', () => {
  const recording = { ...policy, mode: 'record-only' as const };
  const verdict = judgeText(recording, facts(), NOW);
  expect(verdict).toMatchObject({ send: false, reason: 'record_only' });
  expect(verdict.next).toEqual(judgeText(policy, facts(), NOW).next);
  expect(say(facts({ country: 'LV' }), recording)).toBe('country');
  expect(say(facts({ counts: counts({ 'number/day': 10 }) }), recording)).toBe('number/day');
  expect(say(facts({ run: 5 }), recording)).toBe('run');
});

it('T28: never more than a limit goes, however the requests come (property)', () => {
  const caps = LIMIT_NAMES.filter((name) => TEXT_LIMITS[name].unit === 'messages' && name !== 'prefix/hour');
  fc.assert(
    fc.property(
      fc.constantFrom(...caps),
      fc.array(fc.integer({ min: 0, max: 20 * MINUTE }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 12 }),
      (name, pauses, most) => {
        const small = { ...policy, limits: { ...policy.limits, [name]: most } };
        const sent: number[] = [];
        let counter: Counter = { wrong: 0, waitUntil: 0, lastAt: 0 };
        let now = NOW;
        for (const pause of pauses) {
          now += pause;
          const verdict = judgeText(small, facts({ counts: new Map([[name, counter]]) }), now);
          if (!verdict.send) continue;
          counter = verdict.next.get(name) ?? counter;
          sent.push(now);
        }
        // A window begins with its first message; within it never more than the limit.
        let [start, inWindow] = [Number.NEGATIVE_INFINITY, 0];
        for (const at of sent) {
          if (at >= start + TEXT_LIMITS[name].windowMs) [start, inWindow] = [at, 0];
          inWindow += 1;
          expect(inWindow).toBeLessThanOrEqual(most);
        }
      },
    ),
  );
});

describe('a used code', () => {
  it('gives its place back to person, number and network', () => {
    for (const name of ['person/day', 'number/10min', 'network/hour'] as const) {
      expect(givenBack(name, used(name, 3), NOW)).toEqual({ ...used(name, 3), wrong: 2 });
    }
  });
  it('T28: never to account, instance, prefix or money', () => {
    for (const name of [
      'account/day',
      'account/spend',
      'instance/day',
      'instance/spend',
      'prefix/hour',
      'number/day-in-all',
      'person/day-in-all',
    ] as const) {
      expect(givenBack(name, used(name, 3), NOW)).toBeNull();
    }
  });
  it('gives nothing back to a window that it was not counted in', () => {
    expect(givenBack('number/10min', used('number/10min', 3), NOW - 2 * MINUTE)).toBeNull();
    expect(givenBack('number/10min', { ...used('number/10min', 3), waitUntil: NOW }, NOW)).toBeNull();
  });
  it('never makes a debt', () => {
    expect(givenBack('number/10min', used('number/10min', 0), NOW)).toBeNull();
  });
});

describe('S10 signals', () => {
  it('neighbours are the numbers beside it, nearest first', () => {
    const { below, above } = neighboursOf('+4915112345600', policy);
    expect(below.slice(0, 2)).toEqual(['+4915112345599', '+4915112345598']);
    expect(above).toEqual([1, 2, 3, 4, 5].map((n) => `+491511234560${n}`));
  });
  it('a run is unbroken on both sides', () => {
    expect(runLength({ below: [true, true, false, true], above: [true, false] })).toBe(3);
    expect(runLength({ below: [false], above: [] })).toBe(0);
  });
  it('a prefix is judged by its share of used codes', () => {
    expect(prefixMayGoOn(policy, { sent: 20, verified: 4 })).toBe(true);
    expect(prefixMayGoOn(policy, { sent: 20, verified: 3 })).toBe(false);
  });
  it('by country: fewer than 20 say nothing', () => {
    expect(verificationIsLow(policy, { sent: 19, verified: 0 })).toBe(false);
    expect(verificationIsLow(policy, { sent: 20, verified: 3 })).toBe(true);
    expect(verificationIsLow(policy, { sent: 20, verified: 4 })).toBe(false);
  });
  it('receipts below half over 20 messages', () => {
    expect(receiptsAreLow({ sent: 19, delivered: 0 })).toBe(false);
    expect(receiptsAreLow({ sent: 20, delivered: 9 })).toBe(true);
    expect(receiptsAreLow({ sent: 20, delivered: 10 })).toBe(false);
  });
});
