/** S09: what the operator sets for one account alone. */
import { describe, expect, it, test } from 'vitest';
import { DEFAULT_TEXT_POLICY } from './text-messages.ts';
import { policyWith, readCap } from './text-messages-caps.ts';

const capsOf = (perDay: number | null, spend: number | null) => {
  const { limits } = policyWith(DEFAULT_TEXT_POLICY, { perDay, spend });
  return [limits['account/day'], limits['account/spend']];
};

// By default 200 messages and 10 of the currency, in ten-thousandths.
test.each<[string, number | null, number | null, [number, number]]>([
  ['nothing said: as everybody', null, null, [200, 100_000]],
  ['fewer messages', 20, null, [20, 100_000]],
  ['more messages', 5_000, null, [5_000, 100_000]],
  ['none', 0, null, [0, 100_000]],
  ['less money', null, 25_000, [200, 25_000]],
  ['more money', null, 400_000, [200, 400_000]],
  ['both', 1_000, 500_000, [1_000, 500_000]],
])('S09 %s', (_what, perDay, spend, expected) => {
  expect(capsOf(perDay, spend)).toEqual(expected);
});

it('nothing else changes with it', () => {
  const { limits, ...rest } = policyWith(DEFAULT_TEXT_POLICY, { perDay: 1, spend: 1 });
  const { limits: before, ...restBefore } = DEFAULT_TEXT_POLICY;
  expect(rest).toEqual(restBefore);
  expect({ ...limits, 'account/day': 200, 'account/spend': 100_000 }).toEqual(before);
});

describe('as typed', () => {
  it.each([
    ['perDay', '500', { cap: 500 }],
    ['perDay', '0', { cap: 0 }],
    ['perDay', 'default', { cap: null }],
    // A ten-thousandth is the smallest; rounded up, as prices are.
    ['spend', '12.50', { cap: 125_000 }],
    ['spend', '0', { cap: 0 }],
    ['spend', 'default', { cap: null }],
  ] as const)('%s %s → %o', (of, typed, expected) => {
    expect(readCap(of, typed)).toEqual(expected);
  });
  it.each([
    ['perDay', '-1'],
    ['perDay', '1.5'],
    ['perDay', 'many'],
    ['perDay', ''],
    ['perDay', '999999999'],
    ['spend', '-1'],
    ['spend', '1e3'],
    ['spend', '10 EUR'],
    ['spend', '200001'],
  ] as const)('%s %s is refused, with what may be written', (of, typed) => {
    expect(readCap(of, typed)).toEqual({
      fault: expect.stringMatching(/^Write .* from 0 to \d+, or default\.$/),
    });
  });
});
