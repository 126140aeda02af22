import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { disableUser } from '../../src/flows/disable-user.ts';
import { deleteAccount, operateGrant } from '../../src/flows/operate.ts';
import { theChromium } from '../support/chromium.ts';
import { minutes, seconds } from '../support/clock.ts';
import type { LogLine } from '../support/door.ts';
import { type Inspector, inspectorOf, sights } from './inspect.ts';
import {
  button,
  choose,
  expectAt,
  field,
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
  visit,
  wrongCode,
} from './person.ts';

const OLIVIA = 'olivia@meridian.example';
const THEO = 'theo@meridian.example';
const NINA = 'nina@meridian.example';
const SAM = 'sam@meridian.example';
const IRIS = 'iris@meridian.example';
const OPERATOR = { name: 'root' };
const LONG_ADDRESS = `${'long'.repeat(12)}@${'verylongdomain'.repeat(3)}.example`;

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

function walk(tell: (person: Person & Inspector) => Promise<void>): Promise<void> {
  return story(browser, {}, async (person) => tell({ ...person, ...(await inspectorOf(person)) }));
}

describe('every page, in every state it can be in', () => {
  it('before the door', () =>
    walk(async (person) => {
      const { page, inspect } = person;
      await visit(person, '/login');
      await inspect('log in');
      await button(page, 'Log in').click();
      await inspect('log in', 'nothing typed');
      for (let tries = 1; tries <= 6; tries++) await logIn(person, NINA, 'wrong');
      await inspect('log in', 'too many wrong passwords');
      for (const because of ['over', 'reset', 'logged_out', 'pass_over']) {
        await visit(person, `/login?because=${because}`);
        await inspect('log in', because);
      }
      await visit(person, '/sign-up');
      await inspect('sign up');
      await button(page, 'Create account').click();
      await inspect('sign up', 'nothing typed');
      await field(page, 'name').fill('Hubert Blaine Wolfeschlegelsteinhausenbergerdorff the Elder');
      await field(page, 'email').fill(LONG_ADDRESS);
      await field(page, 'password').fill('three kites over the quarry');
      await field(page, 'account').fill('Donaudampfschifffahrtselektrizitätenhauptbetriebswerk');
      await button(page, 'Create account').click();
      await inspect('e-mailed code', 'to a long address');
      await typeCode(person, await person.door.code(LONG_ADDRESS), 'Continue');
      await expectAt(person, '/');
      await inspect('home', 'long names');
      await visit(person, '/help/two-factor');
      await inspect('help');
      await visit(person, '/dev/inbox');
      await inspect('inbox');
    }));

  it('a set-up by app', () =>
    walk(async (nina) => {
      const { page, door, inspect } = nina;
      await logIn(nina, NINA);
      await inspect('e-mailed code', 'set-up');
      await typeCode(nina, 'x', 'Continue');
      await inspect('e-mailed code', 'no code');
      await button(page, 'Send a new code').click();
      await inspect('e-mailed code', 'too early');
      await proveMailbox(nina, NINA);
      await inspect('choose');
      await page.evaluate(`document.querySelector('[name=method]:checked').checked = false`);
      await button(page, 'Continue').click();
      await inspect('choose', 'nothing chosen');
      await choose(nina, 'Authenticator app');
      await inspect('app');
      await page.locator('summary').click();
      await inspect('app', 'list of apps');
      await typeCode(nina, '12');
      await inspect('app', 'no code');
      await link(page, 'Choose another way').click();
      const phone = await setUpApp(nina);
      await inspect('backup codes');
      await button(page, 'Finish').click();
      await inspect('backup codes', 'not saved');
      await saveCodes(nina);
      await inspect('home', 'one account');

      await visit(nina, '/password');
      await inspect('password');
      await button(page, 'Save password').click();
      await inspect('password', 'nothing typed');
      door.clock.advance(minutes(6));
      await visit(nina, '/password');
      await inspect('password, first a code');
      await button(page, 'Continue').click();
      await inspect('code', 'step-up');
      await typeCode(nina, nextCode(nina, phone));
      await expectAt(nina, '/password');
      await field(page, 'current').fill('clap the slate twice');
      await field(page, 'password').fill('three kites over the quarry');
      await button(page, 'Save password').click();
      await inspect('home', 'password changed');
    }));

  it('a set-up by text message', () =>
    walk(async (nina) => {
      const { page, door, inspect } = nina;
      await logIn(nina, NINA);
      await proveMailbox(nina, NINA);
      await choose(nina, 'Text message');
      await inspect('phone');
      await button(page, 'Send code').click();
      await inspect('phone', 'no number');
      await field(page, 'country').selectOption('GB');
      await field(page, 'phone').fill('07400 123456');
      await button(page, 'Send code').click();
      await inspect('text');
      door.clock.advance(seconds(30));
      await button(page, 'Send a new code').click();
      await inspect('text', 'sent again');
      const code = await door.code('+447400123456');
      for (let tries = 1; tries <= 4; tries++) await typeCode(nina, code === '000000' ? '1' : '000000');
      await inspect('text', 'one try left');
      await typeCode(nina, code === '000000' ? '111111' : '000000');
      await inspect('text', 'no tries left');
      await visit(nina, '/login/set-up/text');
      await inspect('text', 'no tries left, looked at again');
    }));

  it('codes and recovery codes', () =>
    walk(async (person) => {
      const { page, door, inspect } = person;
      await logIn(person, THEO);
      await inspect('code', 'by text message');
      door.clock.advance(seconds(30));
      await button(page, 'Send a new code').click();
      await inspect('code', 'sent again');
      await button(page, 'Log in as someone else').click();

      const olivia = (await door.demoPerson('olivia')).app;
      if (olivia === null) throw new Error('Olivia has no app');
      await logIn(person, OLIVIA);
      await inspect('code', 'by app');
      for (let tries = 1; tries <= 10; tries++) await typeCode(person, wrongCode(person, olivia));
      await inspect('code', 'wrong');
      await typeCode(person, wrongCode(person, olivia));
      await inspect('code', 'too many wrong');
      await visit(person, '/login/code');
      await inspect('code', 'has to wait');
      await link(page, 'Enter recovery code').click();
      await inspect('recovery code');
      await typeCode(person, 'x');
      await inspect('recovery code', 'no code');
      await button(page, 'Log in as someone else').click();

      await logIn(person, NINA);
      await proveMailbox(person, NINA);
      await setUpApp(person);
      const [code = ''] = await saveCodes(person);
      await logOut(person);
      await logIn(person, NINA);
      await link(page, 'Enter recovery code').click();
      await typeCode(person, code);
      await inspect('recovered');
      await button(page, 'Continue').click();
      await inspect('recovered', 'nothing chosen');
    }));

  it('dead ends', () =>
    walk(async (person) => {
      const { page, door, inspect } = person;
      await logIn(person, NINA);
      await door.mandate('meridian', null);
      await visit(person, '/login/email-code');
      await inspect('continue');
      await door.mandate('meridian', ['totp', 'sms']);

      for (let logIns = 1; logIns <= 10; logIns++) {
        await button(page, 'Log in as someone else').click();
        await logIn(person, NINA);
      }
      await inspect('e-mailed code', 'too many today');
      await disableUser(door.ctx, SAM, { by: 'operator' });
      await button(page, 'Log in as someone else').click();
      await logIn(person, SAM);
      await inspect('refused');
    }));

  it('this was not me, and a pass', () =>
    walk(async (nina) => {
      const { page, door, inspect } = nina;
      await logIn(nina, NINA);
      await proveMailbox(nina, NINA);
      await setUpApp(nina);
      await saveCodes(nina);
      await logOut(nina);

      await visit(nina, await door.link(NINA));
      await inspect('not me');
      await button(page, 'This was not me').click();
      await inspect('not me, done');
      await visit(nina, await door.link(NINA, /set up/));
      await inspect('not me, gone');

      await logIn(nina, NINA);
      await inspect('pass');
      await visit(nina, '/login/recovery-code');
      await inspect('pass code');
      await typeCode(nina, 'x');
      await inspect('pass code', 'no code');
      const pass = { slug: 'meridian', email: NINA, reason: 'Known by voice' };
      const granted = await operateGrant(door.ctx, OPERATOR, pass);
      await typeCode(nina, 'code' in granted ? (granted.code ?? '') : '');
      await expectAt(nina, '/');
      await inspect('home', 'with a pass');
    }));

  it('a new password', () =>
    walk(async (sam) => {
      const { page, door, inspect } = sam;
      await visit(sam, '/forgot-password');
      await inspect('forgotten');
      await button(page, 'Send link').click();
      await inspect('forgotten', 'nothing typed');
      await field(page, 'email').fill(SAM);
      await button(page, 'Send link').click();
      await inspect('link sent');
      await visit(sam, await door.link(SAM));
      await inspect('reset');
      await field(page, 'password').fill('short');
      await button(page, 'Save password').click();
      await inspect('reset', 'too short');
      await visit(sam, '/reset-password?token=old');
      await inspect('reset, gone');
    }));

  it('at home', () =>
    walk(async (person) => {
      const { page, door, inspect } = person;
      const sam = (await door.demoPerson('sam')).app;
      if (sam === null) throw new Error('Sam has no app');
      await logIn(person, SAM);
      await typeCode(person, sam.codeAt(door.clock.now()));
      await page.context().clearCookies();
      await logIn(person, SAM);
      await typeCode(person, nextCode(person, sam));
      await expectAt(person, '/');
      await inspect('home', 'two accounts, two sessions');
      await page.getByRole('button', { name: /^End session/ }).click();
      await inspect('home', 'session ended');
      await logOut(person);

      await door.mandate('meridian', null);
      await logIn(person, NINA);
      await expectAt(person, '/');
      await door.mandate('meridian', ['totp', 'sms'], 'now');
      await page.reload();
      await inspect('home', 'set-up needed');
      await button(page, 'Enter Meridian Pictures').click();
      await inspect('log in', 'step-up');
      await visit(person, '/');
      await deleteAccount(door.ctx, OPERATOR, 'meridian');
      await page.reload();
      await inspect('home', 'no account');
    }));

  it('invitations', () =>
    walk(async (person) => {
      const { page, door, inspect } = person;
      const toIris = await door.link(IRIS);
      await visit(person, toIris);
      await inspect('invitation', 'new address');
      await field(page, 'name').fill('Iris Adeyemi');
      await field(page, 'email').fill('other@meridian.example');
      await field(page, 'password').fill('three kites over the quarry');
      await button(page, 'Create account').click();
      await inspect('invitation', 'another address');

      const toNina = await door.invite(await door.account('crestline'), NINA);
      await visit(person, toNina);
      await inspect('invitation', 'has a login');
      await button(page, 'Accept invitation').click();
      await inspect('log in', 'to accept');
      await button(page, 'Log in as someone else').click();
      await logIn(person, NINA);
      await proveMailbox(person, NINA);
      await setUpApp(person);
      await saveCodes(person);
      await visit(person, toNina);
      await inspect('invitation', 'logged in');
      await visit(person, toIris);
      await inspect('invitation', 'logged in as somebody else');
      await visit(person, '/invitations/used');
      await inspect('invitation, gone');
    }));

  it('errors', () =>
    walk(async (person) => {
      const { page, door, problems, inspect } = person;
      await visit(person, '/login?colour=green');
      await inspect('400, address');
      await visit(person, '/login');
      await page.evaluate(`document.querySelector('[name=email]').name = 'a-field-that-is-not-known-here'`);
      await button(page, 'Log in').click();
      await inspect('400, form');
      await page.goto('about:blank');
      await page.setContent(
        `<form method="post" action="${door.url}/login"><button>Send from elsewhere</button></form>`,
      );
      await button(page, 'Send from elsewhere').click();
      await inspect('403');
      await visit(person, '/nowhere');
      await inspect('404');
      await visit(person, '/login');
      await field(page, 'email').fill('x'.repeat(70_000));
      await button(page, 'Log in').click();
      await inspect('413');

      await door.mandate('meridian', null);
      await logIn(person, NINA);
      await expectAt(person, '/');
      await door.ctx.db.schema.alterTable('memberships').renameTo('lost').execute();
      await page.reload();
      await inspect('500');
      const logged = door.log as LogLine[];
      expect(logged.splice(0).filter(({ level }) => level >= 50)).toHaveLength(1);
      expect(problems.splice(0)).toEqual([`response: 500 ${door.url}/`]);
    }));

  it('has a title that no other page has', () => {
    const titles = Map.groupBy(sights, ({ title }) => title.replace('Error: ', ''));
    const shared = [...titles].filter(([, seen]) => new Set(seen.map(({ page }) => page)).size > 1);
    expect(shared).toEqual([]);
  });
});
