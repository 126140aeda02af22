import { describe, expect, it } from 'vitest';
import { type Door, openDoor } from '../support/door.ts';
import type { Answer } from '../support/http-browser.ts';
import { proveMailbox, setUpApp } from './steps.ts';

const HTTPS = 'https://login.example.test';

/** Everything a browser is shown on its way in, out, and at closed doors. */
async function walk(door: Door): Promise<Answer[]> {
  const [nina, sam] = [await door.demoPerson('nina'), await door.demoPerson('sam')];
  const answers: Answer[] = [];
  const see = (...more: Answer[]) => answers.push(...more);
  const browser = door.browser();
  for (const path of [
    '/login',
    '/sign-up',
    '/forgot-password',
    '/help/two-factor',
    '/nothing',
    '/',
    '/health',
  ]) {
    see(await browser.get(path));
  }
  see(await browser.get('/reset-password?token=x'), await browser.get(`/not-me/${'A'.repeat(43)}`));
  see(
    await browser.get(await door.link('iris@meridian.example')),
    await browser.get(`/invitations/${'A'.repeat(43)}`),
  );
  see(await browser.post('/login', { email: sam.email, password: 'wrong words typed' }));
  see(await browser.post('/login', { email: sam.email }, { 'sec-fetch-site': 'cross-site' }));
  see(await browser.post('/login', { nonsense: '1' }), await browser.get('/login?nonsense'));
  see(await browser.post('/login', { email: nina.email, password: nina.password }));
  see(await browser.get('/login/email-code'));
  see(await proveMailbox(door, browser, nina.email));
  see(await browser.post('/login/set-up', { method: 'totp' }), await browser.get('/login/set-up/app'));
  see((await setUpApp(door, browser)).page, await browser.get('/login/backup-codes.txt'));
  see(await browser.post('/login/backup-codes', { saved: 'yes' }), await browser.get('/'));
  see(await browser.get('/password'), await browser.post('/logout', {}));
  const other = door.browser();
  see(await door.password(other, sam), await other.get('/login/recovery-code'));
  see(await other.post('/login/code', { code: door.appCode(sam) }), await other.get('/'));
  see(
    await other.get('/accounts/crestline'),
    await other.get('/accounts/nowhere'),
    await other.get('/dev/inbox'),
  );
  return answers;
}

describe.each([
  ['plain http on localhost', undefined],
  ['https', HTTPS],
])('over %s', (_how, url) => {
  it('T31, R44: every page is never stored, framed or sniffed, and runs nothing that is not ours', async () => {
    await using door = await openDoor({ demo: true, ...(url === undefined ? {} : { url }) });
    const answers = await walk(door);
    expect(answers.length).toBeGreaterThan(30);
    for (const { path, headers, status } of answers) {
      const seen = { path, status, ...headers };
      expect(seen, path).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      const csp = headers['content-security-policy'] ?? '';
      for (const part of [
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]) {
        expect(csp, path).toContain(part);
      }
      expect(csp, path).not.toMatch(/unsafe|https?:|\*/);
      if (url === undefined) {
        expect(csp, path).not.toContain('upgrade-insecure-requests');
        expect(headers['strict-transport-security'], path).toBeUndefined();
      } else {
        expect(headers['strict-transport-security'], path).toMatch(/max-age=\d{8}/);
      }
    }
  });

  it('no answer leads to another site', async () => {
    await using door = await openDoor({ demo: true, ...(url === undefined ? {} : { url }) });
    const leads = (await walk(door)).flatMap(({ location }) => location ?? []);
    expect(leads.length).toBeGreaterThan(5);
    for (const location of leads) expect(location).toMatch(/^\/(?![/\\])/);
    for (const where of ['//evil.example', 'https://evil.example', '/\\evil.example']) {
      const asked = encodeURIComponent(where);
      for (const field of ['account', 'return_to', 'next', 'redirect', 'returnTo']) {
        const answer = await door.browser().get(`/login?${field}=${asked}`);
        expect([200, 400]).toContain(answer.status);
        expect(answer.body).not.toMatch(/(href|action)="(https?:)?\/\/evil|(href|action)="\/\\/);
      }
    }
  });

  it('no page has script or style within it', async () => {
    await using door = await openDoor({ demo: true, ...(url === undefined ? {} : { url }) });
    for (const { path, body } of await walk(door)) {
      expect(body.match(/<style|\sstyle=|\son[a-z]+=|javascript:/gi), path).toBeNull();
      expect([...body.matchAll(/<script(?![^>]*\ssrc=)[^>]*>/gi)], path).toEqual([]);
    }
  });

  it('S1, R44: cookies are for this host alone, out of reach of scripts and of other sites’ forms', async () => {
    await using door = await openDoor({ demo: true, ...(url === undefined ? {} : { url }) });
    const lines = (await walk(door)).flatMap((answer) => answer.setCookies);
    const names = new Set(lines.map((line) => line.split('=')[0]));
    const prefix = url === undefined ? '' : '__Host-';
    expect(names).toEqual(new Set(['login', 'session', 'known'].map((name) => prefix + name)));
    for (const line of lines) {
      expect(line).toMatch(/; HttpOnly/i);
      expect(line).toMatch(/; SameSite=Lax/i);
      expect(line).toMatch(/; Path=\/(;|$)/i);
      expect(line).not.toMatch(/domain/i);
      expect(/; Secure/i.test(line)).toBe(url !== undefined);
      expect(line).toMatch(/^[\w-]+=([\w-]{43})?;/);
    }
  });
});

