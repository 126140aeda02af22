/** What a person does on the pages of a login, a verb each. Every one ends on the page that follows. */
import { expect } from 'vitest';
import type { AuthenticatorApp } from '../support/authenticator-app.ts';
import { appOn, codesOn, cookieOf, type Door, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';

export const STRONG = 'four brown horses over a wall';

export interface SignUp {
  name: string;
  email: string;
  password: string;
  account?: string;
}

/** Fills in the form; `link` is the invitation's. */
export async function signUp(browser: HttpBrowser, fields: SignUp, link?: string): Promise<Answer> {
  const address = link === undefined ? '/sign-up' : (await browser.follow(await browser.get(link))).path;
  return submit(browser, address, { ...fields });
}

/** Types the six digits that came to the mailbox. */
export async function proveMailbox(door: Door, browser: HttpBrowser, email: string): Promise<Answer> {
  return submit(browser, '/login/email-code', { code: await door.code(email) });
}

/** From the choice of a method to the page with the backup codes. */
export async function setUpApp(
  door: Door,
  browser: HttpBrowser,
): Promise<{ app: AuthenticatorApp; page: Answer; codes: string[] }> {
  const shown = await submit(browser, '/login/set-up', { method: 'totp' });
  expect(shown.path).toBe('/login/set-up/app');
  const app = appOn(shown);
  const page = await submit(browser, '/login/set-up/app', { code: app.codeAt(door.clock.now()) });
  return { app, page, codes: codesOn(page) };
}

export async function setUpText(
  door: Door,
  browser: HttpBrowser,
  phone = '+447400123456',
): Promise<{ page: Answer; codes: string[] }> {
  await submit(browser, '/login/set-up', { method: 'sms' });
  const sent = await submit(browser, '/login/set-up/phone', { country: 'GB', phone });
  expect(sent.path).toBe('/login/set-up/text');
  const page = await submit(browser, '/login/set-up/text', { code: await door.code(phone) });
  return { page, codes: codesOn(page) };
}

export const finish = (browser: HttpBrowser): Promise<Answer> =>
  submit(browser, '/login/backup-codes', { saved: 'yes' });

/** D1: neither a cookie nor a row. */
export async function expectNoSession(door: Door, browser: HttpBrowser): Promise<void> {
  expect(cookieOf(browser, 'session')).toBeUndefined();
  expect((await browser.get('/')).location).toBe('/login');
  expect(await door.rows('select id from sessions')).toEqual([]);
}

/** Is this browser in? */
export async function isIn(browser: HttpBrowser): Promise<boolean> {
  const home = await browser.get('/');
  expect([200, 303]).toContain(home.status);
  return home.status === 200;
}
