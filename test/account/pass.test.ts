/** P1 to P7: the 24-hour pass, over HTTP, from both sides of it. P8 is in `who-may.test.ts`. */
import { describe, expect, it } from 'vitest';
import { isIn, proveMailbox, STRONG } from '../journeys/steps.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { cookieOf, openDoor, submit } from '../support/door.ts';
import {
  addMember,
  admissions,
  ask,
  authenticators,
  type Cast,
  goOnWithPass,
  grantRequest,
  handOver,
  loggedIn,
  memberOf,
  onAskedPass,
  onPass,
  openCast,
  operatorPass,
  PASS_CODE,
  passesOf,
  passwordInto,
  readyToAsk,
  setUpAnew,
  trusts,
  typePassCode,
  wrongNumber,
} from './steps.ts';

const requestsOf = ({ door, sam }: Cast) =>
  door.rows<{ answer: string | null; wrong_numbers: number }>(
    `select answer, wrong_numbers from pass_requests where user_id = '${sam.id}' order by created_at, answer is null`,
  );

describe('P1: asked for', () => {
  it('P1: nothing is sent before password and mailbox are proven in this login', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const stranger = door.browser();
    expect((await submit(stranger, '/login/pass', { action: 'ask', account: 'meridian' })).path).toBe(
      '/login',
    );
    await passwordInto(stranger, sam);
    for (const action of ['ask', 'continue'])
      expect((await submit(stranger, '/login/pass', { action })).path).toBe('/login/code');
    expect((await submit(stranger, '/login/pass', { action: 'want' })).path).toBe('/login/email-code');
    for (const action of ['ask', 'continue'])
      expect((await submit(stranger, '/login/pass', { action })).path).toBe('/login/email-code');
    expect((await submit(stranger, '/login/email-code', { code: '000000' })).status).toBe(422);
    expect(await requestsOf(cast)).toEqual([]);
    expect(await isIn(stranger)).toBe(false);
  });

  it('P1: the admin sees who and from where, types number and reason, and the waiting login goes on', async () => {
    await using cast = await openCast();
    const { door, sam, olivia, adam } = cast;
    const asked = await ask(door, sam);
    expect(asked.number).toMatch(/^[1-9]\d$/);
    expect(asked.page.body).toMatch(new RegExp(`id="pass-number">${asked.number}<`));
    expect(asked.page.body).toMatch(/http-equiv="refresh" content="5"/);
    for (const admin of [olivia, adam]) {
      const mail = await door.newest(admin.email);
      expect(mail.subject).toContain('asks for a pass into Meridian');
      expect(mail.text).toMatch(/in person, by video call, or on a number you already know/);
      expect(mail.text).toContain(`${door.url}/accounts/meridian/passes`);
      expect(mail.text).not.toMatch(new RegExp(`\\b${asked.number}\\b(?!:|/)`));
    }
    const admin = await loggedIn(door, adam);
    const page = await admin.get('/accounts/meridian/passes');
    for (const shown of [
      'Sam Rivera',
      sam.email,
      'Chrome on Linux',
      '127.0.0.1',
      'on a number you already know',
    ])
      expect(page.text).toContain(shown);
    // The number comes over the telephone, or it proves nothing.
    expect(page.body).not.toContain(`value="${asked.number}"`);
    expect(page.text).not.toContain('password was changed lately');
    expect((await asked.browser.get('/login/pass/state')).body).toBe('{"done":false}');
    expect((await goOnWithPass(asked.browser)).path).toBe('/login/pass');
    expect(await isIn(asked.browser)).toBe(false);

    const granted = await grantRequest(admin, asked, 'rang the desk');
    expect(granted.location).toBe('/accounts/meridian/passes?done=granted');
    expect((await asked.browser.get('/login/pass/state')).body).toBe('{"done":true}');
    const ready = await asked.browser.get('/login/pass');
    expect(ready.text).toContain('Continue');
    // A page that is only looked at activates nothing.
    expect((await passesOf(door, sam))[0]?.activated_at).toBeNull();
    expect((await goOnWithPass(asked.browser)).path).toBe('/');
    expect(await admissions(door, asked.browser)).toMatchObject({ meridian: 'pass' });
    expect(cookieOf(asked.browser, 'pass')).toMatch(/^[\w-]{43}$/);
    expect(await requestsOf(cast)).toEqual([{ answer: 'granted', wrong_numbers: 0 }]);
  });

  it('P1: a password changed in the last seven days is shown with the request, an older one is not', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const changed = (ago: number) =>
      door.rows(`update users set password_changed_at = ${door.clock.now() - ago} where id = '${sam.id}'`);
    await ask(door, sam);
    const admin = await loggedIn(door, olivia);
    await changed(days(7) - 1);
    expect((await admin.get('/accounts/meridian/passes')).text).toContain('password was changed lately');
    await changed(days(7));
    expect((await admin.get('/accounts/meridian/passes')).text).not.toContain('password was changed lately');
  });

  it.each([15, 29])('P1, D1: granted %d minutes after it was asked, it still opens', async (wait) => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam);
    door.clock.advance(minutes(wait) - 30_000);
    const admin = await loggedIn(door, olivia);
    door.clock.set(asked.at + minutes(wait));
    expect((await grantRequest(admin, asked)).location).toMatch(/done=granted/);
    expect((await goOnWithPass(asked.browser)).path).toBe('/');
    expect(await admissions(door, asked.browser)).toMatchObject({ meridian: 'pass' });
  });

  it('P1: after 30 minutes to the millisecond the request is dead, and the page says so', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam);
    door.clock.set(asked.at + minutes(29));
    const admin = await loggedIn(door, olivia);
    door.clock.set(asked.at + minutes(30) - 1);
    expect((await asked.browser.get('/login/pass')).text).toContain(asked.number);
    door.clock.set(asked.at + minutes(30));
    expect((await grantRequest(admin, asked)).status).toBe(404);
    expect((await asked.browser.get('/login/pass')).text).toContain('Nobody answered');
    expect(await passesOf(door, sam)).toEqual([]);
    expect(await isIn(asked.browser)).toBe(false);
  });

  it('P1: denied: the page says so and what to do; nothing opens; it can be asked again', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam);
    const admin = await loggedIn(door, olivia);
    const path = `/accounts/meridian/passes/requests/${asked.id}`;
    expect((await admin.post(path, { action: 'deny' })).location).toBe(
      '/accounts/meridian/passes?done=denied',
    );
    expect((await asked.browser.get('/login/pass')).text).toContain('Your request was denied');
    expect((await asked.browser.get('/login/pass')).text).toContain('Speak to one, and ask again');
    await goOnWithPass(asked.browser);
    expect(await isIn(asked.browser)).toBe(false);
    // What was denied can be neither granted nor denied again.
    expect((await grantRequest(admin, asked)).status).toBe(404);
    expect((await admin.post(path, { action: 'deny' })).status).toBe(404);
    await submit(asked.browser, '/login/pass', { action: 'ask', account: 'meridian' });
    expect((await requestsOf(cast)).map((r) => r.answer)).toEqual(['denied', null]);
  });

  it('P1: a wrong number three times kills the request, even for the right one; rubbish is not counted', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam);
    const admin = await loggedIn(door, olivia);
    const wrong = { ...asked, number: wrongNumber(asked) };
    for (const number of ['', '1', '123', 'ab', '٤٢'])
      expect((await grantRequest(admin, { ...asked, number })).status).toBe(422);
    expect((await grantRequest(admin, asked, ' ​ ')).status).toBe(422);
    expect(await requestsOf(cast)).toEqual([{ answer: null, wrong_numbers: 0 }]);
    for (const left of ['2 tries', '1 try']) {
      const answer = await grantRequest(admin, wrong);
      expect(answer.status).toBe(422);
      expect(answer.text).toContain(`You have ${left} left`);
    }
    expect((await grantRequest(admin, wrong)).text).toContain('third wrong number');
    expect((await grantRequest(admin, asked)).status).toBe(404);
    expect(await requestsOf(cast)).toEqual([{ answer: 'wrong_number', wrong_numbers: 3 }]);
    expect((await asked.browser.get('/login/pass')).text).toContain('Your request was stopped');
    expect(await passesOf(door, sam)).toEqual([]);
  });

  it('P1, D5: three numbers guessed by thirty clients at once: three are heard', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam);
    const admin = await loggedIn(door, olivia);
    const guesses = Array.from({ length: 30 }, (_, n) => String(60 + n)).filter((n) => n !== asked.number);
    const answers = await Promise.all(
      guesses.map((number) => grantRequest(admin.copy(), { ...asked, number })),
    );
    expect(answers.filter((a) => a.status === 422)).toHaveLength(3);
    expect(await requestsOf(cast)).toEqual([{ answer: 'wrong_number', wrong_numbers: 3 }]);
  });

  it('P1: at most three wait per member; the fourth is refused until one is answered', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const first = await ask(door, sam);
    await ask(door, sam);
    await ask(door, sam);
    const { browser } = await readyToAsk(door, sam);
    const fourth = await submit(browser, '/login/pass', { action: 'ask', account: 'meridian' });
    expect(fourth.status).toBe(422);
    expect(fourth.text).toContain('Three requests of yours wait already');
    expect(await requestsOf(cast)).toHaveLength(3);
    // One login asks once, however often the button is pressed.
    await submit(first.browser, '/login/pass', { action: 'ask', account: 'meridian' });
    expect(await requestsOf(cast)).toHaveLength(3);
    const admin = await loggedIn(door, olivia);
    await admin.post(`/accounts/meridian/passes/requests/${first.id}`, { action: 'deny' });
    expect((await submit(browser, '/login/pass', { action: 'ask', account: 'meridian' })).status).toBe(200);
    expect(await requestsOf(cast)).toHaveLength(4);
  });

  it('P1: if nobody else may grant, no request is sent and the page names who runs this', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Solo', mandates: ['totp'] });
    const owner = await addMember(door, account, 'olga', 'owner');
    const admin = await addMember(door, account, 'arno', 'admin');
    // An admin may not grant to an owner (P8), so the owner has nobody; the admin has the owner.
    const { browser, page } = await readyToAsk(door, owner);
    expect(page.text).toContain('help@sallyport.example');
    const forced = await submit(browser, '/login/pass', { action: 'ask', account: 'solo' });
    expect(forced.status).toBe(422);
    expect(forced.text).toContain('help@sallyport.example');
    expect(await door.rows('select id from pass_requests')).toEqual([]);
    expect(await door.count(admin.email)).toBe(0);
    expect((await readyToAsk(door, admin)).page.text).not.toContain('help@sallyport.example');
  });

  it('P1: nobody who is disabled or has not joined is counted among those who may grant', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Solo', mandates: ['totp'] });
    const owner = await addMember(door, account, 'olga', 'owner');
    const other = await addMember(door, account, 'otto', 'owner');
    await door.rows(`update users set disabled_at = 1 where id = '${other.id}'`);
    expect((await readyToAsk(door, owner)).page.text).toContain('help@sallyport.example');
    await door.rows(`update users set disabled_at = null where id = '${other.id}'`);
    await door.rows(`update memberships set active_at = null where user_id = '${other.id}'`);
    expect((await readyToAsk(door, owner)).page.text).toContain('help@sallyport.example');
  });

  it('P1: the person picks among several accounts; only their own that mandate are taken', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam, olivia } = cast;
    await door.addAccount({ name: 'Foreign', mandates: ['totp'] });
    const { browser, page } = await readyToAsk(door, sam, 'meridian');
    expect(page.body).toMatch(/name="account"[^>]*value="meridian"|value="meridian"[^>]*name="account"/);
    expect(page.text).toContain('Harbour');
    for (const account of ['crestline', 'foreign', 'nowhere', "x' or 1=1"]) {
      expect((await submit(browser, '/login/pass', { action: 'ask', account })).status).toBe(422);
    }
    expect(await requestsOf(cast)).toEqual([]);
    await submit(browser, '/login/pass', { action: 'ask', account: 'harbour' });
    expect(
      await door.rows('select slug from pass_requests join accounts on accounts.id = account_id'),
    ).toEqual([{ slug: 'harbour' }]);
    expect(await door.count(olivia.email)).toBe(0);
    expect(await door.count('harriet@harbour.example', /asks for a pass into Harbour/)).toBe(1);
    // T3: Meridian's admins see nothing of it.
    const admin = await loggedIn(door, olivia);
    expect((await admin.get('/accounts/meridian/passes')).text).not.toContain(sam.email);
  });

  it('P1, D4: another account’s request cannot be answered from here, whatever the address says', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam, 'harbour');
    const admin = await loggedIn(door, olivia);
    expect((await grantRequest(admin, asked, 'x', 'meridian')).status).toBe(404);
    expect((await grantRequest(admin, asked, 'x', 'harbour')).status).toBe(404);
    expect(
      (await admin.post(`/accounts/meridian/passes/requests/${asked.id}`, { action: 'deny' })).status,
    ).toBe(404);
    expect(await requestsOf(cast)).toEqual([{ answer: null, wrong_numbers: 0 }]);
  });

  it('P1: only the login that asked goes on; another browser of theirs does not', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam);
    const other = (await readyToAsk(door, sam)).browser;
    await grantRequest(await loggedIn(door, olivia), asked);
    expect((await goOnWithPass(other)).path).toBe('/login/pass');
    expect(await isIn(other)).toBe(false);
    expect((await goOnWithPass(asked.browser)).path).toBe('/');
  });

  it('P1: a phone that turns up after all: the code still works, and the request is of no more use', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const asked = await ask(door, sam);
    await submit(asked.browser, '/login/pass', { action: 'back' });
    expect((await submit(asked.browser, '/login/code', { code: door.appCode(sam) })).path).toBe('/');
    await grantRequest(await loggedIn(door, olivia), asked);
    expect((await goOnWithPass(asked.browser)).path).not.toBe('/login/pass');
    expect((await passesOf(door, sam)).map((p) => p.activated_at)).toEqual([null]);
    expect(await trusts(door, sam)).toEqual({ meridian: sam.authenticatorId });
  });
});

