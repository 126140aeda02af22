/**
 * The reliability runs, by hand: `npm run reliability` (each as short as in `npm test`), `-- --long` (as long as the
 * figures in docs/reliability.md need), `-- --long q1 q9` (only these). Prints the figures as a table in Markdown.
 * It runs inside Vitest, as everything does that plays people in this repository.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Line {
  readonly run: string;
  readonly seconds: number;
  /** Figures by name; a run may group them. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly failed: string | null;
}

const args = process.argv.slice(2);
const mode = args.includes('--long') ? 'long' : 'short';
const only = args.filter((arg) => /^q\d+$/.test(arg));
const unknown = args.filter((arg) => arg !== '--long' && !only.includes(arg));
if (unknown.length > 0) {
  process.stderr.write(
    `Nothing is known of ${unknown.join(' ')}. Use: npm run reliability -- [--long] [q1 q2 …]\n`,
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-reliability-'));
const out = join(folder, 'figures');
const vitest = await startVitest('test', [], {
  config: false,
  root: ROOT,
  include: ['test/reliability/every-run.ts'],
  watch: false,
  pool: 'forks',
  reporters: [['default', { summary: false }]],
  disableConsoleIntercept: true,
  // Some take minutes, and each says itself when it has gone wrong.
  testTimeout: 0,
  hookTimeout: 0,
  provide: { postgres: '' },
  env: { RELIABILITY_MODE: mode, RELIABILITY_ONLY: only.join(' '), RELIABILITY_OUT: out },
});
await vitest.close();
print(readLines());
rmSync(folder, { recursive: true });

function readLines(): Line[] {
  try {
    return readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  } catch {
    return [];
  }
}

function print(lines: readonly Line[]): void {
  const share = process.env.RELIABILITY_SHARE;
  const before = share === undefined ? '' : `RELIABILITY_SHARE=${share} `;
  const command = `${before}npm run reliability${args.length > 0 ? ` -- ${args.join(' ')}` : ''}`;
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}`;
  const rows = lines.flatMap(({ run, seconds, figures, failed }) => [
    `| **${run}** | ${failed === null ? `in ${seconds} s` : `FAILED: ${failed}`} |`,
    ...flat(figures).map(([name, value]) => `| ${name} | ${value} |`),
  ]);
  const head = [
    `\`${command}\`, ${new Date().toISOString().slice(0, 10)}, ${machine}`,
    '',
    '| figure | |',
    '| --- | --- |',
  ];
  process.stdout.write(`\n${[...head, ...rows].join('\n')}\n`);
}

/** Names of groups stand before the names in them. */
function flat(figures: object, before = ''): [string, unknown][] {
  return Object.entries(figures).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? flat(value, `${before}${name}.`)
      : [[`${before}${name}`, value]],
  );
}
