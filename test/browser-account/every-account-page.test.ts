import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { operateGrant } from '../../src/flows/operate.ts';
import { inspectorOf, sights, TOO_WIDE } from '../browser/inspect.ts';
import {
  button,
  expectAt,
  field,
  link,
  logIn,
  logOut,
  type Person,
  typeCode,
  visit,
} from '../browser/person.ts';
import { axeViolations } from '../support/axe.ts';
import { theChromium } from '../support/chromium.ts';
import { days, minutes, seconds } from '../support/clock.ts';
import {
  answerRequest,
  askForPass,
  confirmFirst,
  logInAs,
  numberShown,
  otherNumber,
  type Stage,
  stage,
} from './people.ts';

const THEO = 'theo@meridian.example';
const MERIDIAN = '/accounts/meridian';
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

type Looker = Person & { inspect(page: string, state?: string): Promise<void> };

/** Where tables stop being cards, and where the navigation moves to their left. */
const WIDTHS = [768, 961];

/** What `inspect.ts` looks at, axe in a phone's window as well, where tables are cards, and the widths between. */
async function looker(person: Person): Promise<Looker> {
  const { page } = person;
  const inspector = await inspectorOf(person);
  return {
    ...person,
    async inspect(name, state = '') {
      await inspector.inspect(name, state);
      const what = `${name}: ${state}`;
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        expect.soft(await page.evaluate(TOO_WIDE), `${what}: wider than ${width}`).toEqual([]);
      }
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect.soft(await axeViolations(page), `${what}, phone`).toEqual([]);
      await page.setViewportSize(DESK);
      await page.emulateMedia({ colorScheme: 'light' });
    },
  };
}

async function seatOlivia({ door, seat }: Stage): Promise<Looker> {
  const olivia = await looker(await seat());
  await logInAs(olivia, await door.demoPerson('olivia'));
  return olivia;
}

/** Everybody an account can have, in every state. */
async function addCrowd({ door }: Stage, extras: number): Promise<void> {
  const account = await door.account('meridian');
  const add = (email: string, name: string, more: object = {}) =>
    door.addPerson({ email: `${email}@meridian.example`, name, in: [{ account }], ...more });
  await add('ada', 'Ada Byrne', { method: 'totp', in: [{ account, role: 'admin' }] });
  await add('wolfeschlegelsteinhausenbergerdorff', 'Hubert Blaine Wolfeschlegelsteinhausenbergerdorff', {
    method: 'sms',
  });
  await add('paz', 'Paz Ibarra', { method: 'totp' });
  await add('uwe', 'Uwe Brandt', { method: 'totp', in: [{ account, trust: 'forgotten' as const }] });
  for (let n = 1; n <= extras; n++) {
    const at = String(n).padStart(2, '0');
    await add(`extra${at}`, `Quin Extra ${at}`, n % 3 === 0 ? {} : { method: n % 3 === 1 ? 'totp' : 'sms' });
  }
}

const grant = (door: Stage['door'], email: string) =>
  operateGrant(door.ctx, { name: 'root' }, { slug: 'meridian', email, reason: 'Rang from the set' });

