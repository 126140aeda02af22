/** What somebody leaves behind must not let anybody in: a lost role, an idle session, an ended one, a replaced one. */
import { describe, expect, it } from 'vitest';
import { finish, proveMailbox, STRONG, setUpApp, signUp } from '../journeys/steps.ts';
import { hours, minutes } from '../support/clock.ts';
import { cookieOf, openDoor, submit } from '../support/door.ts';
import {
  addMember,
  admissions,
  authenticators,
  handOver,
  loggedIn,
  memberOf,
  openCast,
  typePassCode,
} from './steps.ts';

const people = '/accounts/meridian/people';

describe('a role that is lost (T09)', () => {
  it.each(['role', 'remove'] as const)('by %s: the open invitation of an owner is withdrawn', async (how) => {
    await using cast = await openCast();
    const { door, olivia, meridian } = cast;
    const rogue = await addMember(door, meridian, 'rogue', 'owner');
    await (await loggedIn(door, rogue)).post(`${people}/invite`, {
      emails: 'alt@elsewhere.example',
      role: 'owner',
    });
    const link = await door.link('alt@elsewhere.example');
    const owner = await loggedIn(door, olivia);
    const fields = how === 'role' ? { role: 'member' } : {};
    await owner.post(`${people}/${await memberOf(door, rogue)}/${how}`, fields);

    expect((await door.browser().get(link)).status).toBe(410);
    const owners = await door.rows(`select id from memberships where role = 'owner'`);
    const invited = await door.rows(`select id from users where email = 'alt@elsewhere.example'`);
    expect([owners.length, invited.length]).toEqual([2, 0]);
  });

  it('an owner who becomes an admin keeps what an admin may: invitations of members', async () => {
    await using cast = await openCast();
    const { door, olivia, meridian } = cast;
    const second = await addMember(door, meridian, 'second', 'owner');
    const browser = await loggedIn(door, second);
    await browser.post(`${people}/invite`, { emails: 'member@new.example', role: 'member' });
    await browser.post(`${people}/invite`, { emails: 'admin@new.example', role: 'admin' });
    await (await loggedIn(door, olivia)).post(`${people}/${await memberOf(door, second)}/role`, {
      role: 'admin',
    });
    expect((await door.browser().get(await door.link('admin@new.example'))).status).toBe(410);
    expect((await door.browser().get(await door.link('member@new.example'))).status).toBe(303);
  });

  it('P2: a pass code handed over and not yet used opens nothing once its granter is out', async () => {
    await using cast = await openCast();
    const { door, olivia, adam, sam } = cast;
    const code = await handOver(door, await loggedIn(door, adam), sam);
    await (await loggedIn(door, olivia)).post(`${people}/${await memberOf(door, adam)}/remove`, {});
    expect((await typePassCode(door.browser(), sam, code)).status).toBe(422);
  });
});

describe('an idle session (S2)', () => {
  it('stays out of the account it was idle too long for, whatever it is used for elsewhere', async () => {
    await using door = await openDoor();
    const strict = await door.addAccount({
      name: 'Strict',
      mandates: ['totp'],
      session_idle_ms: minutes(15),
    });
    const lax = await door.addAccount({ name: 'Lax' });
    const ann = await door.addPerson({
      email: 'ann@people.example',
      method: 'totp',
      in: [{ account: strict, role: 'owner' }, { account: lax }],
    });
    const browser = await loggedIn(door, ann, 'strict');
    expect(await admissions(door, browser)).toMatchObject({ strict: 'authenticator', lax: 'no_mandate' });
    door.clock.advance(hours(3));
    expect((await browser.get('/')).status).toBe(200);
    await door.sent();
    for (const path of ['/', '/']) await browser.get(path);
    await submit(browser, '/step-up', { for: 'account', account: 'strict' });
    expect(await admissions(door, browser)).toMatchObject({ strict: 'signed_out', lax: 'no_mandate' });
    expect((await browser.get('/accounts/strict')).status).not.toBe(200);
    expect((await admissions(door, await loggedIn(door, ann, 'strict'))).strict).toBe('authenticator');
  });
});

