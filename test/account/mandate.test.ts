/** M1 to M4 and T2: the mandate is switched while people are in, while they come, and by whom it may. */
import { describe, expect, it } from 'vitest';
import { admit, signedIn } from '../../src/flows/admit.ts';
import { operatePlan } from '../../src/flows/operate.ts';
import { findSession } from '../../src/store/sessions.ts';
import { finish, isIn, proveMailbox, setUpApp } from '../journeys/steps.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import {
  addMember,
  admissions,
  ask,
  loggedIn,
  onPass,
  openCast,
  operatorPass,
  passesOf,
  typePassCode,
} from './steps.ts';

const ON = { on: 'yes', totp: 'yes', sms: 'yes' };
const confirm = (browser: HttpBrowser, slug: string, fields: Record<string, string>): Promise<Answer> =>
  submit(browser, `/accounts/${slug}/security`, { ...fields, confirmed: 'yes' });

const mandateOf = async (door: Door, slug: string) => {
  const { mandate_since: since, mandate_methods: methods, mandate_from: from } = await door.account(slug);
  return since === null ? null : { since, methods, from };
};

/** An enterprise account without a mandate, and an owner without a phone. */
async function studio(over: { proxied?: boolean } = {}) {
  const door = await openDoor(over);
  const account = await door.addAccount({ name: 'Studio', plan: 'enterprise', session_idle_ms: hours(24) });
  const owner = await door.addPerson({
    email: 'olga@studio.example',
    name: 'Olga',
    in: [{ account, role: 'owner' }],
  });
  return { door, account, owner };
}

