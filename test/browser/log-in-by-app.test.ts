import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { theChromium } from '../support/chromium.ts';
import {
  button,
  expectAt,
  expectFocus,
  expectMistake,
  field,
  link,
  logIn,
  logOut,
  nextCode,
  OTHER_WINDOWS,
  story,
  typeCode,
  visit,
  WINDOWS,
  wrongCode,
} from './person.ts';

const OLIVIA = 'olivia@meridian.example';
const SAM = 'sam@meridian.example';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

describe('the owner logs in with a code of her app', () => {
  it.each(WINDOWS)('$where', (window) =>
    story(browser, window, async (olivia) => {
      const { page, door } = olivia;
      const phone = (await door.demoPerson('olivia')).app;
      if (phone === null) throw new Error('Olivia has no app');

      await visit(olivia, '/');
      await expectAt(olivia, '/login');
      await expectFocus(field(page, 'email'));
      await logIn(olivia, OLIVIA, 'clap the slate once');
      await expectMistake(olivia, /address or the password is wrong/, 'password');
      expect(await field(page, 'email').inputValue(), 'what she typed is still there').toBe(OLIVIA);
      await logIn(olivia, OLIVIA);

      await expectAt(olivia, '/login/code');
      await expectFocus(field(page, 'code'));
      await typeCode(olivia, 'x');
      await expectMistake(olivia, /six digits/);
      await typeCode(olivia, wrongCode(olivia, phone));
      await expectMistake(olivia, /wrong\. Type the one your app shows now/);
      const code = phone.codeAt(door.clock.now());
      await typeCode(olivia, `${code.slice(0, 3)}-${code.slice(3)}`);
      await expectAt(olivia, '/');
      await logOut(olivia);

      await logIn(olivia, OLIVIA);
      await typeCode(olivia, code);
      await expectMistake(olivia, /used already/);
      await typeCode(olivia, nextCode(olivia, phone));
      await expectAt(olivia, '/');
      await visit(olivia, '/login');
      await expectAt(olivia, '/');
    }),
  );
});

describe('a new password by e-mail still asks for the code', () => {
  it.each(OTHER_WINDOWS)('$where', (window) =>
    story(browser, window, async (sam) => {
      const { page, door } = sam;
      const phone = (await door.demoPerson('sam')).app;
      if (phone === null) throw new Error('Sam has no app');

      await visit(sam, '/login');
      await link(page, 'Forgotten your password?').click();
      await expectAt(sam, '/forgot-password');
      await button(page, 'Send link').click();
      await expectMistake(sam, /e-mail address/, 'email');
      await field(page, 'email').fill(SAM);
      await button(page, 'Send link').click();
      await page.getByText(SAM).waitFor();

      await visit(sam, await door.link(SAM));
      await field(page, 'password').fill('passwordpassword');
      await button(page, 'Save password').click();
      await expectMistake(sam, /guessed first/, 'password');
      await field(page, 'password').fill('three kites over the quarry');
      await button(page, 'Save password').click();
      await expectAt(sam, '/login?because=reset');
      await visit(sam, '/');
      await expectAt(sam, '/login');

      await logIn(sam, SAM);
      await expectMistake(sam, /password is wrong/, 'password');
      await logIn(sam, SAM, 'three kites over the quarry');
      await expectAt(sam, '/login/code');
      await visit(sam, '/');
      await expectAt(sam, '/login/code');
      await typeCode(sam, phone.codeAt(door.clock.now()));
      await expectAt(sam, '/');
      expect(await page.getByRole('row', { name: /Admitted/ }).count()).toBe(2);
    }),
  );
});
