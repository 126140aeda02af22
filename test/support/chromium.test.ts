import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, newWindow, unpackOnce } from './chromium.ts';

const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'";

const pages: Record<string, { status?: number; csp?: string; type?: string; body: string }> = {
  '/good': { body: '<h1>Good</h1><script src="/good.js"></script><noscript>No script</noscript>' },
  '/good.js': { type: 'text/javascript', body: 'document.title = "Scripted"' },
  '/mistake': { status: 422, body: '<h1>Enter the code</h1>' },
  '/broken': { status: 500, body: '<h1>Sorry</h1>' },
  '/inline': { body: '<h1 style="color: red">Inline</h1><script>document.title = 1</script>' },
  '/image': { body: '<img src="/picture.png">' },
  '/missing': { body: '<script src="/nowhere.js"></script>' },
  '/throws': { body: '<script src="/throws.js"></script>' },
  '/throws.js': { type: 'text/javascript', body: 'console.error("beware"); throw new Error("boom")' },
  '/warns': { body: '<script src="/warns.js"></script>' },
  '/warns.js': { type: 'text/javascript', body: 'console.warn("mind"); console.log("said")' },
};

const answer: RequestListener = (request, response) => {
  const page = pages[request.url ?? ''];
  response.statusCode = page ? (page.status ?? 200) : 404;
  response.setHeader('content-type', page?.type ?? 'text/html; charset=utf-8');
  response.setHeader('content-security-policy', STRICT);
  response.end(page?.body ?? 'not found');
};

describe('Chromium', () => {
  let server: Server;
  let browser: Browser;
  let origin: string;
  let startedInMs: number;

  beforeAll(async () => {
    server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    const before = performance.now();
    browser = await launchChromium();
    startedInMs = Math.round(performance.now() - before);
  });

  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it('starts in a few seconds and shows a page', async ({ annotate }) => {
    await annotate(`Chromium ${browser.version()} started in ${startedInMs} ms`);
    expect(startedInMs).toBeLessThan(20_000);

    const { context, page, problems } = await newWindow(browser);
    await page.goto(`${origin}/good`);
    expect(await page.title()).toBe('Scripted');
    const picture = PNG.sync.read(await page.screenshot());
    expect([picture.width, picture.height]).toEqual([1280, 800]);
    expect(new Set(picture.data).size, 'letters are drawn').toBeGreaterThan(20);
    expect(problems).toEqual([]);
    await context.close();
  });

  it('opens a phone', async () => {
    const { context, page } = await newWindow(browser, { phone: true });
    await page.goto(`${origin}/good`);
    expect(page.viewportSize()).toEqual({ width: 390, height: 844 });
    expect(await page.evaluate('navigator.maxTouchPoints')).toBeGreaterThan(0);
    await context.close();
  });

  it.each(['light', 'dark'] as const)('prefers %s', async (colorScheme) => {
    const { context, page } = await newWindow(browser, { colorScheme });
    expect(await page.evaluate(`matchMedia('(prefers-color-scheme: ${colorScheme})').matches`)).toBe(true);
    await context.close();
  });

  it('does without JavaScript', async () => {
    const { context, page, problems } = await newWindow(browser, { javaScript: false });
    await page.goto(`${origin}/good`);
    expect(await page.title()).toBe('');
    expect(await page.textContent('noscript')).toBe('No script');
    expect(problems).toEqual([]);
    await context.close();
  });

  it('gives every window its own cookies', async () => {
    const [one, other] = [await newWindow(browser), await newWindow(browser)];
    await one.context.addCookies([{ name: 'session', value: '1', url: origin }]);
    expect(await other.context.cookies(origin)).toEqual([]);
    await Promise.all([one.context.close(), other.context.close()]);
  });

  it.each([
    ['a form with a mistake', '/mistake', []],
    ['a warning', '/warns', []],
    ['a page that fails', '/broken', [/^response: 500 .*\/broken$/]],
    ['a file that is not there', '/missing', [/^response: 404 .*\/nowhere.js$/]],
    ['an error and what the page says', '/throws', [/^console: beware$/, /^uncaught: boom$/]],
    ['inline style and script', '/inline', [/^console: .*style-src/, /^console: .*script-src/]],
    ['an image the policy forbids', '/image', [/^console: .*default-src/, /^request: csp .*picture.png$/]],
  ])('judges %s', async (_, path, expected) => {
    const { context, page, problems } = await newWindow(browser);
    await page.goto(origin + path);
    await context.close();
    expect([...problems].sort()).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  it('sees a breach of the policy without JavaScript too', async () => {
    const { context, page, problems } = await newWindow(browser, { javaScript: false });
    await page.goto(`${origin}/inline`);
    await context.close();
    expect(problems).toEqual([expect.stringMatching(/^console: .*style-src/)]);
  });

  it('notices an address where nobody answers', async () => {
    const { context, page, problems } = await newWindow(browser);
    await expect(page.goto('http://127.0.0.1:9/')).rejects.toThrow();
    await context.close();
    expect(problems).toEqual([expect.stringMatching(/^request: net::ERR_/)]);
  });
});

describe('unpacking once', () => {
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'sallyport-unpack-'));
  });
  afterAll(() => rm(home, { recursive: true }));

  it('does the work once for many who want it at the same moment, and leaves nothing beside it', async () => {
    const folder = join(home, 'once');
    let times = 0;
    const unpack = async (into: string) => {
      times += 1;
      await sleep(100);
      await writeFile(join(into, 'chromium'), 'whole');
    };
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        await unpackOnce(folder, unpack);
        expect(await readFile(join(folder, 'chromium'), 'utf8')).toBe('whole');
      }),
    );
    expect(times).toBe(1);
    expect(await readdir(home)).toEqual(['once']);
    await rm(folder, { recursive: true });
  });

  it('lets the next one try when it fails', async () => {
    const folder = join(home, 'failed');
    const fail = () => Promise.reject(new Error('disk full'));
    await expect(unpackOnce(folder, fail)).rejects.toThrow('disk full');
    expect(await readdir(home)).toEqual([]);
    await unpackOnce(folder, (into) => writeFile(join(into, 'chromium'), ''));
    expect(await readdir(home)).toEqual(['failed']);
    await rm(folder, { recursive: true });
  });

  it('does not wait for a process that died', async () => {
    const folder = join(home, 'left');
    await mkdir(`${folder}.lock`);
    await utimes(`${folder}.lock`, new Date(), new Date(Date.now() - 120_000));
    await unpackOnce(folder, (into) => writeFile(join(into, 'chromium'), ''));
    expect(await readdir(home)).toEqual(['left']);
  });
});
