import { expect, it } from 'vitest';
import { browserInWords } from './edge.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36';

it('P1: the browser in words, for an admin to judge by', () => {
  expect(browserInWords(CHROME)).toBe('Chrome on Windows');
  expect(browserInWords('')).toBe('an unknown browser');
});

it.each([
  'Known device. IT asks you to grant: http://203.0.113.7/g?x=1/ 1.0 x',
  'Your admin/1.0 (approved)',
  'a'.repeat(5000),
])('T36: a stranger’s own words do not come through: %j', (header) => {
  expect(browserInWords(header)).toMatch(/^an unknown browser( on (Windows|Linux|macOS|Android|iOS))?$/);
});
