import { describe, expect, it } from 'vitest';
import { enLogin } from '../../src/web/messages/en-login.ts';
import { cookieOf, openDoor, submit } from '../support/door.ts';
import { forms, hasField } from '../support/http-browser.ts';
import { expectNoSession, isIn, MAIL, proveMailbox, STRONG, signUp } from './steps.ts';

const NO_DETAILS = { triesLeft: null, time: '', ahead: false, support: '' };
const ANN = { name: 'Ann Lee', email: 'ann@north.example', password: STRONG, account: 'North Light' };

describe('somebody signs up by themselves', () => {
  it('U1: proves the mailbox, owns a standard account, and is asked for no second factor', async () => {
    await using door = await openDoor();
    const ann = door.browser();
    const page = await ann.get('/sign-up');
    expect(forms(page.body)[0]?.fields.toSorted()).toEqual(['account', 'email', 'name', 'password']);

    const asked = await signUp(ann, ANN);
    expect(asked.path).toBe('/login/email-code');
    expect(asked.text).toContain('ann@north.example');
    await expectNoSession(door, ann);
    expect(await door.rows('select id from users union select id from accounts')).toEqual([]);

    const home = await proveMailbox(door, ann, ANN.email);
    expect(home.path).toBe('/');
    expect(home.status).toBe(200);
    expect(home.text).toContain('North Light');
    expect(cookieOf(ann, 'login')).toBeUndefined();
    expect(await door.account('north-light')).toMatchObject({ plan: 'standard', mandate_since: null });
    expect(await door.rows('select role, trust, active_at from memberships')).toEqual([
      { role: 'owner', trust: 'never', active_at: door.clock.now() },
    ]);

    const elsewhere = door.browser();
    const landed = await submit(elsewhere, '/login', { email: ANN.email, password: STRONG });
    expect(landed.path).toBe('/');
    expect(landed.text).toContain('Ann Lee');
  });

  it('U1: reads an address in any case and with spaces around as one', async () => {
    await using door = await openDoor();
    const ann = door.browser();
    await signUp(ann, { ...ANN, email: '  Ann@North.Example ' });
    expect((await proveMailbox(door, ann, ANN.email)).path).toBe('/');
    const elsewhere = door.browser();
    expect((await submit(elsewhere, '/login', { email: 'ANN@north.example', password: STRONG })).path).toBe(
      '/',
    );
  });

  it('U1: makes nothing without the code, and five wrong ones end it', async () => {
    await using door = await openDoor();
    const ann = door.browser();
    await signUp(ann, ANN);
    const right = await door.code(ANN.email);
    const wrong = right === '111111' ? '222222' : '111111';
    for (const left of [4, 3, 2, 1]) {
      const answer = await ann.post('/login/email-code', { code: wrong });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain(enLogin.emailCode.faults.wrong({ ...NO_DETAILS, triesLeft: left }));
    }
    expect((await ann.post('/login/email-code', { code: wrong })).status).toBe(422);
    const late = await ann.post('/login/email-code', { code: right });
    expect(late.status).toBe(422);
    expect(await door.rows('select id from users')).toEqual([]);
    await expectNoSession(door, ann);
  });

  it('U1, D8: a taken address sees the same pages; its owner is told by mail and nothing changes', async () => {
    await using door = await openDoor();
    const owner = await door.addPerson({ email: ANN.email, name: 'The real Ann' });
    const stranger = door.browser();
    expect((await signUp(stranger, ANN)).path).toBe('/login/email-code');
    const mail = await door.newest(ANN.email);
    expect(mail.subject).toMatch(MAIL.taken);
    expect(mail.text).not.toMatch(/(?<!\d)\d{6}(?!\d)/);
    expect((await stranger.post('/login/email-code', { code: '123456' })).status).toBe(422);
    expect(await door.rows('select id, name from users')).toEqual([{ id: owner.id, name: 'The real Ann' }]);
    expect(await door.rows('select id from accounts')).toEqual([]);
    expect((await door.password(door.browser(), owner)).path).toBe('/');
  });

  it('U1: of two who sign up with one address, the first to prove it has it', async () => {
    await using door = await openDoor();
    const [first, second] = [door.browser(), door.browser()];
    await signUp(first, ANN);
    const codeOfFirst = await door.code(ANN.email);
    await signUp(second, { ...ANN, password: 'six grey geese under the bridge' });
    const codeOfSecond = await door.code(ANN.email);
    expect((await submit(first, '/login/email-code', { code: codeOfFirst })).path).toBe('/');
    const late = await second.post('/login/email-code', { code: codeOfSecond });
    expect(late.status).toBe(422);
    expect(await isIn(second)).toBe(false);
    expect(await door.rows('select email from users')).toEqual([{ email: ANN.email }]);
  });

  it('R14, T22: a code works only in the browser that asked for it', async () => {
    await using door = await openDoor();
    const [ann, thief] = [door.browser(), door.browser()];
    await signUp(ann, ANN);
    const code = await door.code(ANN.email);
    await signUp(thief, { ...ANN, password: 'six grey geese under the bridge' });
    expect((await thief.post('/login/email-code', { code })).status).toBe(422);
    expect((await submit(ann, '/login/email-code', { code })).path).toBe('/');
  });

  it('E4, D6: another code after 30 s, then 60 s, three in all; only the newest works', async () => {
    await using door = await openDoor();
    const ann = door.browser();
    await signUp(ann, ANN);
    const resend = () => ann.post('/login/email-code', { action: 'resend' });
    const first = await door.code(ANN.email);
    door.clock.advance(29_000);
    expect((await resend()).status).toBe(422);
    door.clock.advance(1_000);
    const again = await resend();
    expect(again.status).toBe(303);
    // Where a reload sends nothing: the address of the redirect.
    expect((await ann.follow(again)).status).toBe(200);
    expect(await door.count(ANN.email)).toBe(2);
    const second = await door.code(ANN.email);
    expect(second).not.toBe(first);
    expect((await ann.post('/login/email-code', { code: first })).status).toBe(422);
    door.clock.advance(59_000);
    expect((await resend()).status).toBe(422);
    door.clock.advance(1_000);
    expect((await resend()).status).toBe(303);
    door.clock.advance(120_000);
    const fourth = await resend();
    expect(fourth.status).toBe(422);
    expect(await door.count(ANN.email)).toBe(3);
    expect((await proveMailbox(door, ann, ANN.email)).path).toBe('/');
  });

  it('D6: at most ten mails with codes per address and day, over all browsers', async () => {
    await using door = await openDoor();
    for (let n = 0; n < 12; n++) {
      const asked = await signUp(door.browser(), ANN);
      expect(asked.path).toBe('/login/email-code');
      // There is no field for a code that was never sent.
      expect(hasField(asked.body, 'code')).toBe(n < 10);
    }
    expect(await door.count(ANN.email)).toBe(10);
    door.clock.advance(24 * 3_600_000);
    const nextDay = door.browser();
    await signUp(nextDay, ANN);
    expect(await door.count(ANN.email)).toBe(11);
    expect((await proveMailbox(door, nextDay, ANN.email)).path).toBe('/');
  });

  it('U1: says at each field what is missing, keeps what was typed, and never the password', async () => {
    await using door = await openDoor();
    const ann = door.browser();
    const empty = await ann.post('/sign-up', { name: '', email: '', password: '', account: '' });
    expect(empty.status).toBe(422);
    expect(empty.body.match(/aria-invalid="true"/g)).toHaveLength(4);
    expect(empty.body).toContain('role="alert"');
    const bad = await ann.post('/sign-up', { ...ANN, email: 'ann at north', password: STRONG });
    expect(bad.status).toBe(422);
    expect(forms(bad.body)[0]?.values).toMatchObject({
      name: 'Ann Lee',
      account: 'North Light',
      password: '',
    });
    expect(bad.body).not.toContain(STRONG);
    expect(await door.rows('select id from logins')).toEqual([]);
  });
});

