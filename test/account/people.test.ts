/** People of an account: invited, changed, removed, found; T09 and the races among those who run it; T3. */
import { describe, expect, it } from 'vitest';
import { inTransaction } from '../../src/store/database.ts';
import { isIn, proveMailbox, STRONG, signUp } from '../journeys/steps.ts';
import { hours } from '../support/clock.ts';
import { type Door, openDoor, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { addMember, admissions, ask, loggedIn, memberOf, onPass, openCast } from './steps.ts';

const invite = (browser: HttpBrowser, emails: string, role = 'member'): Promise<Answer> =>
  browser.post('/accounts/meridian/people/invite', { emails, role });

const invitations = (door: Door) =>
  door.rows<{
    id: string;
    email: string;
    role: string;
    withdrawn_at: number | null;
    spent_at: number | null;
  }>(
    'select id, email, role, withdrawn_at, spent_at from invitations order by email, created_at, withdrawn_at is null',
  );

describe('invitations (U1)', () => {
  it('one, many, in any notation and case; twice the same is once; members are told apart', async () => {
    await using cast = await openCast();
    const { door, olivia, sam } = cast;
    const browser = await loggedIn(door, olivia);
    const answer = await invite(
      browser,
      ` One@New.example,two@new.example;three@new.example\r\nONE@new.example  ${sam.email.toUpperCase()}\n`,
      'admin',
    );
    expect(answer.location).toContain('/accounts/meridian/people?done=invited&invited=3&members=1');
    expect((await browser.follow(answer)).text).toContain('3 invitations are on their way');
    expect((await invitations(door)).map((i) => [i.email, i.role])).toEqual([
      ['one@new.example', 'admin'],
      ['three@new.example', 'admin'],
      ['two@new.example', 'admin'],
    ]);
    expect(await door.count('one@new.example', /Join Meridian/)).toBe(1);
    expect(await door.count(sam.email)).toBe(0);
  });

  it('bad ones are named and nothing is sent, not even to the good ones; none, and too many', async () => {
    await using cast = await openCast();
    const { door, olivia } = cast;
    const browser = await loggedIn(door, olivia);
    const bad = await invite(browser, 'good@new.example, nonsense, a@b, x@y.example>');
    expect(bad.status).toBe(422);
    expect(bad.text).toContain('nonsense, a@b, x@y.example>');
    expect(bad.body).toContain('good@new.example');
    for (const nothing of ['', ' , ;\n']) expect((await invite(browser, nothing)).status).toBe(422);
    const many = (n: number) => Array.from({ length: n }, (_, i) => `p${i}@new.example`).join('\n');
    expect((await invite(browser, many(101))).text).toContain('more than 100');
    for (const role of ['root', 'OWNER', ''])
      expect((await invite(browser, 'a@new.example', role)).status).toBeGreaterThanOrEqual(400);
    expect(await invitations(door)).toEqual([]);
    expect((await invite(browser, many(100))).location).toContain('invited=100');
    expect(await invitations(door)).toHaveLength(100);
  });

  it('sent again: the old link is dead and the new one works; withdrawn: dead; neither twice', async () => {
    await using cast = await openCast();
    const { door, olivia } = cast;
    const browser = await loggedIn(door, olivia);
    await invite(browser, 'iris@new.example');
    const first = await door.link('iris@new.example');
    const [row] = await invitations(door);
    const path = `/accounts/meridian/invitations/${row?.id}`;
    expect((await browser.post(`${path}/resend`, {})).location).toContain('done=resent');
    const second = await door.link('iris@new.example');
    expect(second).not.toBe(first);
    expect((await door.browser().get(first)).status).toBe(410);
    expect((await browser.post(`${path}/resend`, {})).status).toBe(404);
    expect((await browser.post(`${path}/withdraw`, {})).status).toBe(404);
    const again = (await invitations(door)).find((i) => i.withdrawn_at === null);
    // Half-way through its sign-up when it is withdrawn: it joins nothing.
    const iris = door.browser();
    await signUp(iris, { name: 'Iris', email: 'iris@new.example', password: STRONG }, second);
    expect(
      (await browser.post(`/accounts/meridian/invitations/${again?.id}/withdraw`, {})).location,
    ).toContain('done=withdrawn');
    expect((await door.browser().get(second)).status).toBe(410);
    await proveMailbox(door, iris, 'iris@new.example');
    expect(
      await door.rows(`select m.id from memberships m join users u on u.id = m.user_id
      where u.email = 'iris@new.example' and m.account_id = '${cast.meridian.id}'`),
    ).toEqual([]);
  });

  it('opened by another person it is refused and stays unused', async () => {
    await using cast = await openCast();
    const { door, meridian, harbour, sam } = cast;
    const other = await addMember(door, harbour, 'otto');
    const link = await door.invite(meridian, 'iris@new.example');
    const browser = await loggedIn(door, other);
    const page = await browser.follow(await browser.get(link));
    expect(page.text).toContain('This invitation is for i…@…');
    expect(page.text).not.toContain('iris@new.example');
    await submit(browser, link);
    await browser.post(link, {});
    await expect(memberOf(door, other, 'meridian')).rejects.toThrow();
    // Nor by a login of somebody else begun with it.
    const begun = door.browser();
    await submit(begun, link);
    await submit(begun, '/login', { email: sam.email, password: sam.password });
    expect((await invitations(door)).map((i) => i.spent_at)).toEqual([null]);
  });

  it('two parallel accepts of two invitations make one membership', async () => {
    await using cast = await openCast();
    const { door, meridian } = cast;
    const eve = await door.addPerson({ email: 'eve@new.example' });
    const link = await door.invite(meridian, eve.email);
    const browsers = Array.from({ length: 10 }, () => door.browser());
    for (const browser of browsers) {
      await submit(browser, link);
      await submit(browser, '/login', { email: eve.email, password: eve.password });
    }
    // Each of them knows its own code; only a few are mailed, so the newest is tried everywhere and one more by hand.
    const code = await door.code(eve.email);
    const answers = await Promise.all(browsers.map((b) => b.post('/login/email-code', { code })));
    for (const { status } of answers) expect(status).toBeLessThan(500);
    const joined = await door.rows(`select id from memberships where user_id = '${eve.id}'`);
    expect(joined).toHaveLength(1);
    expect((await invitations(door)).filter((i) => i.spent_at !== null)).toHaveLength(1);
  });
});

describe('roles, removal, sessions', () => {
  it('T09: an admin who was demoted, or removed, in another tab has no power left in the open one', async () => {
    for (const deed of ['demoted', 'removed'] as const) {
      await using cast = await openCast();
      const { door, olivia, adam, sam } = cast;
      const [owner, tab] = [await loggedIn(door, olivia), await loggedIn(door, adam)];
      const [admin, target] = [await memberOf(door, adam), await memberOf(door, sam)];
      expect((await tab.get(`/accounts/meridian/people/${target}`)).status).toBe(200);
      const asked = await ask(door, sam);
      if (deed === 'demoted') await owner.post(`/accounts/meridian/people/${admin}/role`, { role: 'member' });
      else await owner.post(`/accounts/meridian/people/${admin}/remove`, {});
      const status = deed === 'demoted' ? 403 : 404;
      const before = await door.digest({ without: ['sessions', 'logins'] });
      for (const [path, fields] of [
        [`people/${target}/remove`, {}],
        [`people/${target}/end-sessions`, {}],
        [`people/${target}/pass`, { reason: 'x' }],
        [`passes/requests/${asked.id}`, { action: 'grant', number: asked.number, reason: 'x' }],
        [`passes/requests/${asked.id}`, { action: 'deny' }],
        ['people/invite', { emails: 'a@b.example', role: 'member' }],
        ['security', { on: 'no', confirmed: 'yes' }],
        ['security/session-length', { max: '60', idle: '60' }],
        ['confirm', { page: 'passes' }],
      ] as const)
        expect((await tab.post(`/accounts/meridian/${path}`, fields)).status, `${deed} ${path}`).toBe(status);
      for (const path of ['', '/people', '/passes', '/activity', '/activity.csv'])
        expect((await tab.get(`/accounts/meridian${path}`)).status).toBe(status);
      expect(await door.digest({ without: ['sessions', 'logins'] })).toEqual(before);
    }
  });

  it('P8: of two last owners who leave, demote or remove each other at once, one stays', async () => {
    await using cast = await openCast();
    const { door, meridian } = cast;
    const owners = () =>
      door.rows(`select id from memberships where account_id = '${meridian.id}' and role = 'owner'`);
    const { olivia } = cast;
    let [one, other] = [olivia, await addMember(door, meridian, 'owen', 'owner')];
    for (const deed of ['leave', 'demote', 'remove'] as const) {
      for (let round = 0; round < 4; round++) {
        const [a, b] = [await loggedIn(door, one), await loggedIn(door, other)];
        const [m, n] = [await memberOf(door, one), await memberOf(door, other)];
        const post = (by: HttpBrowser, target: string) =>
          deed === 'leave'
            ? by.post('/accounts/meridian/leave', {})
            : deed === 'demote'
              ? by.post(`/accounts/meridian/people/${target}/role`, { role: 'member' })
              : by.post(`/accounts/meridian/people/${target}/remove`, {});
        const answers = await Promise.all([post(a, n), post(b, m)]);
        expect(answers.filter((x) => x.status === 303 && !x.location?.startsWith('/login'))).toHaveLength(1);
        const left = await owners();
        expect(left).toHaveLength(1);
        const [stays] = await door.rows<{ email: string }>(
          `select email from users u join memberships m on m.user_id = u.id where m.account_id = '${meridian.id}' and role = 'owner'`,
        );
        one = [one, other].find((p) => p.email === stays?.email) ?? one;
        other = await addMember(door, meridian, `owen${deed}${round}`, 'owner');
      }
    }
  });

  it('P6: removed: out of the account at once, in every session; other accounts stay as they are', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, adam, sam } = cast;
    const [one, two] = [await loggedIn(door, sam), await loggedIn(door, sam)];
    const admin = await loggedIn(door, adam);
    const member = await memberOf(door, sam);
    expect((await admin.get(`/accounts/meridian/people/${member}/remove`)).text).toContain(
      'Remove Sam Rivera?',
    );
    expect((await admin.post(`/accounts/meridian/people/${member}/remove`, {})).location).toContain(
      'done=removed',
    );
    for (const browser of [one, two])
      expect(await admissions(door, browser)).toEqual({
        meridian: 'not_member',
        crestline: 'no_mandate',
        harbour: 'authenticator',
      });
    expect((await admin.post(`/accounts/meridian/people/${member}/remove`, {})).status).toBe(404);
  });

  it('S2: ended sessions are out of this account only; a new login is in', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, adam, sam } = cast;
    const [one, two] = [await loggedIn(door, sam), await loggedIn(door, sam)];
    const admin = await loggedIn(door, adam);
    door.clock.advance(1);
    await admin.post(`/accounts/meridian/people/${await memberOf(door, sam)}/end-sessions`, {});
    for (const browser of [one, two])
      expect(await admissions(door, browser)).toMatchObject({
        meridian: 'session_ended_here',
        harbour: 'authenticator',
      });
    expect(await admissions(door, await loggedIn(door, sam))).toMatchObject({ meridian: 'authenticator' });
  });

  it('P8: leaving is asked for once more, and takes the passes along', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser, passId } = await onPass(door, sam);
    expect((await browser.get('/accounts/meridian/leave')).text).toContain('Leave Meridian?');
    expect(await memberOf(door, sam)).toBeTruthy();
    await submit(browser, '/accounts/meridian/leave');
    await expect(memberOf(door, sam)).rejects.toThrow();
    expect(await door.rows(`select ended_by from passes where id = '${passId}'`)).toEqual([
      { ended_by: 'removed' },
    ]);
    expect(await isIn(browser)).toBe(false);
  });
});

