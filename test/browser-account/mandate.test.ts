import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { button, expectAt, link, type Person, visit } from '../browser/person.ts';
import { theChromium } from '../support/chromium.ts';
import { seconds } from '../support/clock.ts';
import { expectText, logInAs, setUpByApp, stage, standingAt } from './people.ts';

const HARBOUR = 'Harbour Films';
const SECURITY = '/accounts/harbour-films/security';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

/** The owner's way through the form to what it would do. */
async function lookAtEffect({ page }: Person, from: RegExp): Promise<void> {
  await page.getByRole('radio', { name: from }).check();
  await button(page, 'See whom it affects').click();
  await page.getByRole('heading', { name: 'Switch two-factor authentication on?' }).waitFor();
}

describe('an owner without a phone switches two-factor authentication on for everyone', () => {
  it.each([
    { from: 'now' as const, javaScript: true },
    { from: 'next_login' as const, javaScript: false },
  ])('$from, script: $javaScript', ({ from, javaScript }) =>
    stage(browser, async ({ door, seat }) => {
      const account = await door.addAccount({ name: HARBOUR, plan: 'enterprise' });
      const asHarry = await door.addPerson({
        email: 'harry@harbour.example',
        name: 'Harry Quay',
        in: [{ account, role: 'owner' }],
      });
      const asMia = await door.addPerson({
        email: 'mia@harbour.example',
        name: 'Mia Tide',
        in: [{ account }],
      });
      const harry = await seat({ javaScript });
      const mia = await seat({ phone: true, javaScript });
      await logInAs(mia, asMia);
      expect(await standingAt(mia, HARBOUR)).toMatch(/Admitted[\s\S]*password is enough/);

      door.clock.advance(seconds(1));
      await logInAs(harry, asHarry);
      await link(harry.page, `Manage ${HARBOUR}`).click();
      await link(harry.page, 'Security').first().click();
      await expectAt(harry, SECURITY);
      await harry.page.getByRole('checkbox', { name: 'Authenticator app' }).uncheck();
      await harry.page.getByRole('checkbox', { name: 'Text message' }).uncheck();
      await button(harry.page, 'See whom it affects').click();
      expect(await harry.page.getByRole('alert').innerText()).toMatch(/at least one way/);
      await harry.page.getByRole('checkbox', { name: 'Authenticator app' }).check();
      await lookAtEffect(harry, from === 'now' ? /^Now/ : /^From their next login/);
      const effect = harry.page.getByRole('row', { name: 'Not yet' });
      expect(await effect.innerText()).toMatch(
        from === 'now' ? /2[\s\S]*out at once/ : /2[\s\S]*at their next login/,
      );
      const asked = harry.page.url();
      expect(await standingAt(mia, HARBOUR), 'looking changes nothing').toMatch(/password is enough/);

      await button(harry.page, 'Switch on for everyone').click();
      await setUpByApp(harry, asHarry.email);
      await harry.page.waitForURL(asked);
      expect(await standingAt(mia, HARBOUR), 'nor does a set-up').toMatch(/password is enough/);
      await button(harry.page, 'Switch on for everyone').click();
      await expectAt(harry, `${SECURITY}?done=switched_on`);
      await expectText(harry, /is on for everyone/);
      expect(await standingAt(harry, HARBOUR)).toMatch(/in with two-factor authentication/);

      if (from === 'next_login') {
        expect(await standingAt(mia, HARBOUR)).toMatch(/Admitted[\s\S]*From your next login on/);
        return;
      }
      // What she has open is closed at her next click; her session for other places lives on.
      expect(await standingAt(mia, HARBOUR)).toMatch(/Set-up needed/);
      await button(mia.page, `Enter ${HARBOUR}`).click();
      await setUpByApp(mia, asMia.email);
      await expectAt(mia, '/');
      expect(await standingAt(mia, HARBOUR)).toMatch(/in with two-factor authentication/);
    }),
  );

  it('on a standard plan is told why not', () =>
    stage(browser, async ({ door, seat }) => {
      const account = await door.addAccount({ name: HARBOUR });
      const who = await door.addPerson({ email: 'harry@harbour.example', in: [{ account, role: 'owner' }] });
      const harry = await seat({ phone: true });
      await logInAs(harry, who);
      await visit(harry, SECURITY);
      await expectText(harry, /Part of the Enterprise plan/);
      await expectText(harry, /help@sallyport\.example/);
      expect(await harry.page.getByRole('radio', { name: 'Everyone' }).isDisabled()).toBe(true);
    }));

  it('an admin whose session has no code is led out of the open page', () =>
    stage(browser, async ({ door, seat }) => {
      const account = await door.addAccount({ name: HARBOUR, plan: 'enterprise' });
      const who = await door.addPerson({ email: 'ann@harbour.example', in: [{ account, role: 'admin' }] });
      const ann = await seat();
      await logInAs(ann, who);
      await visit(ann, '/accounts/harbour-films');
      door.clock.advance(seconds(1));
      await door.mandate('harbour-films', ['totp'], 'next_login');
      await link(ann.page, 'People').click();
      await expectAt(ann, '/accounts/harbour-films/people');
      await door.mandate('harbour-films', ['totp'], 'now');
      await link(ann.page, 'Passes').click();
      await expectAt(ann, '/');
      await expectText(ann, /Set-up needed/);
    }));
});
