import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { button, expectAt, expectMistake, field, link, type Person, visit } from '../browser/person.ts';
import { theChromium } from '../support/chromium.ts';
import { hours, seconds } from '../support/clock.ts';
import type { Door } from '../support/door.ts';
import { expectText, logInAs, stage, tabTo } from './people.ts';

const PEOPLE = '/accounts/meridian/people';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

/** Sixty extras, each with the same odd name, so that a page is not enough. */
async function addExtras(door: Door): Promise<void> {
  const account = await door.account('meridian');
  for (let n = 1; n <= 60; n++) {
    const at = String(n).padStart(2, '0');
    await door.addPerson({
      email: `extra${at}@meridian.example`,
      name: `Quin Extra ${at}`,
      in: [{ account }],
    });
  }
}

async function openPeople(person: Person): Promise<void> {
  await logInAs(person, await person.door.demoPerson('olivia'));
  await visit(person, PEOPLE);
}

const names = ({ page }: Person): Promise<string[]> => page.locator('tbody th a').allInnerTexts();

async function filter(
  { page }: Person,
  how: { search?: string; show?: string; sort?: string },
): Promise<void> {
  if (how.search !== undefined) await field(page, 'search').fill(how.search);
  if (how.show !== undefined) await field(page, 'filter').selectOption({ label: how.show });
  if (how.sort !== undefined) await field(page, 'sort').selectOption({ label: how.sort });
  await button(page, 'Show').click();
  await page.waitForURL(/search=|filter=/);
}

