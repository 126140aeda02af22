import { expect, it } from 'vitest';
import { durationInWords } from './durations.ts';

it.each([
  [-5, '1 second'],
  [1, '1 second'],
  [30_000, '30 seconds'],
  [59_001, '1 minute'],
  [13 * 60_000 + 1, '14 minutes'],
  [59 * 60_000 + 1, '1 hour'],
  [125 * 60_000, '2 hours 5 minutes'],
  [240 * 60_000, '4 hours'],
])('%d ms is "%s": rounded up, so that nobody comes too early', (ms, words) => {
  expect(durationInWords(ms, 'en')).toBe(words);
});

it('speaks the language of the page', () => {
  expect(durationInWords(14 * 60_000, 'de')).toBe('14 Minuten');
});
