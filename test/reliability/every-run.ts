/** What `run.ts` has Vitest run: every module of this folder that has a `run`, one after the other. */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { it } from 'vitest';
import { type Mode, NotZero, type Report } from './figures.ts';

interface Run {
  readonly name: string;
  run(mode: Mode, report: Report): Promise<object>;
}

const mode: Mode = process.env.RELIABILITY_MODE === 'long' ? 'long' : 'short';
const only = (process.env.RELIABILITY_ONLY ?? '').split(' ').filter((name) => name !== '');
const out = process.env.RELIABILITY_OUT ?? '';
const folder = fileURLToPath(new URL('.', import.meta.url));
const number = (file: string) => Number(/^q(\d+)-/.exec(file)?.[1]);
const files = readdirSync(folder)
  .filter((file) => /^q\d+-.*(?<!\.test)\.ts$/.test(file))
  .filter((file) => only.length === 0 || only.includes(`q${number(file)}`))
  // Pieces that other processes run, and pieces of a run, have none of their own.
  .filter((file) => /^export (async )?function run\b/m.test(readFileSync(join(folder, file), 'utf8')))
  .toSorted((a, b) => number(a) - number(b));

for (const file of files) {
  const { name, run } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)) as Run;
  it(name, async () => {
    const began = performance.now();
    const say: Report = (line) => void process.stdout.write(`${name}: ${line}\n`);
    let [figures, failed]: [object, string | null] = [{}, null];
    try {
      figures = await run(mode, say);
    } catch (error) {
      if (error instanceof NotZero) figures = error.figures;
      failed = error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error);
      throw error;
    } finally {
      const seconds = Math.round((performance.now() - began) / 1_000);
      appendFileSync(out, `${JSON.stringify({ run: name, seconds, figures, failed })}\n`);
    }
  });
}
