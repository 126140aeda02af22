/** An account ends text messages from a day on: who is told, what holds before, at that moment and after it. */
import { describe, expect, it } from 'vitest';
import { finish, isIn, proveMailbox, setUpApp } from '../journeys/steps.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { type Door, type Person, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { admissions, authenticators, loggedIn, memberOf, openCast, trusts } from './steps.ts';

const SECURITY = '/accounts/meridian/security';

/** The beginning of a day, so many days from now; as the form writes it and as the account keeps it. */
function dayIn(door: Door, n: number): { day: string; at: number } {
  const day = new Date(door.clock.now() + days(n)).toISOString().slice(0, 10);
  return { day, at: Date.parse(`${day}T00:00:00Z`) };
}

const setDay = (browser: HttpBrowser, fields: Record<string, string>) =>
  browser.post(`${SECURITY}/text-end`, fields);
const until = async (door: Door) => (await door.account('meridian')).mandate_text_until;

/** Meridian, its owner at a browser, and Sam, who gets codes by text message. */
async function openTexts(samIn: 'all' | 'meridian' = 'meridian') {
  const cast = await openCast({ method: 'sms', samIn });
  const owner = await loggedIn(cast.door, cast.olivia);
  return { ...cast, owner, [Symbol.asyncDispose]: () => cast.door.close() };
}

async function logInByText(door: Door, person: Person): Promise<HttpBrowser> {
  const browser = door.browser();
  await door.password(browser, person);
  await submit(browser, '/login/code', { code: await door.code(person.phone ?? '') });
  return browser;
}

describe('the day', () => {
  it('is set, told to the other owners and admins on that day, moved, and taken away', async () => {
    await using cast = await openTexts();
    const { door, owner, olivia, adam, sam } = cast;
    const { day, at } = dayIn(door, 10);
    expect((await setDay(owner, { day })).location).toBe(`${SECURITY}?done=text_ends_told`);
    expect(await until(door)).toBe(at);
    await door.sent();
    const mails = await door.rows<{ to: string; text: string }>(
      `select "to", text from inbox where subject = 'Text messages end at Meridian on ${day}'`,
    );
    expect(mails.map((m) => m.to)).toEqual([adam.email]);
    expect(mails[0]?.text).toContain('One person still gets their codes that way');
    expect(mails[0]?.text).not.toContain(sam.name);
    expect(mails[0]?.text).toContain(`${door.url}${SECURITY}`);
    expect(await setDay(owner, { day })).toMatchObject({ location: `${SECURITY}?done=unchanged` });

    const later = dayIn(door, 20);
    expect((await setDay(owner, { day: later.day })).location).toBe(`${SECURITY}?done=text_ends_told`);
    expect(await until(door)).toBe(later.at);
    expect((await setDay(owner, { remove: 'yes' })).location).toBe(`${SECURITY}?done=text_goes_on`);
    expect(await until(door)).toBeNull();
    expect((await setDay(owner, { remove: 'yes' })).location).toBe(`${SECURITY}?done=unchanged`);
    const events = await door.rows<{ kind: string; actor_id: string; data: string }>(
      `select kind, actor_id, data from audit_events where kind like 'mandate.text%' order by at, id`,
    );
    expect(events.map((e) => [e.kind, JSON.parse(e.data).day]).toSorted()).toEqual(
      [
        ['mandate.text_end_removed', null],
        ['mandate.text_end_set', day],
        ['mandate.text_end_set', later.day],
      ].toSorted(),
    );
    expect(new Set(events.map((e) => e.actor_id))).toEqual(new Set([olivia.id]));
  });

  it('nobody is said to have been told where there is nobody else', async () => {
    await using cast = await openTexts();
    const { door, owner, adam } = cast;
    await owner.post(`/accounts/meridian/people/${await memberOf(door, adam)}/remove`, {});
    const set = await owner.follow(await setDay(owner, { day: dayIn(door, 10).day }));
    expect(set.text).toContain('The day is set.');
    expect(set.text).not.toContain('told by e-mail');
  });

  it('must be one, and neither past nor far away', async () => {
    await using cast = await openTexts();
    const { door, owner } = cast;
    for (const [day, text] of [
      ['', 'Choose a day, like'],
      ['soon', 'Choose a day, like'],
      ['2027-02-31', 'Choose a day, like'],
      [dayIn(door, 0).day, 'tomorrow or later'],
      [dayIn(door, -400).day, 'tomorrow or later'],
      [dayIn(door, 740).day, 'within the next two years'],
    ] as const) {
      const answer = await setDay(owner, { day });
      expect([answer.status, answer.text.includes(text)], day).toEqual([422, true]);
      if (day !== '') expect(answer.body).toContain(`value="${day}"`);
    }
    expect((await setDay(owner, {})).status).toBe(422);
    expect(await until(door)).toBeNull();
  });

  it('M3 is refused where text messages are the only way, not taken, or nothing is demanded', async () => {
    await using cast = await openTexts();
    const { door, owner } = cast;
    const { day } = dayIn(door, 10);
    await door.mandate('meridian', ['totp']);
    expect((await setDay(owner, { day })).text).toContain('nothing to end');
    await door.mandate('meridian', null);
    expect((await setDay(owner, { day })).text).toContain('nothing to end');
    await door.mandate('meridian', ['sms']);
    const byText = await loggedIn(door, cast.sam);
    expect((await setDay(byText, { day })).status).toBe(403);
    expect(await until(door)).toBeNull();
  });

  it('M3 text messages cannot become the only way while it is set; with the app alone it is gone', async () => {
    await using cast = await openTexts();
    const { door, owner } = cast;
    await setDay(owner, { day: dayIn(door, 10).day });
    const choose = (methods: object) =>
      owner.post(SECURITY, { on: 'yes', from: 'next_login', confirmed: 'yes', ...methods });
    const refused = await choose({ sms: 'yes' });
    expect([refused.status, refused.text.includes('cannot be the only way')]).toEqual([422, true]);
    expect((await choose({ totp: 'yes', sms: 'yes' })).location).toContain('done=unchanged');
    expect(await until(door)).not.toBeNull();
    expect((await choose({ totp: 'yes' })).location).toContain('done=changed');
    expect(await until(door)).toBeNull();
  });

  it('the session length does not touch it, switching off takes it away', async () => {
    await using cast = await openTexts();
    const { door, owner } = cast;
    const { day, at } = dayIn(door, 10);
    await setDay(owner, { day });
    await owner.post(`${SECURITY}/session-length`, { max: '60', idle: '30' });
    expect(await until(door)).toBe(at);
    await owner.post(SECURITY, { on: 'no', confirmed: 'yes' });
    expect(await until(door)).toBeNull();
  });
});