it('a page that shows a secret is never compressed, so that its length tells nothing (BREACH)', async () => {
  await using door = await openDoor({ demo: true });
  const nina = await door.demoPerson('nina');
  const browser = door.browser();
  const encoding = async (path: string) =>
    (await browser.get(path, { 'accept-encoding': 'br, gzip' })).headers['content-encoding'];
  await door.password(browser, nina);
  await proveMailbox(door, browser, nina.email);
  await browser.post('/login/set-up', { method: 'totp' });
  expect(await encoding('/login/set-up')).toBe('br');
  expect(await encoding('/login/set-up/app')).toBeUndefined();
  await setUpApp(door, browser);
  expect(await encoding('/login/backup-codes')).toBeUndefined();
  expect(await encoding('/login/backup-codes.txt')).toBeUndefined();
});

describe('over https', () => {
  it('S1: a cookie without the prefix is no cookie of ours', async () => {
    await using door = await openDoor({ demo: true, url: HTTPS });
    const sam = await door.demoPerson('sam');
    const browser = door.browser();
    await door.logIn(browser, sam);
    const cookies = browser.cookies();
    expect(cookies.map((c) => c.name).toSorted()).toEqual(['__Host-known', '__Host-session']);
    const token = cookies.find((c) => c.name === '__Host-session')?.value;
    expect((await door.browser({ cookie: `__Host-session=${token}` }).get('/')).status).toBe(200);
    expect((await door.browser({ cookie: `session=${token}` }).get('/')).status).toBe(303);
  });

  it('links in mails and the host of a text message are the public ones', async () => {
    await using door = await openDoor({ demo: true, url: HTTPS });
    const theo = await door.demoPerson('theo');
    await door.password(door.browser(), theo);
    expect((await door.newest(theo.phone ?? '')).text.split('\n').at(-1)).toMatch(
      /^@login\.example\.test #\d{6}$/,
    );
    expect((await door.newest('iris@meridian.example')).text).toContain(`${HTTPS}/invitations/`);
  });
});

describe('the development inbox', () => {
  it.each([
    { host: 'login.example.test' },
    { 'x-forwarded-for': '192.0.2.1' },
    { forwarded: 'for=192.0.2.1' },
    { host: 'localhost.evil.example' },
  ])('answers only to this machine, by its own name and unforwarded: not to %j', async (headers) => {
    await using door = await openDoor({ demo: true });
    for (const path of ['/dev/inbox', '/dev/inbox.json']) {
      const { host } = new URL(door.url);
      expect((await door.browser().get(path, { host })).status).toBe(200);
      const answer = await door.browser().get(path, headers);
      expect(answer.status).toBe(404);
      expect(answer.body).not.toContain('iris');
    }
  });

  it('does not exist outside development', async () => {
    await using door = await openDoor({ dev: false });
    for (const path of ['/dev/inbox', '/dev/inbox.json'])
      expect((await door.browser().get(path)).status).toBe(404);
    expect(door.app.routes.filter((route) => route.door === 'development')).toEqual([]);
  });
});
