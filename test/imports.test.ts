/** Holds the rules of design section 3 over the whole tree. What they are is in `support/import-rules.ts`. */
import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { breaches } from './support/import-rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

it('every file keeps to its room, its name and its imports', () => {
  const files = globSync(['src/**/*.{ts,tsx}', 'test/**/*.test.ts'], { cwd: root }).map((path) => ({
    path: path.split(sep).join('/'),
    text: readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'),
  }));
  expect(files.length, 'the tree was found').toBeGreaterThan(5);
  expect(breaches(files)).toEqual([]);
});
