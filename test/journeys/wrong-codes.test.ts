import { describe, expect, it } from 'vitest';
import { enLogin } from '../../src/web/messages/en-login.ts';
import { hours, minutes, seconds } from '../support/clock.ts';
import { codesOn, type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { finish, isIn, MAIL, proveMailbox, saying, setUpApp } from './steps.ts';

async function scene(method: 'totp' | 'sms' = 'totp') {
  const door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp', 'sms'] });
  const ann = await door.addPerson({ email: 'ann@meridian.example', method, in: [{ account }] });
  return { door, ann };
}

/** A new login, up to the page that asks for a code. */
async function atCode(door: Door, ann: Person): Promise<HttpBrowser> {
  const browser = door.browser();
  await door.password(browser, ann);
  return browser;
}

async function typeWrong(door: Door, ann: Person, browser: HttpBrowser, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const answer = await browser.post('/login/code', { code: door.wrongCode(ann) });
    expect(answer.status).toBe(422);
    expect(answer.text).not.toContain(saying(enLogin.code.appFaults.wait));
  }
}

const count = async (door: Door, key: string) =>
  (await door.rows<{ wrong: number }>(`select wrong from counters where key = '${key}'`))[0]?.wrong ?? 0;

describe('wrong codes of an authenticator (D6)', () => {
  it('R29: after every tenth a wait of 15, 30, 60, 120, then 240 minutes; dead at 100; backup codes still work', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const waits = [15, 30, 60, 120, 240, 240, 240, 240, 240];
    for (const wait of waits) {
      const browser = await atCode(door, ann);
      await typeWrong(door, ann, browser, 10);
      const right = await browser.post('/login/code', { code: door.appCode(ann) });
      expect(right.status).toBe(422);
      expect(right.text).toContain(wait < 60 ? `${wait} minutes` : `${wait / 60} hour`);
      door.clock.advance(minutes(wait) - seconds(31));
      const early = await atCode(door, ann);
      expect((await early.get('/login/code')).text).toContain(saying(enLogin.waiting));
      expect((await early.post('/login/code', { code: door.appCode(ann) })).status).toBe(422);
      door.clock.advance(seconds(31));
    }
    expect(await count(door, `code:${ann.authenticatorId}`)).toBe(90);
    const last = await atCode(door, ann);
    await typeWrong(door, ann, last, 9);
    const hundredth = await last.post('/login/code', { code: door.wrongCode(ann) });
    expect(hundredth.location).toBe('/login/recovery-code');
    door.clock.advance(hours(1000));

    const dead = door.browser();
    const page = await door.password(dead, ann);
    expect(page.path).toBe('/login/recovery-code');
    expect((await dead.follow(await dead.get('/login/code'))).path).toBe('/login/recovery-code');
    expect((await submit(dead, '/login/code', { code: door.appCode(ann) })).path).toBe(
      '/login/recovery-code',
    );
    expect(await isIn(dead)).toBe(false);
    expect((await submit(dead, '/login/recovery-code', { code: ann.codes[0] ?? '' })).path).toBe(
      '/login/recovered',
    );
    await submit(dead, '/login/recovered', { choice: 'replace' });
    await proveMailbox(door, dead, ann.email);
    const { app } = await setUpApp(door, dead);
    await finish(dead);
    door.clock.advance(seconds(30));
    expect((await door.logIn(door.browser(), { ...ann, app })).path).toBe('/');
  });

  it('R31: a right password does not clear the count, nor do other browsers start anew; a right code does', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    for (let n = 0; n < 9; n++) await typeWrong(door, ann, await atCode(door, ann), 1);
    expect(await count(door, `code:${ann.authenticatorId}`)).toBe(9);
    expect((await door.logIn(door.browser(), ann)).path).toBe('/');
    expect(await count(door, `code:${ann.authenticatorId}`)).toBe(0);
    const browser = await atCode(door, ann);
    await typeWrong(door, ann, browser, 10);
    expect((await browser.post('/login/code', { code: door.appCode(ann) })).text).toContain('15 minutes');
  });

  it('R31: a recovery code neither clears nor lifts the wait for the phone’s codes', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const browser = await atCode(door, ann);
    await typeWrong(door, ann, browser, 10);
    await submit(browser, '/login/recovery-code', { code: ann.codes[0] ?? '' });
    expect((await submit(browser, '/login/recovered', { choice: 'continue' })).path).toBe('/');
    expect(await count(door, `code:${ann.authenticatorId}`)).toBe(10);
    const later = await atCode(door, ann);
    expect((await later.post('/login/code', { code: door.appCode(ann) })).text).toContain(
      saying(enLogin.code.appFaults.wait),
    );
  });

  it('T29: text codes count by the phone over all logins, though each code has five tries', async () => {
    const { door, ann } = await scene('sms');
    await using _ = door;
    for (let n = 0; n < 2; n++) {
      const browser = await atCode(door, ann);
      const code = await door.code(ann.phone ?? '');
      const wrong = code === '111111' ? '222222' : '111111';
      for (let k = 0; k < 5; k++) await browser.post('/login/code', { code: wrong });
    }
    // No text is sent that would be dead before it may be typed.
    const sent = await door.inbox.latest({ to: ann.phone ?? '' });
    const browser = await atCode(door, ann);
    await door.app.outbox.drain();
    expect(await door.inbox.latest({ to: ann.phone ?? '' })).toEqual(sent);
    const waiting = await browser.post('/login/code', { code: '123456' });
    expect(waiting.status).toBe(422);
    expect(waiting.text).toContain('15 minutes');
    door.clock.advance(minutes(15));
    const later = await atCode(door, ann);
    expect((await submit(later, '/login/code', { code: await door.code(ann.phone ?? '') })).path).toBe('/');
  });

  it('D6: a code that is none at all is not counted', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const browser = await atCode(door, ann);
    for (const code of ['', '12345', 'abcdef', '1234567', '12 34'])
      await browser.post('/login/code', { code });
    expect(await count(door, `code:${ann.authenticatorId}`)).toBe(0);
  });
});

