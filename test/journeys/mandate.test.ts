import { describe, expect, it } from 'vitest';
import { enHome } from '../../src/web/messages/en-home.ts';
import { enPassword } from '../../src/web/messages/en-password.ts';
import { enSetUp } from '../../src/web/messages/en-set-up.ts';
import { days, minutes, seconds } from '../support/clock.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import { finish, isIn, proveMailbox, setUpApp, setUpText } from './steps.ts';

const authenticators = (door: Door, person: Person) =>
  door.rows<{ id: string; kind: string; asleep_since: number | null }>(
    `select id, kind, asleep_since from authenticators where user_id = '${person.id}' order by confirmed_at`,
  );

const trust = async (door: Door, person: Person) =>
  Object.fromEntries(
    (
      await door.rows<{ slug: string; trust: string; authenticator_id: string | null }>(
        `select slug, trust, authenticator_id from memberships join accounts on accounts.id = account_id
         where user_id = '${person.id}'`,
      )
    ).map((m) => [m.slug, m.authenticator_id ?? m.trust]),
  );

describe('a kind that the account no longer takes (M3)', () => {
  it('is proven once more, then set up anew; the old one is destroyed', async () => {
    await using door = await openDoor({ demo: true });
    const theo = await door.demoPerson('theo');
    await door.mandate('meridian', ['totp']);
    const browser = door.browser();
    expect((await door.password(browser, theo)).path).toBe('/login/code');
    const asked = await submit(browser, '/login/code', { code: await door.code(theo.phone ?? '') });
    expect(asked.path).toBe('/login/email-code');
    expect(await isIn(browser)).toBe(false);
    const choice = await proveMailbox(door, browser, theo.email);
    expect(choice.path).toBe('/login/set-up');
    expect(choice.text).not.toContain(enSetUp.methods.sms.label);
    const { app } = await setUpApp(door, browser);
    expect((await finish(browser)).path).toBe('/');
    expect((await authenticators(door, theo)).map((a) => a.kind)).toEqual(['totp']);
    door.clock.advance(seconds(30));
    expect((await door.logIn(door.browser(), { ...theo, app, phone: null })).path).toBe('/');
  });

  it('E1: unproven, nothing can be set up in its place', async () => {
    await using door = await openDoor({ demo: true });
    const theo = await door.demoPerson('theo');
    await door.mandate('meridian', ['totp']);
    const browser = door.browser();
    await door.password(browser, theo);
    for (const path of ['/login/set-up', '/login/set-up/app', '/login/email-code']) {
      expect((await browser.follow(await browser.get(path))).path).toBe('/login/code');
      expect(
        (await submit(browser, path, path.endsWith('set-up') ? { method: 'totp' } : { code: '123456' })).path,
      ).toBe('/login/code');
    }
    expect(await door.rows('select id from enrollments')).toEqual([]);
  });

  it('T2: a session that proved it is out of this account from then on, and says why', async () => {
    await using door = await openDoor({ demo: true });
    const theo = await door.demoPerson('theo');
    const browser = door.browser();
    expect((await door.logIn(browser, theo)).text).toContain(enHome.accounts.admitted.authenticator.sentence);
    await door.mandate('meridian', ['totp']);
    expect((await browser.get('/')).text).toContain(enHome.accounts.refused.method_not_allowed.sentence);
  });

  it('T1, M3: where no kind suits all, the set-up is for the target alone and the old one stays', async () => {
    await using door = await openDoor();
    const apps = await door.addAccount({ name: 'Apps', mandates: ['totp', 'sms'] });
    const texts = await door.addAccount({ name: 'Texts', mandates: ['totp', 'sms'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'sms',
      in: [{ account: apps }, { account: texts }],
    });
    await door.mandate('apps', ['totp']);
    await door.mandate('texts', ['sms']);
    const browser = door.browser();
    await submit(browser, '/login?account=apps', { email: ann.email, password: ann.password });
    await submit(browser, '/login/code', { code: await door.code(ann.phone ?? '') });
    await proveMailbox(door, browser, ann.email);
    await setUpApp(door, browser);
    const home = await finish(browser);
    expect(home.path).toBe('/');
    expect((await authenticators(door, ann)).map((a) => a.kind)).toEqual(['sms', 'totp']);
    expect((await trust(door, ann)).texts).toBe(ann.authenticatorId);
    expect((await trust(door, ann)).apps).not.toBe(ann.authenticatorId);
  });

  it('T1: where one kind suits all, all who trusted the old one move together', async () => {
    await using door = await openDoor();
    const one = await door.addAccount({ name: 'One', mandates: ['totp', 'sms'] });
    const two = await door.addAccount({ name: 'Two', mandates: ['totp', 'sms'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'sms',
      in: [{ account: one }, { account: two }],
    });
    await door.mandate('one', ['totp']);
    const browser = door.browser();
    await submit(browser, '/login?account=one', { email: ann.email, password: ann.password });
    await submit(browser, '/login/code', { code: await door.code(ann.phone ?? '') });
    await proveMailbox(door, browser, ann.email);
    await setUpApp(door, browser);
    await finish(browser);
    const [left] = await authenticators(door, ann);
    expect(await authenticators(door, ann)).toHaveLength(1);
    expect(await trust(door, ann)).toEqual({ one: left?.id, two: left?.id });
  });
});

describe('a mandate switched off (M4)', () => {
  it('asks nobody; the authenticator sleeps, and is still asked for on password change', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    await door.mandate('meridian', null);
    const [asleep] = await authenticators(door, olivia);
    expect(asleep?.asleep_since).toBe(door.clock.now());
    const browser = door.browser();
    expect((await door.password(browser, olivia)).path).toBe('/');
    expect((await browser.get('/password')).text).toContain(enPassword.confirmFirst.title);
    const skipped = await browser.post('/password', {
      current: olivia.password,
      password: 'six grey geese in a row',
    });
    expect(skipped.status).toBe(403);
    expect((await submit(browser, '/step-up', { for: 'password' })).path).toBe('/login/code');
    const form = await submit(browser, '/login/code', { code: door.appCode(olivia) });
    expect(form.path).toBe('/password');
    expect(form.body).toContain('name="current"');
  });

  it('wakes with the next one: the same authenticator is asked for again', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    await door.mandate('meridian', null);
    door.clock.advance(days(90));
    await door.mandate('meridian', ['totp']);
    expect((await authenticators(door, olivia))[0]?.asleep_since).toBeNull();
    const browser = door.browser();
    expect((await door.password(browser, olivia)).path).toBe('/login/code');
    expect((await submit(browser, '/login/code', { code: door.appCode(olivia) })).path).toBe('/');
  });

  it('asleep over 90 days it is gone, by time: neither asked for nor taken; a new mandate means set-up', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    await door.mandate('meridian', null);
    door.clock.advance(days(90) + 1);
    const browser = door.browser();
    await door.password(browser, olivia);
    expect((await browser.get('/password')).body).toContain('name="current"');
    await door.mandate('meridian', ['totp', 'sms']);
    const later = door.browser();
    expect((await door.password(later, olivia)).path).toBe('/login/email-code');
    expect((await proveMailbox(door, later, olivia.email)).path).toBe('/login/set-up');
    await setUpText(door, later);
    expect((await finish(later)).path).toBe('/');
    expect((await authenticators(door, olivia)).map((a) => a.kind)).toEqual(['sms']);
  });

  it('another account that mandates keeps it awake', async () => {
    await using door = await openDoor();
    const one = await door.addAccount({ name: 'One', mandates: ['totp'] });
    const two = await door.addAccount({ name: 'Two', mandates: ['totp'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'totp',
      in: [{ account: one }, { account: two }],
    });
    await door.mandate('one', null);
    expect((await authenticators(door, ann))[0]?.asleep_since).toBeNull();
    expect((await door.password(door.browser(), ann)).path).toBe('/login/code');
  });

  it('while a login is at the code, it goes on without one', async () => {
    await using door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.password(browser, olivia);
    await door.mandate('meridian', null);
    expect((await browser.follow(await browser.get('/login/code'))).path).toBe('/login/continue');
    expect((await submit(browser, '/login/continue')).path).toBe('/');
  });
});

