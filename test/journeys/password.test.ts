import { describe, expect, it } from 'vitest';
import { enPassword } from '../../src/web/messages/en-password.ts';
import { minutes } from '../support/clock.ts';
import { cookieOf, type Door, openDoor, submit } from '../support/door.ts';
import { isIn, MAIL } from './steps.ts';

const NEW = 'six grey geese in a row';
const OLIVIA = 'olivia@meridian.example';
const RESET = MAIL.reset;

async function askForLink(door: Door, email = OLIVIA): Promise<string> {
  const browser = door.browser();
  const sent = await submit(browser, '/forgot-password', { email });
  expect(sent.status).toBe(200);
  return door.link(email, RESET);
}

describe('a forgotten password (U4)', () => {
  it('the link chooses a new one, logs nobody in, and the second factor is still asked', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const link = await askForLink(door);
    const browser = door.browser();
    expect((await browser.get(link)).status).toBe(200);
    expect((await browser.get(link)).status).toBe(200);
    const saved = await submit(browser, link, { password: NEW });
    expect(saved.path).toBe('/login?because=reset');
    expect(await isIn(browser)).toBe(false);
    expect(cookieOf(browser, 'session')).toBeUndefined();
    expect(cookieOf(browser, 'login')).toBeUndefined();

    const old = await browser.post('/login', { email: OLIVIA, password: olivia.password });
    expect(old.status).toBe(422);
    const page = await submit(browser, '/login', { email: OLIVIA, password: NEW });
    expect(page.path).toBe('/login/code');
    expect((await submit(browser, '/login/code', { code: door.appCode(olivia) })).path).toBe('/');
    expect(await door.count(OLIVIA, MAIL.passwordReset)).toBe(1);
  });

  it('works once, and takes every other link with it', async () => {
    await using door = await openDoor({ demo: true });
    const first = await askForLink(door);
    const second = await askForLink(door);
    expect(second).not.toBe(first);
    expect((await door.browser().post(second, { password: NEW })).status).toBe(303);
    for (const link of [first, second]) {
      expect((await door.browser().get(link)).status).toBe(410);
      expect((await door.browser().post(link, { password: 'nine blue whales at sea' })).status).toBe(410);
    }
    expect((await door.browser().post('/login', { email: OLIVIA, password: NEW })).status).toBe(303);
  });

  it('dies after thirty minutes', async () => {
    await using door = await openDoor({ demo: true });
    const link = await askForLink(door);
    door.clock.advance(minutes(30) - 1);
    expect((await door.browser().get(link)).status).toBe(200);
    door.clock.advance(1);
    const late = await door.browser().post(link, { password: NEW });
    expect(late.status).toBe(410);
    expect((await door.browser().post('/login', { email: OLIVIA, password: NEW })).status).toBe(422);
  });

  it('ends all sessions, logins under way and known browsers', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const [desk, phone, halfway] = [door.browser(), door.browser(), door.browser()];
    await door.logIn(desk, olivia);
    await door.logIn(phone, olivia);
    await door.password(halfway, olivia);
    await submit(desk.copy(), await askForLink(door), { password: NEW });
    expect(await isIn(desk)).toBe(false);
    expect(await isIn(phone)).toBe(false);
    const code = await submit(halfway, '/login/code', { code: door.appCode(olivia) });
    expect(code.path).toBe('/login?because=over');
    expect(
      await door.rows(`select token_hash from known_browsers where user_id = '${olivia.id}'`),
    ).toHaveLength(1);
  });

  it('U3: refuses what a sign-up would refuse, and keeps the link for another try', async () => {
    await using door = await openDoor({ demo: true });
    const link = await askForLink(door);
    const browser = door.browser();
    for (const password of [
      'short',
      'olivia hart olivia',
      'meridian pictures!',
      'passwordpassword',
      'x'.repeat(257),
    ]) {
      const refused = await browser.post(link, { password });
      expect(refused.status).toBe(422);
      expect(refused.body).not.toContain(password);
    }
    expect((await browser.post(link, { password: NEW })).status).toBe(303);
  });

  it('a link cut short, guessed or without its token is gone', async () => {
    await using door = await openDoor({ demo: true });
    const link = await askForLink(door);
    for (const broken of [link.slice(0, -1), '/reset-password?token=', '/reset-password', `${link}x`]) {
      expect((await door.browser().get(broken)).status).toBe(410);
      expect((await door.browser().post(broken, { password: NEW })).status).toBe(410);
    }
  });

  it('a person who is logged in as somebody else is logged out of it', async () => {
    await using door = await openDoor({ demo: true });
    const browser = door.browser();
    await door.logIn(browser, await door.demoPerson('theo'));
    const kept = browser.copy();
    await submit(browser, await askForLink(door), { password: NEW });
    expect(await isIn(browser)).toBe(false);
    expect(await isIn(kept)).toBe(false);
  });

  it('R32: at most five links while one lives, so whoever gets none has a live one already', async () => {
    await using door = await openDoor({ demo: true });
    for (let n = 0; n < 12; n++) await submit(door.browser(), '/forgot-password', { email: OLIVIA });
    expect(await door.count(OLIVIA, RESET)).toBe(5);
    const link = await door.link(OLIVIA, RESET);
    expect((await door.browser().get(link)).status).toBe(200);
    door.clock.advance(minutes(30));
    expect((await door.browser().get(link)).status).toBe(410);
    await submit(door.browser(), '/forgot-password', { email: OLIVIA });
    expect(await door.count(OLIVIA, RESET)).toBe(6);
  });
});