describe('M1: who switches it', () => {
  it('M1: an owner without an authenticator is led through set-up first, then it goes on where it was', async () => {
    const { door, owner } = await studio();
    await using _ = door;
    const browser = door.browser();
    await door.password(browser, owner);
    const chosen = await submit(browser, '/accounts/studio/security', { ...ON, from: 'now' });
    expect(chosen.path).toMatch(/^\/accounts\/studio\/security\/mandate\?on=yes/);
    expect(chosen.text).toContain('Not yet');
    expect(chosen.text).toContain('If you have none, you set it up now');
    expect((await confirm(browser, 'studio', { ...ON, from: 'now' })).path).toBe('/login');
    // E1: the password in the very login that sets up.
    expect((await submit(browser, '/login', { email: owner.email, password: owner.password })).path).toBe(
      '/login/email-code',
    );
    expect(await mandateOf(door, 'studio')).toBeNull();
    expect((await proveMailbox(door, browser, owner.email)).path).toBe('/login/set-up');
    const { app } = await setUpApp(door, browser);
    const back = await finish(browser);
    expect(back.path).toBe(chosen.path);
    // Nothing was switched by the way back: it is shown once more, to be confirmed.
    expect(await mandateOf(door, 'studio')).toBeNull();
    expect((await confirm(browser, 'studio', { ...ON, from: 'now' })).path).toContain('done=switched_on');
    expect(await mandateOf(door, 'studio')).toEqual({
      since: door.clock.now(),
      methods: 'totp,sms',
      from: 'now',
    });
    // And did not lock out the one who did it.
    expect(await admissions(door, browser)).toEqual({ studio: 'authenticator' });
    door.clock.advance(minutes(1));
    await loggedIn(door, { ...owner, app });
  });

  it('M1: a password, however fresh, does not switch it on; nor does another account’s phone', async () => {
    const { door, account, owner } = await studio();
    await using _ = door;
    const other = await door.addAccount({ name: 'Other', mandates: ['totp'] });
    const both = await door.addPerson({
      email: 'both@studio.example',
      method: 'totp',
      in: [{ account: other }, { account, role: 'owner', trust: 'never' }],
    });
    const browser = await loggedIn(door, both, 'other');
    expect((await confirm(browser, 'studio', { ...ON, from: 'now' })).path).toMatch(/^\/login/);
    const plain = door.browser();
    await door.password(plain, owner);
    expect((await confirm(plain, 'studio', { ...ON, from: 'now' })).path).toMatch(/^\/login/);
    expect(await mandateOf(door, 'studio')).toBeNull();
  });

  it('M1: a standard plan is refused, shown why, and nothing changes; the same for rubbish', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Plain' });
    const owner = await addMember(door, account, 'olga', 'owner');
    const browser = door.browser();
    await door.password(browser, owner);
    const page = await browser.get('/accounts/plain/security');
    expect(page.text).toContain('Part of the Enterprise plan');
    expect(page.body).toMatch(/disabled/);
    for (const fields of [ON, { ...ON, confirmed: 'yes' }]) {
      const answer = await submit(browser, '/accounts/plain/security', { ...fields, from: 'now' });
      if (answer.path === '/login/code') await submit(browser, '/login/code', { code: door.appCode(owner) });
      else expect(answer.status).toBe(422);
    }
    expect((await confirm(browser, 'plain', { ...ON, from: 'now' })).status).toBe(422);
    expect((await browser.get('/accounts/plain/security/mandate?on=yes&totp=yes')).status).toBe(422);
    for (const fields of [{ on: 'maybe' }, { on: 'yes', from: 'yesterday' }, { on: 'yes', totp: 'no' }, {}])
      expect(
        (await browser.post('/accounts/plain/security', { ...fields, confirmed: 'yes' })).status,
      ).toBeGreaterThanOrEqual(400);
    expect(await mandateOf(door, 'plain')).toBeNull();
  });

  it('M1: no method is none; a plan downgrade is refused while the mandate is on, unless forced', async () => {
    await using cast = await openCast();
    const { door, olivia } = cast;
    const browser = await loggedIn(door, olivia);
    expect((await confirm(browser, 'meridian', { on: 'yes', from: 'now' })).status).toBe(422);
    const to = (force: boolean) =>
      operatePlan(door.ctx, { name: 'root' }, { slug: 'meridian', plan: 'standard', force });
    expect(await to(false)).toBe('mandate_on');
    expect((await door.account('meridian')).plan).toBe('enterprise');
    expect(await mandateOf(door, 'meridian')).not.toBeNull();
    expect(await to(true)).toBe('done');
    expect(await mandateOf(door, 'meridian')).toBeNull();
    expect((await confirm(browser, 'meridian', { ...ON, from: 'now' })).status).toBe(422);
  });

  it('M3: without a carrier text is not offered, and cannot be the only method', async () => {
    await using door = await openDoor({ dev: false });
    const account = await door.addAccount({ name: 'Studio', mandates: ['totp'] });
    const owner = await addMember(door, account, 'olga', 'owner');
    const browser = await loggedIn(door, owner);
    const page = await browser.get('/accounts/studio/security');
    expect(page.text).toContain('they cannot be sent from here');
    const refused = await confirm(browser, 'studio', { on: 'yes', sms: 'yes', from: 'now' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('cannot be the only way');
    await expect(door.mandate('studio', ['sms'])).rejects.toThrow('text_needs_carrier');
    expect(await mandateOf(door, 'studio')).toMatchObject({ methods: 'totp' });
  });

  it('M2: whom it hits is shown before it is confirmed, and looking changes nothing', async () => {
    const { door, account, owner } = await studio();
    await using _ = door;
    await addMember(door, account);
    await door.addPerson({ email: 't@studio.example', method: 'sms', in: [{ account }] });
    await door.invite(account, 'i@studio.example');
    const browser = door.browser();
    await door.password(browser, owner);
    const before = await door.digest({ without: ['sessions'] });
    const page = await browser.get('/accounts/studio/security/mandate?on=yes&totp=yes&from=now');
    const rows = [...page.body.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)].map(([r]) =>
      (r ?? '')
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    );
    expect(rows).toContainEqual(expect.stringMatching(/^Set up with app 1 /));
    expect(rows).toContainEqual(
      expect.stringMatching(/^Set up by text message 1 .*then change to an authenticator app/),
    );
    expect(rows).toContainEqual(expect.stringMatching(/^Not yet 1 /));
    expect(rows).toContainEqual(expect.stringMatching(/^Invited 1 /));
    expect(await door.digest({ without: ['sessions'] })).toEqual(before);
  });
});

