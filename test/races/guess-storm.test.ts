/** D5, Q4: guesses sent at the same moment are counted before they are compared. */

import { describe, expect, it } from 'vitest';
import { enLogin } from '../../src/web/messages/en-login.ts';
import { isIn, saying } from '../journeys/steps.ts';
import { minutes, seconds } from '../support/clock.ts';
import { openDoor, submit } from '../support/door.ts';
import type { Answer } from '../support/http-browser.ts';

const waits = (answer: Answer) =>
  [enLogin.code.appFaults.wait, enLogin.recoveryCode.faults.wait].some((text) =>
    answer.text.includes(saying(text)),
  );

async function scene(method: 'totp' | 'sms' = 'totp') {
  const door = await openDoor({ proxied: true });
  const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp', 'sms'] });
  const ann = await door.addPerson({ email: 'ann@meridian.example', method, in: [{ account }] });
  const browsers = Array.from({ length: 20 }, (_, n) => door.browser({ 'x-forwarded-for': `192.0.2.${n}` }));
  // One after the other: of more than five at once for one address some would be told to wait (D7).
  for (const browser of browsers) expect((await door.password(browser, ann)).path).toBe('/login/code');
  const counted = async (key: string) =>
    (await door.rows<{ wrong: number }>(`select wrong from counters where key = '${key}'`))[0]?.wrong;
  return { door, ann, browsers, counted };
}

describe('200 wrong codes at once, from 20 logins and networks', () => {
  it('Q4: of an app: ten are evaluated, the right eleventh is refused until the wait is over', async () => {
    const { door, ann, browsers, counted } = await scene();
    await using _ = door;
    const answers = await Promise.all(
      browsers.flatMap((browser) =>
        Array.from({ length: 10 }, () => browser.post('/login/code', { code: door.wrongCode(ann) })),
      ),
    );
    expect(answers.map((a) => a.status)).toEqual(Array(200).fill(422));
    expect(answers.filter((a) => !waits(a))).toHaveLength(10);
    expect(await counted(`code:${ann.authenticatorId}`)).toBe(10);

    const eleventh = await browsers[0]?.post('/login/code', { code: door.appCode(ann) });
    expect(eleventh?.status).toBe(422);
    expect(eleventh?.text).toContain(saying(enLogin.code.appFaults.wait));
    expect(await isIn(browsers[0] ?? door.browser())).toBe(false);
    door.clock.advance(minutes(14));
    const later = door.browser({ 'x-forwarded-for': '203.0.113.1' });
    await door.password(later, ann);
    expect((await later.post('/login/code', { code: door.appCode(ann) })).text).toContain(
      saying(enLogin.code.appFaults.wait),
    );
    door.clock.advance(minutes(1));
    expect((await submit(later, '/login/code', { code: door.appCode(ann) })).path).toBe('/');
    expect(await counted(`code:${ann.authenticatorId}`)).toBeUndefined();
  });

  it('Q4: the right one among them does not open more than one door, nor after the tenth', async () => {
    const { door, ann, browsers } = await scene();
    await using _ = door;
    const right = door.appCode(ann);
    const answers = await Promise.all(
      browsers.flatMap((browser, n) =>
        Array.from({ length: 10 }, (_, k) =>
          browser.post('/login/code', { code: n >= 10 && k === 0 ? right : door.wrongCode(ann) }),
        ),
      ),
    );
    const opened = answers.filter((a) => a.status === 303 && a.location === '/');
    expect(opened.length).toBeLessThanOrEqual(1);
    expect(await door.rows('select id from sessions')).toHaveLength(opened.length);
  });

  it('Q4: of recovery codes: ten hashes, ten evaluated', async () => {
    const { door, ann, browsers, counted } = await scene();
    await using _ = door;
    const answers = await Promise.all(
      browsers.flatMap((browser, n) =>
        Array.from({ length: 10 }, (_, k) =>
          browser.post('/login/recovery-code', { code: `zzzz-zz${String(n).padStart(2, '0')}-${k}zzz` }),
        ),
      ),
    );
    expect(answers.map((a) => a.status)).toEqual(Array(200).fill(422));
    expect(answers.filter((a) => !waits(a))).toHaveLength(10);
    expect(await counted(`recovery:${ann.id}`)).toBe(10);
    const right = await browsers[0]?.post('/login/recovery-code', { code: ann.codes[0] ?? '' });
    expect(right?.status).toBe(422);
  });

  it('Q4: of text messages: five a login, ten in all', async () => {
    const { door, ann, browsers, counted } = await scene('sms');
    await using _ = door;
    const sent = new Set(
      (await door.rows<{ text: string }>(`select text from inbox where channel = 'sms'`)).map(
        (m) => /\d{6}/.exec(m.text)?.[0],
      ),
    );
    const wrong = ['111111', '222222', '333333', '444444'].find((code) => !sent.has(code)) ?? '';
    const answers = await Promise.all(
      browsers.flatMap((browser) =>
        Array.from({ length: 10 }, () => browser.post('/login/code', { code: wrong })),
      ),
    );
    expect(answers.map((a) => a.status)).toEqual(Array(200).fill(422));
    expect(await counted(`code:${ann.authenticatorId}`)).toBe(10);
    const tries = await door.rows<{ tries: number }>('select tries from challenges');
    expect(tries.every(({ tries: n }) => n <= 5)).toBe(true);
    expect(tries.reduce((sum, { tries: n }) => sum + n, 0)).toBeLessThanOrEqual(10);
  });
});

describe('100 wrong passwords at once (D7)', () => {
  it.each([
    ['known', 'ann@meridian.example'],
    ['unknown', 'nobody@meridian.example'],
  ])('five are heard of a %s address, from a hundred networks; the rest wait', async (_kind, email) => {
    const { door } = await scene();
    await using _ = door;
    await door.rows('delete from counters');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        door
          .browser({ 'x-forwarded-for': `198.51.100.${n}` })
          .post('/login', { email, password: `wrong words ${n}` }),
      ),
    );
    expect(answers.filter((a) => a.status === 422)).toHaveLength(5);
    expect(answers.filter((a) => a.status === 429)).toHaveLength(95);
    for (const answer of answers.filter((a) => a.status === 429))
      expect(answer.headers['retry-after']).toBe('1');
  });

  it('five are heard from one network, of a hundred addresses', async () => {
    const { door } = await scene();
    await using _ = door;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        door
          .browser({ 'x-forwarded-for': '203.0.113.50' })
          .post('/login', { email: `p${n}@meridian.example`, password: 'wrong words typed' }),
      ),
    );
    expect(answers.filter((a) => a.status === 422)).toHaveLength(5);
    expect(answers.filter((a) => a.status === 429)).toHaveLength(95);
  });

  it('T30: the owner, in a browser that is known, comes in meanwhile', async () => {
    const { door, ann, browsers } = await scene();
    await using _ = door;
    const own = browsers[0] ?? door.browser();
    await submit(own, '/login/code', { code: door.appCode(ann) });
    await submit(own, '/logout');
    door.clock.advance(seconds(60));
    const storm = Array.from({ length: 100 }, (_, n) =>
      door
        .browser({ 'x-forwarded-for': `198.51.100.${n}` })
        .post('/login', { email: ann.email, password: 'wrong words typed' }),
    );
    expect((await door.logIn(own, ann)).path).toBe('/');
    await Promise.all(storm);
  });
});
