import { expect, it } from 'vitest';
import { run } from './q6-primary-killed.ts';

it('Q6, T34: the primary is killed: nothing acknowledged is lost, no standby answers, no node restarts', async () => {
  const figures = await run('short', () => {});
  expect(figures).toMatchObject({ kills: 1, lost: 0, codesTakenTwice: 0, withoutFactor: 0 });
  expect(figures).toMatchObject({ answeredFromStandby: 0, surprises: 0, restarts: 0 });
  expect(Number(figures.acknowledged)).toBeGreaterThan(20);
  expect(Number(figures.errorsEndedMs)).toBeLessThan(30_000);
}, 120_000);
