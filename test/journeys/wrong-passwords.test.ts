import { describe, expect, it } from 'vitest';
import { days, hours, seconds } from '../support/clock.ts';
import { cookieOf, type Door, openDoor, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { isIn, MAIL } from './steps.ts';

const OLIVIA = 'olivia@meridian.example';
const WRONG = 'a wrong password, typed';

/** From a network of one's own: behind the proxy that the server believes. */
const from = (door: Door, network: string): HttpBrowser => door.browser({ 'x-forwarded-for': network });

const guess = (browser: HttpBrowser, email: string, password = WRONG): Promise<Answer> =>
  browser.post('/login', { email, password });

const waitOf = (answer: Answer): number => Number(answer.headers['retry-after']);

describe('wrong passwords (D7)', () => {
  it('five are free; the next is heard after 1, 2, 4, 8, 15, then 30 s; else 429 with Retry-After and words', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const browser = from(door, '192.0.2.1');
    for (let n = 0; n < 5; n++) expect((await guess(browser, OLIVIA)).status).toBe(422);
    for (const wait of [1, 2, 4, 8, 15, 30, 30, 30]) {
      const early = await guess(browser, OLIVIA);
      expect(early.status).toBe(429);
      expect(waitOf(early)).toBe(wait);
      expect(early.text).toContain(wait === 1 ? '1 second' : `${wait} seconds`);
      door.clock.advance(seconds(wait) - 1);
      expect((await guess(browser, OLIVIA)).status).toBe(429);
      door.clock.advance(1);
      expect((await guess(browser, OLIVIA)).status).toBe(422);
    }
  });

  it('a right password within the wait is not heard either, and tells nothing', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const olivia = await door.demoPerson('olivia');
    for (let n = 0; n < 5; n++) await guess(from(door, '192.0.2.1'), OLIVIA);
    const right = await guess(from(door, '192.0.2.1'), OLIVIA, olivia.password);
    const wrong = await guess(from(door, '192.0.2.1'), OLIVIA);
    expect(right.status).toBe(429);
    expect(right.body).toBe(wrong.body);
    expect(right.setCookies).toEqual([]);
  });

  it('D8: an unknown address is slowed exactly alike', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const nobody = OLIVIA.replace('olivia', 'nobody');
    for (let n = 0; n < 8; n++) {
      const known = await guess(from(door, '192.0.2.1'), OLIVIA);
      const unknown = await guess(from(door, '198.51.100.1'), nobody);
      expect(unknown.status).toBe(known.status);
      expect(unknown.headers['retry-after']).toBe(known.headers['retry-after']);
      expect(unknown.body.replaceAll(nobody, OLIVIA)).toBe(known.body);
    }
  });

  it('the address counts over all networks, spelled in any way', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const spellings = [OLIVIA, OLIVIA.toUpperCase(), ` ${OLIVIA} `, 'Olivia@Meridian.Example', OLIVIA];
    for (const [n, email] of spellings.entries()) {
      expect((await guess(from(door, `192.0.2.${n}`), email)).status).toBe(422);
    }
    expect((await guess(from(door, '203.0.113.9'), OLIVIA)).status).toBe(429);
  });

  it('R34: the network counts over all addresses, IPv6 by /64; a neighbour is free', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    for (let n = 0; n < 5; n++) {
      const answer = await guess(from(door, `2001:db8:1:2::${n + 1}`), `person${n}@meridian.example`);
      expect(answer.status).toBe(422);
    }
    expect((await guess(from(door, '2001:db8:1:2:ffff::1'), 'person6@meridian.example')).status).toBe(429);
    expect((await guess(from(door, '2001:db8:1:3::1'), 'person6@meridian.example')).status).toBe(422);
  });

  it('a forwarded address is believed from named proxies only', async () => {
    await using door = await openDoor({ demo: true });
    for (let n = 0; n < 5; n++) await guess(from(door, `192.0.2.${n}`), `person${n}@meridian.example`);
    expect((await guess(from(door, '192.0.2.99'), 'person6@meridian.example')).status).toBe(429);
  });

  it('T30, R32: a browser known to the person has ten of its own; strangers cannot keep it waiting', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const olivia = await door.demoPerson('olivia');
    const own = from(door, '203.0.113.7');
    await door.logIn(own, olivia);
    await submit(own, '/logout');
    expect(cookieOf(own, 'known')).toBeDefined();
    // An hour of guesses from everywhere.
    for (let n = 0; n < 40; n++) {
      await guess(from(door, `192.0.2.${n}`), OLIVIA);
      door.clock.advance(seconds(30));
    }
    await guess(from(door, '192.0.2.200'), OLIVIA);
    expect((await guess(from(door, '203.0.113.8'), OLIVIA, olivia.password)).status).toBe(429);
    for (let n = 0; n < 9; n++) expect((await guess(own, OLIVIA)).status).toBe(422);
    expect((await door.logIn(own.copy(), olivia)).path).toBe('/');
    // It skips no step, and its ten are ten.
    const page = await door.password(own, olivia);
    expect(page.path).toBe('/login/code');
  });

  it('T30: after a reset the owner is heard at once, in that browser', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    for (let n = 0; n < 6; n++) await guess(from(door, `192.0.2.${n}`), OLIVIA);
    const own = from(door, '203.0.113.7');
    await submit(own, '/forgot-password', { email: OLIVIA });
    await submit(own, await door.link(OLIVIA, MAIL.reset), {
      password: 'six grey geese in a row',
    });
    for (let n = 0; n < 6; n++) await guess(from(door, `192.0.2.${n + 100}`), OLIVIA);
    const answer = await guess(own, OLIVIA, 'six grey geese in a row');
    expect(answer.location).toBe('/login/code');
  });

  it('known to one person, a browser is no better for another’s address', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const sam = await door.demoPerson('sam');
    const browser = from(door, '203.0.113.7');
    await door.logIn(browser, sam);
    await submit(browser, '/logout');
    for (let n = 0; n < 5; n++) expect((await guess(browser, OLIVIA)).status).toBe(422);
    expect((await guess(browser, OLIVIA)).status).toBe(429);
  });

  it('the mark of a known browser ends after 90 days, by the server’s clock', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const sam = await door.demoPerson('sam');
    const browser = from(door, '203.0.113.7');
    await door.logIn(browser, sam);
    const known = cookieOf(browser, 'known') ?? '';
    door.clock.advance(days(90));
    const kept = door.browser({ 'x-forwarded-for': '203.0.113.7', cookie: `known=${known}` });
    for (let n = 0; n < 5; n++) expect((await guess(kept, sam.email)).status).toBe(422);
    expect((await guess(kept, sam.email)).status).toBe(429);
  });

  it('a made-up mark is worth nothing', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const browser = door.browser({ 'x-forwarded-for': '192.0.2.1', cookie: `known=${'A'.repeat(43)}` });
    for (let n = 0; n < 5; n++) expect((await guess(browser, OLIVIA)).status).toBe(422);
    expect((await guess(browser, OLIVIA)).status).toBe(429);
  });

  it('a mark that the server did not make is not taken over at the end of a login', async () => {
    await using door = await openDoor({ demo: true });
    const sam = await door.demoPerson('sam');
    const browser = door.browser();
    const headers = (login: string) => ({ cookie: `known=guessable; login=${login}` });
    await door.password(browser, sam);
    const login = cookieOf(browser, 'login') ?? '';
    const done = await browser.post('/login/code', { code: door.appCode(sam) }, headers(login));
    expect(done.location).toBe('/');
    expect(cookieOf(browser, 'known')).toMatch(/^[\w-]{43}$/);
    // One that it did make is kept.
    const kept = cookieOf(browser, 'known');
    await door.logIn(browser, sam);
    expect(cookieOf(browser, 'known')).toBe(kept);
    expect(await door.rows('select token_hash from known_browsers')).toHaveLength(1);
  });

  it('a right password takes its own count back, and no more than that', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const sam = await door.demoPerson('sam');
    for (let n = 0; n < 4; n++) await guess(from(door, '192.0.2.1'), `person${n}@meridian.example`);
    expect((await guess(from(door, '192.0.2.1'), sam.email, sam.password)).status).toBe(303);
    expect((await guess(from(door, '192.0.2.1'), 'person5@meridian.example')).status).toBe(422);
    expect((await guess(from(door, '192.0.2.1'), 'person6@meridian.example')).status).toBe(429);
  });

  it('D5: one’s own right password in between does not wash away guesses that ran at the same time', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    const sam = await door.demoPerson('sam');
    const right = Array.from({ length: 4 }, () => guess(from(door, '192.0.2.1'), sam.email, sam.password));
    const wrong = Array.from({ length: 4 }, (_, n) =>
      guess(from(door, '192.0.2.1'), `person${n}@meridian.example`),
    );
    await Promise.all([...right, ...wrong]);
    const heard = (await Promise.all(wrong)).filter((a) => a.status === 422).length;
    const [counter] = await door.rows<{ wrong: number }>(
      `select wrong from counters where key = 'network:192.0.2.1'`,
    );
    expect(counter?.wrong).toBe(heard);
  });

  it('a day without a wrong one forgets the count', async () => {
    await using door = await openDoor({ demo: true, proxied: true });
    for (let n = 0; n < 5; n++) await guess(from(door, '192.0.2.1'), OLIVIA);
    door.clock.advance(hours(24));
    for (let n = 0; n < 5; n++) expect((await guess(from(door, '192.0.2.1'), OLIVIA)).status).toBe(422);
  });

  it('U4: the current password at `/password` is guessed no faster', async () => {
    await using door = await openDoor();
    const ann = await door.addPerson({ email: 'ann@north.example' });
    const browser = door.browser();
    await door.logIn(browser, ann);
    // The session's own browser is known, so it has ten.
    const change = () => browser.post('/password', { current: WRONG, password: 'six grey geese in a row' });
    for (let n = 0; n < 10; n++) expect((await change()).status).toBe(422);
    const waiting = await change();
    expect(waiting.status).toBe(429);
    expect(waitOf(waiting)).toBe(1);
    expect(await isIn(browser)).toBe(true);
  });
});
