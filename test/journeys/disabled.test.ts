import { describe, expect, it } from 'vitest';
import { disableUser, enableUser } from '../../src/flows/disable-user.ts';
import { enLogin } from '../../src/web/messages/en-login.ts';
import { type Door, openDoor, submit } from '../support/door.ts';
import { isIn, proveMailbox, saying } from './steps.ts';

const OLIVIA = 'olivia@meridian.example';
const BY = { by: 'operator' } as const;

const disable = async (door: Door, email = OLIVIA) =>
  expect(await disableUser(door.ctx, email, BY)).toBe(true);

describe('a disabled user (U5)', () => {
  it('sessions, logins under way and links die at once', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const [browser, halfway] = [door.browser(), door.browser()];
    await door.logIn(browser, olivia);
    await door.password(halfway, olivia);
    await submit(door.browser(), '/forgot-password', { email: OLIVIA });
    const reset = await door.link(OLIVIA);
    await disable(door);
    expect(await isIn(browser)).toBe(false);
    expect((await submit(halfway, '/login/code', { code: door.appCode(olivia) })).path).toMatch(
      /^\/login\?because=/,
    );
    expect((await door.browser().get(reset)).status).toBe(410);
    expect((await door.browser().post(reset, { password: 'six grey geese in a row' })).status).toBe(410);
    expect(await isIn(halfway)).toBe(false);
  });

  it('D2.2: told only after the right password, on a page that leads nowhere further', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    await disable(door);
    const browser = door.browser();
    const wrong = await browser.post('/login', { email: OLIVIA, password: 'a wrong password, typed' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).not.toContain(saying(enLogin.refused.reasons.disabled));
    const refused = await door.password(browser, olivia);
    expect(refused.status).toBe(403);
    expect(refused.path).toBe('/login/refused');
    expect(refused.text).toContain('help@sallyport.example');
    const typed = await submit(browser, '/login/code', { code: door.appCode(olivia) });
    expect(typed.path).toMatch(/^\/login/);
    expect(await isIn(browser)).toBe(false);
    expect(await door.rows('select id from sessions')).toEqual([]);
    // The way out leads to a page where somebody else can log in.
    expect((await submit(browser, '/logout')).path).toBe('/login?because=logged_out');
    expect((await door.logIn(browser, await door.demoPerson('sam'))).path).toBe('/');
  });

  it('disabled between password and code, the code opens nothing', async () => {
    await using door = await openDoor({ demo: true });
    const nina = await door.demoPerson('nina');
    const browser = door.browser();
    await door.password(browser, nina);
    await disable(door, nina.email);
    expect((await proveMailbox(door, browser, nina.email)).path).toMatch(/^\/login/);
    expect(await isIn(browser)).toBe(false);
    expect(await door.rows(`select id from evidence where kind = 'email'`)).toEqual([]);
  });

  it('enabling gives back the login and nothing else', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.logIn(browser, olivia);
    await submit(door.browser(), '/forgot-password', { email: OLIVIA });
    const reset = await door.link(OLIVIA);
    await disable(door);
    expect(await enableUser(door.ctx, OLIVIA, BY)).toBe(true);
    expect(await isIn(browser)).toBe(false);
    expect((await door.browser().get(reset)).status).toBe(410);
    expect((await door.logIn(door.browser(), olivia)).path).toBe('/');
  });
});
