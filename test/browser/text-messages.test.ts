import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { theChromium } from '../support/chromium.ts';
import { seconds } from '../support/clock.ts';
import {
  button,
  choose,
  expectAt,
  expectMistake,
  field,
  link,
  logIn,
  OTHER_WINDOWS,
  type Person,
  proveMailbox,
  saveCodes,
  story,
  typeCode,
  visit,
  WINDOWS,
} from './person.ts';

const NINA = 'nina@meridian.example';
const THEO = 'theo@meridian.example';
const THEO_PHONE = '+14155550132';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

describe('a member sets up text messages at her next log-in', () => {
  it.each(WINDOWS)('$where', (window) =>
    story(browser, window, async (nina) => {
      const { page, door } = nina;
      await logIn(nina, NINA);
      await proveMailbox(nina, NINA);
      await choose(nina, 'Text message');
      await expectAt(nina, '/login/set-up/phone');

      await chooseKenya(nina);
      await field(page, 'phone').fill('12');
      await button(page, 'Send code').click();
      await expectMistake(nina, /digits/, 'phone');
      expect(await field(page, 'country').inputValue(), 'the country is still chosen').toBe('KE');
      await field(page, 'phone').fill('0712 345 678');
      await button(page, 'Send code').click();
      await expectAt(nina, '/login/set-up/text');
      const lead = page.locator('.lead');
      // Typed here a moment ago: shown whole, so that a slip is seen.
      expect(await lead.innerText()).toContain('+254 712 345678');
      const first = await door.code('+254712345678');

      await link(page, 'Change number').click();
      await chooseKenya(nina);
      await field(page, 'phone').fill('(0)722-000 111');
      await button(page, 'Send code').click();
      await expectAt(nina, '/login/set-up/text');
      expect(await lead.innerText()).toContain('+254 722 000111');
      const second = await door.code('+254722000111');
      await typeCode(nina, first === second ? '000000' : first);
      await expectMistake(nina, /wrong/);
      await typeCode(nina, second);
      await expectAt(nina, '/login/backup-codes');
      await saveCodes(nina);
      await page.goBack();
      await expectAt(nina, '/');
    }),
  );
});

/** With script by typing what it is called, as far as needed; without by the list. */
async function chooseKenya({ page, script }: Person): Promise<void> {
  const search = page.getByPlaceholder('Search by name or code');
  if (!script) {
    expect(await search.isVisible()).toBe(false);
    await field(page, 'country').selectOption({ label: 'Kenya (+254)' });
    return;
  }
  await search.fill('zzz');
  await page.getByText('No country found.').waitFor();
  await search.fill('+254');
  expect(await field(page, 'country').inputValue()).toBe('KE');
  await search.fill('');
  await search.fill('keny');
  expect(await field(page, 'country').inputValue()).toBe('KE');
}

describe('a member logs in by text message, and asks for the code again', () => {
  it.each(OTHER_WINDOWS)('$where', (window) =>
    story(browser, window, async (theo) => {
      const { page, door } = theo;
      await logIn(theo, THEO);
      await expectAt(theo, '/login/code');
      expect(await page.locator('.lead').innerText()).toMatch(/•.*32/);
      const old = await door.code(THEO_PHONE);

      await button(page, 'Send a new code').click();
      expect(await page.getByRole('alert').innerText()).toMatch(/in 30 seconds/);
      expect(await door.count(THEO_PHONE)).toBe(1);
      door.clock.advance(seconds(30));
      await button(page, 'Send a new code').click();
      await expectAt(theo, '/login/code?sent=again');
      expect(await page.getByRole('status').first().innerText()).toMatch(/new code/);
      await page.reload();
      expect(await door.count(THEO_PHONE), 'a reload sends nothing').toBe(2);

      const code = await door.code(THEO_PHONE);
      await typeCode(theo, old === code ? '000000' : old);
      await expectMistake(theo, /wrong/);
      await typeCode(theo, code);
      await expectAt(theo, '/');
      await visit(theo, '/login/code');
      await expectAt(theo, '/');
    }),
  );
});
