/**
 * Several people at once, each at a browser of their own, in one demo: what the stories of this folder share.
 * What one person does at a page is in `../browser/person.ts`.
 */
import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import {
  button,
  expectAt,
  field,
  link,
  logIn,
  type Person,
  scan,
  shownCodes,
  typeCode,
  visit,
} from '../browser/person.ts';
import { newWindow, type Window, type WindowOptions } from '../support/chromium.ts';
import { type Door, openDoor, PASSWORD, type Person as Somebody } from '../support/door.ts';

/** No page here takes longer than a few hundred milliseconds; the waiting page asks every three seconds, or five. */
const PATIENCE_MS = 8_000;

export interface Stage {
  readonly door: Door;
  /** Somebody sits down at a browser that knows nothing yet. */
  seat(options?: WindowOptions): Promise<Person>;
}

/** Tells one story in a fresh demo; nothing may go wrong behind anybody's pages. */
export async function stage(browser: Browser, tell: (stage: Stage) => Promise<void>): Promise<void> {
  await using door = await openDoor({ demo: true });
  const windows: Window[] = [];
  const seat = async (options: WindowOptions = {}): Promise<Person> => {
    const window = await newWindow(browser, options);
    windows.push(window);
    const { page, problems } = window;
    page.setDefaultTimeout(PATIENCE_MS);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    return { page, door, script: options.javaScript ?? true, problems };
  };
  try {
    await tell({ door, seat });
    expect(windows.flatMap(({ problems }) => problems)).toEqual([]);
  } finally {
    await Promise.all(windows.map(({ context }) => context.close()));
  }
}

/** From nothing to the start page, with a code where one is asked. */
export async function logInAs(person: Person, who: Somebody): Promise<void> {
  await logIn(person, who.email);
  if (who.authenticatorId !== null) {
    await expectAt(person, '/login/code');
    await typeCode(person, await codeOf(person, who));
  }
  await expectAt(person, '/');
}

export const codeOf = ({ door }: Person, who: Somebody): Promise<string> | string =>
  who.app === null ? door.code(who.phone ?? '') : door.appCode(who);

/** "Confirm it's you", where the page asks for it: a code, and back to the same page. */
export async function confirmFirst(person: Person, who: Somebody): Promise<void> {
  const { page } = person;
  const here = page.url().replace(person.door.url, '').replace(/\?.*/, '');
  await button(page, 'Confirm it’s you').click();
  await expectAt(person, '/login/code');
  await typeCode(person, await codeOf(person, who));
  await expectAt(person, here);
}

/** "I can't use any of these", the mailbox, and the question. @returns the number on the waiting page. */
export async function askForPass(person: Person, email: string): Promise<string> {
  const { page } = person;
  await logIn(person, email);
  await expectAt(person, '/login/code');
  await link(page, 'I can’t use any of these').click();
  await expectAt(person, '/login/pass');
  await button(page, 'Ask for a pass').click();
  await expectAt(person, '/login/email-code');
  await typeCode(person, await person.door.code(email), 'Continue');
  // One account, one question: it has gone out already.
  await expectAt(person, '/login/pass');
  return numberShown(person);
}

export async function numberShown({ page }: Person): Promise<string> {
  const shown = page.locator('#pass-number');
  await shown.waitFor();
  const number = await shown.innerText();
  expect(number).toMatch(/^[1-9]\d$/);
  return number;
}

/** Two digits that are not these. */
export const otherNumber = (number: string): string => (number === '42' ? '43' : '42');

export async function answerRequest(
  { page }: Person,
  typed: { number: string; reason: string },
  press: RegExp,
): Promise<void> {
  await page.getByLabel('Number they read to you').fill(typed.number);
  await page.getByLabel('Reason').fill(typed.reason);
  await page.getByRole('button', { name: press }).click();
}

/** From the mailbox code to a finished set-up by app, wherever that leads. */
export async function setUpByApp(person: Person, email: string): Promise<void> {
  const { page, door } = person;
  await page.waitForURL(/\/login(\/email-code)?$/);
  // E1: a set-up wants the password in the same login, also on the way up from a session.
  if (page.url() === `${door.url}/login`) {
    await field(page, 'password').fill(PASSWORD);
    await button(page, 'Log in').click();
  }
  await expectAt(person, '/login/email-code');
  await typeCode(person, await door.code(email), 'Continue');
  await expectAt(person, '/login/set-up');
  // Where the account takes nothing else there is nothing to choose.
  const only = button(page, 'Set up your authenticator app');
  if ((await only.count()) > 0) {
    await only.click();
  } else {
    await page.getByRole('radio', { name: 'Authenticator app' }).check();
    await button(page, 'Continue').click();
  }
  await expectAt(person, '/login/set-up/app');
  const phone = await scan(person);
  await typeCode(person, phone.codeAt(door.clock.now()));
  await expectAt(person, '/login/backup-codes');
  expect(await shownCodes(person)).toHaveLength(10);
  await field(page, 'saved').check();
  await button(page, 'Finish').click();
}

/** What the start page says of an account. */
export async function standingAt(person: Person, account: string): Promise<string> {
  await visit(person, '/');
  return person.page.getByRole('row', { name: account }).innerText();
}

/** Presses Tab until it is there. */
export async function tabTo(
  { page }: Person,
  label: string | RegExp,
  role: 'link' | 'button' | 'radio' | 'textbox',
) {
  const target = page.getByRole(role, { name: label }).first();
  await target.waitFor();
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
  }
  throw new Error(`Tab does not lead to ${target}`);
}

export async function expectText({ page }: Pick<Person, 'page'>, text: RegExp): Promise<void> {
  await page.getByText(text).first().waitFor();
}