/** An account of many, written straight into the tables. */
async function crowd(door: Door, name: string, many: number) {
  const account = await door.addAccount({ name, mandates: ['totp', 'sms'], session_idle_ms: hours(24) });
  const owner = await addMember(door, account, `owner-of-${account.slug}`, 'owner');
  const now = door.clock.now();
  await inTransaction(door.ctx.db, async (tx) => {
    for (let from = 0; from < many; from += 500) {
      const part = Array.from({ length: Math.min(500, many - from) }, (_, i) => from + i);
      const id = (n: number) => `${account.slug}${String(n).padStart(6, '0')}`;
      await tx
        .insertInto('users')
        .values(
          part.map((n) => ({
            id: id(n),
            email: `person${n}@${account.slug}.example`,
            name: `Person ${String(n).padStart(4, '0')}`,
            password_hash: 'x',
            password_changed_at: now,
            created_at: now,
            disabled_at: null,
          })),
        )
        .execute();
      await tx
        .insertInto('memberships')
        .values(
          part.map((n) => ({
            id: `m${id(n)}`,
            user_id: id(n),
            account_id: account.id,
            role: n % 100 === 7 ? ('admin' as const) : ('member' as const),
            trust: n % 3 === 0 ? ('forgotten' as const) : ('never' as const),
            authenticator_id: null,
            trust_since: now,
            joined_at: now - n,
            active_at: now,
            sessions_from: 0,
            last_entered_at: n % 2 === 0 ? now - n : null,
          })),
        )
        .execute();
    }
  });
  return { account, owner, browser: await loggedIn(door, owner) };
}

