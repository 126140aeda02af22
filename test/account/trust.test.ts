/**
 * T1 (a) to (d): every way in which what an account believes of a person changes, and the ways in which it must
 * not, through real logins of one person in Meridian (mandates), Crestline (does not) and Harbour (mandates).
 */
import { describe, expect, it } from 'vitest';
import { changeEmail } from '../../src/flows/operate.ts';
import type { Method } from '../../src/rules/facts.ts';
import { finish, isIn, MAIL, proveMailbox, STRONG, setUpApp, setUpText } from '../journeys/steps.ts';
import { hours, minutes } from '../support/clock.ts';
import { submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import {
  admissions,
  authenticators,
  type Cast,
  loggedIn,
  onPass,
  openCast,
  operatorPass,
  passesOf,
  passwordInto,
  setUpAnew,
  trusts,
} from './steps.ts';

const X = ({ sam }: Cast) => sam.authenticatorId ?? '';

const forget = ({ door, sam }: Cast, slug: string, trust: 'never' | 'forgotten') =>
  door.rows(`update memberships set trust = '${trust}', authenticator_id = null
    where user_id = '${sam.id}' and account_id = (select id from accounts where slug = '${slug}')`);

describe('T1 a: from nothing', () => {
  it('T1 a: password, mailbox and a new authenticator: all that trusted nothing trust it', async () => {
    await using cast = await openCast();
    const { door, meridian, crestline, harbour } = cast;
    const nina = await door.addPerson({
      email: 'nina@people.example',
      in: [{ account: meridian }, { account: crestline }, { account: harbour }],
    });
    const browser = door.browser();
    expect((await passwordInto(browser, nina)).path).toBe('/login/email-code');
    expect((await submit(browser, '/login/set-up', { method: 'totp' })).path).toBe('/login/email-code');
    await setUpAnew(door, browser, nina);
    const [y] = await authenticators(door, nina);
    expect(await trusts(door, nina)).toEqual({ meridian: y?.id, crestline: y?.id, harbour: y?.id });
  });

  it('T1 a: one code of X earns trust only after the mailbox; without it nothing changes', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    await forget(cast, 'harbour', 'never');
    const browser = door.browser();
    await passwordInto(browser, sam, 'harbour');
    expect((await submit(browser, '/login/code', { code: door.appCode(sam) })).path).toBe(
      '/login/email-code',
    );
    expect(await trusts(door, sam)).toMatchObject({ harbour: 'never' });
    expect(await isIn(browser)).toBe(false);
    expect((await proveMailbox(door, browser, sam.email)).path).toBe('/');
    expect(await trusts(door, sam)).toEqual({ meridian: X(cast), crestline: X(cast), harbour: X(cast) });
  });

  it('T1 a: a login to Meridian proves X and leaves what Harbour has never trusted as it is', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    await forget(cast, 'harbour', 'never');
    const browser = await loggedIn(door, sam, 'meridian');
    expect(await trusts(door, sam)).toMatchObject({ harbour: 'never' });
    expect(await admissions(door, browser)).toEqual({
      meridian: 'authenticator',
      crestline: 'no_mandate',
      harbour: 'set_up_needed',
    });
  });

  it('T1 a: accepting an invitation of a mandating account is such a login', async () => {
    await using cast = await openCast();
    const { door, harbour, sam } = cast;
    const link = await door.invite(harbour, sam.email);
    const browser = door.browser();
    await submit(browser, link);
    await passwordInto(browser, sam);
    const page = await proveMailbox(door, browser, sam.email);
    expect((await trusts(door, sam)).harbour).not.toBe(X(cast));
    expect(page.path).toBe('/login/code');
    expect((await submit(browser, '/login/code', { code: door.appCode(sam) })).path).toBe('/');
    expect(await trusts(door, sam)).toMatchObject({ meridian: X(cast) });
  });
});

