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
  });
  expect(figures.jumps).toBeGreaterThanOrEqual(5);
}, 120_000);
