/** T28: of a pumping attack no more goes than the cap, it is told of, and people with an app notice nothing. */
import { expect, test } from 'vitest';
import { name, run } from './pumping.ts';

/** `RELIABILITY_MODE=long`: ten thousand requests by a thousand identities, with the default caps. */
const mode = process.env.RELIABILITY_MODE === 'long' ? 'long' : 'short';

test(name, { timeout: mode === 'long' ? 1_800_000 : 60_000 }, async () => {
  const figures = await run(mode, (line) => process.stdout.write(`${name}: ${line}\n`));
  if (mode === 'long') process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  expect(figures).toMatchObject({ sentBeyondCap: 0, sentTwice: 0, appLoginsFailed: 0 });
  // Not stopped by something else before the cap, and told of at every mark.
  expect(figures.sent).toBe(figures.cap);
  expect(figures.capAlerts).toBe('100 50 80');
  expect(figures.alertMails).toBe(3);
  // The medians of one run, on a machine with other work to do.
  expect(figures.appRatio).toBeLessThan(2);
  // One block of numbers: far below any cap.
  expect(figures.blockSent).toBeLessThanOrEqual(10);
});
