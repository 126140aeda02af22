/**
 * T28: of a pumping attack no more goes than the cap, it is told of, and people with an app notice nothing. As long as
 * the figures of docs/reliability.md need: `npm run reliability -- --long q13`.
 */
import { expect, test } from 'vitest';
import * as askingAgain from './asking-again.ts';
import * as neverTyped from './pumping.ts';
import * as answered from './pumping-answered.ts';
import * as setUps from './pumping-set-ups.ts';

const report = () => {};

test(neverTyped.name, { timeout: 60_000 }, async () => {
  const figures = await neverTyped.run('short', report);
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

test(answered.name, { timeout: 60_000 }, async () => {
  const figures = await answered.run('short', report);
  expect(figures).toMatchObject({ sentBeyondCap: 0, sentTwice: 0, appLoginsFailed: 0 });
  expect(figures.sent).toBe(figures.cap);
  // Every code was typed: nothing that looks at them could have stopped it.
  expect(figures.codesTyped).toBe(figures.sent);
  expect(figures.blocked).toBe(120 - 30);
  expect(figures.capAlerts).toBe('100 50 80');
  expect(figures.alertMails).toBe(3);
});

test(setUps.name, { timeout: 60_000 }, async () => {
  const figures = await setUps.run('short', report);
  expect(figures).toMatchObject({ sentBeyondHalf: 0, sentTwice: 0, appLoginsFailed: 0, textLoginsFailed: 0 });
  expect(figures.sent).toBe(20);
  expect(figures.numbersNamed).toBe(figures.requests);
  expect(figures.capAlerts).toBe('50');
  expect(figures.alertMails).toBe(1);
});

test(askingAgain.name, async () => {
  const figures = await askingAgain.run('short', report);
  // The fourth login's own ask, and a hundred more.
  expect(figures).toEqual({ asks: 100, refused: 100, sent: 3, countedAsBlocked: 101, rowsAdded: 0 });
});
