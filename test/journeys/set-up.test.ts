import { describe, expect, it } from 'vitest';
import { enLogin } from '../../src/web/messages/en-login.ts';
import { enSetUp } from '../../src/web/messages/en-set-up.ts';
import { minutes, seconds } from '../support/clock.ts';
import { appOn, codesOn, openDoor, submit } from '../support/door.ts';
import { expectNoSession, finish, isIn, MAIL, proveMailbox, saying, setUpApp, setUpText } from './steps.ts';

const NINA = 'nina@meridian.example';
const METHODS = { totp: enSetUp.methods.totp.label, sms: enSetUp.methods.sms.label };

/** Nina at the choice of a method: password and mailbox proven. */
async function atChoice() {
  const door = await openDoor({ demo: true });
  const nina = await door.demoPerson('nina');
  const browser = door.browser();
  const asked = await door.password(browser, nina);
  expect(asked.path).toBe('/login/email-code');
  const page = await proveMailbox(door, browser, NINA);
  expect(page.path).toBe('/login/set-up');
  return { door, nina, browser, page };
}

describe('Nina sets up at her next login', () => {
  it('E1, E2, E5: password, mailbox, app, ten codes, Finish; told by mail; asked for a code from then on', async () => {
    const { door, nina, browser, page } = await atChoice();
    await using _ = door;
    expect(page.text).toContain('Meridian Pictures');
    expect(page.text.indexOf(METHODS.totp)).toBeLessThan(page.text.indexOf(METHODS.sms));
    expect(page.text).toContain(enSetUp.recommended);
    await expectNoSession(door, browser);

    const shown = await submit(browser, '/login/set-up', { method: 'totp' });
    for (const app of [
      'Google Authenticator',
      'Duo Mobile',
      '1Password',
      'Authy',
      'Microsoft Authenticator',
    ]) {
      expect(shown.text).toContain(app);
    }
    const app = appOn(shown);
    expect(app.label).toContain(NINA);
    const key = /<code[^>]*id="totp-key"[^>]*>([\s\S]*?)<\/code>/
      .exec(shown.body)?.[1]
      ?.replaceAll(/<[^>]+>/g, '');
    expect(key?.replaceAll(/\s/g, '')).toBe(app.secret);
    expect(app.secret).toHaveLength(32);

    const saved = await submit(browser, '/login/set-up/app', { code: app.codeAt(door.clock.now()) });
    expect(saved.path).toBe('/login/backup-codes');
    const codes = codesOn(saved);
    expect(codes).toHaveLength(10);
    expect(codes.every((code) => /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){2}$/.test(code))).toBe(true);
    await expectNoSession(door, browser);
    const home = await finish(browser);
    expect(home.path).toBe('/');
    expect(await door.count(NINA, MAIL.setUp)).toBe(1);

    door.clock.advance(seconds(30));
    const next = door.browser();
    expect((await door.logIn(next, { ...nina, app })).path).toBe('/');
  });

  it('E2: by text message, the number in any format and shown masked from then on', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    const form = await submit(browser, '/login/set-up', { method: 'sms' });
    expect(form.path).toBe('/login/set-up/phone');
    expect(form.text).toContain('+44');
    // R17: what is weak about it, and the way to the other one.
    expect(form.text).toContain(enSetUp.phone.risk);
    expect(form.body).toContain('href="/login/set-up"');
    const sent = await submit(browser, '/login/set-up/phone', { country: 'GB', phone: '07400 123 456' });
    expect(sent.path).toBe('/login/set-up/text');
    expect(sent.text).toContain('56');
    expect(sent.body).not.toContain('7400123456');
    const message = await door.newest('+447400123456');
    expect(message.channel).toBe('sms');
    const code = await door.code('+447400123456');
    expect(message.text.split('\n').at(-1)).toBe(`@localhost #${code}`);
    expect(message.text.length).toBeLessThanOrEqual(160);
    expect((await submit(browser, '/login/set-up/text', { code })).path).toBe('/login/backup-codes');
    expect((await finish(browser)).path).toBe('/');
  });

  it.each([
    [{ country: 'GB', phone: '123' }],
    [{ country: 'GB', phone: 'my number' }],
    [{ country: 'ZZ', phone: '07400123456' }],
    [{ country: '', phone: '' }],
    [{ country: 'DE', phone: '+447400123456' }],
  ])('E2: a number that cannot be is refused beside its field: %j', async (typed) => {
    const { door, browser } = await atChoice();
    await using _ = door;
    await submit(browser, '/login/set-up', { method: 'sms' });
    const answer = await browser.post('/login/set-up/phone', typed);
    expect(answer.status).toBe(422);
    expect(answer.body).toContain('aria-invalid="true"');
    expect(await door.rows(`select id from inbox where channel = 'sms'`)).toEqual([]);
  });

  it('E4: a changed number gets its own code, the old one’s code is dead, and three messages are all', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    await submit(browser, '/login/set-up', { method: 'sms' });
    const phones = ['+447400123456', '+447400123457', '+447400123458', '+447400123459'];
    for (const phone of phones) {
      await browser.post('/login/set-up/phone', { country: 'GB', phone });
    }
    await door.sent();
    const to = await door.rows<{ to: string }>(`select "to" from inbox where channel = 'sms' order by id`);
    expect(to.map((m) => m.to)).toEqual(phones.slice(0, 3));
    const dead = await door.code(phones[0] ?? '');
    const answer = await browser.post('/login/set-up/text', { code: dead });
    expect(answer.status).toBe(422);
    expect(
      await door.rows(`select id from authenticators where user_id in
      (select id from users where email = '${NINA}')`),
    ).toEqual([]);
  });

  it('E4: text resend after 30 s, then 60 s; five wrong tries end the code', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    const phone = '+447400123456';
    await submit(browser, '/login/set-up', { method: 'sms' });
    await submit(browser, '/login/set-up/phone', { country: 'GB', phone });
    const first = await door.code(phone);
    const resend = () => browser.post('/login/set-up/text', { action: 'resend' });
    expect((await resend()).status).toBe(422);
    door.clock.advance(seconds(30));
    expect((await resend()).status).toBe(303);
    const second = await door.code(phone);
    for (let n = 0; n < 5; n++) {
      const wrong = second === '111111' ? '222222' : '111111';
      expect((await browser.post('/login/set-up/text', { code: n === 0 ? first : wrong })).status).toBe(422);
    }
    expect((await browser.post('/login/set-up/text', { code: second })).status).toBe(422);
    door.clock.advance(seconds(60));
    // R15: a new code would not give new tries.
    expect((await resend()).status).toBe(422);
    expect(await door.count(phone)).toBe(2);
  });

  it.each([
    [-5, false],
    [+7, true],
  ])('E3: says when the phone’s clock is off by %i minutes, here and nowhere else', async (off, ahead) => {
    const { door, nina, browser } = await atChoice();
    await using _ = door;
    const app = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
    const skewed = app.codeAt(door.clock.now() + minutes(off));
    const told = await browser.post('/login/set-up/app', { code: skewed });
    expect(told.status).toBe(422);
    const said = { triesLeft: null, time: `${Math.abs(off)} minutes`, ahead, support: '' };
    expect(told.text).toContain(enSetUp.app.faults.clock_off(said));
    const { page } = await setUpApp(door, browser);
    expect(page.path).toBe('/login/backup-codes');
    await finish(browser);

    const later = door.browser();
    await door.password(later, nina);
    const atLogin = await later.post('/login/code', { code: app.codeAt(door.clock.now() + minutes(off)) });
    expect(atLogin.status).toBe(422);
    expect(atLogin.text).not.toContain(saying(enSetUp.app.faults.clock_off));
  });
});

