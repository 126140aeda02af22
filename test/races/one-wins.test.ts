/** D5, Q3, T21: whatever works once, fifty at the same moment get it once, and the others are told so. */

import { describe, expect, it } from 'vitest';
import { codeHmac } from '../../src/credentials/one-time-code.ts';
import { disableUser } from '../../src/flows/disable-user.ts';
import { enHome } from '../../src/web/messages/en-home.ts';
import { isIn, MAIL, proveMailbox, STRONG, signUp } from '../journeys/steps.ts';
import { minutes } from '../support/clock.ts';
import { appOn, type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';

const CLIENTS = 50;
const clients = Array.from({ length: CLIENTS }, (_, n) => n);

/** All at once. */
const atOnce = (deed: (n: number) => Promise<Answer>) => Promise.all(clients.map(deed));

/** The session cookies that were handed out. */
const sessionsIn = (answers: Answer[]) =>
  answers.flatMap((a) => a.setCookies.filter((line) => /^session=[^;]/.test(line)));

/** Nobody got a fault of ours; who lost was told, or led on to where they are. */
function expectNoFaults(answers: Answer[]): void {
  for (const { status, body } of answers) {
    expect([200, 303, 410, 422, 429]).toContain(status);
    if (status !== 303) expect(body).toMatch(/<h1/);
  }
}

const openSessions = (door: Door) => door.rows('select id from sessions where ended_at is null');

async function scene(method?: 'totp' | 'sms') {
  const door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp', 'sms'] });
  const ann = await door.addPerson({
    email: 'ann@meridian.example',
    in: [{ account }],
    ...(method === undefined ? {} : { method }),
  });
  return { door, ann, account };
}

/** Fifty browsers of people who know the password, each with a login of its own. */
async function loginsOf(door: Door, ann: Person, many = CLIENTS): Promise<HttpBrowser[]> {
  const browsers = Array.from({ length: many }, () => door.browser());
  // One after the other: of more than five at once from one network some would be told to wait (D7).
  for (const browser of browsers) {
    const answer = await browser.post('/login', { email: ann.email, password: ann.password });
    expect(answer.status).toBe(303);
  }
  return browsers;
}

/**
 * D6 mails ten codes a day and address at most: beyond that the test writes them itself, for logins that wait for
 * one. Every one of them knows its own code, as if the mailbox had been read.
 */
async function giveEachMailboxCode(door: Door): Promise<string> {
  const code = '424242';
  const waiting = await door.rows<{ id: string; login_id: string; user_id: string }>(
    `select id, login_id, user_id from challenges where purpose = 'mailbox' and spent_at is null`,
  );
  for (const { id, login_id, user_id } of waiting) {
    const binding = { purpose: 'mailbox:', loginId: login_id, userId: user_id, code };
    await door.rows(
      `update challenges set code_hmac = '${codeHmac(door.ctx.keys, binding)}', unsent = null where id = '${id}'`,
    );
  }
  return code;
}

describe('fifty clients, one login', () => {
  const sameLogin = async (door: Door, ann: Person) => {
    const browser = door.browser();
    await door.password(browser, ann);
    return clients.map(() => browser.copy());
  };

  it('one code of the app', async () => {
    const { door, ann } = await scene('totp');
    await using _ = door;
    const browsers = await sameLogin(door, ann);
    const code = door.appCode(ann);
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/code', { code }));
    expectNoFaults(answers);
    expect(sessionsIn(answers)).toHaveLength(1);
    expect(await openSessions(door)).toHaveLength(1);
    expect((await Promise.all(browsers.map(isIn))).filter(Boolean)).toHaveLength(1);
  });

  it('one code by text message', async () => {
    const { door, ann } = await scene('sms');
    await using _ = door;
    const browsers = await sameLogin(door, ann);
    const code = await door.code(ann.phone ?? '');
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/code', { code }));
    expectNoFaults(answers);
    expect(sessionsIn(answers)).toHaveLength(1);
    expect(await openSessions(door)).toHaveLength(1);
  });

  it('one backup code', async () => {
    const { door, ann } = await scene('totp');
    await using _ = door;
    const browsers = await sameLogin(door, ann);
    const code = ann.codes[0] ?? '';
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/recovery-code', { code }));
    expectNoFaults(answers);
    expect(await door.rows('select id from backup_codes where spent_at is not null')).toHaveLength(1);
    expect(await door.rows(`select id from evidence where kind = 'backup_code'`)).toHaveLength(1);
    expect(await door.count(ann.email, MAIL.codeUsed)).toBe(1);
    await door.sent();
    const choices = await atOnce((n) =>
      (browsers[n] as HttpBrowser).post('/login/recovered', {
        choice: n % 2 === 0 ? 'continue' : 'continue',
      }),
    );
    expectNoFaults(choices);
    expect(sessionsIn(choices)).toHaveLength(1);
  });

  it('one e-mailed code', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const browsers = await sameLogin(door, ann);
    const code = await door.code(ann.email);
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/email-code', { code }));
    expectNoFaults(answers);
    expect(await door.rows(`select id from evidence where kind = 'email'`)).toHaveLength(1);
    expect((await (browsers[0] as HttpBrowser).get('/login')).location).toBe('/login/set-up');
  });

  it('one e-mailed code of a sign-up: one user, one account', async () => {
    await using door = await openDoor();
    const browser = door.browser();
    const eve = { name: 'Eve', email: 'eve@new.example', password: STRONG, account: 'North Light' };
    await signUp(browser, eve);
    const code = await door.code(eve.email);
    const answers = await atOnce(() => browser.copy().post('/login/email-code', { code }));
    expectNoFaults(answers);
    expect(sessionsIn(answers)).toHaveLength(1);
    expect(await door.rows('select id from users')).toHaveLength(1);
    expect(await door.rows('select id from accounts')).toHaveLength(1);
    expect(await door.rows('select id from memberships')).toHaveLength(1);
  });

  it('one confirmation of an app, then one Finish', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const browser = door.browser();
    await door.password(browser, ann);
    await proveMailbox(door, browser, ann.email);
    const app = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
    const code = app.codeAt(door.clock.now());
    const answers = await atOnce(() => browser.copy().post('/login/set-up/app', { code }));
    expectNoFaults(answers);
    expect(await door.rows('select id from authenticators')).toHaveLength(1);
    expect(await door.count(ann.email, MAIL.setUp)).toBe(1);
    const finished = await atOnce(() => browser.copy().post('/login/backup-codes', { saved: 'yes' }));
    expectNoFaults(finished);
    expect(sessionsIn(finished)).toHaveLength(1);
    expect(await openSessions(door)).toHaveLength(1);
    expect(await door.rows('select id from backup_codes')).toHaveLength(10);
  });

  it('one confirmation of a number', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const browser = door.browser();
    await door.password(browser, ann);
    await proveMailbox(door, browser, ann.email);
    await submit(browser, '/login/set-up', { method: 'sms' });
    await submit(browser, '/login/set-up/phone', { country: 'GB', phone: '07400 123456' });
    const code = await door.code('+447400123456');
    const answers = await atOnce(() => browser.copy().post('/login/set-up/text', { code }));
    expectNoFaults(answers);
    expect(await door.rows('select id from authenticators')).toHaveLength(1);
  });

  it('"resend", pressed fifty times: one message', async () => {
    const { door, ann } = await scene('sms');
    await using _ = door;
    const browsers = await sameLogin(door, ann);
    door.clock.advance(30_000);
    const answers = await atOnce((n) =>
      (browsers[n] as HttpBrowser).post('/login/code', { action: 'resend' }),
    );
    expectNoFaults(answers);
    expect(await door.count(ann.phone ?? '')).toBe(2);
  });
});

