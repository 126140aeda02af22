import { expect, it } from 'vitest';
import { run } from './q9-clock-jumps.ts';

it('Q9: whatever the clock does, no pass is longer, no used code is taken and the node says so', async () => {
  const figures = await run('short', () => {});
  expect(figures).toMatchObject({ passesTooLong: 0, usedCodesAccepted: 0, foreignCodesAccepted: 0 });
  expect(figures).toMatchObject({
    waitsCutShort: 0,
    notSaidNotReady: 0,
    logLinesMissing: 0,
    servedBehindRecords: 0,
    passesLeftAfterSetBack: 0,
    codesOpenAfterSetBack: 0,
  });
  // 24 hours and a minute, in true time, also where the process was stopped and its clock set back.
  expect(figures.longestPassOverRestartMinutes).toBeLessThanOrEqual(1441);
  expect(figures.jumps).toBeGreaterThanOrEqual(5);
}, 120_000);
