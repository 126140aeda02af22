import { expect, it } from 'vitest';
import { run } from './q1-kill.ts';

it('Q1: killed thirty times at work, nothing acknowledged is lost and no code admits twice', async () => {
  const figures = await run('short', () => {});
  expect(figures).toMatchObject({
    enrollmentsLost: 0,
    codesLost: 0,
    revocationsLost: 0,
    logOutsLost: 0,
    sessionsLost: 0,
    codesAdmittedTwice: 0,
    integrityFailed: 0,
  });
  expect(figures.kills).toBe(30);
  for (const what of ['codes', 'enrollments', 'revocations', 'logOuts']) {
    expect(figures[`${what}Acknowledged`], what).toBeGreaterThan(0);
  }
  expect(figures.readyMaxMs).toBeLessThan(5_000);
}, 240_000);
