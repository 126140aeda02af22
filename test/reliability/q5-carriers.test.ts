/** Q5: carriers may die and hang; whoever has an app or a backup code does not notice, and no text is sent twice. */
import { expect, test } from 'vitest';
import { name, run } from './q5-carriers.ts';

test(name, { timeout: 120_000 }, async () => {
  const figures = await run('short', (line) => process.stdout.write(`${name}: ${line}\n`));
  expect(figures).toMatchObject({
    appAndBackupFailed: 0,
    failOpen: 0,
    handedTwice: 0,
    textFailedWhileFirstDead: 0,
  });
  expect(figures.appAndBackupLogins).toBeGreaterThan(30);
  expect(figures.textNotSent).toBeGreaterThan(0);
  // A carrier that hangs would take for ever; three seconds hold where the machine has nothing else to do.
  expect(figures.textAnswerMaxMs).toBeLessThan(10_000);
  expect(figures.healMaxMs).toBeLessThan(60_000);
  // Five in a row, and a trial or two: of the twenty that came in that time.
  expect(figures['handed.errors']).toBeLessThanOrEqual(8);
  expect(figures['handed.throttled']).toBeLessThanOrEqual(8);
  // A few logins on a machine that does other things: the long run has the figure of the slowest.
  expect(figures.medianRatio).toBeLessThan(3);
});