describe('M2, T2: sessions that are open when it goes on', () => {
  async function threeSessions(from: 'now' | 'next_login') {
    const { door, account, owner } = await studio();
    const app = await addMember(door, account, 'ann');
    const other = await door.addAccount({ name: 'Other', mandates: ['totp'] });
    // Proved X in their session, as another account mandates.
    const proven = await door.addPerson({
      email: 'pia@studio.example',
      method: 'totp',
      in: [{ account: other }, { account }],
    });
    const browsers = {
      none: door.browser(),
      app: door.browser(),
      proven: await loggedIn(door, proven, 'other'),
      second: door.browser(),
    };
    await door.password(browsers.none, owner);
    await door.password(browsers.second, owner);
    await door.password(browsers.app, app);
    door.clock.advance(1);
    await door.mandate('studio', ['totp', 'sms'], from);
    const answers = async () => ({
      none: (await admissions(door, browsers.none)).studio,
      second: (await admissions(door, browsers.second)).studio,
      app: (await admissions(door, browsers.app)).studio,
      proven: (await admissions(door, browsers.proven)).studio,
    });
    return { door, account, owner, app, browsers, answers };
  }

  it('M2 now: whoever has not proven is out on the next request, page and POST; who has stays', async () => {
    const { door, browsers, answers } = await threeSessions('now');
    await using _ = door;
    expect(await answers()).toEqual({
      none: 'set_up_needed',
      second: 'set_up_needed',
      app: 'code_needed',
      proven: 'authenticator',
    });
    expect((await browsers.none.get('/accounts/studio')).location).toBe('/');
    expect(
      (await browsers.none.post('/accounts/studio/people/invite', { emails: 'a@b.example' })).location,
    ).toBe('/');
    expect(await door.rows('select id from invitations')).toEqual([]);
    expect((await browsers.app.get('/')).text).toContain('Code needed');
  });

  it('M2 from next login: they live on to their end; the next login is asked', async () => {
    const { door, owner, app, browsers, answers } = await threeSessions('next_login');
    await using _ = door;
    const lives = {
      none: 'before_mandate',
      second: 'before_mandate',
      app: 'before_mandate',
      proven: 'authenticator',
    };
    expect(await answers()).toEqual(lives);
    expect((await browsers.none.get('/accounts/studio')).status).toBe(200);
    expect((await door.password(door.browser(), owner)).path).toBe('/login/email-code');
    expect((await door.password(door.browser(), app)).path).toBe('/login/code');
    // Changed to other methods, it stays so; turned to "now", it is felt at once; and there is no way back.
    await door.mandate('studio', ['totp'], 'next_login');
    expect(await answers()).toEqual(lives);
    await door.mandate('studio', ['totp'], 'now');
    expect(await answers()).toMatchObject({ none: 'set_up_needed', app: 'code_needed' });
    await expect(door.mandate('studio', ['totp'], 'next_login')).rejects.toThrow('unchanged');
    expect(await answers()).toMatchObject({ none: 'set_up_needed', app: 'code_needed' });
  });

  it('T2: off and on again, a session begun in between counts as begun before, one begun after does not', async () => {
    const { door, account, owner } = await studio();
    await using _ = door;
    const member = await door.addPerson({ email: 'm@studio.example', in: [{ account }] });
    const before = door.browser();
    await door.password(before, member);
    // Exactly at `since` is not before it.
    await door.mandate('studio', ['totp'], 'next_login');
    expect((await admissions(door, before)).studio).toBe('set_up_needed');
    await door.mandate('studio', null);
    expect((await admissions(door, before)).studio).toBe('no_mandate');
    door.clock.advance(1);
    await door.mandate('studio', ['totp'], 'next_login');
    expect((await admissions(door, before)).studio).toBe('before_mandate');
    expect(await isIn(before)).toBe(true);
    expect(owner.id).toBeTruthy();
  });

  it('M3: a kind that is no longer taken is out at once and sets up anew at the next login', async () => {
    await using cast = await openCast({ method: 'sms' });
    const { door, olivia, sam } = cast;
    const session = await loggedIn(door, sam);
    const owner = await loggedIn(door, olivia);
    expect((await confirm(owner, 'meridian', { on: 'yes', totp: 'yes', from: 'next_login' })).path).toContain(
      'done=changed',
    );
    expect((await admissions(door, session)).meridian).toBe('method_not_allowed');
    // A backup code of it opens nothing either.
    const browser = door.browser();
    await door.password(browser, sam);
    await submit(browser, '/login/recovery-code', { code: sam.codes[0] ?? '' });
    expect(await isIn(browser)).toBe(false);
  });

  it('M4: off ends requests and passes at once and keeps what is forgotten; on again revives neither', async () => {
    await using cast = await openCast();
    const { door, sam, adam, olivia } = cast;
    const { browser } = await onPass(door, sam);
    const { code } = await operatorPass(door, adam);
    const asked = await ask(door, await addMember(door, cast.meridian));
    const owner = await loggedIn(door, olivia);
    expect((await confirm(owner, 'meridian', { on: 'no' })).path).toContain('done=switched_off');
    expect(await isIn(browser)).toBe(false);
    expect((await passesOf(door, sam)).map((p) => p.ended_by)).toEqual(['mandate_off']);
    expect(await door.rows('select answer from pass_requests')).toEqual([{ answer: 'withdrawn' }]);
    await door.mandate('meridian', ['totp', 'sms']);
    expect((await typePassCode(door.browser(), adam, code)).status).toBe(422);
    await submit(asked.browser, '/login/pass', { action: 'continue' });
    expect(await isIn(asked.browser)).toBe(false);
    const [{ trust } = { trust: '' }] = await door.rows<{ trust: string }>(
      `select trust from memberships where user_id = '${sam.id}'`,
    );
    expect(trust).toBe('forgotten');
  });
});