describe('P2: handed over', () => {
  it('P2: shown once, kept as a hash, typed after the password, good once', async () => {
    await using cast = await openCast();
    const { door, sam, adam } = cast;
    const admin = await loggedIn(door, adam);
    const code = await handOver(door, admin, sam);
    const member = await memberOf(door, sam);
    for (const page of [`people/${member}`, 'people', 'passes', 'activity', 'activity.csv']) {
      const { text } = await admin.get(`/accounts/meridian/${page}`);
      expect(text).not.toContain(code);
      expect(text).not.toContain(code.replaceAll('-', ''));
    }
    const [row] = await passesOf(door, sam);
    expect(row?.code_hash).toMatch(/^\$argon2id\$/);
    // Sent to nobody: it is read out, or given by hand.
    const mails = await door.rows<{ text: string }>('select text from inbox');
    for (const { text } of mails) expect(text).not.toMatch(PASS_CODE);

    const unproven = door.browser();
    expect((await submit(unproven, '/login/recovery-code', { code })).path).toBe('/login');
    await submit(unproven, '/login', { email: sam.email, password: STRONG });
    expect((await submit(unproven, '/login/recovery-code', { code })).path).toBe('/login');
    expect((await passesOf(door, sam))[0]?.activated_at).toBeNull();

    const browser = door.browser();
    await passwordInto(browser, sam);
    expect((await browser.get('/login/recovery-code')).text).toContain('pass code from an admin');
    const sloppy = ` ${code.toUpperCase().replaceAll('-', ' ')} `;
    expect((await submit(browser, '/login/recovery-code', { code: sloppy })).path).toBe('/');
    expect(await admissions(door, browser)).toMatchObject({ meridian: 'pass' });
    expect((await passesOf(door, sam))[0]?.code_hash).toBeNull();
    const again = await typePassCode(door.browser(), sam, code);
    expect(again.status).toBe(422);
  });

  it('P2: of fifty parallel uses one is in', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { code } = await operatorPass(door, sam);
    const browsers = Array.from({ length: 50 }, () => door.browser());
    for (const browser of browsers) await passwordInto(browser, sam);
    const answers = await Promise.all(browsers.map((b) => b.post('/login/recovery-code', { code })));
    expect(answers.filter((a) => a.location === '/')).toHaveLength(1);
    expect((await Promise.all(browsers.map(isIn))).filter(Boolean)).toHaveLength(1);
    expect(await door.rows('select id from sessions')).toHaveLength(1);
  });

  it('P2: unused it dies 24 hours after the grant, to the millisecond', async () => {
    await using cast = await openCast();
    const { door, sam, adam } = cast;
    const [early, late] = [await operatorPass(door, sam), await operatorPass(door, adam)];
    const granted = door.clock.now();
    door.clock.set(granted + hours(24) - 1);
    const [last, tooLate] = [door.browser(), door.browser()];
    await passwordInto(tooLate, adam);
    expect((await typePassCode(last, sam, early.code)).path).toBe('/');
    door.clock.advance(1);
    expect((await last.get('/')).location).toBe('/login?because=pass_over');
    expect((await submit(tooLate, '/login/recovery-code', { code: late.code })).status).toBe(422);
    expect(await isIn(tooLate)).toBe(false);
  });

  it('P2: a second grant kills the first code, an asked-for one as well', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const admin = await loggedIn(door, olivia);
    const first = await handOver(door, admin, sam);
    const second = await handOver(door, admin, sam);
    expect((await typePassCode(door.browser(), sam, first)).status).toBe(422);
    const asked = await ask(door, sam);
    await grantRequest(admin, asked);
    expect((await typePassCode(door.browser(), sam, second)).status).toBe(422);
    const third = await handOver(door, admin, sam);
    expect((await goOnWithPass(asked.browser)).text).toContain('no longer good');
    expect(await isIn(asked.browser)).toBe(false);
    expect((await typePassCode(door.browser(), sam, third)).path).toBe('/');
  });

  it('P2, D6: wrong codes are counted by person before they are compared; ten in a row wait', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { code } = await operatorPass(door, sam);
    const wrong = `${code.startsWith('0') ? '1' : '0'}${code.slice(1)}`;
    for (let n = 0; n < 5; n++) {
      const browser = door.browser();
      await passwordInto(browser, sam);
      for (let m = 0; m < 2; m++)
        expect((await browser.post('/login/recovery-code', { code: wrong })).status).toBe(422);
    }
    const browser = door.browser();
    await passwordInto(browser, sam);
    expect((await browser.post('/login/recovery-code', { code })).text).toMatch(/15 minutes/);
    expect(await isIn(browser)).toBe(false);
    door.clock.advance(minutes(15));
    const later = door.browser();
    await passwordInto(later, sam);
    expect((await submit(later, '/login/recovery-code', { code })).path).toBe('/');
    expect(await door.rows(`select id from audit_events where kind = 'pass.code_refused'`)).toHaveLength(10);
  });

  it('P2: somebody else’s code opens nothing and stays unused', async () => {
    await using cast = await openCast();
    const { door, sam, adam } = cast;
    const { code } = await operatorPass(door, sam);
    const thief = door.browser();
    expect((await typePassCode(thief, adam, code)).status).toBe(422);
    expect((await typePassCode(door.browser(), sam, code)).path).toBe('/');
  });
});