describe('the people of an account', () => {
  it.each([
    { where: 'at a desk', phone: false, javaScript: true },
    { where: 'on a phone without script', phone: true, javaScript: false },
  ])('are found, shown and sorted $where', ({ phone, javaScript }) =>
    stage(browser, async ({ door, seat }) => {
      const olivia = await seat({ phone, javaScript });
      const { page } = olivia;
      await addExtras(door);
      await openPeople(olivia);
      await expectText(olivia, /^1 to 50 of 65 people$/);
      await page.getByRole('link', { name: /Next/ }).click();
      await expectText(olivia, /^51 to 65 of 65 people$/);
      await filter(olivia, { search: 'extra 07' });
      expect(await names(olivia)).toEqual(['Quin Extra 07']);
      await filter(olivia, { search: 'THEO@' });
      expect(await names(olivia)).toEqual(['Theo Lindqvist']);
      await filter(olivia, { search: 'nobody of that name' });
      await expectText(olivia, /^Nobody fits/);
      expect(await field(page, 'search').inputValue()).toBe('nobody of that name');
      await filter(olivia, { search: '', show: 'Owners and admins' });
      expect(await names(olivia)).toEqual(['Olivia Hart']);
      await filter(olivia, { show: 'Invited' });
      expect(await page.locator('tbody th').allInnerTexts()).toEqual(['iris@meridian.example']);
      await filter(olivia, { show: 'Set up', sort: 'Last login' });
      expect((await names(olivia))[0]).toBe('Olivia Hart');
      expect(await names(olivia)).toHaveLength(3);
      await filter(olivia, { show: 'Everyone', sort: 'Role' });
      expect((await names(olivia))[0]).toBe('Olivia Hart');
      await page.getByRole('link', { name: /Next/ }).click();
      expect(await field(page, 'sort').inputValue(), 'the next page is of the same list').toBe('role');
    }),
  );

  it('are invited, many at once; sent again; withdrawn', () =>
    stage(browser, async ({ door, seat }) => {
      const olivia = await seat();
      const { page } = olivia;
      await openPeople(olivia);
      await link(page, 'Invite people').click();
      await field(page, 'emails').fill('kai@meridian.example, not an address');
      await button(page, 'Send invitations').click();
      await expectMistake(olivia, /not a whole e-mail address|not whole/i, 'emails');
      expect(await field(page, 'emails').inputValue()).toContain('kai@');
      await field(page, 'emails').fill(
        'kai@meridian.example, LEA@meridian.example\nmo@meridian.example;theo@meridian.example',
      );
      await page.getByRole('radio', { name: 'Admin' }).check();
      await button(page, 'Send invitations').click();
      await expectText(olivia, /^3 invitations are on their way. 1 address belongs to members already\.$/);
      for (const to of ['kai', 'lea', 'mo']) expect(await door.count(`${to}@meridian.example`)).toBe(1);
      const row = page.getByRole('row', { name: /kai@/ });
      expect(await row.innerText()).toMatch(/Admin[\s\S]*Invited/);

      const old = await door.link('kai@meridian.example');
      await page.getByRole('button', { name: 'Send again kai@meridian.example' }).click();
      await expectText(olivia, /new invitation is on its way/);
      expect(await door.link('kai@meridian.example')).not.toBe(old);
      await page.getByRole('button', { name: 'Withdraw kai@meridian.example' }).click();
      await expectText(olivia, /invitation is withdrawn/);
      expect(await row.count()).toBe(0);
    }));

  it('change their role, have their sessions ended, are removed once that is confirmed', () =>
    stage(browser, async ({ door, seat }) => {
      const olivia = await seat();
      const theo = await seat({ phone: true });
      const { page } = olivia;
      await logInAs(theo, await door.demoPerson('theo'));
      await openPeople(olivia);
      await link(page, 'Theo Lindqvist').click();
      await page.getByRole('radio', { name: 'Admin' }).check();
      await button(page, 'Save role').click();
      await expectText(olivia, /The role is changed/);
      await theo.page.reload();
      await link(theo.page, 'Manage Meridian Pictures').click();
      await expectAt(theo, '/accounts/meridian');
      await page.getByRole('radio', { name: 'Member' }).check();
      await button(page, 'Save role').click();
      await expectText(olivia, /The role is changed/);
      await link(theo.page, 'People').click();
      await theo.page.getByRole('heading', { name: 'For owners and admins' }).waitFor();

      door.clock.advance(seconds(1));
      await button(page, 'End sessions').click();
      await expectText(olivia, /sessions for this account are ended/);
      await visit(theo, '/');
      await expectText(theo, /Session ended/);

      await link(page, 'Remove from account').click();
      await page.getByRole('heading', { name: 'Remove Theo Lindqvist?' }).waitFor();
      await link(page, 'Keep them').click();
      await link(page, 'Remove from account').click();
      await page.getByRole('button', { name: /^Remove/ }).click();
      await expectAt(olivia, `${PEOPLE}?done=removed`);
      expect(await names(olivia)).not.toContain('Theo Lindqvist');
    }));

  it('are invited without a mouse, after a code', () =>
    stage(browser, async ({ door, seat }) => {
      const olivia = await seat();
      const { page } = olivia;
      const who = await door.demoPerson('olivia');
      await openPeople(olivia);
      door.clock.advance(hours(1));
      await tabTo(olivia, 'Invite people', 'link');
      await page.keyboard.press('Enter');
      await tabTo(olivia, 'Confirm it’s you', 'button');
      await page.keyboard.press('Enter');
      await expectAt(olivia, '/login/code');
      await page.keyboard.type(door.appCode(who));
      await page.keyboard.press('Enter');
      await expectAt(olivia, `${PEOPLE}/invite`);
      await tabTo(olivia, 'E-mail addresses', 'textbox');
      await page.keyboard.type('kai@meridian.example');
      await tabTo(olivia, 'Member', 'radio');
      await page.keyboard.press('ArrowDown');
      await tabTo(olivia, 'Send invitations', 'button');
      await page.keyboard.press('Space');
      await expectText(olivia, /1 invitation is on its way/);
      const row = page.getByRole('row', { name: /kai@/ });
      expect(await row.innerText()).toMatch(/Admin[\s\S]*Invited/);
    }));
});
