import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { theChromium } from '../support/chromium.ts';
import {
  button,
  expectAt,
  expectMistake,
  field,
  OTHER_WINDOWS,
  type Person,
  proveMailbox,
  saveCodes,
  scan,
  shownCodes,
  story,
  typeCode,
} from './person.ts';

const IRIS = 'iris@meridian.example';

describe('somebody invited signs up, and sets up an app on the way', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await theChromium();
  });

  it.each(OTHER_WINDOWS)('$where', (window) =>
    story(browser, window, async (iris) => {
      const { page, door } = iris;
      await page.goto(await door.inbox.link(IRIS));
      expect(await page.locator('h1').innerText()).toContain('Meridian Pictures');
      expect(await field(page, 'email').inputValue()).toBe(IRIS);

      await field(page, 'name').fill('Iris Adeyemi');
      await field(page, 'password').fill('too short');
      await button(page, 'Create account').click();
      await expectMistake(iris, /15 characters/, 'password');
      expect(await field(page, 'password').inputValue(), 'is never sent back').toBe('');
      await field(page, 'password').fill('four goats on a ferry');
      await button(page, 'Create account').click();
      await proveMailbox(iris, IRIS);

      expect(await page.getByRole('radio', { name: 'Authenticator app' }).isChecked()).toBe(true);
      await button(page, 'Continue').click();
      await expectAt(iris, '/login/set-up/app');
      const phone = await scan(iris);
      expect(phone).toMatchObject({ issuer: 'Sallyport', label: `Sallyport:${IRIS}` });
      expect((await page.locator('#totp-key').innerText()).replaceAll(/\s/g, '')).toBe(phone.secret);
      expect(await page.locator('a[href^="otpauth:"]').getAttribute('href')).toContain(phone.secret);
      await page.reload();
      expect((await scan(iris)).secret, 'a reload shows the same key').toBe(phone.secret);
      const code = phone.codeAt(door.clock.now());
      await typeCode(iris, `${code.slice(0, 3)} ${code.slice(3)}`);

      await expectAt(iris, '/login/backup-codes');
      await keepBackupCodes(iris);
      await button(page, 'Finish').click();
      await expectMistake(iris, /I have saved these codes/, 'saved');
      await saveCodes(iris);

      expect(await page.locator('h1').innerText()).toBe('Iris Adeyemi');
      const account = page.getByRole('row', { name: 'Meridian Pictures' });
      expect(await account.innerText()).toMatch(/Admitted[\s\S]*two-factor authentication/);
    }),
  );
});

/** All the ways to keep the codes give the same ten. */
async function keepBackupCodes(person: Person): Promise<void> {
  const { page, script } = person;
  const codes = await shownCodes(person);
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){2}[0-9a-hjkmnp-tv-z]{4}$/);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('backup-codes.txt');
  const file = await readFile(await download.path(), 'utf8');
  expect(file.match(/\w{4}-\w{4}-\w{4}/g)).toEqual(codes);
  expect(file, 'says whose they are').toContain(IRIS);

  if (script) await copyAndPrint(person, codes);
  else {
    expect(await button(page, 'Copy').isVisible()).toBe(false);
    expect(await button(page, 'Print').isVisible()).toBe(false);
  }
  await expectOnPaper(person);
  await page.reload();
  expect(await shownCodes(person), 'a reload shows the same ten').toEqual(codes);
}

async function copyAndPrint({ page }: Person, codes: readonly string[]): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await button(page, 'Copy').click();
  await button(page, 'Copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(codes.join('\n'));

  await page.evaluate('window.printed = 0; window.print = () => window.printed++');
  await button(page, 'Print').click();
  expect(await page.evaluate('window.printed')).toBe(1);
}

/** On paper stand the codes and whose they are, and nothing that can only be pressed. */
async function expectOnPaper({ page }: Person): Promise<void> {
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('ol#backup-codes > li').last().isVisible()).toBe(true);
  expect(await page.getByText(`backup codes of ${IRIS}`).isVisible()).toBe(true);
  for (const pressed of await page.locator('button, main a, input, footer, .skip').all()) {
    expect(await pressed.isVisible(), await pressed.innerText()).toBe(false);
  }
  await page.emulateMedia({ media: null });
}