describe('every page of an account, in every state it can be in', () => {
  it('overview, people and one person', () =>
    stage(browser, async (scene) => {
      const { door } = scene;
      const olivia = await seatOlivia(scene);
      const { page, inspect } = olivia;
      await inspect('home', 'an owner');
      await visit(olivia, MERIDIAN);
      await inspect('overview', 'a few people');
      await visit(olivia, `${MERIDIAN}/people`);
      await inspect('people', 'a few');
      await addCrowd(scene, 60);
      await grant(door, 'paz@meridian.example');
      await visit(olivia, `${MERIDIAN}/people`);
      await inspect('people', 'page one of two');
      await page.getByRole('link', { name: /Next/ }).click();
      await inspect('people', 'page two');
      await visit(olivia, `${MERIDIAN}/people?search=nobody`);
      await inspect('people', 'nobody fits');
      await visit(olivia, MERIDIAN);
      await inspect('overview', 'many people');

      await visit(olivia, `${MERIDIAN}/people/invite`);
      await inspect('invite');
      await button(page, 'Send invitations').click();
      await inspect('invite', 'nothing typed');
      await field(page, 'emails').fill('kai@meridian.example\nlea@meridian.example');
      await button(page, 'Send invitations').click();
      await inspect('people', 'invited');
      await link(page, 'Olivia Hart').click();
      await inspect('person: Olivia Hart', 'oneself');
      await visit(olivia, `${MERIDIAN}/people?search=theo`);
      await link(page, 'Theo Lindqvist').click();
      await inspect('person: Theo Lindqvist');
      await button(page, 'Give a pass').click();
      await inspect('person: Theo Lindqvist', 'no reason');
      await page.getByLabel('Reason').fill('Rang from the set; I know his voice');
      await button(page, 'Give a pass').click();
      await inspect('pass code');
      await link(page, 'Done').click();
      await inspect('person: Theo Lindqvist', 'a pass not used yet');
      await link(page, 'Remove from account').click();
      await inspect('remove');
      door.clock.advance(minutes(6));
      await link(page, 'Keep them').click();
      await inspect('person: Theo Lindqvist', 'first a code');
      await visit(olivia, `${MERIDIAN}/people/invite`);
      await inspect('invite', 'first a code');
      await visit(olivia, `${MERIDIAN}/leave`);
      await inspect('leave', 'the last owner');
    }));

  it('security', () =>
    stage(browser, async (scene) => {
      const { door, seat } = scene;
      await addCrowd(scene, 0);
      const olivia = await seatOlivia(scene);
      const { page, inspect } = olivia;
      await visit(olivia, `${MERIDIAN}/security`);
      await inspect('security', 'on');
      await page.getByRole('checkbox', { name: 'Authenticator app' }).uncheck();
      await button(page, 'See whom it affects').click();
      await inspect('effect of a change');
      await link(page, 'Not now').click();
      await page.getByRole('checkbox', { name: 'Authenticator app' }).uncheck();
      await page.getByRole('checkbox', { name: 'Text message' }).uncheck();
      await button(page, 'See whom it affects').click();
      await inspect('security', 'no method');
      await field(page, 'idle').selectOption('1440');
      await field(page, 'max').selectOption('60');
      await button(page, 'Save').click();
      await inspect('security', 'idle longer than the session');
      door.clock.advance(minutes(6));
      await visit(olivia, `${MERIDIAN}/security`);
      await inspect('security', 'first a code');
      await confirmFirst(olivia, await door.demoPerson('olivia'));
      await link(page, 'Switch off').click();
      await inspect('effect of switching off');
      await button(page, 'Switch off').click();
      await inspect('security', 'off');
      await button(page, 'See whom it affects').click();
      await inspect('effect of switching on');
      await page.getByRole('link', { name: 'Overview' }).click();
      await inspect('overview', 'off');
      await page.getByRole('link', { name: /^Passes/ }).click();
      await inspect('passes', 'off');

      const account = await door.addAccount({ name: 'Harbour Films' });
      const who = await door.addPerson({
        email: 'harry@harbour.example',
        name: 'Harry Quay',
        in: [{ account, role: 'owner' }],
      });
      const harry = await looker(await seat());
      await logInAs(harry, who);
      await visit(harry, '/accounts/harbour-films/security');
      await harry.inspect('security of another', 'standard plan');
      await visit(harry, '/accounts/harbour-films');
      await harry.inspect('overview of another', 'nobody else');
    }));

  it('activity', () =>
    stage(browser, async (scene) => {
      const olivia = await seatOlivia(scene);
      await visit(olivia, `${MERIDIAN}/activity`);
      await olivia.inspect('activity');
      await visit(olivia, `${MERIDIAN}/activity?search=nobody`);
      await olivia.inspect('activity', 'nothing fits');
      await visit(olivia, `${MERIDIAN}/activity?from=soon`);
      await olivia.inspect('activity', 'no date');
    }));

  it('passes, and the page of the one who asks', () =>
    stage(browser, async (scene) => {
      const { door, seat } = scene;
      await addCrowd(scene, 0);
      const olivia = await seatOlivia(scene);
      await visit(olivia, `${MERIDIAN}/passes`);
      await olivia.inspect('passes', 'none');

      const theo = await looker(await seat());
      await logIn(theo, THEO);
      await link(theo.page, 'I can’t use any of these').click();
      await theo.inspect('pass: unable');
      await button(theo.page, 'Ask for a pass').click();
      await theo.inspect('e-mailed code', 'for a pass');
      await typeCode(theo, await door.code(THEO), 'Continue');
      const number = await numberShown(theo);
      await theo.inspect('pass: waiting');

      await door.rows(
        `update users set password_changed_at = ${door.clock.now() - days(2)} where email = '${THEO}'`,
      );
      await visit(olivia, MERIDIAN);
      await olivia.inspect('overview', 'somebody waits');
      await visit(olivia, `${MERIDIAN}/passes`);
      await olivia.inspect('passes', 'one waits');
      const typed = { number: otherNumber(number), reason: 'Known by voice' };
      await answerRequest(olivia, typed, /^Grant pass/);
      await olivia.inspect('passes', 'wrong number');
      await answerRequest(olivia, typed, /^Grant pass/);
      await answerRequest(olivia, typed, /^Grant pass/);
      await olivia.inspect('passes', 'third wrong number');
      await theo.page.getByRole('heading', { name: 'Your request was stopped' }).waitFor();
      await theo.inspect('pass: stopped');
      door.clock.advance(seconds(1));
      await button(theo.page, 'Ask again').click();
      await numberShown(theo);
      await visit(olivia, `${MERIDIAN}/passes`);
      await olivia.page.getByRole('button', { name: /^Deny/ }).click();
      await olivia.inspect('passes', 'denied');
      await theo.page.reload();
      await theo.inspect('pass: denied');
      door.clock.advance(seconds(1));
      await button(theo.page, 'Ask again').click();
      const next = await numberShown(theo);
      door.clock.advance(minutes(6));
      await visit(olivia, `${MERIDIAN}/passes`);
      await olivia.inspect('passes', 'first a code');
      await confirmFirst(olivia, await door.demoPerson('olivia'));
      // As if it had gone by itself already and come back, so that it can be looked at.
      const until = await theo.page.locator('.time-left').getAttribute('data-ends-at');
      await theo.page.evaluate(`sessionStorage.setItem('sent:pass-${next}-${until}', 'yes')`);
      await answerRequest(olivia, { ...typed, number: next }, /^Grant pass/);
      await theo.page.getByRole('heading', { name: 'You have a pass' }).waitFor();
      await theo.inspect('pass: granted');
      await button(theo.page, 'Continue').click();
      await expectAt(theo, '/');
      await theo.inspect('home', 'on a pass');
      await visit(theo, `${MERIDIAN}/leave`);
      await theo.inspect('leave', 'a member');
      await visit(theo, MERIDIAN);
      await theo.inspect('refused');

      await grant(door, 'paz@meridian.example');
      // "23 hours 59 minutes", the longest that can be left.
      door.clock.advance(minutes(1));
      await olivia.page.reload();
      await visit(olivia, `${MERIDIAN}/passes`);
      await olivia.inspect('passes', 'in force and not used yet');
      await link(olivia.page, 'People').click();
      await link(olivia.page, 'Theo Lindqvist').click();
      await olivia.inspect('person: Theo Lindqvist', 'on a pass');
      await button(olivia.page, 'Revoke pass').click();
      await olivia.inspect('passes', 'revoked');
      await theo.page.reload();
      await theo.inspect('log in', 'the pass was revoked');
      await logIn(theo, THEO);
      await theo.inspect('pass: needed');
    }));

  it('a request that runs out, one that nobody can answer, and one of several accounts', () =>
    stage(browser, async (scene) => {
      const { door, seat } = scene;
      const theo = await looker(await seat());
      await askForPass(theo, THEO);
      door.clock.advance(minutes(30));
      await theo.page.reload();
      await theo.inspect('pass: nobody answered');

      const olivia = await looker(await seat());
      await logIn(olivia, 'olivia@meridian.example');
      await link(olivia.page, 'I can’t use any of these').click();
      await olivia.inspect('pass: unable', 'nobody to ask');

      const harbour = await door.addAccount({ name: 'Harbour Films', mandates: ['totp'] });
      await door.addPerson({
        email: 'harry@harbour.example',
        method: 'totp',
        in: [{ account: harbour, role: 'owner' }],
      });
      const both = [{ account: harbour }, { account: await door.account('meridian') }];
      await door.addPerson({ email: 'mia@harbour.example', name: 'Mia Tide', method: 'totp', in: both });
      const mia = await looker(await seat());
      await logIn(mia, 'mia@harbour.example');
      await link(mia.page, 'I can’t use any of these').click();
      await mia.inspect('pass: unable', 'several accounts');
      await button(mia.page, 'Ask for a pass').click();
      await typeCode(mia, await door.code('mia@harbour.example'), 'Continue');
      await mia.inspect('pass: ask', 'which account');
      await mia.page.getByRole('radio', { name: 'Meridian Pictures' }).check();
      await button(mia.page, 'Ask for a pass').click();
      await numberShown(mia);
      await mia.inspect('pass: waiting', 'of several accounts');
    }));

  it('for an admin, and for one who is in with a pass', () =>
    stage(browser, async (scene) => {
      const { door, seat } = scene;
      await addCrowd(scene, 0);
      const ada = await looker(await seat());
      const granted = await grant(door, 'ada@meridian.example');
      await logIn(ada, 'ada@meridian.example');
      await link(ada.page, 'Enter recovery code').click();
      await typeCode(ada, 'code' in granted ? (granted.code ?? '') : '');
      await expectAt(ada, '/');
      await ada.inspect('home', 'an admin on a pass');
      for (const [name, path] of [
        ['overview', ''],
        ['people', '/people'],
        ['passes', '/passes'],
        ['security', '/security'],
        ['activity', '/activity'],
      ] as const) {
        await visit(ada, MERIDIAN + path);
        await ada.inspect(name, 'an admin on a pass');
      }
      await visit(ada, `${MERIDIAN}/people`);
      await link(ada.page, 'Olivia Hart').click();
      await ada.inspect('person: Olivia Hart', 'seen by an admin');
      await logOut(ada);

      const sam = await looker(await seat());
      await logInAs(sam, await door.demoPerson('sam'));
      await sam.inspect('home', 'two accounts');
      await door.mandate('meridian', ['sms'], 'now');
      await sam.page.reload();
      await sam.inspect('home', 'another method wanted');
    }));

  it('has a title that no other page has', () => {
    const titles = Map.groupBy(sights, ({ title }) => title.replace('Error: ', ''));
    const shared = [...titles].filter(([, seen]) => new Set(seen.map(({ page }) => page)).size > 1);
    expect(shared).toEqual([]);
  });
});