describe('P3: what a pass asks for', () => {
  it('P3: a password alone opens nothing; with the cookie it re-enters to the end, and only in that browser', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    const [pass] = await passesOf(door, sam);
    await submit(browser, '/logout');
    expect(await isIn(browser)).toBe(false);
    expect((await browser.get('/accounts/meridian')).location).toContain('/login');
    // The cookie without the password.
    expect((await submit(browser, '/login', { email: sam.email, password: STRONG })).status).not.toBe(303);
    expect(await isIn(browser)).toBe(false);
    expect((await passwordInto(browser, sam)).path).toBe('/');
    expect(await admissions(door, browser)).toMatchObject({ meridian: 'pass' });
    // The password without the cookie.
    const other = door.browser();
    const page = await passwordInto(other, sam);
    expect(page.path).toBe('/login/pass');
    expect((await submit(other, '/login/code', { code: door.appCode(sam) })).path).toBe('/login/pass');
    expect(await isIn(other)).toBe(false);

    await submit(browser, '/logout');
    door.clock.set((pass?.ends_at ?? 0) - 1);
    expect((await passwordInto(browser, sam)).path).toBe('/');
    await submit(browser, '/logout');
    door.clock.advance(1);
    expect((await passwordInto(browser, sam)).path).toBe('/login/email-code');
    expect(await isIn(browser)).toBe(false);
  });

  it('P3: a stolen cookie is of no use to another person, and a made-up one to nobody', async () => {
    await using cast = await openCast();
    const { door, meridian, sam } = cast;
    const lost = await door.addPerson({
      email: 'lost@meridian.example',
      in: [{ account: meridian, trust: 'forgotten' }],
    });
    const { browser } = await onPass(door, sam);
    const token = cookieOf(browser, 'pass') ?? '';
    const thief = door.browser({ cookie: `pass=${token}` });
    const answer = await thief.post('/login', { email: lost.email, password: lost.password });
    expect(answer.location).toBe('/login/pass');
    const forged = door.browser({ cookie: `pass=${'A'.repeat(43)}.${'.'.repeat(9)}` });
    expect((await forged.post('/login', { email: sam.email, password: sam.password })).location).toBe(
      '/login/pass',
    );
    // Only its hash is kept.
    expect((await passesOf(door, sam))[0]?.cookie_hash).not.toContain(token);
    expect(browser.cookies().find((c) => c.name === 'pass')).toBeDefined();
  });

  it('P3: a reason is required: nothing, spaces and invisible marks are none', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const admin = await loggedIn(door, olivia);
    const path = `/accounts/meridian/people/${await memberOf(door, sam)}/pass`;
    for (const reason of ['', '   ', '\u200b\u200b', '\u00a0\t', '\u202e']) {
      const answer = await admin.post(path, { reason });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('Type a reason');
    }
    expect((await admin.post(path, {})).status).toBe(422);
    expect((await admin.post(path, { reason: 'x'.repeat(501) })).status).toBeGreaterThanOrEqual(400);
    expect(await passesOf(door, sam)).toEqual([]);
  });

  it('P3: an admin grants two in seven days, an owner more; the week is counted to the millisecond', async () => {
    await using cast = await openCast();
    const { door, sam, olivia, adam } = cast;
    const admin = await loggedIn(door, adam);
    await handOver(door, admin, sam);
    const [first] = await passesOf(door, sam);
    await handOver(door, admin, sam);
    const path = `/accounts/meridian/people/${await memberOf(door, sam)}/pass`;
    const third = await admin.post(path, { reason: 'again' });
    expect(third.status).toBe(422);
    expect(third.text).toContain('two passes in seven days');
    // Nor by a request: it stays, for an owner to answer.
    const asked = await ask(door, sam);
    expect((await grantRequest(admin, asked)).status).toBe(422);
    expect(await passesOf(door, sam)).toHaveLength(2);
    const owner = await loggedIn(door, olivia);
    expect((await grantRequest(owner, asked)).location).toMatch(/done=granted/);
    expect(await passesOf(door, sam)).toHaveLength(3);

    await door.rows(`delete from passes where request_id is not null`);
    const at = (first?.granted_at ?? 0) + days(7);
    door.clock.set(at - minutes(1));
    const later = await loggedIn(door, adam);
    door.clock.set(at - 1);
    expect((await later.post(path, { reason: 'again' })).status).toBe(422);
    door.clock.set(at);
    expect((await later.post(path, { reason: 'again' })).status).toBe(200);
  });
});

