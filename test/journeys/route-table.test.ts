/** What must hold of every route, by the table that the server itself keeps of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemble, type Cast, exampleOf, ROLES } from '../bad-input/cast.ts';
import { cookieOf, openDoor } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';

/** R64: every way in is written down here. A new route that needs no session wants a line, and a thought. */
const WITHOUT_SESSION = {
  public: [
    '/assets/:version/:file',
    '/assets/:version/client/:file',
    '/forgot-password',
    '/health',
    '/help/two-factor',
    '/not-me/:token',
    '/reset-password',
  ],
  login: [
    '/invitations/:token',
    '/invitations/:token/log-out',
    '/login',
    '/login/account',
    '/login/backup-codes',
    '/login/backup-codes.txt',
    '/login/code',
    '/login/continue',
    '/login/email-code',
    '/login/pass',
    '/login/pass/state',
    '/login/recovered',
    '/login/recovery-code',
    '/login/refused',
    '/login/set-up',
    '/login/set-up/app',
    '/login/set-up/phone',
    '/login/set-up/text',
    '/logout',
    '/sign-up',
  ],
  machine: ['/receipts/sms/:carrier'],
  development: ['/dev/inbox', '/dev/inbox.json'],
};

let cast: Cast;
beforeAll(async () => {
  cast = await assemble();
});
afterAll(() => cast.door.close());

/** Who answered, and how: without the dates, and the numbers that differ each time. */
const shown = ({ status, location, body, setCookies }: Answer) => ({ status, location, body, setCookies });

/** POSTs that come from pages; a machine proves itself by its own signature. */
const formsOf = () => routesOf('POST').filter((r) => r.door !== 'machine');
const routesOf = (...methods: string[]) => cast.door.app.routes.filter((r) => methods.includes(r.method));

describe('every route', () => {
  it('R64: says who may call it, and those that ask for no session are the known ones', () => {
    const { routes } = cast.door.app;
    expect(routes.length).toBeGreaterThan(60);
    const doors = new Set(routes.map((r) => r.door));
    for (const door of doors)
      expect(['public', 'machine', 'login', 'session', 'account', 'development']).toContain(door);
    for (const [door, urls] of Object.entries(WITHOUT_SESSION)) {
      const found = new Set(routes.filter((r) => r.door === door).map((r) => r.url));
      expect([...found].toSorted()).toEqual(urls);
    }
  });

  it('S1: that wants a session lets nobody in without one', async () => {
    const { door, deadAddressOf, addressOf } = cast;
    const before = await door.digest();
    for (const route of routesOf('GET', 'POST')) {
      if (route.door !== 'session' && route.door !== 'account') continue;
      for (const path of [addressOf(route), deadAddressOf(route)]) {
        const nobody = door.browser();
        const answer =
          route.method === 'GET'
            ? await nobody.get(path)
            : await nobody.post(path, exampleOf(route.url).fields);
        expect({ path, status: answer.status, to: answer.location?.replace(/\?.*/, '') }).toEqual({
          path,
          status: 303,
          to: '/login',
        });
        expect(answer.setCookies).toEqual([]);
      }
    }
    expect(await door.digest()).toEqual(before);
  });

  it('R60: of an account that one is not in is as good as none', async () => {
    const { door, browsers } = cast;
    await door.addAccount({ name: 'Elsewhere' });
    const before = await door.digest();
    for (const route of routesOf('GET', 'POST').filter(
      (r) => r.door === 'account' || r.url.includes(':slug'),
    )) {
      const ask = (slug: string) => {
        const path = cast.addressOf(route).replace('/meridian', `/${slug}`);
        return route.method === 'GET'
          ? browsers.owner.copy().get(path)
          : browsers.owner.copy().post(path, exampleOf(route.url).fields);
      };
      const [strange, none] = [await ask('elsewhere'), await ask('nowhere')];
      expect({ url: route.url, status: strange.status }).toEqual({ url: route.url, status: 404 });
      expect(shown(strange)).toEqual(shown(none));
    }
    expect(await door.digest()).toEqual(before);
  });
});

