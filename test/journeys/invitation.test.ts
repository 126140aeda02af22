import { describe, expect, it } from 'vitest';
import { enHome } from '../../src/web/messages/en-home.ts';
import { days } from '../support/clock.ts';
import { cookieOf, type Door, openDoor, type Person, submit } from '../support/door.ts';
import { forms } from '../support/http-browser.ts';
import {
  expectNoSession,
  finish,
  isIn,
  proveMailbox,
  STRONG,
  saying,
  setUpApp,
  setUpText,
  signUp,
} from './steps.ts';

const IRIS = { name: 'Iris Bloom', email: 'iris@meridian.example', password: STRONG };

const spent = async (door: Door) =>
  (await door.rows<{ spent_at: number | null }>('select spent_at from invitations')).map(
    (i) => i.spent_at !== null,
  );

const membershipsOf = (door: Door, email: string) =>
  door.rows<{ slug: string; active_at: number | null; trust: string; role: string }>(
    `select slug, active_at, trust, role from memberships join accounts on accounts.id = account_id
     join users on users.id = user_id where email = '${email}'`,
  );

describe('an invitation of a new address', () => {
  it('U2, D1: into a mandating account by app: the set-up is part of it, and no session before Finish', async () => {
    await using door = await openDoor({ demo: true });
    const iris = door.browser();
    const link = await door.link(IRIS.email);
    const form = await iris.follow(await iris.get(link));
    expect(form.path).toMatch(/^\/sign-up\?invitation=/);
    expect(forms(form.body)[0]?.fields.toSorted()).toEqual(['email', 'name', 'password']);
    expect(form.text).toContain('Meridian Pictures');
    expect(await spent(door)).toEqual([false]);

    expect((await signUp(iris, IRIS, link)).path).toBe('/login/email-code');
    expect(await spent(door)).toEqual([false]);
    await expectNoSession(door, iris);

    expect((await proveMailbox(door, iris, IRIS.email)).path).toBe('/login/set-up');
    expect(await spent(door)).toEqual([true]);
    expect(await membershipsOf(door, IRIS.email)).toEqual([
      { slug: 'meridian', active_at: null, trust: 'never', role: 'member' },
    ]);
    await expectNoSession(door, iris);

    const { page, codes, app } = await setUpApp(door, iris);
    expect(page.path).toBe('/login/backup-codes');
    expect(app.issuer).toBe('Sallyport');
    expect(new Set(codes).size).toBe(10);
    await expectNoSession(door, iris);
    expect((await membershipsOf(door, IRIS.email))[0]?.active_at).toBeNull();

    const home = await finish(iris);
    expect(home.path).toBe('/');
    expect(home.text).toContain('Meridian Pictures');
    expect((await membershipsOf(door, IRIS.email))[0]).toMatchObject({
      active_at: door.clock.now(),
      trust: 'authenticator',
    });
    expect(cookieOf(iris, 'login')).toBeUndefined();
  });

  it('U2: into a mandating account by text message', async () => {
    await using door = await openDoor({ demo: true });
    const iris = door.browser();
    await signUp(iris, IRIS, await door.link(IRIS.email));
    await proveMailbox(door, iris, IRIS.email);
    const { page } = await setUpText(door, iris);
    expect(page.path).toBe('/login/backup-codes');
    await expectNoSession(door, iris);
    expect((await finish(iris)).path).toBe('/');
    expect((await membershipsOf(door, IRIS.email))[0]).toMatchObject({ trust: 'authenticator' });
  });

  it('U2: left before the set-up, it goes on at the next login, and the membership sleeps till then', async () => {
    await using door = await openDoor({ demo: true });
    const iris = door.browser();
    await signUp(iris, IRIS, await door.link(IRIS.email));
    await proveMailbox(door, iris, IRIS.email);
    door.clock.advance(days(1));
    const later = door.browser();
    expect((await submit(later, '/login', { email: IRIS.email, password: STRONG })).path).toBe(
      '/login/email-code',
    );
    expect((await membershipsOf(door, IRIS.email))[0]?.active_at).toBeNull();
    expect((await proveMailbox(door, later, IRIS.email)).path).toBe('/login/set-up');
    await setUpApp(door, later);
    expect((await finish(later)).path).toBe('/');
    expect((await membershipsOf(door, IRIS.email))[0]?.active_at).toBe(door.clock.now());
  });

  it('U1: into an account that demands nothing: no second factor', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Crestline Studio' });
    const link = await door.invite(account, IRIS.email, 'admin');
    await door.sent();
    const iris = door.browser();
    await signUp(iris, IRIS, link);
    expect((await proveMailbox(door, iris, IRIS.email)).path).toBe('/');
    expect(await membershipsOf(door, IRIS.email)).toMatchObject([
      { slug: 'crestline-studio', role: 'admin' },
    ]);
  });

  it('U1, T07: it is bound to its address: another one is refused, and it stays unused', async () => {
    await using door = await openDoor({ demo: true });
    const bob = door.browser();
    const { path } = await bob.follow(await bob.get(await door.link(IRIS.email)));
    const answer = await bob.post(path, { ...IRIS, email: 'bob@elsewhere.example' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('i…@…');
    expect(answer.text).not.toContain(IRIS.email);
    expect(await spent(door)).toEqual([false]);
    expect(await door.count('bob@elsewhere.example')).toBe(0);
  });

  it('U1: after seven days it is gone, also half-way through a sign-up', async () => {
    await using door = await openDoor({ demo: true });
    const link = await door.link(IRIS.email);
    door.clock.advance(days(7) - 60_000);
    const iris = door.browser();
    await signUp(iris, IRIS, link);
    const code = await door.code(IRIS.email);
    door.clock.advance(60_000);
    expect((await door.browser().get(link)).status).toBe(410);
    const late = await iris.post('/login/email-code', { code });
    expect(late.status).toBe(410);
    expect(await membershipsOf(door, IRIS.email)).toEqual([]);
    expect(await isIn(iris)).toBe(false);
  });

  it('U1: it works once, and a guessed token is answered like a used one', async () => {
    await using door = await openDoor({ demo: true });
    const link = await door.link(IRIS.email);
    const iris = door.browser();
    await signUp(iris, IRIS, link);
    await proveMailbox(door, iris, IRIS.email);
    const used = await door.browser().get(link);
    const guessed = await door.browser().get(`/invitations/${'A'.repeat(43)}`);
    expect(used.status).toBe(410);
    expect(guessed.status).toBe(410);
    expect(guessed.body).toBe(used.body);
    expect((await door.browser().post(`/sign-up?invitation=${link.slice(13)}`, IRIS)).status).toBe(410);
  });
});

describe('an invitation of somebody who has a login', () => {
  /** Sam is in Meridian by app; Harbour invites him. */
  async function sam(door: Door, mandates: boolean): Promise<{ sam: Person; link: string }> {
    const harbour = await door.addAccount({
      name: 'Harbour',
      ...(mandates ? { mandates: ['totp', 'sms'] } : {}),
    });
    const person = await door.demoPerson('sam');
    return { sam: person, link: await door.invite(harbour, person.email) };
  }

  it('U2: not logged in: log in, prove the mailbox, then join; the link is no proof of the mailbox', async () => {
    await using door = await openDoor({ demo: true });
    const { sam: person, link } = await sam(door, false);
    const browser = door.browser();
    const opened = await browser.get(link);
    expect(opened.status).toBe(200);
    expect(opened.text).toContain('Harbour');
    expect(opened.text).not.toContain(person.email);
    expect((await submit(browser, link)).path).toBe('/login');
    const asked = await door.password(browser, person);
    expect(asked.path).toBe('/login/email-code');
    expect((await membershipsOf(door, person.email)).map((m) => m.slug)).not.toContain('harbour');

    const code = await proveMailbox(door, browser, person.email);
    expect((await membershipsOf(door, person.email)).map((m) => m.slug)).toContain('harbour');
    // Meridian mandates, so this login asks for the second step as every other (M4).
    expect(code.path).toBe('/login/code');
    const home = await submit(browser, '/login/code', { code: door.appCode(person) });
    expect(home.path).toBe('/');
    expect(home.text).toContain('Harbour');
  });

  it('U2, T1a: into a mandating account: his authenticator is proven and trusted, none is set up', async () => {
    await using door = await openDoor({ demo: true });
    const { sam: person, link } = await sam(door, true);
    const browser = door.browser();
    await submit(browser, link);
    await door.password(browser, person);
    expect((await proveMailbox(door, browser, person.email)).path).toBe('/login/code');
    expect((await membershipsOf(door, person.email)).find((m) => m.slug === 'harbour')?.active_at).toBeNull();
    expect((await submit(browser, '/login/code', { code: door.appCode(person) })).path).toBe('/');
    expect((await membershipsOf(door, person.email)).find((m) => m.slug === 'harbour')).toMatchObject({
      trust: 'authenticator',
      active_at: door.clock.now(),
    });
    expect(await door.rows(`select id from authenticators where user_id = '${person.id}'`)).toHaveLength(1);
  });

  it('U2: logged in as it: the mailbox code, then join, with a new session token', async () => {
    await using door = await openDoor({ demo: true });
    const { sam: person, link } = await sam(door, false);
    const browser = door.browser();
    await door.logIn(browser, person);
    const before = cookieOf(browser, 'session');
    const opened = await browser.get(link);
    expect(opened.status).toBe(200);
    expect((await submit(browser, link)).path).toBe('/login/email-code');
    expect((await membershipsOf(door, person.email)).map((m) => m.slug)).not.toContain('harbour');
    const home = await proveMailbox(door, browser, person.email);
    expect(home.path).toBe('/');
    expect(home.text).toContain('Harbour');
    expect(cookieOf(browser, 'session')).not.toBe(before);
  });

  it('U2: logged in as someone else: told whose it is, masked; unused until "Log out and go on"', async () => {
    await using door = await openDoor({ demo: true });
    const { sam: person, link } = await sam(door, false);
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.logIn(browser, olivia);
    const opened = await browser.get(link);
    expect(opened.text).toContain('s…@…');
    expect(opened.text).not.toContain(person.email);
    expect(opened.text).toContain(olivia.email);
    expect(forms(opened.body).map((f) => f.action)).toContain(`${link}/log-out`);

    // The POST that would accept does nothing but lead back here.
    const pressed = await browser.post(link, {});
    expect(pressed.location).toBe(link);
    expect(await isIn(browser)).toBe(true);
    expect((await spent(door)).filter(Boolean)).toEqual([]);

    const out = await submit(browser, `${link}/log-out`);
    expect(out.path).toBe(link);
    expect(await isIn(browser)).toBe(false);
    expect((await spent(door)).filter(Boolean)).toEqual([]);
    await submit(browser, link);
    await door.password(browser, person);
    await proveMailbox(door, browser, person.email);
    expect((await membershipsOf(door, person.email)).map((m) => m.slug)).toContain('harbour');
  });

  it('T07: another person’s right password in the invitation’s login joins nobody', async () => {
    await using door = await openDoor({ demo: true });
    const { link } = await sam(door, false);
    const theo = await door.demoPerson('theo');
    const browser = door.browser();
    await submit(browser, link);
    expect((await door.password(browser, theo)).path).toBe('/login/code');
    await submit(browser, '/login/code', { code: await door.code(theo.phone ?? '') });
    expect(await isIn(browser)).toBe(true);
    expect((await membershipsOf(door, theo.email)).map((m) => m.slug)).toEqual(['meridian']);
    expect((await spent(door)).filter(Boolean)).toEqual([]);
  });

  it('D8: an invitation of a taken address by the sign-up form leads to the invitation, not to a second user', async () => {
    await using door = await openDoor({ demo: true });
    const { sam: person, link } = await sam(door, false);
    const browser = door.browser();
    const token = link.slice('/invitations/'.length);
    expect((await browser.get(`/sign-up?invitation=${token}`)).location).toBe(link);
    const posted = await submit(browser, `/sign-up?invitation=${token}`, { ...IRIS, email: person.email });
    expect(posted.status).toBeLessThan(500);
    expect(await door.rows(`select id from users where email = '${person.email}'`)).toEqual([
      { id: person.id },
    ]);
    expect((await spent(door)).filter(Boolean)).toEqual([]);
  });

  it('U1: withdrawn while its mailbox code is on the way: nothing is joined, and the session stays as it was', async () => {
    await using door = await openDoor({ demo: true });
    const { sam: person, link } = await sam(door, false);
    const [inside, outside] = [door.browser(), door.browser()];
    await door.logIn(inside, person);
    await submit(inside, link);
    await submit(outside, link);
    await door.password(outside, person);
    await door.rows(`update invitations set withdrawn_at = 1 where email = '${person.email}'`);
    const told = await proveMailbox(door, outside, person.email);
    expect(told.path).toBe('/login/code');
    await inside.post('/login/email-code', { action: 'resend' });
    door.clock.advance(30_000);
    await inside.post('/login/email-code', { action: 'resend' });
    const led = await proveMailbox(door, inside, person.email);
    expect(led.status).toBeLessThan(500);
    expect((await membershipsOf(door, person.email)).map((m) => m.slug)).not.toContain('harbour');
    expect(await isIn(inside)).toBe(true);
    expect(await isIn(outside)).toBe(false);
    expect((await door.browser().get(link)).status).toBe(410);
  });

  it('U1: of somebody who is in that account already: it is used up, and changes nothing', async () => {
    await using door = await openDoor({ demo: true });
    const person = await door.demoPerson('sam');
    const link = await door.invite(await door.account('crestline'), person.email, 'admin');
    const before = await membershipsOf(door, person.email);
    const browser = door.browser();
    await door.logIn(browser, person);
    await submit(browser, link);
    expect((await proveMailbox(door, browser, person.email)).path).toBe('/');
    expect((await membershipsOf(door, person.email)).map((m) => m.role)).toEqual(before.map((m) => m.role));
    expect((await door.browser().get(link)).status).toBe(410);
  });

  it('U5: a user of no account logs in, is told so, and can accept an invitation', async () => {
    await using door = await openDoor();
    const lone = await door.addPerson({ email: 'lone@nowhere.example' });
    const browser = door.browser();
    const home = await door.logIn(browser, lone);
    expect(home.path).toBe('/');
    expect(home.text).toContain(saying(enHome.accounts.none));
    const account = await door.addAccount({ name: 'Crestline' });
    const link = await door.invite(account, lone.email);
    await submit(browser, link);
    expect((await proveMailbox(door, browser, lone.email)).text).toContain('Crestline');
  });
});
