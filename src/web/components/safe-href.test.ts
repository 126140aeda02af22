import { expect, test } from 'vitest';
import { safeHref } from './safe-href.ts';

test.each([
  'https://apps.apple.com/app/id388497605',
  'http://localhost:3000/',
  'mailto:help@example.com',
  'tel:+491511234567',
  'otpauth://totp/Sallyport:ana%40example.com?secret=JBSWY3DP',
  '/',
  '/accounts/meridian?page=2#people',
])('lets %s through', (url) => {
  expect(safeHref(url)).toBe(url);
});

test.each([
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\\\\evil.example',
  'https:evil.example',
  'evil.example',
  '#x',
  '',
])('makes nothing of %j', (url) => {
  expect(safeHref(url)).toBe('#');
});
