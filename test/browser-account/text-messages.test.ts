/** The security page's part about text messages, in a real browser: what is shown of them, and how they are ended. */
import type { Browser } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { id } from '../../src/flows/context.ts';
import { insertTextMessage, type TextMessageRow } from '../../src/store/text-messages.ts';
import { inspectorOf } from '../browser/inspect.ts';
import { button, expectAt, field, logIn, proveMailbox, typeCode, visit } from '../browser/person.ts';
import { theChromium } from '../support/chromium.ts';
import { days } from '../support/clock.ts';
import { codeOf, logInAs, type Stage, stage } from './people.ts';

const SECURITY = '/accounts/meridian/security';

let browser: Browser;
beforeAll(async () => {
  browser = await theChromium();
});

interface Given {
  readonly country: string;
  readonly daysAgo: number;
  readonly sent?: number;
  readonly delivered?: number;
  readonly verified?: number;
  readonly blocked?: readonly string[];
}

/** Messages of Meridian on one day; the first of the sent ones were delivered, and used. */
async function addMessages({ door }: Stage, given: Given): Promise<void> {
  const { country, daysAgo, sent = 0, delivered = sent, verified = delivered, blocked = [] } = given;
  const account = await door.account('meridian');
  const at = door.clock.now() - days(daysAgo);
  const row = (over: Partial<TextMessageRow>): TextMessageRow => ({
    id: id(door.ctx),
    at,
    asks: 1,
    account_id: account.id,
    user_id: null,
    purpose: 'code',
    country,
    prefix_hmac: 'p',
    number_hmac: 'n',
    price: 500,
    state: 'sent',
    reason: null,
    carrier: 'twilio',
    provider_id: null,
    parts: 1,
    settled_at: at,
    receipt_at: null,
    verified_at: null,
    ...over,
  });
  for (let n = 0; n < sent; n++) {
    const state = n < delivered ? 'delivered' : 'sent';
    await insertTextMessage(door.ctx.db, row({ state, verified_at: n < verified ? at : null }));
  }
  for (const reason of blocked) await insertTextMessage(door.ctx.db, row({ state: 'blocked', reason }));
}

async function addTwoWeeks(scene: Stage): Promise<void> {
  for (let daysAgo = 0; daysAgo < 14; daysAgo++) {
    const sent = 4 + ((daysAgo * 5) % 9);
    await addMessages(scene, {
      country: 'US',
      daysAgo,
      sent,
      delivered: sent - (daysAgo % 3),
      verified: sent - 2,
    });
    if (daysAgo % 2 === 0) await addMessages(scene, { country: 'DE', daysAgo, sent: 3, verified: 1 });
  }
  await addMessages(scene, { country: 'GB', daysAgo: 3, sent: 1, blocked: Array(14).fill('prefix/hour') });
  await addMessages(scene, { country: 'GB', daysAgo: 2, blocked: Array(6).fill('number/day') });
  await addMessages(scene, { country: 'CD', daysAgo: 1, blocked: ['country', 'country'] });
  await addMessages(scene, { country: 'ZZ', daysAgo: 0, blocked: ['line'] });
}

