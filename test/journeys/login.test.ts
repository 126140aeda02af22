import { describe, expect, it } from 'vitest';
import { minutes, seconds } from '../support/clock.ts';
import { cookieOf, type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { isIn } from './steps.ts';

/** At the page that asks for the code, password proven. */
async function atCode(
  name: 'olivia' | 'theo',
): Promise<{ door: Door; person: Person; browser: HttpBrowser }> {
  const door = await openDoor({ demo: true });
  const person = await door.demoPerson(name);
  const browser = door.browser();
  expect((await door.password(browser, person)).path).toBe('/login/code');
  return { door, person, browser };
}

describe('a login with the code of an app', () => {
  it('D1: the right code opens; before it there is no session', async () => {
    const { door, person, browser } = await atCode('olivia');
    await using _ = door;
    expect(await isIn(browser)).toBe(false);
    const home = await submit(browser, '/login/code', { code: door.appCode(person) });
    expect(home.path).toBe('/');
    expect(home.text).toContain('Olivia Hart');
    expect(cookieOf(browser, 'login')).toBeUndefined();
  });

  it.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ])('R10: the code of step %i: %s', async (steps, opens) => {
    const { door, person, browser } = await atCode('olivia');
    await using _ = door;
    const code = person.app?.codeAt(door.clock.now() + steps * 30_000) ?? '';
    const answer = await browser.post('/login/code', { code });
    expect(answer.status).toBe(opens ? 303 : 422);
    expect(await isIn(browser)).toBe(opens);
  });

  it('R09: a code once used, and any older one, is refused from then on', async () => {
    const { door, person, browser } = await atCode('olivia');
    await using _ = door;
    const older = person.app?.codeAt(door.clock.now() - 30_000) ?? '';
    const code = door.appCode(person);
    await submit(browser, '/login/code', { code });
    const later = door.browser();
    await door.password(later, person);
    expect((await later.post('/login/code', { code })).status).toBe(422);
    expect((await later.post('/login/code', { code: older })).status).toBe(422);
    expect(await isIn(later)).toBe(false);
    expect((await submit(later, '/login/code', { code: door.appCode(person) })).path).toBe('/');
  });

  it('T25: a clock that jumps back revives no code', async () => {
    const { door, person, browser } = await atCode('olivia');
    await using _ = door;
    const later = door.browser();
    await door.password(later, person);
    await submit(browser, '/login/code', { code: door.appCode(person) });
    door.clock.advance(-minutes(5));
    for (const steps of [-1, 0, 1, 9, 10]) {
      const old = person.app?.codeAt(door.clock.now() + steps * 30_000) ?? '';
      const refused = await later.post('/login/code', { code: old });
      expect({ steps, status: refused.status, to: refused.location }).toEqual({ steps, status: 422 });
    }
  });

  it('R12: leading zeros count, spaces and hyphens do not; other lengths and signs are no code', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    while (!olivia.app?.codeAt(door.clock.now()).startsWith('0')) door.clock.advance(seconds(30));
    const browser = door.browser();
    await door.password(browser, olivia);
    const code = olivia.app.codeAt(door.clock.now());
    for (const typed of [
      String(Number(code)),
      `${code}0`,
      '',
      `${code.slice(0, 5)}O`,
      code.replace('0', '٠'),
    ]) {
      expect((await browser.post('/login/code', { code: typed })).status).toBe(422);
    }
    const typed = ` ${code.slice(0, 3)}-${code.slice(3)} `;
    expect((await submit(browser, '/login/code', { code: typed })).path).toBe('/');
  });

  it('R11: what the browser says about the time changes nothing', async () => {
    const { door, person, browser } = await atCode('olivia');
    await using _ = door;
    const then = door.clock.now() - minutes(10);
    const headers = { date: new Date(then).toUTCString() };
    const code = person.app?.codeAt(then) ?? '';
    expect((await browser.post('/login/code', { code }, headers)).status).toBe(422);
    expect((await browser.post('/login/code', { code, now: String(then) })).status).toBe(400);
  });

  it('D4: the code is asked of whom the password was of: another person’s code opens nothing', async () => {
    const { door, browser } = await atCode('olivia');
    await using _ = door;
    const sam = await door.demoPerson('sam');
    expect((await browser.post('/login/code', { code: door.appCode(sam) })).status).toBe(422);
    expect(await isIn(browser)).toBe(false);
    // And it was not used up by that.
    expect((await door.logIn(door.browser(), sam)).path).toBe('/');
  });

  it('D1: sent twice at once, one login is finished once; a reload afterwards is the home page', async () => {
    const { door, person, browser } = await atCode('olivia');
    await using _ = door;
    const code = door.appCode(person);
    const [one, other] = [browser.copy(), browser.copy()];
    const answers = await Promise.all([
      one.post('/login/code', { code }),
      other.post('/login/code', { code }),
    ]);
    expect(answers.filter((a) => a.setCookies.some((c) => /^session=[^;]/.test(c)))).toHaveLength(1);
    expect(await door.rows('select id from sessions')).toHaveLength(1);
    const winner = (await isIn(one)) ? one : other;
    expect((await winner.follow(await winner.get('/login/code'))).path).toBe('/');
  });
});

