/** What a person does on the pages of a login, a verb each. Every one ends on the page that follows. */
import { expect } from 'vitest';
import { en, type NoticeEvent } from '../../src/delivery/texts.ts';
import type { AuthenticatorApp } from '../support/authenticator-app.ts';
import { appOn, codesOn, cookieOf, type Door, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';

/** Subjects of mails, as the catalogue has them. */
const notice = (what: NoticeEvent) =>
  exactly(
    en.notice({
      product: 'Sallyport',
      name: 'N',
      what,
      at: 0,
      network: '',
      browser: '',
      url: null,
      takesAuthenticator: false,
      support: 'S',
    }).subject,
  );
export const MAIL = {
  reset: exactly(en.passwordReset({ product: 'Sallyport', url: '' }).subject),
  taken: exactly(en.alreadySignedUp({ product: 'Sallyport', loginUrl: '', resetUrl: '' }).subject),
  setUp: notice({ event: 'authenticator_added', method: 'totp', replaced: false }),
  codeUsed: notice({ event: 'backup_code_used', left: 9 }),
  codesMade: notice({ event: 'backup_codes_made' }),
  passwordChanged: notice({ event: 'password_changed' }),
  passwordReset: notice({ event: 'password_reset' }),
  emailChanged: notice({ event: 'email_changed', to: 'x' }),
  wrongCodes: notice({ event: 'wrong_codes' }),
  passUsed: (account: string) => notice({ event: 'pass_activated', account, endsAt: 0 }),
  secured: notice({ event: 'disowned', tookAuthenticator: false }),
};

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`);
}

/** What a text of the catalogue says whatever is filled in: its longest piece that always stays the same. */
export function saying(text: unknown): string {
  const blank: object = new Proxy({}, { get: (_, key) => (key === Symbol.toPrimitive ? () => '§' : '§') });
  const filled = typeof text === 'function' ? String(text(blank, blank)) : String(text);
  const pieces = filled.split('§').map((piece) => piece.trim());
  return pieces.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

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