it('shows what became of text messages, by country and day, in words where there are none', () =>
  stage(browser, async (scene) => {
    const olivia = await scene.seat();
    const { inspect } = await inspectorOf(olivia);
    const { page } = olivia;
    await logInAs(olivia, await scene.door.demoPerson('olivia'));
    await visit(olivia, SECURITY);
    expect(await page.locator('main').innerText()).toContain(
      'No text message was asked for in the last 14 days.',
    );

    await addTwoWeeks(scene);
    await visit(olivia, SECURITY);
    await inspect('security', 'two weeks of text messages');
    // The table is the content: a row group per country, its sum first, and a row for every day that had any.
    const table = page.getByRole('table', { name: 'By country and day' });
    const cells = (await table.locator('tr').allInnerTexts()).map((row) => row.split(/\s*\t\s*/));
    expect(cells.slice(0, 4)).toEqual([
      ['Day', 'Sent', 'Delivered', 'Code used', 'Blocked'],
      ['United States'],
      ['All days', '106', '93', '78', '0'],
      ['1 Oct', '4', '4', '2', '0'],
    ]);
    const sums = cells.flatMap((row, n) =>
      row[0] === 'All days' ? [[...(cells[n - 1] ?? []), ...row.slice(1)]] : [],
    );
    expect(sums).toEqual([
      ['United States', '106', '93', '78', '0'],
      ['Germany', '21', '21', '7', '0'],
      ['United Kingdom', '1', '1', '1', '20'],
      ['Congo - Kinshasa', '0', '0', '0', '2'],
      ['No country', '0', '0', '0', '1'],
    ]);
    const pictures = page.getByRole('img');
    expect(await pictures.count()).toBe(4);
    expect(await pictures.first().getAttribute('aria-labelledby')).toBe('texts-0-title texts-0-desc');
    await expect
      .poll(() =>
        page
          .getByRole('img', { name: /^United Kingdom.*1 sent, 1 delivered, 1 codes used, 20 blocked/s })
          .count(),
      )
      .toBe(1);
    const why = await page.getByText('Why messages were blocked').locator('xpath=..').innerText();
    // T3: what is counted over all accounts has one name here.
    expect(why).toMatch(/20 a limit of this installation/);
    expect(why).toMatch(/2 a country that this service does not send to/);
  }));

it('an attack from everywhere leaves the page small', () =>
  stage(browser, async (scene) => {
    const olivia = await scene.seat();
    const { inspect } = await inspectorOf(olivia);
    await logInAs(olivia, await scene.door.demoPerson('olivia'));
    const countries = 'AE AF AL AM AO AR AT AU AZ BA BD BE BG BH BJ BO BR BW BY CA CD CG CH CI CL'.split(' ');
    for (const [n, country] of countries.entries()) {
      for (let daysAgo = 0; daysAgo < 14; daysAgo++) {
        await addMessages(scene, {
          country,
          daysAgo,
          blocked: Array(1 + ((n + daysAgo) % 3)).fill('country'),
        });
      }
    }
    await visit(olivia, SECURITY);
    await inspect('security', 'messages to many countries');
    const table = olivia.page.getByRole('table', { name: 'By country and day' });
    expect(await table.locator('tbody').count()).toBe(9);
    expect(await table.locator('tbody th').allInnerTexts()).toContain('Other countries');
  }));

it('M3 ends text messages from a day on: told before, asked for an app after', () =>
  stage(browser, async (scene) => {
    const { door } = scene;
    const olivia = await scene.seat();
    const { inspect } = await inspectorOf(olivia);
    const { page } = olivia;
    await logInAs(olivia, await door.demoPerson('olivia'));
    await visit(olivia, SECURITY);
    expect(await page.locator('main').innerText()).toMatch(
      /1 of \d people in this account get their codes by text/,
    );
    await button(page, 'Set this day').click();
    expect(await page.locator('.error-summary').innerText()).toContain('Choose a day, like');
    const day = new Date(door.clock.now() + days(3)).toISOString().slice(0, 10);
    await field(page, 'day').fill(day);
    await button(page, 'Set this day').click();
    await expectAt(olivia, `${SECURITY}?done=text_ends`);
    await inspect('security', 'a day is set');
    expect(await page.locator('main').innerText()).toContain(
      'Text messages end on 4 October 2026. Until then 1 person',
    );

    const theo = await scene.seat();
    const looker = await inspectorOf(theo);
    const who = await door.demoPerson('theo');
    await logInAs(theo, who);
    await looker.inspect('home', 'text messages end');
    expect(await theo.page.locator('main').innerText()).toMatch(
      /Codes by text message end at Meridian Pictures\s+From\s4\sOct\s2026,\s00:00\sUTC\son/,
    );

    door.clock.set(Date.parse(`${day}T00:00:00Z`));
    await logIn(theo, who.email);
    await expectAt(theo, '/login/code');
    await typeCode(theo, await codeOf(theo, who));
    await proveMailbox(theo, who.email);
    const offered = await theo.page.locator('main').innerText();
    expect(offered).toContain('Authenticator app');
    expect(offered).not.toContain('Text message');

    await logInAs(olivia, await door.demoPerson('olivia'));
    await visit(olivia, SECURITY);
    expect(await page.locator('main').innerText()).toContain('Text messages ended on 4 October 2026.');
    expect(await page.locator('input[name=sms]').isChecked()).toBe(false);
  }));
