import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { button, expectAt, link, type Person, visit } from '../browser/person.ts';
import { theChromium } from '../support/chromium.ts';
import { minutes } from '../support/clock.ts';
import {
  answerRequest,
  askForPass,
  confirmFirst,
  expectText,
  logInAs,
  numberShown,
  otherNumber,
  stage,
  standingAt,
} from './people.ts';

const THEO = 'theo@meridian.example';
const GRANT = /^Grant pass/;
const REASON = 'Known by voice';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

async function sitOliviaAtPasses(olivia: Person): Promise<void> {
  await logInAs(olivia, await olivia.door.demoPerson('olivia'));
  await visit(olivia, '/accounts/meridian/passes');
}

describe('a member without her phone asks for a pass, and the owner lets him in', () => {
  it.each([
    { where: 'with script', javaScript: true },
    { where: 'without script', javaScript: false },
  ])('$where', ({ javaScript }) =>
    stage(browser, async ({ door, seat }) => {
      const olivia = await seat({ javaScript });
      const theo = await seat({ phone: true, javaScript });
      const asOlivia = await door.demoPerson('olivia');
      await logInAs(olivia, asOlivia);

      const number = await askForPass(theo, THEO);
      expect(await theo.page.title()).toBe('An admin has been asked – Sallyport');
      await theo.page.reload();
      expect(await numberShown(theo), 'a reload shows the same number').toBe(number);
      expect(await door.count('olivia@meridian.example', /pass/i)).toBe(1);

      await link(olivia.page, 'Manage Meridian Pictures').click();
      await expectAt(olivia, '/accounts/meridian');
      await expectText(olivia, /Somebody waits for a pass/);
      expect(await link(olivia.page, 'Passes (1)').count()).toBe(1);
      door.clock.advance(minutes(6));
      await link(olivia.page, 'Answer').click();
      await expectAt(olivia, '/accounts/meridian/passes');
      const request = olivia.page.getByRole('region', { name: 'Theo Lindqvist' });
      expect(await request.innerText()).toMatch(
        /Chrom\w+ on [\s\S]*127\.0\.0\.1[\s\S]*number you already know/,
      );
      const told = (await request.innerText()).replaceAll(/\d+\s+Oct\s+2026,\s+\d\d:\d\d|[\d.]{9}/g, '');
      expect(told, 'is only on his screen').not.toContain(number);
      await confirmFirst(olivia, asOlivia);

      // From here on the member touches nothing.
      await answerRequest(olivia, { number, reason: REASON }, GRANT);
      await expectAt(olivia, '/accounts/meridian/passes?done=granted');
      if (!javaScript) await theo.page.locator('main').getByRole('button', { name: 'Continue' }).click();
      await expectAt(theo, '/');
      await expectText(theo, /You are in with a pass/);
      expect(await standingAt(theo, 'Meridian Pictures')).toMatch(/Admitted with a pass/);
      const left = await theo.page.locator('.time-left').innerText();
      expect(left).toMatch(javaScript ? /Time left: (1 day|23 hours 59 minutes)/ : /until .*UTC/);

      await visit(olivia, '/accounts/meridian/passes');
      const row = olivia.page.getByRole('row', { name: /Theo Lindqvist/ });
      expect(await row.innerText()).toMatch(/Known by voice[\s\S]*asked for[\s\S]*by Olivia Hart/);
      expect(await link(olivia.page, 'Passes').count(), 'nobody waits any more').toBe(1);
    }),
  );
});

describe('a request that comes to nothing', () => {
  it('dies of the third wrong number, and says what to do', () =>
    stage(browser, async ({ seat }) => {
      const olivia = await seat();
      const theo = await seat({ phone: true });
      const number = await askForPass(theo, THEO);
      await sitOliviaAtPasses(olivia);

      await answerRequest(olivia, { number: 'seven', reason: '' }, GRANT);
      const alert = olivia.page.getByRole('alert');
      expect(await alert.innerText()).toMatch(/two digits[\s\S]*how you know/);
      await expectText(olivia, /^3 tries left$/);
      const wrong = otherNumber(number);
      for (const left of [/2 tries left/, /1 try left/]) {
        await answerRequest(olivia, { number: wrong, reason: REASON }, GRANT);
        await alert.getByText(left).waitFor();
        expect(await olivia.page.getByLabel('Reason').inputValue(), 'is kept').toBe(REASON);
      }
      await answerRequest(olivia, { number: wrong, reason: REASON }, GRANT);
      await alert.getByText(/third wrong number/).waitFor();
      await expectText(olivia, /Nobody waits for a pass/);

      await theo.page.getByRole('heading', { name: 'Your request was stopped' }).waitFor();
      await expectText(theo, /wrong number was typed three times.*ask again/);
      await button(theo.page, 'Ask again').click();
      await numberShown(theo);
    }));

  it('is denied, and says what to do', () =>
    stage(browser, async ({ seat }) => {
      const olivia = await seat();
      const theo = await seat({ phone: true });
      await askForPass(theo, THEO);
      await sitOliviaAtPasses(olivia);
      await olivia.page.getByRole('button', { name: /^Deny/ }).click();
      await expectAt(olivia, '/accounts/meridian/passes?done=denied');
      await theo.page.getByRole('heading', { name: 'Your request was denied' }).waitFor();
      expect(await theo.page.locator('main').innerText()).toMatch(/Meridian Pictures did not let you in/);
      await visit(theo, '/');
      await expectAt(theo, '/login/pass');
    }));

  it('runs out after thirty minutes', () =>
    stage(browser, async ({ door, seat }) => {
      const theo = await seat({ phone: true, javaScript: false });
      await askForPass(theo, THEO);
      door.clock.advance(minutes(30));
      await theo.page.reload();
      await theo.page.getByRole('heading', { name: 'Nobody answered' }).waitFor();
      await button(theo.page, 'Ask again').click();
      await numberShown(theo);
    }));
});
