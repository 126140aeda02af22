import { expect, it } from 'vitest';
import { run } from './q10-crash-points.ts';

it('Q10: cut short at any write, a deed is done or not begun, and sending it again works', async () => {
  const figures = await run('short', () => {});
  expect(figures).toMatchObject({ between: 0, notRetried: 0, orphans: 0, notWhole: 0, sessionsByFault: 0 });
  expect(figures.flows).toBeGreaterThanOrEqual(12);
  expect(figures.crashPoints).toBeGreaterThanOrEqual(100);
}, 120_000);