describe('a login’s cookie (D1)', () => {
  const LOGINS = ['at_mailbox', 'at_code', 'recovered', 'at_set_up', 'at_backup_codes', 'at_pass'] as const;
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const slots: Record<string, (token: string) => Record<string, string>> = {
    'as the session': (token) => ({ cookie: `session=${token}` }),
    'as every cookie': (token) => ({
      cookie: ['session', 'known', 'pass', 'login', '__Host-session']
        .map((name) => `${name}=${token}`)
        .join('; '),
    }),
    'where it belongs': (token) => ({ cookie: `login=${token}` }),
    'as Bearer': (token) => ({ authorization: `Bearer ${token}` }),
    'as Basic’s password': (token) => ({ authorization: basic(`olivia@meridian.example:${token}`) }),
    'as Basic’s name': (token) => ({ authorization: basic(`${token}:`) }),
    'as a key': (token) => ({ 'x-api-key': token, 'x-session': token }),
  };

  it.each(Object.keys(slots))('opens nothing but a login’s pages: %s', async (slot) => {
    const { door, browsers, deadAddressOf, addressOf } = cast;
    const before = await door.digest({ without: ['outbox'] });
    let asked = 0;
    for (const route of routesOf('GET', 'POST').filter((r) => r.door !== 'login')) {
      // What a stranger may do anyway is not done to a living link here.
      const path = route.door === 'public' ? deadAddressOf(route) : addressOf(route);
      const fields = route.url === '/forgot-password' ? { email: '' } : exampleOf(route.url).fields;
      const ask = (headers: Record<string, string>) => {
        const browser = door.browser(headers);
        return route.method === 'GET' ? browser.get(path) : browser.post(path, fields);
      };
      const nobody = shown(await ask({}));
      for (const role of LOGINS) {
        const token = cookieOf(browsers[role], 'login') ?? '';
        expect(token).toMatch(/^[\w-]{43}$/);
        const answer = await ask(slots[slot]?.(token) ?? {});
        expect({ route, role, ...shown(answer) }).toEqual({ route, role, ...nobody });
        asked++;
      }
    }
    expect(asked).toBeGreaterThan(200);
    expect(await door.digest({ without: ['outbox'] })).toEqual(before);
  });

  it('and a session’s cookie is no login’s', async () => {
    const { door, browsers } = cast;
    const token = cookieOf(browsers.member, 'session') ?? '';
    for (const { url } of routesOf('GET').filter(
      (r) => r.door === 'login' && /^\/login\/[^:]+$/.test(r.url),
    )) {
      const answer = await door.browser({ cookie: `login=${token}` }).get(url);
      const nobody = await door.browser().get(url);
      expect({ url, ...shown(answer) }).toEqual({ url, ...shown(nobody) });
    }
  });
});

describe('looking', () => {
  it('D5: spends and changes nothing: every page, by everybody, with living links, opened and asked for by HEAD', async () => {
    const { door, browsers, addressOf } = cast;
    const before = await door.digest();
    const unspent = () =>
      door.rows(`select
        (select count(*) from invitations where spent_at is null) as invitations,
        (select count(*) from password_resets where spent_at is null) as resets,
        (select count(*) from notice_links where spent_at is null) as notices,
        (select count(*) from backup_codes where spent_at is null) as codes,
        (select count(*) from challenges where spent_at is null) as challenges,
        (select count(*) from passes where activated_at is null and ended_at is null) as passes,
        (select count(*) from pass_requests where answer is null) as requests`);
    const alive = await unspent();
    expect(Object.values(alive[0] ?? {}).every((n) => Number(n) > 0)).toBe(true);
    const seen = new Set<string>();
    for (const role of ROLES) {
      for (const route of routesOf('GET', 'HEAD')) {
        const path = addressOf(route);
        const browser = browsers[role].copy();
        const answer = route.method === 'GET' ? await browser.get(path) : await head(browser, path);
        expect(answer.status, `${role} ${route.method} ${path}`).toBeLessThan(500);
        if (answer.status === 200) seen.add(route.url);
      }
    }
    // Not a walk past closed doors only.
    for (const url of [
      '/',
      '/login/code',
      '/login/set-up/app',
      '/login/backup-codes',
      '/accounts/:slug/people/:id',
    ]) {
      expect(seen).toContain(url);
    }
    for (const url of ['/reset-password', '/not-me/:token', '/invitations/:token'])
      expect(seen).toContain(url);
    expect(await unspent()).toEqual(alive);
    expect(await door.digest()).toEqual(before);
  });

  const head = async (browser: HttpBrowser, path: string): Promise<{ status: number }> => {
    const cookie = browser
      .cookies()
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(new URL(path, cast.door.url), {
      method: 'HEAD',
      headers: { cookie },
      redirect: 'manual',
    });
    expect(await response.text()).toBe('');
    return response;
  };
});