describe('reload, back and double submit do no harm', () => {
  it('E5: page, reload, download and a second "Continue" show the same key and the same ten codes', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    const first = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
    const again = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
    const reloaded = appOn(await browser.get('/login/set-up/app'));
    expect(again.secret).toBe(first.secret);
    expect(reloaded.secret).toBe(first.secret);

    const { codes } = await setUpApp(door, browser);
    expect(codesOn(await browser.get('/login/backup-codes'))).toEqual(codes);
    const file = await browser.get('/login/backup-codes.txt');
    expect(file.headers['content-type']).toContain('text/plain');
    expect(file.headers['content-disposition']).toContain('attachment');
    expect(file.headers['cache-control']).toBe('no-store');
    expect(file.body.split(/\r?\n/).filter((line) => codes.includes(line))).toEqual(codes);
  });

  it('D1: back to earlier pages leads to the step that is due; a form sent twice changes nothing more', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    const mailed = await door.code(NINA);
    expect((await submit(browser, '/login/email-code', { code: mailed })).path).toBe('/login/set-up');
    const { app, codes } = await setUpApp(door, browser);
    for (const page of ['/login', '/login/email-code', '/login/set-up', '/login/set-up/app', '/login/code']) {
      expect((await browser.follow(await browser.get(page))).path).toBe('/login/backup-codes');
    }
    const twice = await submit(browser, '/login/set-up/app', { code: app.codeAt(door.clock.now()) });
    expect(twice.path).toBe('/login/backup-codes');
    expect(codesOn(twice)).toEqual(codes);
    expect((await submit(browser, '/login/set-up', { method: 'sms' })).path).toBe('/login/backup-codes');
    expect(
      await door.rows(`select id from authenticators where user_id in
      (select id from users where email = '${NINA}')`),
    ).toHaveLength(1);

    const [one, other] = [browser.copy(), browser.copy()];
    const landed = await Promise.all([finish(one), finish(other)]);
    expect(landed.map((page) => page.status)).toEqual([200, 200]);
    expect(await door.rows('select id from sessions')).toHaveLength(1);
    expect(
      await door.rows(`select id from backup_codes where user_id in
      (select id from users where email = '${NINA}')`),
    ).toHaveLength(10);
  });

  it('E5: "Finish" without the tick asks for it and shows the same codes', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    const { codes } = await setUpApp(door, browser);
    const answer = await browser.post('/login/backup-codes', {});
    expect(answer.status).toBe(422);
    expect(codesOn(answer)).toEqual(codes);
    await expectNoSession(door, browser);
  });

  it('E5: left at the codes, it asks for the app’s code next time, and shows a new set', async () => {
    const { door, nina, browser } = await atChoice();
    await using _ = door;
    const { app, codes } = await setUpApp(door, browser);
    door.clock.advance(minutes(40));
    const later = door.browser();
    expect((await door.password(later, nina)).path).toBe('/login/code');
    // None was saved, so none works.
    const old = await later.post('/login/recovery-code', { code: codes[0] ?? '' });
    expect(old.status).toBe(422);
    const page = await submit(later, '/login/code', { code: app.codeAt(door.clock.now()) });
    expect(page.path).toBe('/login/backup-codes');
    const fresh = codesOn(page);
    expect(fresh).toHaveLength(10);
    expect(fresh.filter((code) => codes.includes(code))).toEqual([]);
    expect(await isIn(later)).toBe(false);
    expect((await finish(later)).path).toBe('/');
  });

  it('R09, E3: the confirming code is spent by the set-up', async () => {
    const { door, nina, browser } = await atChoice();
    await using _ = door;
    const { app } = await setUpApp(door, browser);
    await finish(browser);
    const later = door.browser();
    await door.password(later, nina);
    expect((await later.post('/login/code', { code: app.codeAt(door.clock.now()) })).status).toBe(422);
    door.clock.advance(seconds(30));
    expect((await submit(later, '/login/code', { code: app.codeAt(door.clock.now()) })).path).toBe('/');
  });
});