describe('fifty clients, fifty logins of one person', () => {
  it('one code of the app', async () => {
    const { door, ann } = await scene('totp');
    await using _ = door;
    const browsers = await loginsOf(door, ann);
    const code = door.appCode(ann);
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/code', { code }));
    expectNoFaults(answers);
    expect(sessionsIn(answers)).toHaveLength(1);
    expect(answers.filter((a) => a.status === 422)).toHaveLength(CLIENTS - 1);
    expect(await openSessions(door)).toHaveLength(1);
  });

  it('one backup code', async () => {
    const { door, ann } = await scene('totp');
    await using _ = door;
    const browsers = await loginsOf(door, ann);
    const code = ann.codes[4] ?? '';
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/recovery-code', { code }));
    expectNoFaults(answers);
    expect(answers.filter((a) => a.location === '/login/recovered')).toHaveLength(1);
    expect(answers.filter((a) => a.status === 422)).toHaveLength(CLIENTS - 1);
    expect(await door.rows('select id from backup_codes where spent_at is not null')).toHaveLength(1);
  });

  it('one text code, tried in all of them: it fits the login it was sent for and no other', async () => {
    const { door, ann } = await scene('sms');
    await using _ = door;
    const first = door.browser();
    await door.password(first, ann);
    const code = await door.code(ann.phone ?? '');
    const others = await loginsOf(door, ann);
    const answers = await atOnce((n) => (others[n] as HttpBrowser).post('/login/code', { code }));
    expectNoFaults(answers);
    expect(sessionsIn(answers)).toEqual([]);
    expect(await openSessions(door)).toEqual([]);
  });
});

