import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from './axe.ts';
import { launchChromium, newWindow } from './chromium.ts';

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'";

const STYLE = `
  :root { color-scheme: light dark; background: #fff; color: #111 }
  @media (prefers-color-scheme: dark) { :root { background: #111; color: #eee } .dim { color: #333 } }
`;

const page = (lang: string, body: string) => `<!doctype html>
  <html ${lang}><head><meta name="viewport" content="width=device-width"><title>Log in</title>
  <link rel="stylesheet" href="/style.css"></head><body>${body}</body></html>`;

const bodies: Record<string, string> = {
  '/style.css': STYLE,
  '/good': page(
    'lang="en"',
    `<main><h1>Log in</h1><form><label for="code">Code</label> <input id="code" inputmode="numeric"
     autocomplete="one-time-code"> <button>Continue</button></form></main>`,
  ),
  '/bad': page('', '<h1>Log in</h1><form><input name="code"> <button></button></form><img src="/x.png">'),
  '/dim': page('lang="en"', '<main><h1>Log in</h1><p class="dim">Read by day only</p></main>'),
};

describe('axe', () => {
  let server: Server;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('content-type', request.url?.endsWith('.css') ? 'text/css' : 'text/html');
      response.end(bodies[request.url ?? '']);
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it.each(['light', 'dark'] as const)(
    'finds nothing in a good page, %s, nor breaks its policy',
    async (colorScheme) => {
      const { context, page, problems } = await newWindow(browser, { colorScheme });
      await page.goto(`${origin}/good`);
      expect(await axeViolations(page)).toEqual([]);
      expect(await axeViolations(page), 'asked again').toEqual([]);
      expect(problems).toEqual([]);
      await context.close();
    },
  );

  it.each(['light', 'dark'] as const)('names what is wrong with a bad page, %s', async (colorScheme) => {
    const { context, page } = await newWindow(browser, { colorScheme });
    await page.goto(`${origin}/bad`);
    const found = await axeViolations(page);
    const rules = found.map((line) => line.split(' ')[0]);
    expect(rules).toEqual(
      expect.arrayContaining(['html-has-lang', 'label', 'button-name', 'image-alt', 'landmark-one-main']),
    );
    expect(found).toContainEqual(
      expect.stringMatching(/^label \(critical\) input: Element does not have [^\n]+$/),
    );
    await context.close();
  });

  it('sees in the dark what is fine by day', async () => {
    const found: string[][] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const { context, page } = await newWindow(browser, { colorScheme });
      await page.goto(`${origin}/dim`);
      found.push(await axeViolations(page));
      await context.close();
    }
    expect(found).toEqual([
      [],
      [expect.stringMatching(/^color-contrast \(serious\) p: .*contrast of 1\.49/)],
    ]);
  });

  it('checks each page anew', async () => {
    const { context, page } = await newWindow(browser, { phone: true });
    await page.goto(`${origin}/bad`);
    expect(await axeViolations(page)).not.toEqual([]);
    await page.goto(`${origin}/good`);
    expect(await axeViolations(page)).toEqual([]);
    await context.close();
  });

  it('throws in a window without JavaScript rather than finding nothing', async () => {
    const { context, page } = await newWindow(browser, { javaScript: false });
    await page.goto(`${origin}/good`);
    await expect(axeViolations(page)).rejects.toThrow(/without JavaScript/);
    await context.close();
  });
});