describe('P4: how long, and for what', () => {
  it('P4: exactly 24 hours from the grant, however late it is used', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { code } = await operatorPass(door, sam);
    const granted = door.clock.now();
    door.clock.advance(hours(20));
    const browser = door.browser();
    await typePassCode(browser, sam, code);
    expect((await passesOf(door, sam))[0]?.ends_at).toBe(granted + hours(24));
    door.clock.set(granted + hours(24) - 1);
    expect((await browser.get('/')).status).toBe(200);
    expect(await admissions(door, browser)).toMatchObject({ meridian: 'pass' });
    door.clock.advance(1);
    expect((await admissions(door, browser)).meridian).toBe('signed_out');
  });

  it('P4: it opens that account and those that demand nothing; another that mandates wants its own', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    expect(await admissions(door, browser)).toEqual({
      meridian: 'pass',
      crestline: 'no_mandate',
      harbour: 'code_needed',
    });
    // A step-up to the other asks for its code, and the pass does not count there.
    expect((await submit(browser, '/step-up', { for: 'account', account: 'harbour' })).path).toBe(
      '/login/code',
    );
    const home = await submit(browser, '/login/code', { code: door.appCode(sam) });
    expect(home.path).toBe('/');
    expect(await admissions(door, browser)).toMatchObject({ meridian: 'pass', harbour: 'authenticator' });
  });

  it('P4, T4: a pass is never fresh 2FA: an admin on a pass neither invites, grants, mandates nor changes roles', async () => {
    await using cast = await openCast();
    const { door, adam, sam } = cast;
    const { browser } = await onPass(door, adam);
    expect((await browser.get('/accounts/meridian/people')).status).toBe(200);
    const before = await door.digest({ without: ['logins'] });
    const person = await memberOf(door, sam);
    const deeds: [string, Record<string, string>][] = [
      ['people/invite', { emails: 'x@y.example', role: 'member' }],
      [`people/${person}/pass`, { reason: 'a friend' }],
      ['security', { on: 'no', confirmed: 'yes' }],
      ['security', { on: 'yes', totp: 'yes', from: 'next_login', confirmed: 'yes' }],
      ['security/session-length', { max: '480', idle: '480' }],
    ];
    for (const [path, fields] of deeds) {
      const answer = await browser.post(`/accounts/meridian/${path}`, fields);
      expect(answer.status, path).toBe(303);
      expect(answer.location, path).toMatch(/^\/login/);
    }
    expect(await door.digest({ without: ['logins', 'challenges', 'outbox', 'inbox'] })).toEqual(
      Object.fromEntries(
        Object.entries(before).filter(([t]) => !['challenges', 'outbox', 'inbox'].includes(t)),
      ),
    );
  });
});