describe('wrong recovery codes (D6)', () => {
  const guess = (n: number) => `zzzz-zzzz-${String(n).padStart(4, '0')}`;

  it('count by person; after ten a wait; the phone’s code is not touched by it', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    for (let n = 0; n < 10; n++) {
      const browser = await atCode(door, ann);
      expect((await browser.post('/login/recovery-code', { code: guess(n) })).status).toBe(422);
    }
    const browser = await atCode(door, ann);
    const right = await browser.post('/login/recovery-code', { code: ann.codes[0] ?? '' });
    expect(right.status).toBe(422);
    expect(right.text).toContain('15 minutes');
    expect((await submit(browser, '/login/code', { code: door.appCode(ann) })).path).toBe('/');
    // Cleared by its own success only.
    expect(await count(door, `recovery:${ann.id}`)).toBe(10);
    door.clock.advance(minutes(15));
    const later = await atCode(door, ann);
    expect((await submit(later, '/login/recovery-code', { code: ann.codes[0] ?? '' })).path).toBe(
      '/login/recovered',
    );
    expect(await count(door, `recovery:${ann.id}`)).toBe(0);
  });

  it('D6: dead at 100: none is taken, and the next login by the phone shows ten new ones', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    for (let ten = 0; ten < 10; ten++) {
      const browser = await atCode(door, ann);
      for (let n = 0; n < 10; n++) await browser.post('/login/recovery-code', { code: guess(n) });
      door.clock.advance(hours(4));
    }
    expect(await count(door, `recovery:${ann.id}`)).toBe(100);
    const browser = await atCode(door, ann);
    const refused = await browser.post('/login/recovery-code', { code: ann.codes[0] ?? '' });
    expect(refused.status).toBe(422);
    expect((await browser.get('/login/recovery-code')).text).toContain(enLogin.recoveryCode.dead);
    const page = await submit(browser, '/login/code', { code: door.appCode(ann) });
    expect(page.path).toBe('/login/backup-codes');
    const codes = codesOn(page);
    await finish(browser);
    const later = await atCode(door, ann);
    expect((await submit(later, '/login/recovery-code', { code: codes[0] ?? '' })).path).toBe(
      '/login/recovered',
    );
  });
});

describe('wrong e-mailed codes (D6)', () => {
  it('count by person over all logins, and leave the phone’s count alone', async () => {
    await using door = await openDoor({ demo: true });
    const nina = await door.demoPerson('nina');
    for (let n = 0; n < 2; n++) {
      const browser = door.browser();
      await door.password(browser, nina);
      const code = await door.code(nina.email);
      const wrong = code === '111111' ? '222222' : '111111';
      for (let k = 0; k < 5; k++) await browser.post('/login/email-code', { code: wrong });
    }
    const browser = door.browser();
    await door.password(browser, nina);
    const right = await browser.post('/login/email-code', { code: await door.code(nina.email) });
    expect(right.status).toBe(422);
    expect(right.text).toContain('15 minutes');
    expect(await count(door, `mailbox:${nina.id}`)).toBe(10);
    door.clock.advance(minutes(15));
    const later = door.browser();
    await door.password(later, nina);
    expect((await proveMailbox(door, later, nina.email)).path).toBe('/login/set-up');
    expect(await count(door, `mailbox:${nina.id}`)).toBe(0);
  });
});

describe('the person is told (R33)', () => {
  it('after a right password and three wrong codes, once per login, with browser and address', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const subject = MAIL.wrongCodes;
    const browser = await atCode(door, ann);
    await typeWrong(door, ann, browser, 2);
    expect(await door.count(ann.email, subject)).toBe(0);
    await typeWrong(door, ann, browser, 1);
    expect(await door.count(ann.email, subject)).toBe(1);
    const mail = await door.newest(ann.email);
    expect(mail.text).toContain('Chrome on Linux');
    expect(mail.text).toContain('127.0.0.1');
    expect(mail.text).toContain('2026-10-01');
    await typeWrong(door, ann, browser, 4);
    expect(await door.count(ann.email, subject)).toBe(1);
  });

  it('also when the three are recovery codes, or of both kinds', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const browser = await atCode(door, ann);
    await typeWrong(door, ann, browser, 1);
    for (const code of ['zzzz-zzzz-zzzz', 'yyyy-yyyy-yyyy'])
      await browser.post('/login/recovery-code', { code });
    expect(await door.count(ann.email, MAIL.wrongCodes)).toBe(1);
  });
});