describe('somebody with text messages', () => {
  it('goes on until the day, is told at the start page, and sets up an app from then on', async () => {
    await using cast = await openTexts();
    const { door, owner, sam } = cast;
    const { day, at } = dayIn(door, 1);
    await setDay(owner, { day });
    door.clock.set(at - hours(1));
    const browser = await logInByText(door, sam);
    const home = await browser.get('/');
    expect(home.text).toContain('Codes by text message end at Meridian');

    // D9: by the millisecond, whatever any job has done.
    door.clock.set(at - 1);
    expect((await admissions(door, browser)).meridian).toBe('authenticator');
    door.clock.set(at);
    expect((await admissions(door, browser)).meridian).toBe('method_not_allowed');
    expect((await browser.get('/')).text).not.toContain('Codes by text message end');

    const again = await logInByText(door, sam);
    expect((await proveMailbox(door, again, sam.email)).path).toBe('/login/set-up');
    const offered = await again.get('/login/set-up');
    expect(offered.text).toContain('Authenticator app');
    expect(offered.body).not.toContain('value="sms"');
    expect((await again.post('/login/set-up', { method: 'sms' })).status).not.toBe(303);
    await setUpApp(door, again);
    await finish(again);
    expect(await isIn(again)).toBe(true);
    expect((await authenticators(door, sam)).map((x) => x.kind)).toEqual(['totp']);
  });

  it('T1 keeps them for the other account, which still takes them', async () => {
    await using cast = await openTexts('all');
    const { door, owner, sam } = cast;
    await door.mandate('harbour', ['sms']);
    const { day, at } = dayIn(door, 1);
    await setDay(owner, { day });
    door.clock.set(at);
    const browser = door.browser();
    await submit(browser, '/login?account=meridian', { email: sam.email, password: sam.password });
    await submit(browser, '/login/code', { code: await door.code(sam.phone ?? '') });
    await proveMailbox(door, browser, sam.email);
    await setUpApp(door, browser);
    await finish(browser);
    expect((await authenticators(door, sam)).map((x) => x.kind).toSorted()).toEqual(['sms', 'totp']);
    expect((await trusts(door, sam)).harbour).toBe(sam.authenticatorId);
  });

  it('a set-up by text message under way when the day is set does not end in one', async () => {
    await using cast = await openTexts();
    const { door, owner } = cast;
    const nora = await door.addPerson({ email: 'nora@meridian.example', in: [{ account: cast.meridian }] });
    const browser = door.browser();
    await door.password(browser, nora);
    await proveMailbox(door, browser, nora.email);
    await submit(browser, '/login/set-up', { method: 'sms' });
    await submit(browser, '/login/set-up/phone', { country: 'US', phone: '(415) 555-0177' });
    const code = await door.code('+14155550177');
    await setDay(owner, { day: dayIn(door, 30).day });
    await browser.post('/login/set-up/text', { code });
    expect(await authenticators(door, nora)).toEqual([]);
    expect((await browser.get('/login/set-up')).body).not.toContain('value="sms"');
  });

  it('taken again after the day: chosen among the methods, by its owner', async () => {
    await using cast = await openTexts();
    const { door, owner, olivia, sam } = cast;
    const { day, at } = dayIn(door, 1);
    await setDay(owner, { day });
    door.clock.set(at + minutes(1));
    const later = await loggedIn(door, olivia);
    const page = await later.get(SECURITY);
    expect(page.text).toContain('Text messages ended on');
    expect((await setDay(later, { remove: 'yes' })).location).toContain('done=unchanged');
    expect((await setDay(later, { day: dayIn(door, 9).day })).text).toContain('nothing to end');
    await later.post(SECURITY, { on: 'yes', totp: 'yes', sms: 'yes', from: 'next_login', confirmed: 'yes' });
    expect(await until(door)).toBeNull();
    const browser = await logInByText(door, sam);
    expect((await admissions(door, browser)).meridian).toBe('authenticator');
  });

  it('switched off and on by the operator, text messages that have ended stay ended', async () => {
    await using cast = await openTexts();
    const { door, owner } = cast;
    const { day, at } = dayIn(door, 1);
    await setDay(owner, { day });
    door.clock.set(at);
    await door.mandate('meridian', null);
    expect((await door.account('meridian')).mandate_methods).toBe('totp');
  });
});
