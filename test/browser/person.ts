/**
 * A person at a browser: what they see, press and type, whatever their window. Each story of this folder runs
 * against a fresh demo. What pages do differently without script is said here or not at all.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type AuthenticatorApp, appFromAddress } from '../support/authenticator-app.ts';
import { newWindow, type WindowOptions } from '../support/chromium.ts';
import { seconds } from '../support/clock.ts';
import { type Door, openDoor, PASSWORD } from '../support/door.ts';
import { readQrFromPng } from '../support/qr-reader.ts';

export interface Person {
  readonly page: Page;
  readonly door: Door;
  readonly script: boolean;
  /** What went wrong behind the page so far; a story that wants something to go wrong takes it out. */
  readonly problems: string[];
}

/**
 * The windows in which the main stories are told. Each story is told in two that have nothing in common, with
 * script and without, small and large; the other two are another story's. `EVERY_WINDOW=yes` tells all in all four.
 */
const ALL = process.env.EVERY_WINDOW === 'yes';
const DESK = { where: 'at a desk' };
const PHONE = { where: 'on a phone', phone: true };
const DESK_PLAIN = { where: 'at a desk without script', javaScript: false };
const PHONE_PLAIN = {
  where: 'on a phone without script, in the dark',
  phone: true,
  javaScript: false,
  colorScheme: 'dark',
} as const;
export type Seen = WindowOptions & { where: string };
export const WINDOWS: readonly Seen[] = [DESK, PHONE_PLAIN, ...(ALL ? [PHONE, DESK_PLAIN] : [])];
export const OTHER_WINDOWS: readonly Seen[] = [PHONE, DESK_PLAIN, ...(ALL ? [DESK, PHONE_PLAIN] : [])];

/** No page here takes longer than a few hundred milliseconds: what does not come is missing. */
const PATIENCE_MS = 8_000;

/** Tells one story in a fresh demo and a fresh window; nothing may go wrong behind the pages. */
export async function story(
  browser: Browser,
  options: WindowOptions,
  tell: (person: Person) => Promise<void>,
): Promise<void> {
  await using door = await openDoor({ demo: true });
  const { context, page, problems } = await newWindow(browser, options);
  page.setDefaultTimeout(PATIENCE_MS);
  // Nothing glides or fades: it would be waited for, and axe would see colours on their way.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  try {
    await tell({ page, door, script: options.javaScript ?? true, problems });
    expect(problems).toEqual([]);
  } finally {
    await context.close();
  }
}

export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
export const link = (page: Page, name: string): Locator => page.getByRole('link', { name, exact: true });
export const field = (page: Page, name: string): Locator => page.locator(`[name="${name}"]`).first();

export async function visit({ page, door }: Person, path: string): Promise<void> {
  await page.goto(door.url + path);
}

/** Waits until the person is there. */
export async function expectAt({ page, door }: Person, path: string): Promise<void> {
  await page.waitForURL(door.url + path);
}

/** A mistake is told on top, where the cursor is now, and at its field; the title says that there is one. */
export async function expectMistake({ page, script }: Person, text: RegExp, name = 'code'): Promise<void> {
  const summary = page.getByRole('alert');
  expect(await summary.innerText()).toMatch(text);
  await expectFocus(summary);
  expect(await page.title()).toMatch(/^Error: /);
  expect(await page.locator(`#${name}-error`).innerText()).toMatch(text);
  expect(await page.locator(`[aria-describedby~="${name}-error"]`).count(), 'is read with the field').toBe(1);
  await summary.getByRole('link').first().click();
  if (script) await expectFocus(field(page, name));
}

/** The browser moves it when the page is drawn, which is after it is there. */
export async function expectFocus(locator: Locator): Promise<void> {
  const isFocused = () => locator.evaluate((element) => element === element.ownerDocument.activeElement);
  await expect.poll(isFocused, { message: `the cursor is on ${locator}` }).toBe(true);
}

export async function logIn(person: Person, email: string, password = PASSWORD): Promise<void> {
  await visit(person, '/login');
  await field(person.page, 'email').fill(email);
  await field(person.page, 'password').fill(password);
  await button(person.page, 'Log in').click();
}

export async function logOut(person: Person): Promise<void> {
  await button(person.page, 'Log out').click();
  await expectAt(person, '/login?because=logged_out');
}

export async function typeCode({ page }: Person, code: string, submit = 'Verify'): Promise<void> {
  await field(page, 'code').fill(code);
  await button(page, submit).click();
}

/** From the right password to the choice of a method. */
export async function proveMailbox(person: Person, email: string): Promise<void> {
  await expectAt(person, '/login/email-code');
  await typeCode(person, await person.door.code(email), 'Continue');
  await expectAt(person, '/login/set-up');
}

export async function choose({ page }: Person, label: string): Promise<void> {
  await page.getByRole('radio', { name: label }).check();
  await button(page, 'Continue').click();
}

/** The app on the phone scans the screen: a picture of the page as it stands, of what its camera is held at. */
export async function scan({ page }: Person): Promise<AuthenticatorApp> {
  const code = page.locator('svg.qr');
  await code.scrollIntoViewIfNeeded();
  const box = await code.boundingBox();
  if (box === null) throw new Error('the code to scan is not to be seen');
  const clip = { x: box.x - 8, y: box.y - 8, width: box.width + 16, height: box.height + 16 };
  return appFromAddress(readQrFromPng(await page.screenshot({ clip })));
}

/** From the choice of a method to the backup codes, by app. */
export async function setUpApp(person: Person): Promise<AuthenticatorApp> {
  await choose(person, 'Authenticator app');
  await expectAt(person, '/login/set-up/app');
  const phone = await scan(person);
  await typeCode(person, phone.codeAt(person.door.clock.now()));
  await expectAt(person, '/login/backup-codes');
  return phone;
}

export const shownCodes = ({ page }: Person): Promise<string[]> =>
  page.locator('ol#backup-codes > li').allInnerTexts();

/** Writes the ten codes down and finishes. */
export async function saveCodes(person: Person): Promise<string[]> {
  const codes = await shownCodes(person);
  await field(person.page, 'saved').check();
  await button(person.page, 'Finish').click();
  await expectAt(person, '/');
  return codes;
}

/** What the app shows half a minute on: each code works once. */
export function nextCode({ door }: Person, phone: AuthenticatorApp): string {
  door.clock.advance(seconds(30));
  return phone.codeAt(door.clock.now());
}

/** Six digits that are not the app's at any time near. */
export function wrongCode({ door }: Person, phone: AuthenticatorApp): string {
  const near = [-60, -30, 0, 30, 60].map((s) => phone.codeAt(door.clock.now() + seconds(s)));
  return ['111111', '222222', '333333', '444444', '555555', '666666'].find((c) => !near.includes(c)) ?? '';
}