describe('M4: switched while 200 logins run', () => {
  it.each(['now', 'next_login'] as const)(
    '%s: none ends admitted without the second factor',
    async (from) => {
      const { door, account } = await studio({ proxied: true });
      await using _ = door;
      const people: Person[] = await Promise.all(
        Array.from({ length: 200 }, (_unused, n) =>
          door.addPerson({
            email: `p${n}@studio.example`,
            in: [{ account }],
            ...(n % 2 === 0 ? { method: 'totp' } : {}),
          }),
        ),
      );
      const browsers = people.map((_p, n) => door.browser({ 'x-forwarded-for': `10.1.${n}.7` }));
      let ended = 0;
      const sixtyEnded = Promise.withResolvers<void>();
      const logins = people.map(async ({ email, password }, n) => {
        const answer = await (browsers[n] as HttpBrowser).post('/login', { email, password });
        if (++ended === 60) sixtyEnded.resolve();
        return answer;
      });
      await Promise.race([sixtyEnded.promise, Promise.all(logins)]);
      door.clock.advance(1);
      await door.mandate('studio', ['totp'], from);
      const since = door.clock.now();
      const answers = await Promise.all(logins);
      expect(new Set(answers.map((a) => a.status))).toEqual(new Set([303]));

      const rows = await door.rows<{ id: string; started_at: number }>('select id, started_at from sessions');
      const inBefore = rows.filter((r) => r.started_at < since);
      expect(inBefore.length).toBeGreaterThan(0);
      expect(inBefore.length).toBeLessThan(200);
      for (const { id, started_at } of rows) {
        const row = await findSession(door.ctx.db, id);
        const session = row === null ? null : await signedIn(door.ctx, door.ctx.db, row);
        const answer = admit(door.ctx, session, 'studio');
        if (from === 'next_login' && started_at < since) {
          expect(answer).toEqual({ answer: 'admitted', by: 'before_mandate' });
        } else expect(answer.answer).toMatch(/^(set_up|code)_needed$/);
      }
      // The others wait at their second step.
      const waiting = answers.filter((a) => a.location !== '/').map((a) => a.location);
      expect(waiting).toHaveLength(200 - rows.length);
      for (const where of waiting) expect(where).toMatch(/^\/login\/(code|email-code)$/);
    },
  );
});

describe('S2: session length', () => {
  it('S2: from 15 minutes to 24 hours where mandated, to 30 days elsewhere; a mandate shortens what is longer', async () => {
    const { door, account } = await studio();
    await using _ = door;
    const owner = await addMember(door, account, 'ann', 'owner');
    const browser = door.browser();
    await door.password(browser, owner);
    await submit(browser, '/accounts/studio/confirm', { page: 'security' });
    await submit(browser, '/login/code', { code: door.appCode(owner) });
    const set = async (max: string, idle: string) =>
      (await browser.post('/accounts/studio/security/session-length', { max, idle })).status;
    const now = async () => {
      const { session_max_ms: max, session_idle_ms: idle } = await door.account('studio');
      return [max, idle];
    };
    expect(await set('43200', '10080')).toBe(303);
    expect(await now()).toEqual([days(30), days(7)]);
    for (const [max, idle] of [
      ['14', '14'],
      ['15', '14'],
      ['43201', '60'],
      ['60', '61'],
      ['0', '0'],
    ] as const)
      expect(await set(max, idle), `${max}/${idle}`).toBe(422);
    for (const bad of ['-15', '1e3', '15.5', 'x', ''])
      expect(await set(bad, '15')).toBeGreaterThanOrEqual(400);
    expect(await now()).toEqual([days(30), days(7)]);
    await door.mandate('studio', ['totp']);
    expect(await now()).toEqual([hours(24), hours(24)]);
    expect(await set('1441', '60')).toBe(422);
    expect(await set('15', '15')).toBe(303);
    expect(await set('15', '15')).toBe(303);
    door.clock.advance(minutes(15) - 1);
    const session = browser.copy();
    expect((await session.get('/accounts/studio')).status).not.toBe(500);
    door.clock.advance(1);
    expect((await browser.get('/accounts/studio')).location).toMatch(/^\/login/);
  });
});