const namesOn = (page: Answer) => [...new Set(page.text.match(/Person \d{4}/g) ?? [])];

describe('3,000 people', () => {
  it('search, filter, sort and pages are right, and no page takes ten times that of an account of fifty', async () => {
    await using door = await openDoor();
    const small = await crowd(door, 'Small', 49);
    const { browser } = await crowd(door, 'Large', 2_999);
    const get = (query: string) => browser.get(`/accounts/large/people${query}`);
    expect((await get('')).text).toContain('1 to 50 of 3,000 people');
    const second = await get('?page=2');
    expect(namesOn(second)).toHaveLength(50);
    expect(namesOn(await get('?page=60')).at(-1)).toBe('Person 2998');
    expect((await get('?page=61')).location).toBe('/accounts/large/people?filter=all&sort=name&page=60');
    expect(namesOn(await get('?search=person%201234'))).toEqual(['Person 1234']);
    expect(namesOn(await get('?search=PERSON77@large'))).toEqual(['Person 0077']);
    // A wildcard is a letter like any other, and a quote is no SQL.
    for (const odd of ['%25', '_', "'", '%5C', "'; drop table users; --"])
      expect((await get(`?search=${odd}`)).text, odd).toContain('Nobody fits');
    expect((await get('?filter=admins')).text).toContain('of 31 people');
    expect((await get('?filter=set_up_again')).text).toContain('of 1,000 people');
    expect((await get('?filter=not_yet')).text).toContain('of 1,999 people');
    expect((await get('?filter=set_up')).text).toContain('of 1 person');
    expect((await get('?filter=set_up_app')).text).toContain('of 1 person');
    expect((await get('?filter=set_up_text')).text).toContain('Nobody fits');
    expect(namesOn(await get('?sort=last_login'))[0]).toBe('Person 0000');
    expect(namesOn(await get('?sort=joined'))[0]).toBe('Person 0000');
    const byRole = await get('?sort=role');
    expect(byRole.text.indexOf('Owner-of-large')).toBeLessThan(byRole.text.search(/Person \d/));
    expect(namesOn(byRole).slice(0, 30)).toEqual(namesOn(byRole).filter((name) => name.endsWith('07')));
    for (const bad of ['?page=0', '?page=-1', '?page=x', '?sort=password', '?filter=x', '?search=a&search=b'])
      expect((await get(bad)).status, bad).toBe(400);

    // In turn, and the best of nine of each: whatever else this machine does tells nothing of the pages.
    const best = (times: number[]) => Math.min(...times);
    const took = async (who: HttpBrowser, path: string) => {
      const start = performance.now();
      expect((await who.get(path)).status).toBe(200);
      return performance.now() - start;
    };
    for (const path of [
      '/people',
      '/people?page=60',
      '/people?sort=last_login',
      '/people?search=person',
      '',
    ]) {
      const [base, times]: [number[], number[]] = [[], []];
      for (let n = 0; n < 9; n++) {
        base.push(await took(small.browser, `/accounts/small${path.replace(/\?.*/, '')}`));
        times.push(await took(browser, `/accounts/large${path}`));
      }
      expect(best(times), `${path} of 3,000`).toBeLessThan(10 * best(base));
    }
  });

  it('a name is found by its letters in any case, also where they are not English', async () => {
    await using cast = await openCast();
    const { door, meridian, olivia } = cast;
    await door.addPerson({ email: 'asa@meridian.example', name: 'Åsa Öberg', in: [{ account: meridian }] });
    const browser = await loggedIn(door, olivia);
    for (const typed of ['Åsa', 'Öberg', 'åsa', 'ÖBERG'])
      expect(
        (await browser.get(`/accounts/meridian/people?search=${encodeURIComponent(typed)}`)).text,
        typed,
      ).toContain('Åsa Öberg');
  });
});