describe('a form from elsewhere', () => {
  const FOREIGN: Record<string, Record<string, string | undefined>> = {
    'says nothing of where it is from': { 'sec-fetch-site': undefined, origin: undefined },
    'says cross-site': { 'sec-fetch-site': 'cross-site' },
    'says same-site': { 'sec-fetch-site': 'same-site' },
    'says none': { 'sec-fetch-site': 'none' },
    'says something unknown': { 'sec-fetch-site': 'same-origin, cross-site' },
    'has a foreign Origin': { 'sec-fetch-site': undefined, origin: 'https://evil.example' },
    'has an Origin that begins alike': {
      'sec-fetch-site': undefined,
      origin: 'http://localhost.evil.example',
    },
    'has Origin: null': { 'sec-fetch-site': undefined, origin: 'null' },
    'has a Referer alone': {
      'sec-fetch-site': undefined,
      origin: undefined,
      referer: 'http://localhost/login',
    },
  };

  it.each(Object.keys(FOREIGN))('R48: is refused by every POST if it %s', async (how) => {
    const { door, browsers, addressOf } = cast;
    const before = await door.digest();
    const posts = formsOf();
    expect(posts.length).toBeGreaterThan(20);
    for (const route of posts) {
      const { as, fields } = exampleOf(route.url);
      const answer = await browsers[as].copy().post(addressOf(route), fields, FOREIGN[how]);
      expect({ url: route.url, status: answer.status }).toEqual({ url: route.url, status: 403 });
      expect(answer.body).toContain('<h1>');
      expect(answer.setCookies).toEqual([]);
    }
    expect(await door.digest()).toEqual(before);
  });

  it('R48: of one’s own, known by its Origin where the browser is too old to say more, is taken', async () => {
    const { browsers, addressOf, door } = cast;
    const before = await door.digest();
    for (const route of formsOf()) {
      const own = { 'sec-fetch-site': undefined, origin: door.url };
      const { as } = exampleOf(route.url);
      // Heard, and refused for what it holds.
      const answer = await browsers[as].copy().post(addressOf(route), { nonsense: '1' }, own);
      expect({ url: route.url, status: answer.status }).toEqual({ url: route.url, status: 400 });
    }
    expect(await door.digest()).toEqual(before);
  });

  it('R48: other methods than GET, HEAD and POST do nothing anywhere', async () => {
    const { door, addressOf } = cast;
    for (const { url } of routesOf('GET', 'POST')) {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const headers = { 'sec-fetch-site': 'same-origin' };
        const response = await fetch(new URL(addressOf({ url }), door.url), {
          method,
          headers,
          redirect: 'manual',
        });
        expect(response.status, `${method} ${url}`).toBeGreaterThanOrEqual(404);
        expect(response.status, `${method} ${url}`).toBeLessThan(500);
        await response.arrayBuffer();
      }
    }
  });

  it('R48: with development off, only the one public origin counts; behind https, that one', async () => {
    await using door = await openDoor({ dev: false });
    const forgot = (origin: string) =>
      door.browser().post('/login', { email: '', password: '' }, { 'sec-fetch-site': undefined, origin });
    expect((await forgot(door.url)).status).toBe(422);
    expect((await forgot(`http://127.0.0.1:${door.port}`)).status).toBe(403);
    expect((await forgot('http://localhost:1')).status).toBe(403);
    await using https = await openDoor({ url: 'https://login.example.test' });
    const post = (origin: string) =>
      https.browser().post('/login', { email: '', password: '' }, { 'sec-fetch-site': undefined, origin });
    expect((await post('https://login.example.test')).status).toBe(422);
    for (const origin of [
      'http://login.example.test',
      'https://example.test',
      'https://login.example.test:8443',
    ]) {
      expect((await post(origin)).status).toBe(403);
    }
  });
});