describe('T1 b: from X to Y', () => {
  it('T1 b: X’s backup code, the mailbox and Y: all that trusted X and take Y move together; X is destroyed', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const browser = door.browser();
    await passwordInto(browser, sam);
    await submit(browser, '/login/recovery-code', { code: sam.codes[0] ?? '' });
    expect((await submit(browser, '/login/recovered', { choice: 'replace' })).path).toBe('/login/email-code');
    expect(await trusts(door, sam)).toEqual({ meridian: X(cast), crestline: X(cast), harbour: X(cast) });
    await setUpAnew(door, browser, sam);
    const [y] = await authenticators(door, sam);
    expect(await authenticators(door, sam)).toHaveLength(1);
    expect(await trusts(door, sam)).toEqual({ meridian: y?.id, crestline: y?.id, harbour: y?.id });
    expect(await door.rows(`select id from backup_codes where authenticator_id = '${X(cast)}'`)).toEqual([]);
  });

  it('T1 b: left at the choice, nothing has moved, and X opens as before', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const browser = door.browser();
    await passwordInto(browser, sam);
    await submit(browser, '/login/recovery-code', { code: sam.codes[0] ?? '' });
    await submit(browser, '/login/recovered', { choice: 'replace' });
    await proveMailbox(door, browser, sam.email);
    await submit(browser, '/login/set-up', { method: 'totp' });
    expect(await trusts(door, sam)).toEqual({ meridian: X(cast), crestline: X(cast), harbour: X(cast) });
    await loggedIn(door, sam);
  });

  it.each([
    ['never trusted X', 'never'],
    ['trusted X before it wanted texts', 'authenticator'],
  ] as const)(
    'T1 b, M3: an account of texts only that %s takes its own; the app of the others stays',
    async (_, trust) => {
      await using cast = await openCast({ samIn: 'all' });
      const { door, sam } = cast;
      if (trust === 'never') await forget(cast, 'harbour', 'never');
      await door.mandate('meridian', ['totp']);
      await door.mandate('harbour', ['sms']);
      const browser = door.browser();
      await passwordInto(browser, sam, 'harbour');
      await submit(browser, '/login/code', { code: door.appCode(sam) });
      const choice = await proveMailbox(door, browser, sam.email);
      expect(choice.path).toBe('/login/set-up');
      await setUpText(door, browser);
      expect((await finish(browser)).path).toBe('/');
      const kinds = await authenticators(door, sam);
      expect(kinds.map((a) => a.kind).toSorted()).toEqual(['sms', 'totp']);
      const sms = kinds.find((a) => a.kind === 'sms')?.id;
      expect(await trusts(door, sam)).toMatchObject({ meridian: X(cast), harbour: sms });
      expect(await admissions(door, browser)).toMatchObject({
        meridian: 'authenticator',
        harbour: 'authenticator',
      });
      door.clock.advance(minutes(1));
      // Each is asked for where it is trusted, and the other one opens nothing there.
      await loggedIn(door, sam, 'meridian');
      const other = door.browser();
      await passwordInto(other, sam, 'harbour');
      expect((await submit(other, '/login/code', { code: door.appCode(sam) })).status).toBe(422);
    },
  );
});

