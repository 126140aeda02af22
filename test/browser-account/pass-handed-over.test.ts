import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { button, expectAt, expectMistake, link, logIn, typeCode } from '../browser/person.ts';
import { theChromium } from '../support/chromium.ts';
import { minutes } from '../support/clock.ts';
import { confirmFirst, expectText, logInAs, stage, standingAt } from './people.ts';

const THEO = 'theo@meridian.example';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

describe('the owner hands a pass over from the member’s page', () => {
  it.each([
    { where: 'with script', javaScript: true },
    { where: 'without script', javaScript: false },
  ])('$where', ({ javaScript }) =>
    stage(browser, async ({ door, seat }) => {
      const olivia = await seat({ javaScript });
      const asOlivia = await door.demoPerson('olivia');
      await logInAs(olivia, asOlivia);
      door.clock.advance(minutes(6));
      await link(olivia.page, 'Manage Meridian Pictures').click();
      await link(olivia.page, 'People').click();
      await link(olivia.page, 'Theo Lindqvist').click();
      await olivia.page.getByRole('heading', { level: 1, name: 'Theo Lindqvist' }).waitFor();
      await confirmFirst(olivia, asOlivia);
      await button(olivia.page, 'Give a pass').click();
      await expectMistake(olivia, /Type a reason/, 'reason');
      await olivia.page.getByLabel('Reason').fill('Rang from the set; I know his voice');
      await button(olivia.page, 'Give a pass').click();

      await olivia.page.getByRole('heading', { name: 'Pass code for Theo Lindqvist' }).waitFor();
      const code = await olivia.page.locator('#pass-code').innerText();
      expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}[- ]){3}[0-9a-hjkmnp-tv-z]{4}$/i);
      expect(await button(olivia.page, 'Copy').count()).toBe(javaScript ? 1 : 0);
      // The same form sent once more by a reload: no code, and the first still works.
      await olivia.page.reload();
      expect(await olivia.page.getByRole('alert').innerText()).toMatch(/shown only once/);
      expect(await olivia.page.locator('#pass-code').count()).toBe(0);
      await expectText(olivia, /given and has not been used yet/);
      expect(await olivia.page.content()).not.toContain(code);

      const theo = await seat({ phone: true, javaScript });
      await logIn(theo, THEO);
      await expectAt(theo, '/login/code');
      await link(theo.page, 'Enter recovery code').click();
      await typeCode(theo, code.toUpperCase().replaceAll(/[- ]/g, ''));
      await expectAt(theo, '/');
      expect(await standingAt(theo, 'Meridian Pictures')).toMatch(/Admitted with a pass/);

      const elsewhere = await seat({ javaScript });
      await logIn(elsewhere, THEO);
      await expectAt(elsewhere, '/login/pass');
      await link(elsewhere.page, 'Enter recovery code').click();
      await typeCode(elsewhere, code);
      await expectMistake(elsewhere, /used|wrong/);

      await olivia.page.goto(`${door.url}/accounts/meridian/passes`);
      await olivia.page.getByRole('button', { name: 'Revoke Theo Lindqvist' }).click();
      await expectAt(olivia, '/accounts/meridian/passes?done=revoked');
      await theo.page.reload();
      expect(theo.page.url(), 'out at once').toContain('/login');
    }),
  );
});