describe('a mandate switched on (T2)', () => {
  async function scene(from: 'now' | 'next_login') {
    const door = await openDoor();
    const account = await door.addAccount({ name: 'Studio', plan: 'enterprise' });
    const ann = await door.addPerson({ email: 'ann@studio.example', in: [{ account }] });
    const browser = door.browser();
    await door.logIn(browser, ann);
    door.clock.advance(minutes(1));
    await door.mandate('studio', ['totp', 'sms'], from);
    return { door, ann, browser };
  }

  it('"from the next login": open sessions stay in; the next login sets up', async () => {
    const { door, ann, browser } = await scene('next_login');
    await using _ = door;
    expect((await browser.get('/')).text).toContain(enHome.accounts.admitted.before_mandate.sentence);
    expect((await door.password(door.browser(), ann)).path).toBe('/login/email-code');
  });

  it('"now": open sessions are out of the account at their next request, and set up by a step-up', async () => {
    const { door, ann, browser } = await scene('now');
    await using _ = door;
    expect((await browser.get('/')).text).toContain(enHome.accounts.refused.set_up_needed.badge);
    const asked = await submit(browser, '/step-up', { for: 'account', account: 'studio' });
    // E1: the password and the mailbox in the very login that sets up; the session's old password does not count.
    expect(asked.path).toBe('/login');
    expect((await submit(browser, '/login', { email: ann.email, password: ann.password })).path).toBe(
      '/login/email-code',
    );
    await proveMailbox(door, browser, ann.email);
    await setUpApp(door, browser);
    const home = await finish(browser);
    expect(home.path).toBe('/');
    expect(home.text).toContain(enHome.accounts.admitted.authenticator.sentence);
    expect(await door.rows('select id from sessions where ended_at is null')).toHaveLength(1);
  });

  it('while a login waits at the mailbox of another step, its second step is asked all the same', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Studio', plan: 'enterprise' });
    const ann = await door.addPerson({ email: 'ann@studio.example', in: [{ account }] });
    const other = await door.addAccount({ name: 'Harbour' });
    const link = await door.invite(other, ann.email);
    const browser = door.browser();
    await submit(browser, link);
    await door.password(browser, ann);
    await door.mandate('studio', ['totp']);
    expect((await proveMailbox(door, browser, ann.email)).path).toBe('/login/set-up');
    expect(await isIn(browser)).toBe(false);
  });
});