describe('the life of a login', () => {
  it('D1: who comes back within ten minutes goes on where they were; later they start again', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    const app = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
    door.clock.advance(minutes(10) - 1);
    expect((await browser.follow(await browser.get('/login'))).path).toBe('/login/set-up');
    expect(appOn(await browser.get('/login/set-up/app')).secret).toBe(app.secret);
    door.clock.advance(1);
    const over = await browser.follow(await browser.get('/login/set-up/app'));
    expect(over.path).toBe('/login?because=over');
    expect(over.text).toContain(enLogin.logIn.because.over.text);
    const late = await submit(browser, '/login/set-up/app', { code: app.codeAt(door.clock.now()) });
    expect(late.path).toBe('/login?because=over');
    expect(
      await door.rows(`select id from authenticators where user_id in
      (select id from users where email = '${NINA}')`),
    ).toEqual([]);
  });

  it('D1: choosing a method is progress: it gives ten new minutes', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    door.clock.advance(minutes(9));
    await submit(browser, '/login/set-up', { method: 'totp' });
    door.clock.advance(minutes(9));
    expect((await setUpApp(door, browser)).page.path).toBe('/login/backup-codes');
  });

  it('D1: so is giving a number', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    door.clock.advance(minutes(9));
    await submit(browser, '/login/set-up', { method: 'sms' });
    await submit(browser, '/login/set-up/phone', { country: 'GB', phone: '+447400123456' });
    door.clock.advance(minutes(9));
    const code = await door.code('+447400123456');
    expect((await submit(browser, '/login/set-up/text', { code })).path).toBe('/login/backup-codes');
  });

  it('D1: progress gives ten new minutes, but thirty in all', async () => {
    const { door, nina } = await atChoice();
    await using _ = door;
    const browser = door.browser();
    await door.password(browser, nina);
    door.clock.advance(minutes(9));
    await proveMailbox(door, browser, NINA);
    door.clock.advance(minutes(9));
    expect((await setUpApp(door, browser)).page.path).toBe('/login/backup-codes');
    door.clock.advance(minutes(9));
    expect((await browser.get('/login/backup-codes')).status).toBe(200);
    door.clock.advance(minutes(3));
    const late = await finish(browser);
    expect(late.path).toBe('/login?because=over');
    await expectNoSession(door, browser);
  });

  it('D1: a login’s end takes its secrets along: the codes on show are gone with Finish', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    await setUpText(door, browser);
    const codes = codesOn(await browser.get('/login/backup-codes'));
    const copy = browser.copy();
    await finish(browser);
    const after = await copy.follow(await copy.get('/login/backup-codes'));
    for (const code of codes) expect(after.body).not.toContain(code);
    expect(
      await door.rows('select backup_codes_sealed from logins where backup_codes_sealed is not null'),
    ).toEqual([]);
    expect(await door.rows('select id from enrollments')).toEqual([]);
  });
});