describe('a changed password (U4)', () => {
  it('asks for a fresh code by step-up, then for the current password; ends all other sessions', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const [browser, other] = [door.browser(), door.browser()];
    await door.logIn(other, olivia);
    await door.logIn(browser, olivia);
    door.clock.advance(minutes(5) + 1);
    const before = cookieOf(browser, 'session');
    const first = await browser.get('/password');
    expect(first.text).toContain(enPassword.confirmFirst.title);
    const early = await browser.post('/password', { current: olivia.password, password: NEW });
    expect(early.status).toBe(403);

    expect((await submit(browser, '/step-up', { for: 'password' })).path).toBe('/login/code');
    const form = await submit(browser, '/login/code', { code: door.appCode(olivia) });
    expect(form.path).toBe('/password');
    const stepped = cookieOf(browser, 'session');
    expect(stepped).not.toBe(before);

    const wrong = await browser.post('/password', { current: 'not my password', password: NEW });
    expect(wrong.status).toBe(422);
    const weak = await browser.post('/password', { current: olivia.password, password: 'short' });
    expect(weak.status).toBe(422);
    const saved = await submit(browser, '/password', { current: olivia.password, password: NEW });
    expect(saved.path).toBe('/?done=password');
    expect(cookieOf(browser, 'session')).not.toBe(stepped);
    expect(await isIn(browser)).toBe(true);
    expect(await isIn(other)).toBe(false);
    expect(await door.count(OLIVIA, MAIL.passwordChanged)).toBe(1);
    expect((await door.password(door.browser(), { ...olivia, password: NEW })).path).toBe('/login/code');
  });

  it('S1: the tokens from before the step-up and before the change open nothing', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.logIn(browser, olivia);
    door.clock.advance(minutes(6));
    const beforeStepUp = browser.copy();
    await submit(browser, '/step-up', { for: 'password' });
    const login = cookieOf(browser, 'login');
    await submit(browser, '/login/code', { code: door.appCode(olivia) });
    const beforeChange = browser.copy();
    await submit(browser, '/password', { current: olivia.password, password: NEW });
    expect(await isIn(beforeStepUp)).toBe(false);
    expect(await isIn(beforeChange)).toBe(false);
    expect(await isIn(browser)).toBe(true);
    const stale = door.browser({ cookie: `login=${login}` });
    expect((await stale.get('/login/code')).location).toBe('/login?because=over');
  });

  it('T4: the step-up is the session’s own: another person’s password or code does not make it', async () => {
    await using door = await openDoor({ demo: true });
    const [olivia, sam] = [await door.demoPerson('olivia'), await door.demoPerson('sam')];
    const browser = door.browser();
    await door.logIn(browser, olivia);
    door.clock.advance(minutes(6));
    await submit(browser, '/step-up', { for: 'password' });
    expect((await browser.post('/login/code', { code: door.appCode(sam) })).status).toBe(422);
    expect((await browser.get('/password')).text).toContain(enPassword.confirmFirst.title);
  });

  it('T4: a step-up keeps the session’s beginning and end', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.logIn(browser, olivia);
    const started = 'select started_at from sessions where ended_at is null';
    const [before] = await door.rows(started);
    for (let hour = 0; hour < 23; hour++) {
      door.clock.advance(minutes(60));
      expect(await isIn(browser)).toBe(true);
      await door.sent();
    }
    await submit(browser, '/step-up', { for: 'password' });
    await submit(browser, '/login/code', { code: door.appCode(olivia) });
    expect(await isIn(browser)).toBe(true);
    expect(await door.rows(started)).toEqual([before]);
    door.clock.advance(minutes(60));
    expect(await isIn(browser)).toBe(false);
  });

  it('T4: a step-up dies with its session, and brings none back', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const [browser, other] = [door.browser(), door.browser()];
    await door.logIn(browser, olivia);
    door.clock.advance(minutes(6));
    await submit(browser, '/step-up', { for: 'password' });
    await door.logIn(other, olivia);
    await submit(other, '/sessions/end-others');
    const landed = await submit(browser, '/login/code', { code: door.appCode(olivia) });
    expect(landed.path).toMatch(/^\/login/);
    expect(await isIn(browser)).toBe(false);
  });

  it('without an authenticator the current password is enough', async () => {
    await using door = await openDoor();
    const ann = await door.addPerson({ email: 'ann@north.example' });
    const browser = door.browser();
    await door.logIn(browser, ann);
    door.clock.advance(minutes(60));
    expect((await browser.get('/password')).body).toContain('name="current"');
    expect((await submit(browser, '/password', { current: ann.password, password: NEW })).path).toBe(
      '/?done=password',
    );
  });

  it('the five minutes going by while one thinks is answered by the step-up again', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.logIn(browser, olivia);
    expect((await browser.get('/password')).body).toContain('name="current"');
    door.clock.advance(minutes(5) + 1);
    const late = await browser.post('/password', { current: olivia.password, password: NEW });
    expect(late.status).toBe(403);
    expect((await door.password(door.browser(), olivia)).path).toBe('/login/code');
  });
});