describe('P5: how it ends', () => {
  it('P5: the last millisecond is in; past it page, session, account and step-up are out, and say why', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, adam, sam } = cast;
    const { browser } = await onPass(door, adam);
    const [pass] = await passesOf(door, adam);
    expect((await browser.get('/')).text).toContain('You are in with a pass');
    const person = await memberOf(door, sam);
    door.clock.set((pass?.ends_at ?? 0) - 1);
    for (const path of ['/', '/accounts/meridian', '/accounts/meridian/people', '/password'])
      expect((await browser.get(path)).status, path).toBe(200);
    door.clock.advance(1);
    for (const path of [
      '/',
      '/accounts/meridian',
      '/accounts/meridian/people',
      '/accounts/meridian/activity.csv',
      '/password',
    ]) {
      const answer = await browser.copy().get(path);
      expect(answer.status, path).toBe(303);
      expect(answer.location, path).toMatch(/^\/login\?because=pass_over/);
    }
    for (const [path, fields] of [
      ['/step-up', { for: 'account', account: 'meridian' }],
      [`/accounts/meridian/people/${person}/remove`, {}],
      [`/accounts/meridian/people/${person}/end-sessions`, {}],
      ['/accounts/meridian/leave', {}],
      ['/password', { current: adam.password, password: STRONG }],
    ] as const) {
      const answer = await browser.copy().post(path, fields);
      expect(answer.location, path).toMatch(/^\/login/);
    }
    expect(await memberOf(door, sam)).toBe(person);
    expect(await memberOf(door, adam)).toBeTruthy();
    // Also whoever comes back when the session would be too old by itself.
    const [later, much] = [browser.copy(), browser.copy()];
    door.clock.advance(hours(1));
    expect((await later.get('/')).location).toBe('/login?because=pass_over');
    door.clock.advance(days(2));
    expect((await much.get('/accounts/meridian')).location).toBe('/login?because=pass_over&account=meridian');
    const told = await browser.follow(await browser.get('/'));
    expect(told.path).toBe('/login?because=pass_over');
    expect(told.text).toContain('Your pass has ended');
  });

  it('P5, P7: the next login there: mailbox, then set-up; elsewhere another pass; then only what T1 allows trusts it', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, crestline, sam } = cast;
    const fourth = await door.addAccount({ name: 'Fourth', mandates: ['totp', 'sms'] });
    await door.rows(`insert into memberships (id, user_id, account_id, role, trust, authenticator_id, trust_since,
      joined_at, active_at, sessions_from, last_entered_at)
      select 'f4', user_id, '${fourth.id}', 'member', 'never', null, 0, joined_at + 9, active_at, 0, null
      from memberships where user_id = '${sam.id}' and account_id = '${crestline.id}'`);
    await door.rows(`update memberships set trust = 'never', authenticator_id = null
      where user_id = '${sam.id}' and account_id = '${crestline.id}'`);
    const { browser } = await onPass(door, sam);
    const old = sam.authenticatorId;
    expect(await trusts(door, sam)).toEqual({
      meridian: 'forgotten',
      crestline: 'never',
      harbour: old,
      fourth: 'never',
    });
    door.clock.advance(hours(24));
    const elsewhere = door.browser();
    expect((await passwordInto(elsewhere, sam, 'meridian')).path).toBe('/login/pass');
    for (const path of ['/login/set-up', '/login/email-code', '/login/set-up/app'])
      expect((await elsewhere.follow(await elsewhere.get(path))).path).toBe('/login/pass');
    expect((await submit(elsewhere, '/login/set-up', { method: 'totp' })).path).toBe('/login/pass');

    expect((await passwordInto(browser, sam, 'meridian')).path).toBe('/login/email-code');
    expect((await submit(browser, '/login/set-up', { method: 'totp' })).path).toBe('/login/email-code');
    await setUpAnew(door, browser, sam);
    const [, anew] = await authenticators(door, sam);
    expect(await trusts(door, sam)).toEqual({
      meridian: anew?.id,
      crestline: anew?.id,
      harbour: old,
      fourth: anew?.id,
    });
    expect(await admissions(door, browser)).toMatchObject({
      meridian: 'authenticator',
      harbour: 'other_authenticator_needed',
      fourth: 'authenticator',
    });
    expect((await passesOf(door, sam))[0]?.right_spent_at).toBe(door.clock.now() - 30_000);
  });

  it('P5: setting up earlier ends the pass and keeps the session', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    const [session] = await door.rows<{ id: string }>('select id from sessions');
    const before = cookieOf(browser, 'session');
    expect((await submit(browser, '/step-up', { for: 'set_up', account: 'meridian' })).path).toMatch(
      /^\/login/,
    );
    const asked = await submit(browser, '/login', { email: sam.email, password: sam.password });
    expect(asked.path).toBe('/login/email-code');
    await setUpAnew(door, browser, sam);
    expect((await passesOf(door, sam))[0]).toMatchObject({ ended_by: 'set_up' });
    expect(await admissions(door, browser)).toMatchObject({ meridian: 'authenticator' });
    expect(await door.rows('select id from sessions where ended_at is null')).toEqual([session]);
    expect(cookieOf(browser, 'session')).not.toBe(before);
    // S1: the old token is dead.
    expect((await door.browser({ cookie: `session=${before}` }).get('/')).location).toBe('/login');
    // P5: the cookie of the ended pass opens nothing any more.
    await submit(browser, '/logout');
    expect((await passwordInto(browser, sam)).path).toBe('/login/code');
  });

  it('P5: another session on the same pass is out once its person has set up', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    // Logged out, and in twice: two sessions in two tabs' worth of cookies, both on the one pass.
    await submit(browser, '/logout');
    const second = browser.copy();
    expect((await passwordInto(browser, sam)).path).toBe('/');
    expect((await passwordInto(second, sam)).path).toBe('/');
    await submit(browser, '/step-up', { for: 'set_up', account: 'meridian' });
    await submit(browser, '/login', { email: sam.email, password: sam.password });
    await setUpAnew(door, browser, sam);
    expect(await isIn(browser)).toBe(true);
    expect((await second.get('/')).location).toBe('/login?because=pass_over');
  });

  it('P5: a session under two passes ends with the earliest, everywhere', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam, 'meridian');
    const [first] = await passesOf(door, sam);
    door.clock.advance(hours(2));
    await submit(browser, '/logout');
    await onPass(door, sam, 'harbour', browser);
    // The other account's pass is this browser's as well: a step-up is all it takes.
    expect((await submit(browser, '/step-up', { for: 'account', account: 'meridian' })).path).toBe('/');
    expect(await admissions(door, browser)).toEqual({
      meridian: 'pass',
      crestline: 'no_mandate',
      harbour: 'pass',
    });
    door.clock.set((first?.ends_at ?? 0) - 1);
    expect(await isIn(browser)).toBe(true);
    door.clock.advance(1);
    expect((await browser.get('/')).location).toBe('/login?because=pass_over');
    // The second pass is still good: password and its cookie re-enter Harbour.
    expect((await passwordInto(browser, sam, 'harbour')).path).toBe('/');
    expect(await admissions(door, browser)).toEqual({
      meridian: 'pass_needed',
      crestline: 'no_mandate',
      harbour: 'pass',
    });
  });
});

