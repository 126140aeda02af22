import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpBrowser } from './http-browser.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

describe('the HTTP browser', () => {
  let server: Server;
  let origin: string;
  const seen: Seen[] = [];

  const answer = (request: IncomingMessage, body: string, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const left = Number(searchParams.get('left'));
    if (pathname === '/hop') {
      const next = left > 0 ? `/hop?left=${left - 1}` : '/end?from=hop';
      response.writeHead(303, { location: next, 'set-cookie': `hop${left}=1; Path=/` }).end();
    } else if (pathname === '/away') {
      response.writeHead(303, { location: 'https://client.example.com/callback?code=1' }).end();
    } else if (pathname === '/relative/start') {
      response.writeHead(302, { location: 'end' }).end();
    } else if (pathname === '/public') {
      response.writeHead(303, { location: 'https://login.example.com/end' }).end();
    } else if (pathname === '/host-cookie') {
      response.setHeader('set-cookie', ['__Host-session=s; Path=/; Secure', 'gone=; Max-Age=0']);
      response.end();
    } else if (pathname === '/slow') {
      setTimeout(() => response.setHeader('set-cookie', `n${body}=1`).end(`<p>${body}</p>`), 50);
    } else {
      response.setHeader('content-type', 'text/html; charset=utf-8').statusCode = 422;
      response.end('<title>T</title><main><h1>Größe</h1><p>It&#39;s wrong</p></main>');
    }
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
        answer(request, body, response);
      });
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    seen.length = 0;
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  it('shows the answer as it came', async () => {
    const page = await createHttpBrowser(origin).get('/page?x=1');
    expect(page).toMatchObject({ status: 422, location: undefined, setCookies: [], path: '/page?x=1' });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<h1>Größe</h1>');
    expect(page.bytes.toString()).toBe(page.body);
    expect(page.text).toContain("Größe\nIt's wrong");
  });

  it('types an address: no Origin, from no site', async () => {
    await createHttpBrowser(origin).get('/');
    expect(seen[0]).toMatchObject({
      method: 'GET',
      headers: { 'sec-fetch-site': 'none', host: origin.slice(7) },
    });
    expect(seen[0]?.headers).not.toHaveProperty('origin');
    expect(seen[0]?.headers).not.toHaveProperty('cookie');
    expect(seen[0]?.headers).not.toHaveProperty('content-length');
  });

  it('sends a form of our own page', async () => {
    const browser = createHttpBrowser(origin);
    await browser.post('/login', { email: 'ada+1@example.com', note: 'ä ö' });
    await browser.post(
      '/login',
      new URLSearchParams([
        ['a', '1'],
        ['a', '2'],
      ]),
    );
    expect(seen.map(({ body }) => body)).toEqual([
      'email=ada%2B1%40example.com&note=%C3%A4+%C3%B6',
      'a=1&a=2',
    ]);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      headers: {
        origin,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': '46',
      },
    });
  });

  it('sends anything else as it is told', async () => {
    await createHttpBrowser(origin).post('/api', '{"ä":1}', { 'Content-Type': 'application/json' });
    expect(seen[0]).toMatchObject({ body: '{"ä":1}', headers: { 'content-type': 'application/json' } });
  });

  it('lets a test forge, or leave out, any header', async () => {
    const browser = createHttpBrowser(origin, { headers: { 'User-Agent': 'Lynx', 'x-one': '1' } });
    await browser.post(
      '/',
      {},
      {
        'Sec-Fetch-Site': undefined,
        Origin: 'https://evil.example',
        host: 'evil.example',
        cookie: 'session=stolen',
      },
    );
    expect(seen[0]?.headers).toMatchObject({
      origin: 'https://evil.example',
      host: 'evil.example',
      cookie: 'session=stolen',
      'user-agent': 'Lynx',
      'x-one': '1',
    });
    expect(seen[0]?.headers).not.toHaveProperty('sec-fetch-site');
  });

  it('follows redirects with the cookies of each, and asks by GET', async () => {
    const browser = createHttpBrowser(origin);
    const redirect = await browser.post('/hop?left=2', { a: '1' });
    expect(redirect).toMatchObject({ status: 303, location: '/hop?left=1', setCookies: ['hop2=1; Path=/'] });
    const page = await browser.follow(redirect);
    expect(page).toMatchObject({ status: 422, path: '/end?from=hop' });
    expect(seen.map(({ method, url, headers: { cookie } }) => [method, url, cookie])).toEqual([
      ['POST', '/hop?left=2', undefined],
      ['GET', '/hop?left=1', 'hop2=1'],
      ['GET', '/hop?left=0', 'hop2=1; hop1=1'],
      ['GET', '/end?from=hop', 'hop2=1; hop1=1; hop0=1'],
    ]);
    expect(seen[3]?.headers['sec-fetch-site']).toBe('same-origin');
    expect(await browser.follow(page)).toBe(page);
  });

  it('gives up after ten redirects', async () => {
    const browser = createHttpBrowser(origin);
    await expect(browser.follow(await browser.get('/hop?left=9'))).resolves.toMatchObject({
      path: '/end?from=hop',
    });
    await expect(browser.follow(await browser.get('/hop?left=10'))).rejects.toThrow(
      /ten redirects from \/hop/,
    );
  });

  it('resolves where a redirect leads, and stops where it leaves the site', async () => {
    const browser = createHttpBrowser(origin);
    expect(await browser.follow(await browser.get('/relative/start'))).toMatchObject({
      path: '/relative/end',
    });
    expect(await browser.follow(await browser.get('/away'))).toMatchObject({
      status: 303,
      path: '/away',
      location: 'https://client.example.com/callback?code=1',
    });
  });

  it('stands behind a proxy that speaks https', async () => {
    const headers = { host: 'login.example.com', origin: 'https://login.example.com' };
    const browser = createHttpBrowser(origin, { headers });
    await browser.get('/host-cookie');
    await browser.follow(await browser.post('/public', {}));
    expect(browser.cookies().map(({ name }) => name)).toEqual(['__Host-session']);
    expect(seen.map(({ url, headers }) => [url, headers.host, headers.origin, headers.cookie])).toEqual([
      ['/host-cookie', 'login.example.com', undefined, undefined],
      ['/public', 'login.example.com', 'https://login.example.com', '__Host-session=s'],
      ['/end', 'login.example.com', undefined, '__Host-session=s'],
    ]);
    await expect(createHttpBrowser(origin).get('/host-cookie')).rejects.toThrow(
      /would refuse.*__Host-session/,
    );
  });

  it('makes a second browser with the same cookies', async () => {
    const one = createHttpBrowser(origin);
    await one.get('/hop?left=1');
    const two = one.copy();
    await two.get('/hop?left=2');
    expect(one.cookies().map(({ name }) => name)).toEqual(['hop1']);
    expect(two.cookies().map(({ name }) => name)).toEqual(['hop1', 'hop2']);
  });

  it('sends fifty requests at once', async () => {
    const browser = createHttpBrowser(origin);
    const before = performance.now();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => browser.post('/slow', String(n))));
    expect(performance.now() - before).toBeLessThan(1_500);
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
    expect(browser.cookies()).toHaveLength(50);
  });
});
