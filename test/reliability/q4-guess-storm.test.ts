import { expect, it } from 'vitest';
import { run } from './q4-guess-storm.ts';

it('Q4: of a thousand guesses ten at most are evaluated; the right eleventh is refused; the counter says ten', async () => {
  const figures = await run('short', () => {});
  expect(figures).toMatchObject({ guesses: 1_000, overLimit: 0, rightOneTaken: 0, counterWrong: 0 });
  expect(figures).toMatchObject({ faults: 0, sessions: 0 });
  // A storm that nobody heard would prove nothing. What was counted and then shed was not evaluated.
  expect(Number(figures.mostEvaluated)).toBeGreaterThan(0);
}, 120_000);
