import { describe, expect, it } from 'vitest';
import { enHome } from '../../src/web/messages/en-home.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { cookieOf, type Door, openDoor, submit } from '../support/door.ts';
import { forms } from '../support/http-browser.ts';
import { isIn } from './steps.ts';

const idsOn = (body: string) =>
  forms(body).flatMap((form) => (form.action === '/sessions/end' ? [form.values.id ?? ''] : []));

describe('one’s own sessions (S2)', () => {
  it('are listed with browser and address; one is ended, and it is out at once', async () => {
    await using door = await openDoor({ demo: true });
    const sam = await door.demoPerson('sam');
    const firefox = {
      'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
    };
    const [desk, laptop] = [door.browser(), door.browser(firefox)];
    await door.logIn(desk, sam);
    await door.logIn(laptop, sam);
    const home = await desk.get('/');
    expect(home.text).toContain('Firefox on Windows');
    expect(home.text).toContain('Chrome on Linux');
    const [other, ...more] = idsOn(home.body);
    expect(more).toEqual([]);
    expect((await submit(desk, '/sessions/end', { id: other ?? '' })).path).toBe('/?done=session');
    expect(await isIn(laptop)).toBe(false);
    expect(await isIn(desk)).toBe(true);
  });

  it('all others are ended, this one stays', async () => {
    await using door = await openDoor({ demo: true });
    const sam = await door.demoPerson('sam');
    const browsers = [door.browser(), door.browser(), door.browser()] as const;
    for (const browser of browsers) await door.logIn(browser, sam);
    expect((await submit(browsers[1], '/sessions/end-others')).path).toBe('/?done=sessions');
    expect(await Promise.all(browsers.map(isIn))).toEqual([false, true, false]);
  });

  it('R60: another person’s session is not theirs to end', async () => {
    await using door = await openDoor({ demo: true });
    const [sam, olivia] = [door.browser(), door.browser()];
    await door.logIn(sam, await door.demoPerson('sam'));
    await door.logIn(olivia, await door.demoPerson('olivia'));
    const [theirs] = await door.rows<{ id: string }>(
      `select sessions.id from sessions join users on users.id = user_id where email like 'olivia%'`,
    );
    await submit(sam, '/sessions/end', { id: theirs?.id ?? '' });
    expect(await isIn(olivia)).toBe(true);
  });

  it('ending this very one logs out', async () => {
    await using door = await openDoor({ demo: true });
    const sam = door.browser();
    await door.logIn(sam, await door.demoPerson('sam'));
    const [own] = await door.rows<{ id: string }>('select id from sessions');
    expect((await submit(sam, '/sessions/end', { id: own?.id ?? '' })).path).toBe('/login');
    expect(cookieOf(sam, 'session')).toBeUndefined();
  });
});

