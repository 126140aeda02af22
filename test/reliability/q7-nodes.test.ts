import { expect, it } from 'vitest';
import { run } from './q7-nodes.ts';

it('Q7, S3: felt on all nodes within a second; a killed node loses nothing; a rolling restart drops nothing', async () => {
  const figures = await run('short', () => {});
  for (const what of ['sessionEndP100Ms', 'mandateP100Ms', 'passP100Ms']) {
    expect(Number(figures[what]), what).toBeLessThan(1_000);
  }
  expect(figures).toMatchObject({ lostByKill: 0, sessionsLost: 0, surprises: 0 });
  expect(Number(figures.acknowledgedAroundKills)).toBeGreaterThan(10);
  expect(Number(figures.okPercentWithOneRetry)).toBeGreaterThanOrEqual(99.95);
  expect(figures).toMatchObject({ restarts: 3, droppedByRestart: 0, lostByRestart: 0 });
  expect(Number(figures.requestsAroundRestarts)).toBeGreaterThan(100);
  expect(Number(figures.slowestStopMs)).toBeLessThan(10_000);
}, 120_000);