describe('fifty clients, one link', () => {
  it('one link for a new password: one password is saved, and it is the winner’s', async () => {
    const { door, ann } = await scene('totp');
    await using _ = door;
    await submit(door.browser(), '/forgot-password', { email: ann.email });
    const link = await door.link(ann.email);
    const passwordOf = (n: number) => `${STRONG} number ${n}`;
    const answers = await atOnce((n) => door.browser().post(link, { password: passwordOf(n) }));
    expectNoFaults(answers);
    const winners = clients.filter((n) => answers[n]?.status === 303);
    expect(winners).toHaveLength(1);
    expect(answers.filter((a) => a.status === 410)).toHaveLength(CLIENTS - 1);
    expect(await door.count(ann.email, MAIL.passwordReset)).toBe(1);
    const saved = { ...ann, password: passwordOf(winners[0] ?? -1) };
    expect((await door.password(door.browser(), saved)).path).toBe('/login/code');
  });

  it('one "This was not me"', async () => {
    const { door, ann } = await scene('totp');
    await using _ = door;
    const browser = door.browser();
    await door.password(browser, ann);
    await submit(browser, '/login/recovery-code', { code: ann.codes[0] ?? '' });
    const link = await door.link(ann.email);
    const answers = await atOnce(() => door.browser().post(link, {}));
    expectNoFaults(answers);
    expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
    expect(answers.filter((a) => a.status === 410)).toHaveLength(CLIENTS - 1);
    expect(await door.count(ann.email, MAIL.secured)).toBe(1);
  });

  it('one invitation, fifty sign-ups: one user, one membership', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Crestline' });
    const link = await door.invite(account, 'iris@crestline.example');
    const browsers = clients.map(() => door.browser());
    const iris = { name: 'Iris', email: 'iris@crestline.example', password: STRONG };
    const address = (await door.browser().follow(await door.browser().get(link))).path;
    await atOnce((n) => (browsers[n] as HttpBrowser).post(address, iris));
    const code = await giveEachMailboxCode(door);
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/email-code', { code }));
    expectNoFaults(answers);
    expect(sessionsIn(answers)).toHaveLength(1);
    expect(await door.rows('select id from users')).toHaveLength(1);
    expect(await door.rows('select id from memberships')).toHaveLength(1);
    expect(await door.rows('select id from invitations where spent_at is not null')).toHaveLength(1);
    expect(await door.rows(`select id from audit_events where kind = 'invitation.accepted'`)).toHaveLength(1);
  });

  it('one invitation of somebody who is a user: joined once, whoever logs in', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Crestline' });
    const ann = await door.addPerson({ email: 'ann@nowhere.example' });
    const link = await door.invite(account, ann.email);
    const browsers = clients.map(() => door.browser());
    await atOnce((n) => (browsers[n] as HttpBrowser).post(link, {}));
    for (const browser of browsers)
      expect((await door.password(browser, ann)).path).toBe('/login/email-code');
    const code = await giveEachMailboxCode(door);
    const answers = await atOnce((n) => (browsers[n] as HttpBrowser).post('/login/email-code', { code }));
    expectNoFaults(answers);
    expect(await door.rows('select id from memberships')).toHaveLength(1);
    expect(await door.rows('select id from invitations where spent_at is not null')).toHaveLength(1);
    expect(await door.rows(`select id from audit_events where kind = 'invitation.accepted'`)).toHaveLength(1);
  });
});

describe('twenty set-ups of one person at once (T20)', () => {
  it('one authenticator, one set of codes; the others are asked for its code', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const twenty = await loginsOf(door, ann, 20);
    const code = await giveEachMailboxCode(door);
    for (const browser of twenty) {
      expect((await browser.post('/login/email-code', { code })).location).toBe('/login/set-up');
    }
    const apps = await Promise.all(
      twenty.map(async (browser) => appOn(await submit(browser, '/login/set-up', { method: 'totp' }))),
    );
    expect(new Set(apps.map((app) => app.secret)).size).toBe(20);
    const answers = await Promise.all(
      twenty.map((browser, n) =>
        browser.post('/login/set-up/app', { code: apps[n]?.codeAt(door.clock.now()) ?? '' }),
      ),
    );
    expectNoFaults(answers);
    const winners = twenty.filter((_browser, n) => answers[n]?.location === '/login/backup-codes');
    expect(winners).toHaveLength(1);
    expect(answers.filter((a) => a.location === '/login/code')).toHaveLength(19);
    expect(await door.rows('select id from authenticators')).toHaveLength(1);
    expect(await door.count(ann.email, MAIL.setUp)).toBe(1);

    const finished = await Promise.all(
      twenty.map((browser) => browser.post('/login/backup-codes', { saved: 'yes' })),
    );
    expectNoFaults(finished);
    expect(sessionsIn(finished)).toHaveLength(1);
    expect(await door.rows('select id from backup_codes')).toHaveLength(10);
    expect((await Promise.all(twenty.map(isIn))).filter(Boolean)).toHaveLength(1);
  });
});

