import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { operateGrant } from '../../src/flows/operate.ts';
import { expectAt, link, logIn, type Person, typeCode, visit } from '../browser/person.ts';
import { theChromium } from '../support/chromium.ts';
import { hours, seconds } from '../support/clock.ts';
import { expectText, setUpByApp, stage, standingAt } from './people.ts';

const THEO = 'theo@meridian.example';
const ADA = 'ada@meridian.example';
const MERIDIAN = 'Meridian Pictures';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

/** @returns when it ends. */
async function logInWithPass(person: Person, email: string): Promise<number> {
  const { page, door } = person;
  const granted = await operateGrant(
    door.ctx,
    { name: 'root' },
    { slug: 'meridian', email, reason: 'Known by voice' },
  );
  if (!('code' in granted)) throw new Error(`no pass: ${granted.result}`);
  const endsAt = door.clock.now() + hours(24);
  await logIn(person, email);
  await expectAt(person, '/login/code');
  await link(page, 'Enter recovery code').click();
  await typeCode(person, granted.code ?? '');
  await expectAt(person, '/');
  return endsAt;
}

/** Looks in now and then, as idle sessions end earlier, until the last second. */
async function waitUntilLastSecond(person: Person, endsAt: number): Promise<void> {
  const { page, door } = person;
  for (const left of [hours(17), hours(10), hours(3), seconds(1)]) {
    door.clock.set(endsAt - left);
    await page.reload();
    await expectText(person, /You are in with a pass/);
  }
}

/** The login after: the mailbox, then a new set-up, and in. */
async function setUpAfterwards(person: Person, email: string): Promise<void> {
  await logIn(person, email);
  await setUpByApp(person, email);
  await expectAt(person, '/');
  expect(await standingAt(person, MERIDIAN)).toMatch(/Admitted[\s\S]*in with two-factor authentication/);
}

describe('at the end of a pass everybody is out, and sets up again', () => {
  it.each(['/', '/accounts/meridian/people'])('the open page %s leaves by itself', (path) =>
    stage(browser, async ({ door, seat }) => {
      await door.addPerson({
        email: ADA,
        name: 'Ada Byrne',
        method: 'totp',
        in: [{ account: await door.account('meridian'), role: 'admin' }],
      });
      const ada = await seat({ phone: path === '/' });
      const endsAt = await logInWithPass(ada, ADA);
      await visit(ada, path);
      await waitUntilLastSecond(ada, endsAt);
      expect(await ada.page.locator('.time-left').first().innerText()).toMatch(/Time left: [01] seconds?/);
      door.clock.set(endsAt);
      await expectAt(ada, '/login?because=pass_over');
      await expectText(ada, /pass has ended|pass is over/i);
      await setUpAfterwards(ada, ADA);
    }),
  );

  it('without script at the next click', () =>
    stage(browser, async ({ door, seat }) => {
      const theo = await seat({ phone: true, javaScript: false });
      const endsAt = await logInWithPass(theo, THEO);
      await waitUntilLastSecond(theo, endsAt);
      await link(theo.page, 'Leave Meridian Pictures').click();
      await expectAt(theo, '/accounts/meridian/leave');
      await theo.page.goBack();
      door.clock.set(endsAt);
      await link(theo.page, 'Leave Meridian Pictures').click();
      expect(theo.page.url()).toContain('/login?');
      expect(theo.page.url()).toContain('because=pass_over');
      await expectText(theo, /pass has ended|pass is over/i);

      const elsewhere = await seat({ javaScript: false });
      await logIn(elsewhere, THEO);
      await expectAt(elsewhere, '/login/pass');
      await expectText(elsewhere, /You need a pass/);
      await setUpAfterwards(theo, THEO);
    }));

  it.each([
    { where: 'with script', javaScript: true },
    { where: 'without script', javaScript: false },
  ])('“Set up now” ends it before that, $where', ({ javaScript }) =>
    stage(browser, async ({ door, seat }) => {
      const theo = await seat({ phone: true, javaScript });
      const endsAt = await logInWithPass(theo, THEO);
      door.clock.advance(hours(2));
      await theo.page.reload();
      await theo.page.getByRole('button', { name: /^Set up now/ }).click();
      await setUpByApp(theo, THEO);
      await expectAt(theo, '/');
      expect(await standingAt(theo, MERIDIAN)).toMatch(/Admitted[\s\S]*in with two-factor authentication/);
      expect(await theo.page.getByText('You are in with a pass').count()).toBe(0);
      expect(await theo.page.getByRole('button', { name: /^Set up now/ }).count()).toBe(0);
      door.clock.set(Math.max(endsAt - hours(16), door.clock.now()));
      await theo.page.reload();
      await expectAt(theo, '/');
    }),
  );
});
