import type { Browser, Locator } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { theChromium } from '../support/chromium.ts';
import { PASSWORD } from '../support/door.ts';
import { button, expectAt, expectFocus, field, link, type Person, scan, story, visit } from './person.ts';

const NINA = 'nina@meridian.example';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

describe('a whole set-up without a mouse', () => {
  it('by app, in the dark', () =>
    story(browser, { colorScheme: 'dark' }, async (nina) => {
      const { page, door } = nina;
      await logInByKeys(nina);

      await tabTo(nina, page.getByRole('radio', { name: 'Authenticator app' }));
      await tabTo(nina, button(page, 'Continue'));
      await page.keyboard.press('Enter');
      await expectAt(nina, '/login/set-up/app');
      await tabTo(nina, page.locator('summary'));
      await page.keyboard.press('Enter');
      await tabTo(nina, page.getByRole('link', { name: /App Store.*Authy/ }));
      await tabTo(nina, button(page, 'Copy key'));
      await tabTo(nina, field(page, 'code'));
      const phone = await scan(nina);
      await page.keyboard.type(phone.codeAt(door.clock.now()));
      await tabTo(nina, button(page, 'Verify'));
      await page.keyboard.press('Space');
      await finishByKeys(nina);
    }));

  it('by text message, on a small screen', () =>
    story(browser, { phone: true }, async (nina) => {
      const { page, door } = nina;
      await logInByKeys(nina);

      await tabTo(nina, page.getByRole('radio', { name: 'Authenticator app' }));
      await page.keyboard.press('ArrowDown');
      await expectFocus(page.getByRole('radio', { name: 'Text message' }));
      await page.keyboard.press('Enter');
      await expectAt(nina, '/login/set-up/phone');
      await tabTo(nina, page.getByPlaceholder('Search by name or code'));
      await page.keyboard.type('united states');
      await page.keyboard.press('Enter');
      await expectFocus(field(page, 'country'));
      expect(await field(page, 'country').inputValue()).toBe('US');
      await tabTo(nina, field(page, 'phone'));
      await page.keyboard.type('415 555 0177');
      await page.keyboard.press('Enter');
      await expectAt(nina, '/login/set-up/text');
      await expectFocus(field(page, 'code'));
      await page.keyboard.type(await door.code('+14155550177'));
      await page.keyboard.press('Enter');
      await finishByKeys(nina);
    }));

  it('past the header at once', () =>
    story(browser, {}, async (person) => {
      const { page } = person;
      await visit(person, '/help/two-factor');
      await tabTo(person, link(page, 'Skip to content'));
      await page.keyboard.press('Enter');
      await expectFocus(page.locator('main'));
      await tabTo(person, link(page, 'What it is'), 1);
    }));
});

async function logInByKeys(nina: Person): Promise<void> {
  const { page, door } = nina;
  await visit(nina, '/login');
  await expectFocus(field(page, 'email'));
  await page.keyboard.type(NINA);
  await tabTo(nina, field(page, 'password'));
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expectAt(nina, '/login/email-code');
  await expectFocus(field(page, 'code'));
  await page.keyboard.type(await door.code(NINA));
  await page.keyboard.press('Enter');
  await expectAt(nina, '/login/set-up');
}

async function finishByKeys(nina: Person): Promise<void> {
  const { page } = nina;
  await expectAt(nina, '/login/backup-codes');
  await tabTo(nina, button(page, 'Print'));
  await tabTo(nina, field(page, 'saved'));
  await page.keyboard.press('Space');
  expect(await field(page, 'saved').isChecked()).toBe(true);
  await tabTo(nina, button(page, 'Finish'));
  await page.keyboard.press('Enter');
  await expectAt(nina, '/');
  await tabTo(nina, button(page, 'Log out'));
  await page.keyboard.press('Enter');
  await expectAt(nina, '/login?because=logged_out');
}

/** Presses Tab until it is there; everything passed on the way shows that it has the focus, and is in sight. */
async function tabTo({ page }: Person, target: Locator, most = 30): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab');
    const { what, ring, inSight } = (await page.evaluate(FOCUSED)) as Focused;
    expect(ring, `${what} shows its focus`).toBeGreaterThanOrEqual(2);
    expect(inSight, `${what} is in sight`).toBe(true);
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
  }
  throw new Error(`Tab does not lead to ${target}`);
}

interface Focused {
  what: string;
  /** Pixels of outline; a radio's is drawn around its card, by its label. */
  ring: number;
  inSight: boolean;
}

const FOCUSED = `(() => {
  const element = document.activeElement;
  const outline = (style) => style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
  const card = element.labels?.[0];
  const box = element.getBoundingClientRect();
  return {
    what: element.outerHTML.slice(0, 120),
    ring: Math.max(outline(getComputedStyle(element)), card ? outline(getComputedStyle(card, '::before')) : 0),
    inSight: box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1,
  };
})()`;
