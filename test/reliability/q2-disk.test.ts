import { expect, it } from 'vitest';
import { run } from './q2-disk.ts';

it('Q2: without room nothing is half done, and what reached the disk is a prefix of what was answered', async () => {
  const figures = await run('short', () => {});
  expect(figures).toMatchObject({ sessionsByRefusal: 0, leftByRefusal: 0, readsRefused: 0, notRecovered: 0 });
  expect(figures).toMatchObject({ notWhole: 0, notAPrefix: 0, acknowledgedLost: 0 });
  expect(figures.refusedForWantOfRoom).toBeGreaterThanOrEqual(10);
  expect(figures.walFrames).toBeGreaterThanOrEqual(100);
}, 120_000);
