/** Checks a page for accessibility with axe: WCAG 2.0, 2.1 and 2.2 at levels A and AA, and axe's best practices. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults, NodeResult, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const OPTIONS: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
};

/** What can be otherwise when only the colours are. */
const COLOURS: RunOptions = {
  runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
  resultTypes: ['violations'],
};

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * One line for each element that breaks a rule; none if all is well. The page is checked as it stands, in the
 * colour scheme and size of its window, so light and dark take two windows; the second needs to `look` at colours only.
 *
 * The source is evaluated through the debugging protocol, which no Content-Security-Policy stops, and which adds
 * nothing to the page. It needs a window with JavaScript: with `javaScript: false` axe would wait for ever, so this throws: check
 * the same page in a window that has it.
 */
export async function axeViolations(page: Page, look: 'all' | 'colours' = 'all'): Promise<string[]> {
  if (await page.evaluate(`matchMedia('(scripting: none)').matches`)) {
    throw new Error('axe cannot run in a window without JavaScript');
  }
  if ((await page.evaluate('typeof globalThis.axe')) === 'undefined') await page.evaluate(await source);
  const results = (await page.evaluate(
    `axe.run(document, ${JSON.stringify(look === 'all' ? OPTIONS : COLOURS)})`,
  )) as AxeResults;
  return results.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id} (${rule.impact}) ${node.target.join(' ')}: ${reason(node)}`),
  );
}

/** What axe would have changed, on one line. */
function reason(node: NodeResult): string {
  return (node.failureSummary ?? '').replace(/^.*:\n\s*/, '').replaceAll(/\s*\n\s*/g, '; ');
}