describe('T1 c: forgotten', () => {
  it('T1 c: Meridian’s pass makes Meridian forget and nobody else; Harbour’s authenticator and codes stay', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const codes = () =>
      door.rows(`select id, spent_at from backup_codes where user_id = '${sam.id}' order by id`);
    const before = await codes();
    const { browser } = await onPass(door, sam);
    expect(await trusts(door, sam)).toEqual({ meridian: 'forgotten', crestline: X(cast), harbour: X(cast) });
    expect((await authenticators(door, sam)).map((a) => a.id)).toEqual([X(cast)]);
    expect(await codes()).toEqual(before);
    expect((await admissions(door, browser)).harbour).toBe('code_needed');
    const there = await loggedIn(door, sam, 'harbour');
    expect(await admissions(door, there)).toEqual({
      meridian: 'pass_needed',
      crestline: 'no_mandate',
      harbour: 'authenticator',
    });
  });

  it('T1 c: it is the activation that forgets: granted, denied, revoked or expired before, nothing changes', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { id } = await operatorPass(door, sam);
    const all = { meridian: X(cast), crestline: X(cast), harbour: X(cast) };
    expect(await trusts(door, sam)).toEqual(all);
    await door.rows(
      `update passes set ended_at = ${door.clock.now()}, ended_by = 'revoked' where id = '${id}'`,
    );
    await operatorPass(door, sam);
    door.clock.advance(hours(24));
    expect(await trusts(door, sam)).toEqual(all);
    await loggedIn(door, sam, 'meridian');
  });

  it('T1: an authenticator that nothing trusts any more is destroyed with its backup codes', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    await onPass(door, sam);
    expect(await authenticators(door, sam)).toEqual([]);
    expect(await door.rows(`select id from backup_codes where user_id = '${sam.id}'`)).toEqual([]);
    const thief = door.browser();
    expect((await passwordInto(thief, sam)).path).toBe('/login/pass');
    for (const code of [sam.codes[0] ?? '', sam.codes[1] ?? ''])
      expect((await submit(thief, '/login/recovery-code', { code })).status).toBe(422);
    expect(await isIn(thief)).toBe(false);
  });

  it('T1 c: the session that X opened before is out of Meridian once the pass is used elsewhere', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const before = await loggedIn(door, sam, 'meridian');
    await onPass(door, sam);
    expect(await admissions(door, before)).toEqual({
      meridian: 'pass_needed',
      crestline: 'no_mandate',
      harbour: 'authenticator',
    });
  });

  it('U4: a password reset after a pass opens nothing: neither pass, nor set-up right', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    await submit(door.browser(), '/forgot-password', { email: sam.email });
    await submit(door.browser(), await door.link(sam.email, /new .* password/i), { password: STRONG });
    const anew = { ...sam, password: STRONG };
    for (const after of [0, hours(25)]) {
      door.clock.advance(after);
      for (const from of [browser, door.browser()]) {
        expect((await passwordInto(from, anew, 'meridian')).path).toBe('/login/pass');
        expect((await submit(from, '/login/set-up', { method: 'totp' })).path).toBe('/login/pass');
        expect(await isIn(from)).toBe(false);
      }
    }
    expect(await trusts(door, sam)).toMatchObject({ meridian: 'forgotten', harbour: X(cast) });
    expect((await passesOf(door, sam))[0]).toMatchObject({ ended_by: 'reset', right_until: null });
  });

  it('E7: “not me” forgets what the notice is about, for all that trusted it, without a right', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    await forget(cast, 'harbour', 'never');
    const browser = door.browser();
    await passwordInto(browser, sam);
    await submit(browser, '/login/recovery-code', { code: sam.codes[0] ?? '' });
    const link = await door.link(sam.email, MAIL.codeUsed);
    expect((await door.browser().post(link, {})).status).toBe(200);
    expect(await trusts(door, sam)).toEqual({
      meridian: 'forgotten',
      crestline: 'forgotten',
      harbour: 'never',
    });
    expect(await authenticators(door, sam)).toEqual([]);
    expect((await passwordInto(browser, sam, 'meridian')).path).toBe('/login/pass');
    expect(await isIn(browser)).toBe(false);
  });

  it('U4: the operator’s change of the address forgets everywhere, without a right, and tells both addresses', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam, 'harbour');
    const session = await loggedIn(door, sam, 'meridian');
    const to = 'sam.rivera@people.example';
    expect(await changeEmail(door.ctx, { name: 'root' }, { from: sam.email, to })).toBe('done');
    door.ctx.wakeOutbox();
    expect(await trusts(door, sam)).toEqual({
      meridian: 'forgotten',
      crestline: 'forgotten',
      harbour: 'forgotten',
    });
    expect(await authenticators(door, sam)).toEqual([]);
    for (const out of [browser, session]) expect(await isIn(out)).toBe(false);
    expect(await door.count(sam.email, /address .* was changed/i)).toBe(1);
    expect(await door.count(to, /address .* was changed/i)).toBe(1);
    for (const slug of ['meridian', 'harbour'])
      expect((await passwordInto(browser, { ...sam, email: to }, slug)).path).toBe('/login/pass');
    expect((await passwordInto(door.browser(), sam)).path).toBe('/login');
  });
});

