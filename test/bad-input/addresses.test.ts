/** Whatever is asked for: a clear page with 4xx or the way to log in, never 5xx, nothing changed. */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Door } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { assemble, type Cast } from './cast.ts';
import { exchange, type RawAnswer } from './raw.ts';

let cast: Cast;
let before: Awaited<ReturnType<Door['digest']>>;
beforeAll(async () => {
  cast = await assemble();
});
beforeEach(async () => {
  before = await cast.door.digest();
});
afterEach(async () => {
  expect(await cast.door.digest(), 'nothing was changed').toEqual(before);
  expect(cast.door.log.filter((line) => line.level >= 50)).toEqual([]);
  expect((await cast.door.browser().get('/health')).status).toBe(200);
});
afterAll(() => cast.door.close());

const pages = () =>
  cast.door.app.routes.filter(({ method, url }) => method === 'GET' && !url.startsWith('/assets/'));

/** As bytes: node's own client would not send most of these. */
const ask = (path: string | Buffer, ...headers: string[]): Promise<RawAnswer> =>
  exchange(
    cast.door,
    'GET ',
    path,
    ` HTTP/1.1\r\n${[`Host: localhost:${cast.door.port}`, 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`,
  );

const cookiesOf = (browser: HttpBrowser) =>
  `Cookie: ${browser
    .cookies()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')}`;

function expectClearPage({ status, headers, body }: RawAnswer, what: string, statuses?: number[]): void {
  expect(status, what).toBeGreaterThanOrEqual(400);
  expect(status, what).toBeLessThan(500);
  if (statuses !== undefined) expect(statuses, what).toContain(status);
  expect(headers, what).toContain('content-type: text/html');
  expect(headers, what).toContain('cache-control: no-store');
  expect(headers, what).toContain("default-src 'none'");
  expect(body, what).toMatch(/<h1[^>]*>[^<]+/);
  expect(body, what).toMatch(/<a [^>]*href=/);
}

describe('a query', () => {
  const KNOWN = [
    'account',
    'because',
    'invitation',
    'token',
    'sent',
    'done',
    'search',
    'page',
    'before',
    'from',
    'on',
  ];

  it.each([
    'nonsense=1',
    '__proto__=1',
    'constructor=x',
    '=',
    '&',
    '%',
    '%FF',
    'x=%FF',
    'x=%ED%A0%80',
    'x=%00',
    'a=1&a=2',
  ])('that no page takes: ?%s', async (query) => {
    for (const { url } of pages()) {
      const path = cast.addressOf({ url });
      const answer = await ask(
        `${path}${path.includes('?') ? '&' : '?'}${query}`,
        cookiesOf(cast.browsers.owner),
      );
      expectClearPage(answer, `${url}?${query}`, [400]);
    }
  });

  it.each([
    ['twice', (name: string) => `${name}=1&${name}=1`],
    ['as a list', (name: string) => `${name}[]=1`],
    ['with a NUL', (name: string) => `${name}=a%00b`],
    ['of broken UTF-8', (name: string) => `${name}=%C3%28`],
    ['of nine thousand characters', (name: string) => `${name}=${'a'.repeat(9_000)}`],
    ['of raw bytes', (name: string) => Buffer.concat([Buffer.from(`${name}=`), Buffer.from([0xff, 0xfe])])],
  ])('with a field some page takes, %s', async (_how, query) => {
    for (const { url } of pages().filter(
      (route) => !route.url.includes(':') || route.url.includes(':slug'),
    )) {
      const path = url === '/reset-password' ? url : cast.addressOf({ url }).replace(/\?.*$/, '');
      for (const name of KNOWN) {
        const address = Buffer.concat([Buffer.from(`${path}?`), Buffer.from(query(name))]);
        expectClearPage(await ask(address, cookiesOf(cast.browsers.owner)), `${path} ${name}`, [400, 404]);
      }
    }
  });
});

