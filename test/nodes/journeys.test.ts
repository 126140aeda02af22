/** Every journey with each request on another node than the one before it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, goOnWithPass, grantRequest, handOver, loggedIn, typePassCode } from '../account/steps.ts';
import { finish, isIn, MAIL, proveMailbox, STRONG, setUpApp, setUpText, signUp } from '../journeys/steps.ts';
import { cookieOf, type Person, submit } from '../support/door.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { buildIfOld } from '../support/program.ts';
import { openSite, type Site } from './site.ts';

let postgres: PostgresServer;
let site: Site;
let olivia: Person;

beforeAll(async () => {
  buildIfOld();
  postgres = await startPostgres();
  site = await openSite({ database: await postgres.freshDatabase() });
  const meridian = await site.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
  olivia = await site.addPerson({
    email: 'olivia@meridian.example',
    method: 'totp',
    in: [{ account: meridian, role: 'owner' }],
  });
});

afterAll(async () => {
  await site?.close();
  await postgres?.stop();
});

let people = 0;
async function member(given: { method?: 'totp' | 'sms' } = {}): Promise<Person> {
  const account = await site.account('meridian');
  people += 1;
  const phone = `+1415555${String(1000 + people)}`;
  return site.addPerson({ email: `p${people}@meridian.example`, phone, in: [{ account }], ...given });
}

/** The confirming code cannot be used again: the app has moved on to the next. */
function withApp(person: Person, app: Person['app']): Person {
  const now = { ...person, app };
  site.appCode(now);
  return now;
}

describe('each request on another node', () => {
  it('U1: sign-up', async () => {
    const ann = { name: 'Ann Lee', email: 'ann@north.example', password: STRONG, account: 'North Light' };
    const browser = site.browser();
    expect((await signUp(browser, ann)).path).toBe('/login/email-code');
    expect((await proveMailbox(site.door, browser, ann.email)).path).toBe('/');
    expect(await site.account('north-light')).toMatchObject({ plan: 'standard' });
  });

  it('E1 to E5: set-up by app, then a log-in by its next code', async () => {
    const nina = await member();
    const browser = site.browser();
    expect((await site.password(browser, nina)).path).toBe('/login/email-code');
    expect((await proveMailbox(site.door, browser, nina.email)).path).toBe('/login/set-up');
    const { app, codes } = await setUpApp(site.door, browser);
    expect(codes).toHaveLength(10);
    // E5: the same ten, whichever node shows them.
    for (let turn = 0; turn < 3; turn++) {
      expect((await browser.get('/login/backup-codes')).body).toContain(codes[0]);
    }
    expect((await finish(browser)).path).toBe('/');
    const other = site.browser();
    expect((await site.logIn(other, withApp(nina, app))).path).toBe('/');
  });

  it('E4: set-up by text message, then a log-in by text message', async () => {
    const theo = await member();
    const browser = site.browser();
    await site.password(browser, theo);
    await proveMailbox(site.door, browser, theo.email);
    await setUpText(site.door, browser, '+447400123456');
    expect((await finish(browser)).path).toBe('/');
    const other = site.browser();
    expect((await site.logIn(other, { ...theo, phone: '+447400123456' })).path).toBe('/');
  });

  it('B2, B3: a backup code, and set up again', async () => {
    const sam = await member({ method: 'totp' });
    const browser = site.browser();
    await site.password(browser, sam);
    const page = await submit(browser, '/login/recovery-code', { code: sam.codes[0] ?? '' });
    expect(page.path).toBe('/login/recovered');
    expect((await submit(browser, '/login/recovered', { choice: 'replace' })).path).toBe('/login/email-code');
    expect((await proveMailbox(site.door, browser, sam.email)).path).toBe('/login/set-up');
    const { app } = await setUpApp(site.door, browser);
    expect((await finish(browser)).path).toBe('/');
    expect((await site.logIn(site.browser(), withApp(sam, app))).path).toBe('/');
  });

  it('U4: a forgotten password; the second step stays', async () => {
    const kim = await member({ method: 'totp' });
    const desk = site.browser();
    expect((await site.logIn(desk, kim)).path).toBe('/');
    await submit(site.browser(), '/forgot-password', { email: kim.email });
    const link = await site.link(kim.email, MAIL.reset);
    const saved = await submit(site.browser(), link, { password: STRONG });
    expect(saved.path).toBe('/login?because=reset');
    expect(await isIn(desk)).toBe(false);
    expect((await site.logIn(site.browser(), { ...kim, password: STRONG })).path).toBe('/');
  });

  it('P1, P2: a pass asked for, and one handed over', async () => {
    const admin = await loggedIn(site.door, olivia, 'meridian');
    const [lost, late] = [await member({ method: 'totp' }), await member({ method: 'totp' })];
    const asked = await ask(site.door, lost);
    expect((await grantRequest(admin, asked)).location).toBe('/accounts/meridian/passes?done=granted');
    expect((await goOnWithPass(asked.browser)).path).toBe('/');
    const code = await handOver(site.door, admin, late);
    const browser = site.browser();
    expect((await typePassCode(browser, late, code, 'meridian')).path).toBe('/');
    expect(await isIn(browser)).toBe(true);
  });

  it('U2: an invitation is accepted with set-up as part of it', async () => {
    const iris = { name: 'Iris Bloom', email: 'iris@meridian.example', password: STRONG };
    const link = await site.invite(await site.account('meridian'), iris.email);
    const browser = site.browser();
    expect((await signUp(browser, iris, link)).path).toBe('/login/email-code');
    expect((await proveMailbox(site.door, browser, iris.email)).path).toBe('/login/set-up');
    await setUpApp(site.door, browser);
    expect((await finish(browser)).path).toBe('/');
  });

  it('T4: step-up into a second account that mandates', async () => {
    const harbour = await site.addAccount({ name: 'Harbour', mandates: ['totp'] });
    const plain = await site.addAccount({ name: 'Plain', plan: 'enterprise' });
    const zoe = await site.addPerson({
      email: 'zoe@harbour.example',
      method: 'totp',
      in: [{ account: plain, role: 'owner' }, { account: harbour }],
    });
    await site.mandate('harbour', null);
    const browser = site.browser();
    expect((await site.password(browser, zoe)).path).toBe('/');
    await site.mandate('harbour', ['totp'], 'now');
    expect((await browser.get('/accounts/harbour/people')).status).not.toBe(200);
    const asked = await submit(browser, '/step-up', { for: 'account', account: 'harbour' });
    expect(asked.path).toBe('/login/code');
    const before = cookieOf(browser, 'session');
    expect((await submit(browser, '/login/code', { code: site.appCode(zoe) })).path).toBe('/');
    expect(cookieOf(browser, 'session')).not.toBe(before);
  });

  it('no node was left out, none was asked in vain, and none logged an error', () => {
    const answered = [...site.proxy.answered.values()];
    expect(answered).toHaveLength(3);
    expect(Math.max(...answered) - Math.min(...answered)).toBeLessThanOrEqual(1);
    expect([site.proxy.lost, site.proxy.refused]).toEqual([0, 0]);
    expect(site.errors()).toEqual([]);
  });
});