describe('what a set-up needs', () => {
  it('E1: the mailbox proven in this very login and browser: another’s proof does not count', async () => {
    const { door, nina } = await atChoice();
    await using _ = door;
    const other = door.browser();
    expect((await door.password(other, nina)).path).toBe('/login/email-code');
    for (const page of ['/login/set-up', '/login/set-up/app', '/login/set-up/phone']) {
      expect((await other.follow(await other.get(page))).path).toBe('/login/email-code');
    }
    expect((await submit(other, '/login/set-up', { method: 'totp' })).path).toBe('/login/email-code');
    expect(await door.rows('select id from enrollments')).toEqual([]);
  });

  it('M3: only what the account allows is offered, and nothing else can be posted', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Apps Only', mandates: ['totp'] });
    const ann = await door.addPerson({ email: 'ann@apps.example', in: [{ account }] });
    const browser = door.browser();
    await door.password(browser, ann);
    const page = await proveMailbox(door, browser, ann.email);
    expect(page.text).toContain(METHODS.totp);
    expect(page.text).not.toContain(METHODS.sms);
    expect((await browser.post('/login/set-up', { method: 'sms' })).status).toBe(422);
    expect((await browser.follow(await browser.get('/login/set-up/phone'))).path).toBe('/login/set-up');
    await submit(browser, '/login/set-up/phone', { country: 'GB', phone: '+447400123456' });
    expect(await door.rows(`select id from inbox where channel = 'sms'`)).toEqual([]);
    expect((await setUpApp(door, browser)).page.path).toBe('/login/backup-codes');
  });

  it('D4: a number, a user or a key in the form changes nothing: it is not a field', async () => {
    const { door, browser } = await atChoice();
    await using _ = door;
    const { secret } = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
    for (const extra of [
      { user: 'x' },
      { secret: 'A'.repeat(32) },
      { authenticator: '1' },
      { phone: '+441' },
    ]) {
      const answer = await browser.post('/login/set-up/app', { code: '123456', ...extra });
      expect(answer.status).toBe(400);
    }
    expect(appOn(await browser.get('/login/set-up/app')).secret).toBe(secret);
  });
});
