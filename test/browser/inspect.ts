/**
 * What must hold on every page, whatever it is about: nothing for axe to find, light or dark; nothing wider than a
 * small phone; a title of its own; few bytes. `SHOTS=folder` keeps a picture of each, small and large, light and dark.
 */
import { mkdir } from 'node:fs/promises';
import type { CDPSession, Page } from 'playwright-core';
import { expect } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import type { Person } from './person.ts';

const MOST_BYTES = 20_000;
const NARROWEST = { width: 320, height: 640 };
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const SHOTS = process.env.SHOTS;

export interface Inspector {
  /** Looks at the page as it stands. `page` names it once for all its states. */
  inspect(page: string, state?: string): Promise<void>;
}

export interface Sight {
  readonly page: string;
  readonly title: string;
  readonly bytes: number;
}

/** Every page seen by a file's stories, to be compared at its end. */
export const sights: Sight[] = [];

/** Call it before the first page is opened, so that every byte is counted. */
export async function inspectorOf({ page, door }: Person): Promise<Inspector> {
  const scales = await weigh(page);
  return {
    async inspect(name, state = '') {
      await page.waitForLoadState('load');
      const what = state === '' ? name : `${name}: ${state}`;
      const title = await page.title();
      sights.push({ page: name, title, bytes: scales.bytes() });
      expect.soft(title, what).toMatch(/^(Error: )?\S.{3,60} – Sallyport$/);
      expect
        .soft(title.startsWith('Error: '), `${what}: a mistake in the title`)
        .toBe((await page.locator('.error-summary').count()) > 0);
      expect.soft(await page.locator('h1').count(), `${what}: one main heading`).toBe(1);
      expect.soft(scales.bytes(), `${what}: bytes`).toBeLessThanOrEqual(MOST_BYTES);
      expect.soft(page.url(), what).toContain(door.url);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const look = colorScheme === 'light' ? 'all' : 'colours';
        expect.soft(await axeViolations(page, look), `${what}, ${colorScheme}`).toEqual([]);
        await photograph(page, `${colorScheme}-${what}`);
      }
      await page.setViewportSize(NARROWEST);
      expect.soft(await page.evaluate(TOO_WIDE), `${what}: wider than the window`).toEqual([]);
      await page.setViewportSize(DESK);
      await page.emulateMedia({ colorScheme: 'light' });
    },
  };
}

/** Whatever makes the page scroll sideways. */
export const TOO_WIDE = `(() => {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const wide = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > innerWidth);
  return ['scrolls', ...wide.map((e) => e.outerHTML.slice(0, 100))];
})()`;

async function photograph(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  await mkdir(SHOTS, { recursive: true });
  for (const [size, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
    await page.setViewportSize(viewport);
    const file = `${size}-${name.replaceAll(/[^\w-]+/g, '-')}.png`;
    await page.screenshot({ path: `${SHOTS}/${file}`, fullPage: true });
  }
  await page.setViewportSize(DESK);
}

interface Scales {
  /**
   * What the page shown would have cost by itself, as compressed as it was sent: it and all that it loads. What the
   * browser had already is weighed as it came the first time.
   */
  bytes(): number;
}

async function weigh(page: Page): Promise<Scales> {
  const devTools: CDPSession = await page.context().newCDPSession(page);
  const addresses = new Map<string, string>();
  const headers = new Map<string, number>();
  /** What the page is made of, and what each part weighed when it came over the wire. */
  const parts = new Set<string>();
  const weights = new Map<string, number>();
  devTools.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
    if (type === 'Document') parts.clear();
    if (request.url.startsWith('data:')) return;
    // A page that waits asks again and again: what is still on its way weighs nothing yet.
    if (type === 'Fetch' && !weights.has(request.url)) weights.set(request.url, 0);
    addresses.set(requestId, request.url);
    parts.add(request.url);
  });
  devTools.on('Network.responseReceived', ({ requestId, response }) => {
    headers.set(requestId, response.encodedDataLength);
  });
  devTools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (encodedDataLength === 0) return; // It was there already.
    weights.set(addresses.get(requestId) ?? '', encodedDataLength - (headers.get(requestId) ?? 0));
  });
  await devTools.send('Network.enable');
  return { bytes: () => [...parts].reduce((sum, part) => sum + (weights.get(part) ?? Number.NaN), 0) };
}