describe('P6: ended before its time', () => {
  const ways: Record<string, { end: (cast: Cast, passId: string) => Promise<unknown>; by: string }> = {
    'an admin revokes it': {
      by: 'revoked',
      end: async ({ door, adam }, passId) => {
        const admin = await loggedIn(door, adam);
        const answer = await admin.post(`/accounts/meridian/passes/${passId}/revoke`, {});
        expect(answer.location).toBe('/accounts/meridian/passes?done=revoked');
      },
    },
    'the member is removed': {
      by: 'removed',
      end: async ({ door, adam, sam }) => {
        const admin = await loggedIn(door, adam);
        await admin.post(`/accounts/meridian/people/${await memberOf(door, sam)}/remove`, {});
      },
    },
    'the password is reset': {
      by: 'reset',
      end: async ({ door, sam }) => {
        await submit(door.browser(), '/forgot-password', { email: sam.email });
        const link = await door.link(sam.email, /new .* password/i);
        expect((await door.browser().post(link, { password: STRONG })).status).toBe(303);
        sam.password = STRONG;
      },
    },
    '“This was not me”': {
      by: 'not_me',
      end: async ({ door, sam }) => {
        const link = await door.link(sam.email, /in use/);
        expect((await door.browser().post(link, {})).status).toBe(200);
      },
    },
    'the mandate goes off': { by: 'mandate_off', end: ({ door }) => door.mandate('meridian', null) },
  };
  it.each(Object.entries(ways))(
    'P6: %s: out at the next request, pass and cookie of no use',
    async (_, way) => {
      await using cast = await openCast({ samIn: 'all' });
      const { door, sam } = cast;
      const { browser, passId } = await onPass(door, sam);
      door.clock.advance(minutes(1));
      await way.end(cast, passId);
      expect(await isIn(browser)).toBe(false);
      expect((await passesOf(door, sam))[0]).toMatchObject({ id: passId, ended_by: way.by, code_hash: null });
      if (way.by === 'mandate_off') await door.mandate('meridian', ['totp', 'sms']);
      if (way.by === 'removed') {
        // Rejoining revives nothing: the membership is another one.
        const link = await door.invite(cast.meridian, sam.email);
        await submit(browser, link);
        await passwordInto(browser, sam);
        await proveMailbox(door, browser, sam.email);
        expect((await admissions(door, browser)).meridian).not.toBe('pass');
      } else {
        const page = await passwordInto(browser, sam, 'meridian');
        // M4: `forgotten` stays with its set-up right when only the mandate went off.
        expect(page.path).toBe(way.by === 'mandate_off' ? '/login/email-code' : '/login/pass');
      }
      expect((await admissions(door, browser)).meridian).not.toBe('pass');
    },
  );

  it('P6: what is unused dies the same way', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const admin = await loggedIn(door, olivia);
    const code = await handOver(door, admin, sam);
    const [pass] = await passesOf(door, sam);
    await admin.post(`/accounts/meridian/passes/${pass?.id}/revoke`, {});
    expect((await typePassCode(door.browser(), sam, code)).status).toBe(422);
    door.clock.advance(1);
    const asked = await ask(door, sam);
    await grantRequest(admin, asked);
    const [, second] = await passesOf(door, sam);
    await admin.post(`/accounts/meridian/passes/${second?.id}/revoke`, {});
    expect((await goOnWithPass(asked.browser)).text).toContain('no longer good');
    expect(await isIn(asked.browser)).toBe(false);
    const waiting = await ask(door, sam);
    await admin.post(`/accounts/meridian/people/${await memberOf(door, sam)}/remove`, {});
    expect((await grantRequest(admin, waiting)).status).toBe(404);
    expect(await isIn(waiting.browser)).toBe(false);
    // Nothing was activated, so the account had forgotten nothing.
    expect((await passesOf(door, sam)).map((p) => p.activated_at)).toEqual([null, null]);
  });

  it('P6: revoked, it takes its set-up right along, also after its 24 hours', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const { browser, passId } = await onPass(door, sam);
    door.clock.advance(hours(25));
    await passwordInto(browser, sam);
    expect((await proveMailbox(door, browser, sam.email)).path).toBe('/login/set-up');
    const admin = await loggedIn(door, olivia);
    await submit(admin, `/accounts/meridian/passes/${passId}/revoke`, {});
    const answer = await submit(browser, '/login/set-up', { method: 'totp' });
    expect(answer.path).toBe('/login/pass');
  });
});