describe('the password at sign-up', () => {
  it.each([
    ['fourteen chars', 'U3: 14 characters'],
    ['a'.repeat(257), 'U3: 257 characters'],
    ['aaaaaaaaaaaaaaaaaaaa', 'U3: one character'],
    ['passwordpassword', 'R04: a common one'],
    ['north light north light', 'U3: made of the account’s name'],
    ['sallyportsallyport', 'U3: made of the product’s name'],
    ['ann@north.example', 'U3: made of the address'],
  ])('%s is refused (%s)', async (password) => {
    await using door = await openDoor();
    const answer = await door.browser().post('/sign-up', { ...ANN, password });
    expect(answer.status).toBe(422);
    expect(forms(answer.body)[0]?.values.password).toBe('');
    expect(await door.rows('select id from logins')).toEqual([]);
  });

  it('R02: 256 characters of any script count, to the last one, and composed either way', async () => {
    await using door = await openDoor();
    const long = `Übermütige Zwölf 🐎 ${'wälder und wiesen '.repeat(20)}`.slice(0, 255);
    expect(Array.from(`${long}x`).length).toBeGreaterThan(250);
    const ann = door.browser();
    expect((await signUp(ann, { ...ANN, password: `${long}x` })).path).toBe('/login/email-code');
    await proveMailbox(door, ann, ANN.email);
    const logIn = (password: string) => door.browser().post('/login', { email: ANN.email, password });
    expect((await logIn(`${long}y`)).status).toBe(422);
    expect((await logIn(`${long}x`.normalize('NFD'))).status).toBe(303);
  });
});