describe('a path', () => {
  it.each([
    '/login/%FF',
    '/%',
    '/%C0%AF',
    '/%ED%A0%80',
    '/not-me/%FF',
    '/invitations/%',
    '/accounts/%FF/people',
    '/login/%00',
    '/login%00',
    '/%00',
    '/..%2f..%2fetc/passwd',
    '/../../etc/passwd',
    '/assets/..%2fpackage.json',
    '/assets/%2e%2e/package.json',
    '/assets/0/..%2fpackage.json',
    '/assets/0/client/..%2fmain.js',
    '/assets/0/client/main.js%00.css',
    '/assets/0/client/__proto__',
    '/assets/',
    '/.env',
    '//login.evil.example',
    '/login/',
    '/LOGIN',
    '/__proto__',
    '/constructor',
    '/login;x=1',
    '/login/code/',
    '/dev/inbox/',
  ])('%s', async (path) => {
    expectClearPage(await ask(path, cookiesOf(cast.browsers.owner)), path, [400, 404]);
    expectClearPage(await ask(path), path, [400, 404]);
  });

  it('of raw bytes, spaces and signs is refused before it is looked at', async () => {
    for (const path of ['/lo\xffgin', '/log in', '/login\x01', 'login', '']) {
      expectClearPage(await ask(Buffer.from(path, 'latin1')), path);
    }
  });

  it.each([100, 200, 3_000, 14_000])('with a part of %i characters', async (length) => {
    for (const { url } of pages().filter((route) => route.url.includes(':'))) {
      for (const part of ['a'.repeat(length), '%41'.repeat(length / 3)]) {
        const path = url.replaceAll(/:\w+/g, part);
        if (path.length > 15_000) continue;
        expectClearPage(
          await ask(path, cookiesOf(cast.browsers.owner)),
          `${url} ${length}`,
          [400, 404, 410, 414],
        );
      }
    }
  });

  it('longer than the server reads at all', async () => {
    expectClearPage(await ask(`/${'a'.repeat(20_000)}`), 'long', [414, 431]);
    expectClearPage(await ask(`/login?account=${'a'.repeat(20_000)}`), 'long query', [414, 431]);
  });

  it('with parts that are nobody: the same page for the unknown, the malformed and the hostile', async () => {
    const parts = [
      'x',
      '__proto__',
      'toString',
      "' or 1=1 --",
      '%',
      '../..',
      '\u202Eevil',
      'ÿ',
      '0',
      '-1',
      'null',
    ];
    for (const { url } of pages().filter((route) => route.url.includes(':id'))) {
      for (const part of parts) {
        const path = url.replace(':slug', 'meridian').replaceAll(/:\w+/g, encodeURIComponent(part));
        expectClearPage(await ask(path, cookiesOf(cast.browsers.owner)), path, [404]);
      }
    }
  });
});

describe('headers', () => {
  it.each([
    'Cookie: session=%FF%00; login=%; known=%ED%A0%80; pass=%%%',
    'Cookie: ;;;===;session;=x;session=',
    'Cookie: session="; login="',
    'Cookie: __proto__=x; constructor=y; session=__proto__',
    `Cookie: session=${'a'.repeat(9_000)}`,
    `Cookie: ${'login=x; '.repeat(1_000)}`,
    'Accept-Language: *;q=nonsense, \x7f, ----, a-b-c-d-e-f-g',
    `Accept-Language: ${'x-'.repeat(3_000)}`,
    `User-Agent: ${'Mozilla/5.0 ('.repeat(900)}`,
    'User-Agent: ',
    'Accept: application/json;q=x, text/html;q=NaN',
    'Accept-Encoding: br;q=x, gzip;q=-1, *',
    'X-Forwarded-For: nonsense, ::::, 999.1.1.1',
    'Authorization: Basic %%%',
    'Range: bytes=0-1,5-x',
    'If-None-Match: "',
  ])('%s', async (header) => {
    for (const { url } of pages()) {
      const { status } = await ask(cast.deadAddressOf({ url }), header);
      expect(status, url).toBeGreaterThanOrEqual(200);
      expect(status, url).toBeLessThan(500);
    }
  });

  it('a cookie of thousands of passes, once somebody is known', async () => {
    const { browsers } = cast;
    const passes = Array.from({ length: 3_000 }, (_, n) => n.toString(36)).join('.');
    for (const role of ['at_code', 'at_pass', 'at_set_up'] as const) {
      const header = `${cookiesOf(browsers[role])}; pass=${passes}`;
      const { status } = await ask('/login', header);
      expect(status).toBe(303);
    }
  });

  it('too many for the server to read', async () => {
    expectClearPage(await ask('/login', `Cookie: session=${'a'.repeat(30_000)}`), 'cookies', [431]);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['words', 'Hello there\r\n\r\n'],
    ['a method that is none', 'GOT /login HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a version that is none', 'GET /login HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a header without a colon', 'GET /login HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n'],
    ['a length that is none', 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n'],
    ['a negative length', 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['two lengths', 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks (request smuggling)',
      'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'broken chunks',
      'POST /login HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n' +
        'Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\nzz\r\n',
    ],
  ])('%s', async (_what, bytes) => {
    const answer = await exchange(cast.door, bytes);
    expectClearPage(answer, bytes, [400]);
  });

  it('no Host: node itself refuses it', async () => {
    expect((await exchange(cast.door, 'GET /login HTTP/1.1\r\n\r\n')).status).toBe(400);
  });

  it('a client that hangs up in the middle of its form', async () => {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(cast.door.port, '127.0.0.1');
        await new Promise((resolve) => socket.once('connect', resolve));
        socket.write(
          'POST /login HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n' +
            'Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=a',
        );
        socket.resetAndDestroy();
        await new Promise((resolve) => socket.once('close', resolve));
      }),
    );
    expect((await cast.door.browser().get('/login')).status).toBe(200);
  });
});
