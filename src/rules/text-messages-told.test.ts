/** S14, T3, T27: who is told what of a text message that did not go. */
import { describe, expect, it, test } from 'vitest';
import { type BlockReason, DEFAULT_TEXT_POLICY, LIMIT_NAMES } from './text-messages.ts';
import { type Handed, reasonForAccount, toldOfOutcome, toldOfRefusal } from './text-messages-told.ts';

test.each<[string, Handed, 'failed' | 'unknown' | null]>([
  ['handed over', { state: 'sent' }, null],
  ['S14 no carrier could be reached', { state: 'failed', reason: 'unavailable:ECONNREFUSED' }, 'failed'],
  ['S14 wrong credentials', { state: 'failed', reason: 'credentials:HTTP_401' }, 'failed'],
  ['S14 throttled', { state: 'failed', reason: 'throttled:HTTP_429' }, 'failed'],
  ['S14 a country that no carrier serves', { state: 'failed', reason: 'country:21408' }, 'failed'],
  ['S14 it expired in the outbox', { state: 'failed', reason: 'expired' }, 'failed'],
  ['S14 no carrier at all', { state: 'failed', reason: 'no_carrier' }, 'failed'],
  ['S14 the carrier did not answer in time', { state: 'unknown', reason: 'unknown:timeout' }, 'unknown'],
  ['S14 the worker died over it', { state: 'unknown', reason: 'interrupted' }, 'unknown'],
  ['S14 a fault of ours, perhaps afterwards', { state: 'unknown', reason: 'error' }, 'unknown'],
  ['T27 the carrier says that the number is none', { state: 'failed', reason: 'number:21211' }, null],
  ['T27 the carrier says that the number opted out', { state: 'failed', reason: 'number:HTTP_422' }, null],
  ['T27 and does not say why', { state: 'failed', reason: 'number' }, null],
  ['a word that only begins like it', { state: 'failed', reason: 'numbering:9' }, 'failed'],
])('%s: %o → %s', (_what, handed, expected) => {
  expect(toldOfOutcome(handed)).toBe(expected);
});

describe('what a person is told of a message that was not posted', () => {
  const live = { ...DEFAULT_TEXT_POLICY, mode: 'live' } as const;
  const recording = { ...DEFAULT_TEXT_POLICY, mode: 'record-only' } as const;
  const refusals: BlockReason[] = [...LIMIT_NAMES, 'run', 'country', 'line', 'record_only'];

  it.each<[BlockReason, 'limit' | 'failed']>([
    ...LIMIT_NAMES.map((name): [BlockReason, 'limit'] => [name, 'limit']),
    ['run', 'limit'],
    ['country', 'failed'],
    ['line', 'failed'],
  ])('live: %s → %s', (reason, expected) => {
    expect(toldOfRefusal(live, { reason, tooLow: false })).toBe(expected);
  });

  it.each<BlockReason>(['account/day', 'instance/spend', 'person/hour'])(
    'nobody is told to wait where the limit has no room for a single one: %s',
    (reason) => {
      expect(toldOfRefusal(live, { reason, tooLow: true })).toBe('failed');
    },
  );

  it('record-only: nobody is told to wait for what no wait brings', () => {
    for (const reason of refusals) expect(toldOfRefusal(recording, { reason, tooLow: false })).toBe('failed');
  });
});

test.each([
  ['country', 'country'],
  ['line', 'line'],
  ['record_only', 'record_only'],
  ['account/day', 'account'],
  ['account/spend', 'account'],
  ['instance/day', 'installation'],
  ['instance/spend', 'installation'],
  ['number/10min', 'installation'],
  ['number/hour', 'installation'],
  ['number/day', 'installation'],
  ['number/day-in-all', 'installation'],
  ['person/hour', 'installation'],
  ['person/day', 'installation'],
  ['person/day-in-all', 'installation'],
  ['network/hour', 'installation'],
  ['network/day', 'installation'],
  ['prefix/hour', 'installation'],
  ['run', 'installation'],
  ['something of a newer server', 'installation'],
])('T3: an account’s admins are told of %s: %s', (reason, expected) => {
  expect(reasonForAccount(reason)).toBe(expected);
});

test('T3: every limit there is has its line above', () => {
  const own = LIMIT_NAMES.filter((name) => reasonForAccount(name) === 'account');
  expect(own).toEqual(['account/day', 'account/spend']);
});