describe('the end of a session', () => {
  it('S2: idle for eight hours; use, noted once a minute, keeps it', async () => {
    await using door = await openDoor({ demo: true });
    const browser = door.browser();
    await door.logIn(browser, await door.demoPerson('sam'));
    const used = async () =>
      (await door.rows<{ last_used_at: number }>('select last_used_at from sessions'))[0];
    const start = door.clock.now();
    door.clock.advance(minutes(1) - 1);
    await browser.get('/');
    expect(await used()).toEqual({ last_used_at: start });
    door.clock.advance(1);
    await browser.get('/');
    // Written after the answer.
    await browser.get('/health');
    expect(await used()).toEqual({ last_used_at: start + minutes(1) });
    door.clock.advance(hours(8) - 1);
    expect(await isIn(browser)).toBe(true);
    await browser.get('/health');
    door.clock.advance(hours(8));
    expect(await isIn(browser)).toBe(false);
  });

  it('S2: 24 hours in all, however much it is used', async () => {
    await using door = await openDoor({ demo: true });
    const browser = door.browser();
    await door.logIn(browser, await door.demoPerson('sam'));
    for (let hour = 1; hour < 24; hour++) {
      door.clock.advance(hours(1));
      expect(await isIn(browser)).toBe(true);
      await browser.get('/health');
    }
    door.clock.advance(hours(1));
    expect(await isIn(browser)).toBe(false);
  });

  it('S2: an account’s own shorter length puts the session out of that account, not out of the others', async () => {
    await using door = await openDoor();
    const strict = await door.addAccount({
      name: 'Strict',
      mandates: ['totp'],
      session_max_ms: minutes(15),
      session_idle_ms: minutes(15),
    });
    const easy = await door.addAccount({ name: 'Easy', session_max_ms: days(30), session_idle_ms: days(30) });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'totp',
      in: [{ account: strict }, { account: easy }],
    });
    const browser = door.browser();
    await door.logIn(browser, ann);
    door.clock.advance(minutes(15));
    const home = await browser.get('/');
    expect(home.text).toContain(enHome.accounts.refused.signed_out.badge);
    expect(home.text).toContain(enHome.accounts.admitted.no_mandate.sentence);
    door.clock.advance(days(29));
    expect(await isIn(browser)).toBe(true);
    door.clock.advance(days(1));
    expect(await isIn(browser)).toBe(false);
  });

  it('S2: sessions that an admin ended for an account are out of that one only', async () => {
    await using door = await openDoor({ demo: true });
    const sam = await door.demoPerson('sam');
    const browser = door.browser();
    await door.logIn(browser, sam);
    door.clock.advance(1);
    await door.rows(`update memberships set sessions_from = ${door.clock.now()} where user_id = '${sam.id}'
      and account_id = (select id from accounts where slug = 'meridian')`);
    const home = await browser.get('/');
    expect(home.text).toContain(enHome.accounts.refused.session_ended_here.badge);
    expect(home.text).toContain(enHome.accounts.admitted.no_mandate.sentence);
  });

  it('"Log out" ends it on the server, clears its cookies, and is harmless twice or for nobody', async () => {
    await using door = await openDoor({ demo: true });
    const sam = await door.demoPerson('sam');
    const browser = door.browser();
    await door.logIn(browser, sam);
    const copy = browser.copy();
    expect((await submit(browser, '/logout')).path).toBe('/login?because=logged_out');
    expect(cookieOf(browser, 'session')).toBeUndefined();
    expect(await isIn(copy)).toBe(false);
    expect((await submit(copy, '/logout')).path).toBe('/login?because=logged_out');
    expect((await submit(door.browser(), '/logout')).path).toBe('/login?because=logged_out');
    expect(await door.rows('select id from sessions where ended_at is null')).toEqual([]);
  });

  it('"Log out" half-way through a login ends that login', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.password(browser, olivia);
    const copy = browser.copy();
    await submit(browser, '/logout');
    expect((await submit(copy, '/login/code', { code: door.appCode(olivia) })).path).toBe(
      '/login?because=over',
    );
    expect(await isIn(copy)).toBe(false);
  });

  it('S1: a guessed, cut or empty token is nobody', async () => {
    await using door = await openDoor({ demo: true });
    const sam = door.browser();
    await door.logIn(sam, await door.demoPerson('sam'));
    const token = cookieOf(sam, 'session') ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    const stored = await door.rows<{ token_hash: string }>('select token_hash from sessions');
    for (const value of [
      '',
      token.slice(1),
      `${token}A`,
      'A'.repeat(43),
      stored[0]?.token_hash,
      `${token}; x`,
    ]) {
      expect(
        (await door.browser({ cookie: `session=${value === `${token}; x` ? '"' : value}` }).get('/')).status,
      ).toBe(303);
    }
    expect(stored[0]?.token_hash).not.toContain(token);
  });
});

describe('whoever is logged in', () => {
  it('is not asked to log in or sign up again', async () => {
    await using door = await openDoor({ demo: true });
    const sam = door.browser();
    await door.logIn(sam, await door.demoPerson('sam'));
    for (const page of ['/login', '/sign-up']) {
      expect((await sam.follow(await sam.get(page))).path).toBe('/');
    }
  });

  it('may log in as somebody else: another session, another token', async () => {
    await using door: Door = await openDoor({ demo: true });
    const browser = door.browser();
    await door.logIn(browser, await door.demoPerson('sam'));
    const before = cookieOf(browser, 'session');
    const home = await door.logIn(browser, await door.demoPerson('olivia'));
    expect(home.text).toContain('olivia@meridian.example');
    expect(cookieOf(browser, 'session')).not.toBe(before);
  });
});
