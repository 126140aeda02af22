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
const TOO_WIDE = `(() => {
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
  /** What came over the wire for the page shown, as compressed as it was sent: of it and of all that it loads. */
  bytes(): number;
}

/** The cache is off: each page is weighed as if it were the first. */
async function weigh(page: Page): Promise<Scales> {
  const devTools: CDPSession = await page.context().newCDPSession(page);
  let bytes = 0;
  devTools.on('Network.requestWillBeSent', ({ type }) => {
    if (type === 'Document') bytes = 0;
  });
  devTools.on('Network.responseReceived', ({ response }) => {
    bytes -= response.encodedDataLength; // The headers.
  });
  devTools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await devTools.send('Network.enable');
  await devTools.send('Network.setCacheDisabled', { cacheDisabled: true });
  return { bytes: () => bytes };
}