describe('a session that ended', () => {
  it('S3, P3: takes its step-up with it, which compares no code and asks for no pass', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const victim = await loggedIn(door, sam, 'meridian');
    const thief = victim.copy();
    door.clock.advance(minutes(6));
    const own = await loggedIn(door, sam, 'meridian');
    expect((await submit(thief, '/step-up', { for: 'password' })).path).toBe('/login/code');
    await own.post('/sessions/end-others', {});
    const tried = await thief.post('/login/code', { code: door.wrongCode(sam) });
    expect(tried.location).toContain('/login');
    expect((await submit(thief, '/login/pass', { action: 'want' })).path).toBe('/login?because=over');
    expect(await door.rows('select id from pass_requests')).toEqual([]);
    expect(await door.rows(`select wrong from counters where key like 'code:%' and wrong > 0`)).toEqual([]);
  });

  it('P3: a live one is no password: a pass is asked for only after it is typed again', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const thief = (await loggedIn(door, sam, 'meridian')).copy();
    door.clock.advance(minutes(6));
    await submit(thief, '/step-up', { for: 'password' });
    expect((await submit(thief, '/login/pass', { action: 'want' })).path).toBe('/login');
    expect(await door.rows('select id from pass_requests')).toEqual([]);
  });

  it('ASVS 7.2.4: a new log-in in the same browser ends the old one, and every copy of it', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const browser = await loggedIn(door, sam, 'meridian');
    const copy = browser.copy();
    door.clock.advance(minutes(1));
    await submit(browser, '/login', { email: sam.email, password: sam.password });
    // A standing session leads past the log-in page; the form can be posted all the same.
    await submit(browser, '/login/code', { code: door.appCode(sam) });
    expect(cookieOf(browser, 'session')).not.toBe(cookieOf(copy, 'session'));
    expect((await browser.get('/')).status).toBe(200);
    expect((await copy.get('/')).status).toBe(303);
  });
});

describe('no set-up by wish (M5)', () => {
  it('neither by a step-up nor by a mandate that cannot be switched on', async () => {
    await using door = await openDoor();
    const lax = await door.addAccount({ name: 'Lax', plan: 'standard' });
    const ann = await door.addPerson({ email: 'ann@people.example', in: [{ account: lax, role: 'owner' }] });
    const browser = door.browser();
    await door.password(browser, ann);
    expect((await submit(browser, '/step-up', { for: 'set_up', account: 'lax' })).path).toBe('/');
    const refused = await browser.post('/accounts/lax/security', {
      on: 'yes',
      totp: 'yes',
      confirmed: 'yes',
    });
    expect(refused.location ?? '').not.toContain('/login');
    expect(await authenticators(door, ann)).toEqual([]);
  });
});

describe('T3: what an account exports', () => {
  it('says nothing of which authenticator it is, nor that there was one elsewhere', async () => {
    await using cast = await openCast();
    const { door, olivia } = cast;
    const browser = await loggedIn(door, olivia);
    await browser.post(`${people}/invite`, { emails: 'neu@new.example', role: 'member' });
    const newcomer = door.browser();
    const form = { name: 'Neu', email: 'neu@new.example', password: STRONG };
    await signUp(newcomer, form, await door.link('neu@new.example'));
    await proveMailbox(door, newcomer, 'neu@new.example');
    await setUpApp(door, newcomer);
    await finish(newcomer);
    const [row] = await door.rows<{ id: string }>(
      'select id from authenticators order by confirmed_at desc limit 1',
    );
    const lines = (await browser.get('/accounts/meridian/activity.jsonl')).body;
    expect(lines).toContain('authenticator.enrolled');
    expect(lines).not.toContain(row?.id);
    expect(lines).not.toMatch(/"basis"|authenticator\.trusted/);
  });
});