describe('P7: the set-up right', () => {
  it('P7: lives until 7 days after the pass, to the millisecond', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    const [pass] = await passesOf(door, sam);
    expect(pass?.right_until).toBe((pass?.ends_at ?? 0) + days(7));
    // The cookie lives on the browser's side; here only the server's judgement counts.
    const token = cookieOf(browser, 'pass');
    const held = () => door.browser({ cookie: `pass=${token}` });
    door.clock.set((pass?.right_until ?? 0) - 1);
    const fields = { email: sam.email, password: sam.password };
    expect((await held().post('/login', fields)).location).toBe('/login/email-code');
    door.clock.advance(1);
    expect((await held().post('/login', fields)).location).toBe('/login/pass');
  });

  it('P7: the right runs out in the middle of the set-up: nothing is enrolled', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    door.clock.advance(hours(24));
    await passwordInto(browser, sam);
    await proveMailbox(door, browser, sam.email);
    const page = await submit(browser, '/login/set-up', { method: 'totp' });
    expect(page.path).toBe('/login/set-up/app');
    await door.rows(`update passes set right_until = ${door.clock.now()}`);
    expect((await submit(browser, '/login/set-up/app', { code: '123456' })).path).toBe('/login/pass');
    expect(await authenticators(door, sam)).toEqual([]);
  });

  it('P7: spent by the set-up, once: a second login in that browser is asked for the new code', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    const twin = browser.copy();
    door.clock.advance(hours(24));
    await passwordInto(browser, sam);
    await setUpAnew(door, browser, sam);
    expect((await passwordInto(twin, sam)).path).toBe('/login/code');
    expect((await submit(twin, '/login/set-up', { method: 'totp' })).path).toBe('/login/code');
    expect(await authenticators(door, sam)).toHaveLength(1);
    // And again forgotten by a later pass, the old cookie gives no right.
    const { browser: third } = await onPass(door, sam);
    expect(await isIn(third)).toBe(true);
    expect((await passwordInto(twin.copy(), sam)).path).toBe('/login/pass');
  });

  it('P7: asked for, it is the same right, for that account only', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam, olivia } = cast;
    const browser = await onAskedPass(door, sam, olivia);
    door.clock.advance(hours(24));
    expect((await passwordInto(browser, sam, 'harbour')).path).toBe('/login/code');
    expect((await submit(browser, '/login/account', { account: 'meridian' })).path).toBe('/login/email-code');
  });
});
