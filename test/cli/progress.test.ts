import { expect, test } from 'vitest';
import { progressOn } from '../../src/cli/progress.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const progress = progressOn({ isTTY, write: (text) => written.push(text) }, 'Copying', () => now);
  return {
    written,
    at: (ms: number, done: number) => {
      now = ms;
      progress.show(done, 400);
    },
    end: () => progress.end(),
  };
}

test('on a terminal one line is drawn over, ten times a second at most, and taken away at the end', () => {
  const { written, at, end } = screen(true);
  at(0, 0);
  at(50, 50);
  at(100, 100);
  end();
  end();
  expect(written).toEqual([
    `\r${'Copying'} [${'.'.repeat(24)}] 0 % (0 of 400)\u001b[K`,
    `\rCopying [${'#'.repeat(6)}${'.'.repeat(18)}] 25 % (100 of 400)\u001b[K`,
    '\r\u001b[K',
  ]);
});

test('elsewhere nothing is said of what is soon done, and then a line every ten seconds', () => {
  const { written, at, end } = screen(false);
  at(9_999, 100);
  at(10_000, 200);
  at(19_999, 300);
  at(20_000, 390);
  end();
  expect(written).toEqual(['Copying 50 % (200 of 400)\n', 'Copying 97 % (390 of 400)\n']);
});