describe('T1 d: by a set-up right', () => {
  it('T1 d: passes of two accounts: each right sets up its own account and nothing else', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam, 'meridian');
    await submit(browser, '/logout');
    await onPass(door, sam, 'harbour', browser);
    expect(await trusts(door, sam)).toMatchObject({ meridian: 'forgotten', harbour: 'forgotten' });
    door.clock.advance(hours(24));
    await passwordInto(browser, sam, 'meridian');
    await setUpAnew(door, browser, sam);
    const { meridian, harbour } = await trusts(door, sam);
    expect(harbour).toBe('forgotten');
    expect((await admissions(door, browser)).harbour).toBe('pass_needed');
    // Harbour's own right is still there, in this browser and in no other.
    const elsewhere = door.browser();
    await passwordInto(elsewhere, sam, 'harbour');
    expect((await submit(elsewhere, '/login/code', { code: door.appCode(sam) })).path).toBe('/login/pass');
    const phone = { ...sam };
    await passwordInto(browser, phone, 'harbour');
    await setUpAnew(door, browser, phone);
    const after = await trusts(door, sam);
    expect(after.meridian).toBe(meridian);
    expect(after.harbour).not.toBe('forgotten');
    expect(after.harbour).not.toBe(meridian);
  });

  it.each(['totp', 'sms'] as Method[])('T1 d: set up by %s: only that account trusts it', async (kind) => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    door.clock.advance(hours(24));
    await passwordInto(browser, sam, 'meridian');
    await proveMailbox(door, browser, sam.email);
    if (kind === 'totp') await setUpApp(door, browser);
    else await setUpText(door, browser);
    expect((await finish(browser)).path).toBe('/');
    const y = (await authenticators(door, sam)).find((a) => a.id !== X(cast));
    expect(y?.kind).toBe(kind);
    expect(await trusts(door, sam)).toEqual({ meridian: y?.id, crestline: X(cast), harbour: X(cast) });
  });

  it('T1 d, E1: the right alone is not enough: the mailbox is proven in that very login', async () => {
    await using cast = await openCast();
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    door.clock.advance(hours(24));
    await passwordInto(browser, sam);
    await proveMailbox(door, browser, sam.email);
    // Left here, and begun again: the proof went with the login.
    await submit(browser, '/logout');
    expect((await passwordInto(browser, sam)).path).toBe('/login/email-code');
    expect((await submit(browser, '/login/set-up/app', { code: '123456' })).path).toBe('/login/email-code');
    expect(await trusts(door, sam)).toEqual({ meridian: 'forgotten' });
  });
});

describe('M5: nobody gives up an authenticator by themselves', () => {
  it('M5: “set up now” without a set-up right sets up nothing', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam, 'meridian');
    const want = (from: HttpBrowser, account: string) => submit(from, '/step-up', { for: 'set_up', account });
    // The right is Meridian's, and Harbour's phone is not given up by it: there is nothing to set up there.
    expect((await want(browser, 'harbour')).path).toBe('/');
    await submit(browser, '/login/set-up', { method: 'totp' });
    expect((await admissions(door, browser)).harbour).toBe('code_needed');
    const proven = await loggedIn(door, sam, 'harbour');
    expect((await want(proven, 'harbour')).path).toBe('/');
    // Nor without Meridian's right, in a browser that never held its pass.
    expect((await want(proven, 'meridian')).path).toMatch(/^\/login(\/pass)?$/);
    expect((await submit(proven, '/login/set-up', { method: 'totp' })).path).toMatch(/^\/login(\/pass)?$/);
    expect((await want(proven, 'nowhere')).status).toBe(404);
    expect(await door.rows('select id from enrollments')).toEqual([]);
    expect(await trusts(door, sam)).toEqual({ meridian: 'forgotten', crestline: X(cast), harbour: X(cast) });
  });

  it('D4: the account to step up to is one’s own, and the way back is the server’s', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const browser = await loggedIn(door, sam);
    expect((await submit(browser, '/step-up', { for: 'account', account: 'harbour' })).status).toBe(404);
    const owner = await loggedIn(door, olivia);
    for (const fields of [
      { page: 'https://evil.example' },
      { page: '//evil.example' },
      { page: 'person', id: '../../../evil' },
      { page: 'passes', returnTo: 'https://evil.example' },
    ])
      expect((await owner.post('/accounts/meridian/confirm', fields)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('T2, T3: three accounts in one session', () => {
  it('T2: home says which it may enter and what each of the others wants', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { browser } = await onPass(door, sam);
    const home = await browser.get('/');
    for (const text of [
      'Admitted with a pass',
      'Your password is enough here',
      'asks for a code from your phone',
    ])
      expect(home.text).toContain(text);
    for (const slug of ['harbour', 'meridian', 'crestline']) {
      const answer = await browser.get(`/accounts/${slug}`);
      // A member sees no pages of the account's side; where the session is not admitted, not even that.
      expect(answer.status).toBe(slug === 'harbour' ? 303 : 403);
    }
  });
});