describe('T3: what an account sees', () => {
  it('nothing of another account, and never a phone number, on any page or in any export', async () => {
    await using cast = await openCast({ samIn: 'all', method: 'sms' });
    const { door, harbour, olivia, sam } = cast;
    await addMember(door, harbour, 'hidden');
    await door.invite(harbour, 'secret-invite@harbour.example');
    // Everything happens in Harbour, by Sam and by others.
    await onPass(door, sam, 'harbour');
    await ask(door, await addMember(door, harbour, 'waiting'), 'harbour');
    await loggedIn(door, sam, 'meridian');
    const browser = await loggedIn(door, olivia);
    const member = await memberOf(door, sam);
    const pages = [
      '',
      '/people',
      `/people/${member}`,
      `/people/${member}/remove`,
      '/people?search=sam',
      '/passes',
      '/security',
      '/security/mandate?on=yes&totp=yes',
      '/activity',
      '/activity.csv',
      '/activity.jsonl',
    ];
    for (const path of pages) {
      const page = await browser.get(`/accounts/meridian${path}`);
      expect(page.status, path).toBe(200);
      for (const foreign of [
        'Harbour',
        'harbour',
        'Crestline',
        'crestline',
        'Hidden',
        'rang the operator',
        'secret-invite',
      ])
        expect(page.body, `${path} shows ${foreign}`).not.toContain(foreign);
      expect(page.body.replaceAll(/\D/g, ''), path).not.toContain((sam.phone ?? '').slice(1));
    }
    const shown = await browser.get(`/accounts/meridian/people/${member}`);
    for (const text of ['Member', 'Set up by text']) expect(shown.text).toContain(text);
  });
});