describe('several accounts', () => {
  it('D2.6: the person picks which mandating account to enter; home shows each with its own answer', async () => {
    await using door = await openDoor();
    const one = await door.addAccount({ name: 'One', mandates: ['totp'] });
    const two = await door.addAccount({ name: 'Two', mandates: ['totp', 'sms'] });
    const three = await door.addAccount({ name: 'Three' });
    const ann = await door.addPerson({
      email: 'ann@three.example',
      method: 'totp',
      in: [{ account: one }, { account: two, trust: 'forgotten' }, { account: three }],
    });
    const browser = door.browser();
    const page = await door.password(browser, ann);
    expect(page.path).toBe('/login/code');
    expect(page.text).toContain('Two');
    expect((await submit(browser, '/login/account', { account: 'two' })).path).toBe('/login/pass');
    expect((await submit(browser, '/login/account', { account: 'three' })).path).toBe('/login/pass');
    expect((await submit(browser, '/login/account', { account: 'nowhere' })).path).toBe('/login/pass');
    expect((await submit(browser, '/login/account', { account: 'one' })).path).toBe('/login/code');
    const home = await submit(browser, '/login/code', { code: door.appCode(ann) });
    expect(home.text).toContain(enHome.accounts.admitted.authenticator.sentence);
    expect(home.text).toContain(enHome.accounts.refused.pass_needed.badge);
    expect(home.text).toContain(enHome.accounts.admitted.no_mandate.sentence);
  });

  it('T2: Sam’s home shows both of his accounts open, and says that nobody switches 2FA by themselves', async () => {
    await using door = await openDoor({ demo: true });
    const home = await door.logIn(door.browser(), await door.demoPerson('sam'));
    const [meridian, crestline] = [
      home.text.indexOf('Meridian Pictures'),
      home.text.indexOf('Crestline Studio'),
    ];
    expect(home.text.slice(meridian, crestline)).toContain(enHome.accounts.admitted.authenticator.sentence);
    expect(home.text.slice(crestline)).toContain(enHome.accounts.admitted.no_mandate.sentence);
    expect(home.text).toContain(enHome.twoFactor.title);
    expect(home.body).not.toMatch(/href="[^"]*(disable|remove|replace)[^"]*(2fa|authenticator)/i);
  });

  it('T1a: an account that came to trust nothing yet trusts the authenticator one has, after the mailbox', async () => {
    await using door = await openDoor();
    const one = await door.addAccount({ name: 'One', mandates: ['totp'] });
    const two = await door.addAccount({ name: 'Two', mandates: ['totp'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'totp',
      in: [{ account: one }, { account: two, trust: 'never' }],
    });
    const browser = door.browser();
    await submit(browser, '/login?account=two', { email: ann.email, password: ann.password });
    expect((await submit(browser, '/login/code', { code: door.appCode(ann) })).path).toBe(
      '/login/email-code',
    );
    expect((await trust(door, ann)).two).toBe('never');
    expect((await proveMailbox(door, browser, ann.email)).path).toBe('/');
    expect(await trust(door, ann)).toEqual({ one: ann.authenticatorId, two: ann.authenticatorId });
  });

  it('T1: a recovery code alone earns no new trust', async () => {
    await using door = await openDoor();
    const one = await door.addAccount({ name: 'One', mandates: ['totp'] });
    const two = await door.addAccount({ name: 'Two', mandates: ['totp'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'totp',
      in: [{ account: one }, { account: two, trust: 'never' }],
    });
    const browser = door.browser();
    await submit(browser, '/login?account=two', { email: ann.email, password: ann.password });
    await submit(browser, '/login/recovery-code', { code: ann.codes[0] ?? '' });
    const next = await submit(browser, '/login/recovered', { choice: 'continue' });
    expect(next.path).toBe('/login/email-code');
    expect((await proveMailbox(door, browser, ann.email)).path).toBe('/login/set-up');
    expect(await isIn(browser)).toBe(false);
    expect((await trust(door, ann)).two).toBe('never');
  });

  it('T1: no account’s pass or forgetting touches what another one trusts', async () => {
    await using door = await openDoor();
    const one = await door.addAccount({ name: 'One', mandates: ['totp'] });
    const two = await door.addAccount({ name: 'Two', mandates: ['totp'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'totp',
      in: [{ account: one, trust: 'forgotten' }, { account: two }],
    });
    const browser = door.browser();
    await submit(browser, '/login?account=two', { email: ann.email, password: ann.password });
    const home = await submit(browser, '/login/code', { code: door.appCode(ann) });
    expect(home.path).toBe('/');
    expect(home.text).toContain(enHome.accounts.refused.pass_needed.badge);
    // D2.11: asked for One, the same code opens nothing.
    const other = door.browser();
    const page = await submit(other, '/login?account=one', { email: ann.email, password: ann.password });
    expect(page.path).toBe('/login/pass');
    expect((await submit(other, '/login/code', { code: door.appCode(ann) })).path).toBe('/login/pass');
    expect(await isIn(other)).toBe(false);
  });
});
