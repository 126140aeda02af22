/** What is done with a page and read off it, whatever served it. */
import { type AuthenticatorApp, appFromAddress } from './authenticator-app.ts';
import type { Answer, Fields, Headers, HttpBrowser } from './http-browser.ts';

/** Sends a form and follows where it leads. */
export async function submit(
  browser: HttpBrowser,
  path: string,
  fields: Fields = {},
  headers: Headers = {},
): Promise<Answer> {
  return browser.follow(await browser.post(path, fields, headers));
}

/** The value of one cookie of a browser; `name` without its prefix. */
export function cookieOf(browser: HttpBrowser, name: string): string | undefined {
  return browser.cookies().find((c) => c.name === name || c.name === `__Host-${name}`)?.value;
}

/** The ten codes on the page, as they stand there. */
export function codesOn(page: Answer): string[] {
  const list = /<ol[^>]*id="backup-codes"[^>]*>([\s\S]*?)<\/ol>/.exec(page.body)?.[1] ?? '';
  return [...list.matchAll(/[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}/g)].map(([code]) => code);
}

/** The `otpauth:` address on the page where the app is set up. */
export function appOn(page: Answer): AuthenticatorApp {
  const found = /href="(otpauth:[^"]+)"/.exec(page.body)?.[1];
  if (found === undefined) throw new Error(`no otpauth address on ${page.path}: ${page.text}`);
  return appFromAddress(found.replaceAll('&amp;', '&'));
}