describe('a login with the code of a text message', () => {
  it('E4: sent only after the right password; to the number on record; works once, in this login', async () => {
    await using door = await openDoor({ demo: true });
    const theo = await door.demoPerson('theo');
    const phone = theo.phone ?? '';
    const browser = door.browser();
    await submit(browser, '/login', { email: theo.email, password: 'a wrong password typed' });
    expect(await door.count(phone)).toBe(0);
    const page = await door.password(browser, theo);
    expect(page.text).toContain('32');
    expect(page.body).not.toContain('4155550132');
    expect(await door.count(phone)).toBe(1);
    const message = await door.newest(phone);
    const code = await door.code(phone);
    expect(message.text.split('\n').at(-1)).toBe(`@localhost #${code}`);

    const other = door.browser();
    await door.password(other, theo);
    expect((await other.post('/login/code', { code })).status).toBe(422);
    expect((await submit(browser, '/login/code', { code })).path).toBe('/');
    const late = door.browser();
    await door.password(late, theo);
    expect((await late.post('/login/code', { code })).status).toBe(422);
  });

  it('E4: reload sends nothing; another after 30 s, then 60 s, three in all; the newest alone works', async () => {
    const { door, person, browser } = await atCode('theo');
    await using _ = door;
    const phone = person.phone ?? '';
    for (let n = 0; n < 3; n++) await browser.get('/login/code');
    expect(await door.count(phone)).toBe(1);
    const resend = () => browser.post('/login/code', { action: 'resend' });
    const first = await door.code(phone);
    const early = await resend();
    expect(early.status).toBe(422);
    expect(early.text).toContain('30 seconds');
    door.clock.advance(seconds(30));
    const again = await browser.follow(await resend());
    expect(again.path).toBe('/login/code?sent=again');
    await browser.get('/login/code?sent=again');
    expect(await door.count(phone)).toBe(2);
    expect((await browser.post('/login/code', { code: first })).status).toBe(422);
    door.clock.advance(seconds(59));
    expect((await resend()).status).toBe(422);
    door.clock.advance(seconds(1));
    expect((await resend()).status).toBe(303);
    door.clock.advance(minutes(2));
    expect((await resend()).status).toBe(422);
    expect(await door.count(phone)).toBe(3);
    expect((await submit(browser, '/login/code', { code: await door.code(phone) })).path).toBe('/');
  });

  it('E4: a code is dead after ten minutes, and after five wrong tries', async () => {
    const { door, person, browser } = await atCode('theo');
    await using _ = door;
    const code = await door.code(person.phone ?? '');
    const wrong = code === '111111' ? '222222' : '111111';
    for (let n = 0; n < 5; n++) expect((await browser.post('/login/code', { code: wrong })).status).toBe(422);
    expect((await browser.post('/login/code', { code })).status).toBe(422);
    const other = door.browser();
    await door.password(other, person);
    const slow = await door.code(person.phone ?? '');
    door.clock.advance(minutes(10));
    expect((await submit(other, '/login/code', { code: slow })).path).toBe('/login?because=over');
    expect(await isIn(other)).toBe(false);
  });

  it('E4: a code sent anew lives as long as it says, though the login began earlier', async () => {
    const { door, person, browser } = await atCode('theo');
    await using _ = door;
    door.clock.advance(minutes(9));
    expect((await browser.post('/login/code', { action: 'resend' })).status).toBe(303);
    door.clock.advance(minutes(9));
    const code = await door.code(person.phone ?? '');
    expect((await submit(browser, '/login/code', { code })).path).toBe('/');
  });

  it('T22: the code of the mailbox proves no phone, nor the other way round', async () => {
    await using door = await openDoor({ demo: true });
    const theo = await door.demoPerson('theo');
    const harbour = await door.addAccount({ name: 'Harbour' });
    const link = await door.invite(harbour, theo.email);
    const browser = door.browser();
    await submit(browser, link);
    expect((await door.password(browser, theo)).path).toBe('/login/email-code');
    const mailed = await door.code(theo.email);
    await submit(browser, '/login/email-code', { code: mailed });
    expect((await browser.post('/login/code', { code: mailed })).status).toBe(422);
    const texted = await door.code(theo.phone ?? '');
    expect((await submit(browser, '/login/email-code', { code: texted })).path).toBe('/login/code');
    expect((await submit(browser, '/login/code', { code: texted })).path).toBe('/');
  });
});

describe('the password', () => {
  it('D2.6: with `?account=` the account asked for is the one that is entered', async () => {
    await using door = await openDoor({ demo: true });
    const sam = await door.demoPerson('sam');
    const browser = door.browser();
    const page = await browser.get('/login?account=meridian');
    expect(page.status).toBe(200);
    const { email, password } = sam;
    expect((await submit(browser, '/login?account=meridian', { email, password })).text).toContain(
      'Meridian',
    );
    expect((await submit(browser, '/login/code', { code: door.appCode(sam) })).path).toBe('/');
    // An account one is not in, or that is none, is as good as none.
    const other = door.browser();
    expect((await submit(other, '/login?account=nowhere', { email, password })).path).toBe('/login/code');
  });

  it('says what is missing beside its field, and never shows the password again', async () => {
    await using door = await openDoor({ demo: true });
    const browser = door.browser();
    const empty = await browser.post('/login', { email: '', password: '' });
    expect(empty.status).toBe(422);
    expect(empty.body.match(/aria-invalid="true"/g)).toHaveLength(2);
    const wrong = await browser.post('/login', {
      email: 'olivia@meridian.example',
      password: 'secret words here',
    });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('role="alert"');
    expect(wrong.body).toContain('value="olivia@meridian.example"');
    expect(wrong.body).not.toContain('secret words here');
  });

  it('S1: each password comes with a new login token; the old one is dead once it is finished', async () => {
    const { door, person, browser } = await atCode('olivia');
    await using _ = door;
    const first = cookieOf(browser, 'login');
    await door.password(browser, person);
    expect(cookieOf(browser, 'login')).not.toBe(first);
    const copy = browser.copy();
    await submit(browser, '/login/code', { code: door.appCode(person) });
    expect(cookieOf(copy, 'login')).toBeDefined();
    expect((await copy.follow(await copy.get('/login/code'))).path).toBe('/login?because=over');
  });
});
