import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { theChromium } from '../support/chromium.ts';
import {
  choose,
  expectAt,
  expectMistake,
  link,
  logIn,
  logOut,
  nextCode,
  type Person,
  proveMailbox,
  saveCodes,
  setUpApp,
  story,
  typeCode,
  WINDOWS,
} from './person.ts';

const NINA = 'nina@meridian.example';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

async function logInByRecoveryCode(person: Person, code: string): Promise<void> {
  await logIn(person, NINA);
  await expectAt(person, '/login/code');
  await link(person.page, 'Enter recovery code').click();
  await expectAt(person, '/login/recovery-code');
  await typeCode(person, code);
}

describe('a recovery code opens in place of the phone, once; then the phone is replaced', () => {
  it.each(WINDOWS)('$where', (window) =>
    story(browser, window, async (nina) => {
      const { page } = nina;
      await logIn(nina, NINA);
      await proveMailbox(nina, NINA);
      const oldPhone = await setUpApp(nina);
      const [first = '', second = '', third = ''] = await saveCodes(nina);
      await logOut(nina);

      await logInByRecoveryCode(nina, 'not a code');
      await expectMistake(nina, /12 letters and digits/);
      await typeCode(nina, first.toUpperCase().replaceAll('-', ' '));
      await expectAt(nina, '/login/recovered');
      expect(await page.locator('.lead').innerText()).toContain('9 backup codes left');
      await choose(nina, 'Continue');
      await expectAt(nina, '/');
      const account = page.getByRole('row', { name: 'Meridian Pictures' });
      expect(await account.innerText()).toContain('backup codes');
      await logOut(nina);

      await logInByRecoveryCode(nina, first);
      await expectMistake(nina, /has been used|used already/);
      await typeCode(nina, second);
      await choose(nina, 'set up again');
      await proveMailbox(nina, NINA);
      const newPhone = await setUpApp(nina);
      expect(newPhone.secret).not.toBe(oldPhone.secret);
      await saveCodes(nina);
      await logOut(nina);

      await logInByRecoveryCode(nina, third);
      await expectMistake(nina, /wrong/);
      await link(page, 'Use your phone instead').click();
      await typeCode(nina, nextCode(nina, oldPhone));
      await expectMistake(nina, /wrong/);
      await typeCode(nina, nextCode(nina, newPhone));
      await expectAt(nina, '/');
    }),
  );
});
