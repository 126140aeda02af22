import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { theChromium } from '../support/chromium.ts';
import { button, expectAt, expectFocus, field, logIn, type Person, story } from './person.ts';

const THEO = 'theo@meridian.example';
const THEO_PHONE = '+14155550132';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

/** A phone's browser that hands over the code of a text message once the person agrees. */
async function canReadTextMessages(page: Page): Promise<void> {
  await page.addInitScript(`
    window.OTPCredential ??= class {};
    window.asked = [];
    navigator.credentials.get = ({ otp, signal }) => new Promise((agree, decline) => {
      window.asked.push(otp.transport.join());
      window.agree = (code) => agree({ code });
      window.decline = () => decline(new DOMException('', 'AbortError'));
      signal.addEventListener('abort', () => { window.aborted = true; });
    });
  `);
}

describe('the code of a text message, offered by the browser', () => {
  it('is filled in and waits for the button', () =>
    story(browser, { phone: true }, async (theo) => {
      const { page, door } = theo;
      await canReadTextMessages(page);
      await logIn(theo, THEO);
      await expectAt(theo, '/login/code');
      const posts: string[] = [];
      page.on('request', (request) => {
        if (request.method() === 'POST') posts.push(request.url());
      });
      expect(await page.evaluate('window.asked')).toEqual(['sms']);

      const code = await door.code(THEO_PHONE);
      await page.evaluate(`window.agree(${JSON.stringify(code)})`);
      await expect.poll(() => field(page, 'code').inputValue()).toBe(code);
      await page.reload();
      expect(posts, 'nothing was sent').toEqual([]);

      await expectAt(theo, '/login/code');
      await page.evaluate(`window.agree(${JSON.stringify(code)})`);
      await button(page, 'Verify').click();
      await expectAt(theo, '/');
      expect(posts).toHaveLength(1);
    }));

  it('may be declined', () =>
    story(browser, { phone: true }, async (theo) => {
      const { page, door } = theo;
      await canReadTextMessages(page);
      await logIn(theo, THEO);
      await expectAt(theo, '/login/code');
      await page.evaluate('window.decline()');
      await expectFocus(field(page, 'code'));
      await page.keyboard.type(await door.code(THEO_PHONE));
      await page.keyboard.press('Enter');
      await expectAt(theo, '/');
    }));

  it.each(['olivia', 'nina'])('is not asked for where none comes by text: %s', (name) =>
    story(browser, { phone: true }, async (person) => {
      const { page } = person;
      await canReadTextMessages(page);
      await logIn(person, `${name}@meridian.example`);
      await field(page, 'code').waitFor();
      expect(await askedHere(person)).toEqual([]);
    }),
  );
});

/** Once the page's scripts have run. */
async function askedHere({ page }: Person): Promise<unknown> {
  await page.waitForLoadState('load');
  return page.evaluate('window.asked');
}
