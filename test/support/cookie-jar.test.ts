import { describe, expect, it } from 'vitest';
import { createClock, minutes } from './clock.ts';
import { createCookieJar } from './cookie-jar.ts';

const HTTP = { https: false, loopback: true, now: Date.now };
const HTTPS = { https: true, loopback: false, now: Date.now };

describe('the cookie jar', () => {
  it('keeps what it is given, attributes in any case', () => {
    const jar = createCookieJar(HTTPS);
    jar.store('__Host-session=abc=; path=/; SECURE; HttpOnly; samesite=Lax', '/login');
    expect(jar.all()).toEqual([
      {
        name: '__Host-session',
        value: 'abc=',
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
        expiresAt: undefined,
      },
    ]);
    expect(jar.header('/anything')).toBe('__Host-session=abc=');
  });

  it('replaces a cookie of the same name and path', () => {
    const jar = createCookieJar(HTTP);
    jar.store('login=1; Path=/', '/');
    jar.store('login=2; Path=/', '/');
    expect(jar.header('/')).toBe('login=2');
  });

  it.each(['Max-Age=0', 'Max-Age=-1', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'])('deletes with %s', (how) => {
    const jar = createCookieJar(HTTP);
    jar.store('login=1; Path=/', '/');
    jar.store(`login=; Path=/; ${how}`, '/');
    expect(jar.all()).toEqual([]);
    expect(jar.header('/')).toBe('');
  });

  it('does not delete a cookie of another path', () => {
    const jar = createCookieJar(HTTP);
    jar.store('login=1; Path=/login', '/');
    jar.store('login=; Path=/; Max-Age=0', '/');
    expect(jar.header('/login')).toBe('login=1');
  });

  it('lets cookies expire by the clock it is given, Max-Age before Expires', () => {
    const clock = createClock();
    const jar = createCookieJar({ ...HTTP, now: clock.now });
    jar.store('short=1; Max-Age=600; Expires=Thu, 01 Jan 1970 00:00:00 GMT', '/');
    jar.store(`long=1; Expires=${new Date(clock.now() + minutes(20)).toUTCString()}`, '/');
    clock.advance(minutes(10) - 1);
    expect(jar.header('/')).toBe('short=1; long=1');
    clock.advance(1);
    expect(jar.header('/')).toBe('long=1');
    clock.advance(minutes(10));
    expect(jar.header('/')).toBe('');
  });

  it.each([
    ['/', '/login/code', true],
    ['/login', '/login', true],
    ['/login', '/login/code', true],
    ['/login/', '/login/code', true],
    ['/login', '/loginx', false],
    ['/login/', '/login', false],
    ['/oidc', '/login', false],
  ])('sends a cookie of %s to %s: %s', (path, asked, sent) => {
    const jar = createCookieJar(HTTP);
    jar.store(`a=1; Path=${path}`, '/');
    expect(jar.header(asked)).toBe(sent ? 'a=1' : '');
  });

  it('without a path keeps the folder that was asked', () => {
    const jar = createCookieJar(HTTP);
    jar.store('a=1', '/login/code');
    jar.store('b=1', '/login');
    expect(jar.all().map(({ path }) => path)).toEqual(['/login', '/']);
    expect(jar.header('/login/code')).toBe('a=1; b=1');
  });

  it.each([
    ['__Host-a=1; Path=/', HTTPS, /Secure/],
    ['__Host-a=1; Path=/; Secure', HTTP, /https/],
    ['__Host-a=1; Path=/login; Secure', HTTPS, /Path/],
    ['__Host-a=1; Path=/; Secure; Domain=example.com', HTTPS, /Domain/],
    ['__Secure-a=1; Path=/', HTTPS, /Secure/],
    ['a=1; SameSite=None', HTTPS, /SameSite/],
    ['a=1; Secure', { ...HTTP, loopback: false }, /plain http/],
    [`a=${'x'.repeat(5_000)}`, HTTP, /4096/],
    ['=1', HTTP, /name/],
  ])('refuses %s as a browser would, aloud', (line, options, why) => {
    expect(() => createCookieJar(options).store(line, '/')).toThrow(why);
  });

  it('is copied, not shared', () => {
    const jar = createCookieJar(HTTP);
    jar.store('a=1', '/');
    const copy = jar.copy();
    copy.store('a=2', '/');
    copy.store('b=1', '/');
    expect([jar.header('/'), copy.header('/')]).toEqual(['a=1', 'a=2; b=1']);
  });
});
