/** D8, R63, T26: whether an address has a login shows nowhere but in its mailbox. */
import { describe, expect, it } from 'vitest';
import { minutes, seconds } from '../support/clock.ts';
import { type Door, openDoor, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { STRONG } from './steps.ts';

/** Equally long, so that nothing but the words themselves can differ. */
const KNOWN = 'ann.known@example.com';
const UNKNOWN = 'nobody.at@example.com';
const DISABLED = 'ann.ended@example.com';

/** All that an answer shows: addresses and random values taken out, all else exactly. */
function look(answer: Answer, email: string) {
  const { date: _date, ...headers } = answer.headers;
  const plain = (text: string) =>
    text.replaceAll(email, 'ADDRESS').replaceAll(encodeURIComponent(email), 'ADDRESS');
  return {
    status: answer.status,
    path: answer.path,
    headers: { ...headers, 'set-cookie': answer.setCookies.map((line) => line.replace(/=[^;]+/, '=VALUE')) },
    body: plain(answer.body),
  };
}

async function scene(): Promise<Door> {
  const door = await openDoor({ proxied: true });
  const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp', 'sms'] });
  await door.addPerson({ email: KNOWN, method: 'totp', in: [{ account }] });
  const { id } = await door.addPerson({ email: DISABLED });
  await door.rows(`update users set disabled_at = ${door.clock.now()} where id = '${id}'`);
  return door;
}

type Deed = (door: Door, browser: HttpBrowser, email: string) => Promise<Answer[]>;

const deeds: Record<string, Deed> = {
  'a wrong password, again and again': async (_door, browser, email) => {
    const answers: Answer[] = [];
    for (let n = 0; n < 7; n++)
      answers.push(await browser.post('/login', { email, password: 'wrong words typed' }));
    expect(answers.map((a) => a.status)).toEqual([422, 422, 422, 422, 422, 429, 429]);
    return answers;
  },
  'a password of thousands of accents, or none': async (_door, browser, email) => [
    await browser.post('/login', { email, password: `e${'\u0301'.repeat(3900)}` }),
    await browser.post('/login', { email, password: '' }),
  ],
  'a sign-up, its page, wrong codes, resends and the end of both': async (door, browser, email) => {
    const answers = [
      await browser.post('/sign-up', { name: 'Ann', email, password: STRONG, account: 'North' }),
    ];
    answers.push(await browser.get('/login/email-code'));
    answers.push(await browser.post('/login/email-code', { action: 'resend' }));
    door.clock.advance(seconds(30));
    answers.push(await browser.post('/login/email-code', { action: 'resend' }));
    answers.push(await browser.get('/login/email-code?sent=again'));
    for (let n = 0; n < 6; n++) answers.push(await browser.post('/login/email-code', { code: '000000' }));
    answers.push(await browser.get('/login/email-code'));
    answers.push(await browser.get('/login'));
    answers.push(await browser.get('/login/set-up'));
    door.clock.advance(minutes(10));
    answers.push(await browser.get('/login/email-code'));
    return answers;
  },
  'twelve sign-ups in a day': async (_door, browser, email) => {
    const answers: Answer[] = [];
    for (let n = 0; n < 12; n++) {
      const fresh = { name: 'Ann', email, password: STRONG, account: 'North' };
      answers.push(await browser.post('/sign-up', fresh), await browser.get('/login/email-code'));
    }
    return answers;
  },
  'a password that is refused at sign-up': async (_door, browser, email) => [
    await browser.post('/sign-up', { name: 'Ann', email, password: 'short', account: 'North' }),
  ],
  'a forgotten password, again and again': async (_door, browser, email) => {
    const answers: Answer[] = [];
    for (let n = 0; n < 12; n++) answers.push(await browser.post('/forgot-password', { email }));
    expect(new Set(answers.map((a) => a.status))).toEqual(new Set([200]));
    return answers;
  },
};

describe.each(Object.entries(deeds))('%s', (_name, deed) => {
  it.each([
    ['known', KNOWN],
    ['disabled', DISABLED],
  ])('D8: looks the same for a %s address as for an unknown one', async (_kind, email) => {
    await using door = await scene();
    const start = door.clock.now();
    const known = await deed(door, door.browser({ 'x-forwarded-for': '192.0.2.1' }), email);
    door.clock.set(start);
    const unknown = await deed(door, door.browser({ 'x-forwarded-for': '198.51.100.1' }), UNKNOWN);
    expect(unknown.map((a) => look(a, UNKNOWN))).toEqual(known.map((a) => look(a, email)));
  });
});

describe('what the mailbox is told', () => {
  it('D8: at sign-up an unknown address gets a code, a taken one the truth', async () => {
    await using door = await scene();
    for (const email of [KNOWN, UNKNOWN]) {
      await submit(door.browser(), '/sign-up', { name: 'Ann', email, password: STRONG, account: 'North' });
    }
    expect((await door.newest(UNKNOWN)).subject).toMatch(/^\d{6} is your/);
    expect((await door.newest(KNOWN)).text).toContain('/forgot-password');
  });

  it('D8: a forgotten password sends a link to who has a login and to nobody else', async () => {
    await using door = await scene();
    for (const email of [KNOWN, UNKNOWN, DISABLED])
      await submit(door.browser(), '/forgot-password', { email });
    expect(await door.count(KNOWN)).toBe(1);
    expect(await door.count(UNKNOWN)).toBe(0);
    expect(await door.count(DISABLED)).toBe(0);
    expect(await door.rows('select id from password_resets')).toHaveLength(1);
  });

  it('T27: the number is masked, and a number somebody uses already is treated as any other', async () => {
    await using door = await openDoor({ demo: true });
    const look2 = async (phone: string) => {
      const browser = door.browser();
      await door.password(browser, await door.demoPerson('nina'));
      await submit(browser, '/login/email-code', { code: await door.code('nina@meridian.example') });
      await submit(browser, '/login/set-up', { method: 'sms' });
      return submit(browser, '/login/set-up/phone', { country: 'US', phone });
    };
    const theos = await look2('+14155550132');
    const nobodys = await look2('+14155550142');
    expect(theos.path).toBe('/login/set-up/text');
    expect(nobodys.body.replaceAll('42', '32')).toBe(theos.body.replaceAll('42', '32'));
  });
});