describe('deeds that cross', () => {
  it('T13: a password that was right before a reset makes no session after it', async () => {
    const { door } = await scene();
    await using _ = door;
    const lone = await door.addPerson({ email: 'lone@nowhere.example' });
    await submit(door.browser(), '/forgot-password', { email: lone.email });
    const link = await door.link(lone.email);
    const browsers = Array.from({ length: 4 }, () => door.browser());
    const logins = browsers.map((browser) =>
      browser.post('/login', { email: lone.email, password: lone.password }),
    );
    const reset = door.browser().post(link, { password: STRONG });
    await Promise.all([...logins, reset]);
    expect((await reset).status).toBe(303);
    for (const browser of browsers) expect(await isIn(browser)).toBe(false);
    expect(await openSessions(door)).toEqual([]);
  });

  it('U4: of many changes of one password at once, one is saved', async () => {
    await using door = await openDoor();
    const ann = await door.addPerson({ email: 'ann@north.example' });
    const browser = door.browser();
    await door.logIn(browser, ann);
    const passwordOf = (n: number) => `${STRONG} number ${n}`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        browser.copy().post('/password', { current: ann.password, password: passwordOf(n) }),
      ),
    );
    expectNoFaults(answers);
    const saved = answers.flatMap((a, n) => (a.location === '/?done=password' ? [n] : []));
    expect(saved).toHaveLength(1);
    const page = await door.password(door.browser(), { ...ann, password: passwordOf(saved[0] ?? -1) });
    expect(page.path).toBe('/');
  });

  it('D5: a login finished and logged out at once is in or out, never both', async () => {
    const { door, ann } = await scene('totp');
    await using _ = door;
    for (let round = 0; round < 5; round++) {
      const browser = door.browser();
      await door.password(browser, ann);
      const [one, other] = [browser.copy(), browser.copy()];
      const [done] = await Promise.all([
        one.post('/login/code', { code: door.appCode(ann) }),
        other.post('/logout', {}),
      ]);
      expect(await isIn(one)).toBe(sessionsIn([done]).length === 1);
    }
  });

  it('T24: a mandate switched on while people log in: nobody is in without their second step', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Studio', plan: 'enterprise' });
    const people = await Promise.all(
      clients.map((n) => door.addPerson({ email: `p${n}@studio.example`, in: [{ account }] })),
    );
    const browsers = people.map(() => door.browser());
    const logins = people.map(({ email, password }, n) =>
      (browsers[n] as HttpBrowser).post('/login', { email, password }),
    );
    await logins[9];
    door.clock.advance(1);
    await door.mandate('studio', ['totp'], 'now');
    await Promise.all(logins);
    for (const browser of browsers) {
      const home = await browser.get('/');
      if (home.status === 200) expect(home.text).toContain(enHome.accounts.refused.set_up_needed.badge);
      else expect(home.location).toBe('/login');
    }
    const late = door.browser();
    const { email, password } = people[0] as Person;
    expect((await late.post('/login', { email, password })).location).toBe('/login/email-code');
  });

  it('U5: disabled while fifty logins run: nobody is in', async () => {
    const { door } = await scene();
    await using _ = door;
    const lone = await door.addPerson({ email: 'lone@nowhere.example' });
    const browsers = clients.map(() => door.browser());
    const logins = browsers.map((browser) =>
      browser.post('/login', { email: lone.email, password: lone.password }),
    );
    await logins[3];
    await disableUser(door.ctx, lone.email, { by: 'operator' });
    expectNoFaults((await Promise.all(logins)).filter((a) => a.status !== 403));
    for (const browser of browsers) expect(await isIn(browser)).toBe(false);
    expect(await openSessions(door)).toEqual([]);
  });
});

it('Q3: twenty rounds of one app code by ten clients: twenty sessions, and the owner is never kept out', async () => {
  const { door, ann } = await scene('totp');
  await using _ = door;
  for (let round = 1; round <= 20; round++) {
    const browsers = Array.from({ length: 10 }, () => door.browser());
    for (const browser of browsers)
      await browser.post('/login', { email: ann.email, password: ann.password });
    const code = door.appCode(ann);
    const answers = await Promise.all(browsers.map((browser) => browser.post('/login/code', { code })));
    expect(sessionsIn(answers)).toHaveLength(1);
    expect(await openSessions(door)).toHaveLength(round);
    // Her own next login is not made to wait for what her code was used for.
    const own = door.browser();
    expect((await door.logIn(own, ann)).path).toBe('/');
    await submit(own, '/logout');
    door.clock.advance(minutes(1));
  }
});
