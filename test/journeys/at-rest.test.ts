/** E6, R08, R20, R66: what lies in the database and in the log: no secret, and every event. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createHasher } from '../../src/credentials/password.ts';
import { changeEmail } from '../../src/flows/operate.ts';
import { seconds } from '../support/clock.ts';
import { appOn, codesOn, cookieOf, openDoor, quickHasher, submit } from '../support/door.ts';
import { finish, MAIL, proveMailbox, STRONG, setUpText, signUp } from './steps.ts';

const IRIS = { name: 'Iris Bloom', email: 'iris@meridian.example', password: STRONG };
const PHONE = '+447400123456';
const NEW = 'six grey geese in a row';

/** One person's whole way, every secret of it collected. */
async function wholeWay() {
  await using door = await openDoor({ demo: true });
  const secrets = new Map<string, string>();
  const keep = (what: string, secret: string | undefined) => {
    expect(secret?.length ?? 0, what).toBeGreaterThanOrEqual(6);
    secrets.set(what, secret ?? '');
  };
  const browser = door.browser();
  const invitation = await door.link(IRIS.email);
  keep('the invitation', invitation.split('/').at(-1));
  await signUp(browser, IRIS, invitation);
  keep('the login', cookieOf(browser, 'login'));
  keep('the e-mailed code', await door.code(IRIS.email));
  await proveMailbox(door, browser, IRIS.email);
  const app = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
  keep('the app’s key', app.secret);
  const page = await submit(browser, '/login/set-up/app', { code: app.codeAt(door.clock.now()) });
  const codes = codesOn(page);
  // As it is stored: without its selector, which is no secret.
  for (const [n, code] of codes.entries())
    keep(`backup code ${n}`, code.replaceAll('-', '').toUpperCase().slice(2));
  const pending = JSON.stringify(await door.rows('select * from logins'));
  for (const code of codes) expect(pending).not.toContain(code.replaceAll('-', '').toUpperCase().slice(2));
  await finish(browser);
  keep('the session', cookieOf(browser, 'session'));
  keep('the known browser', cookieOf(browser, 'known'));

  const other = door.browser();
  await submit(other, '/login', { email: IRIS.email, password: 'a wrong password, typed' });
  await submit(other, '/login', { email: IRIS.email, password: STRONG });
  keep('a wrong code', '777777');
  await other.post('/login/code', { code: '777777' });
  await submit(other, '/login/recovery-code', { code: codes[0] ?? '' });
  await submit(other, '/login/recovered', { choice: 'replace' });
  await proveMailbox(door, other, IRIS.email);
  await setUpText(door, other, PHONE);
  keep('the number', PHONE.slice(1));
  keep('the texted code', await door.code(PHONE));
  await finish(other);

  await submit(other, '/password', { current: STRONG, password: NEW });
  await submit(door.browser(), '/forgot-password', { email: IRIS.email });
  const reset = await door.link(IRIS.email, MAIL.reset);
  keep('the reset link', reset.replace(/^.*token=/, ''));
  await submit(door.browser(), reset, { password: `${STRONG} again` });
  const notMe = await door.link(IRIS.email, MAIL.passwordReset);
  keep('the "not me" link', notMe.split('/').at(-1));
  await submit(door.browser(), notMe);
  await submit(other, '/logout');
  keep('the first password', STRONG);
  keep('the second password', NEW);
  keep('a wrong password', 'a wrong password, typed');

  await door.sent();
  const tables = (await door.ctx.db.introspection.getTables()).map((t) => t.name);
  // The development inbox shows what was sent: it is there for that, and nowhere else (D9, section 5).
  const kept = await Promise.all(
    tables
      .filter((name) => name !== 'inbox')
      .map(async (name) => [name, JSON.stringify(await door.rows(`select * from "${name}"`))]),
  );
  const events = await door.rows<{ kind: string; data: string; network: string; browser: string }>(
    'select kind, data, network, browser from audit_events order by at',
  );
  const outbox = await door.rows('select id from outbox where message_sealed is not null');
  const users = await door.rows<{ password_hash: string }>('select password_hash from users');
  return { secrets, kept: kept as [string, string][], log: JSON.stringify(door.log), events, outbox, users };
}

describe('after one person’s whole way', () => {
  let way: Awaited<ReturnType<typeof wholeWay>>;
  beforeAll(async () => {
    way = await wholeWay();
  });

  it('E6, R08: no table holds a secret that was used, in no spelling', () => {
    expect(way.secrets.size).toBeGreaterThan(20);
    // What is no secret is found, so what is looked for would be.
    expect(way.kept.find(([table]) => table === 'users')?.[1]).toContain(IRIS.email);
    for (const [what, secret] of way.secrets) {
      for (const [table, rows] of way.kept) {
        for (const spelling of [secret, secret.toLowerCase(), Buffer.from(secret).toString('base64url')]) {
          // Six digits may stand in a time or an id by chance; whole values they never are.
          const found = /^\d{6}$/.test(secret) ? rows.includes(`"${secret}"`) : rows.includes(spelling);
          expect(found, `${what} in ${table}`).toBe(false);
        }
      }
    }
  });

  it('R20: nor does the log, which names routes and never addresses', () => {
    expect(way.log).toContain('/reset-password');
    expect(way.log).toContain('/not-me/:token');
    for (const [what, secret] of way.secrets) {
      if (/^\d{6}$/.test(secret)) expect(way.log, what).not.toMatch(new RegExp(`"${secret}"|=${secret}`));
      else expect(way.log.includes(secret), what).toBe(false);
    }
    expect(way.log).not.toContain(IRIS.email);
  });

  it('E6: what was sent is erased from the outbox', () => {
    expect(way.outbox).toEqual([]);
  });

  it('R66: every authentication result is recorded, with where from, in order', () => {
    const kinds = way.events.map((event) => event.kind);
    for (const kind of [
      'sign_up.started',
      'sign_up.completed',
      'mailbox.proven',
      'invitation.accepted',
      'authenticator.enrolled',
      'backup_codes.saved',
      'login.password_refused',
      'login.password_accepted',
      'login.code_refused',
      'backup_code.used',
      'authenticator.destroyed',
      'login.completed',
      'password.changed',
      'password.reset_asked',
      'password.reset',
      'notice.disowned',
    ]) {
      expect(kinds).toContain(kind);
    }
    const refused = way.events.find((event) => event.kind === 'login.code_refused');
    expect(refused).toMatchObject({ network: '127.0.0.1', browser: 'Chrome on Linux' });
    expect(kinds.indexOf('authenticator.enrolled')).toBeLessThan(kinds.indexOf('login.completed'));
  });
});

describe('at rest', () => {
  it('U3: a password is argon2id, 19 MiB, twice, each with its own salt', async () => {
    await using door = await openDoor({ demo: true, hasher: createHasher() });
    const users = await door.rows<{ password_hash: string }>('select distinct password_hash from users');
    const codes = await door.rows<{ hash: string }>('select distinct hash from backup_codes');
    for (const hash of [...users.map((u) => u.password_hash), ...codes.map((c) => c.hash)]) {
      expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    }
    expect(codes).toHaveLength(10);
  });

  it('U3: a hash of lesser parameters is made anew at the next right password', async () => {
    await using door = await openDoor({ hasher: createHasher() });
    const ann = await door.addPerson({ email: 'ann@north.example' });
    const weak = await quickHasher.hash(ann.password);
    await door.rows(`update users set password_hash = '${weak}'`);
    const stored = async () =>
      (await door.rows<{ password_hash: string }>('select password_hash from users'))[0];
    await door.browser().post('/login', { email: ann.email, password: 'a wrong password, typed' });
    expect((await stored())?.password_hash).toBe(weak);
    expect((await door.logIn(door.browser(), ann)).path).toBe('/');
    expect((await stored())?.password_hash).toContain('m=19456,t=2,p=1');
    expect((await door.logIn(door.browser(), ann)).path).toBe('/');
  });

  it('R66: what is recorded can neither be changed nor taken away', async () => {
    await using door = await openDoor({ demo: true });
    await door.logIn(door.browser(), await door.demoPerson('sam'));
    await expect(door.rows(`update audit_events set kind = 'nothing'`)).rejects.toThrow();
    await expect(door.rows('delete from audit_events')).rejects.toThrow();
  });
});

describe('names that people choose', () => {
  it('T36: carry no link into a mail that we sign', async () => {
    await using door = await openDoor();
    const account = await door.addAccount({ name: 'Pay at https://evil.example/now or www.evil.example' });
    await door.invite(account, 'iris@meridian.example');
    const mail = await door.newest('iris@meridian.example');
    expect(mail.text).not.toMatch(/evil\.example/);
    expect(mail.subject).not.toMatch(/evil\.example/);
    expect([...mail.text.matchAll(/https?:\/\/[^/\s]+/g)].map(([origin]) => origin)).toEqual([door.url]);

    const ann = await door.addPerson({
      email: 'ann@north.example',
      name: 'Ann\r\nBcc: all@evil.example http://evil.example',
    });
    const browser = door.browser();
    await door.logIn(browser, ann);
    await submit(browser, '/password', { current: ann.password, password: NEW });
    const notice = await door.newest(ann.email);
    expect(notice.text).not.toMatch(/https?:\/\/evil|evil\.example/);
    expect(notice.text.split('\n')[0]).toMatch(/^Hello Ann /);
  });

  it('are shown as text, wherever they stand', async () => {
    await using door = await openDoor();
    const evil = '<img src=x onerror=alert(1)>';
    const account = await door.addAccount({ name: evil, slug: 'evil', mandates: ['totp'] });
    const ann = await door.addPerson({
      email: 'ann@north.example',
      name: evil,
      method: 'totp',
      in: [{ account }],
    });
    const browser = door.browser();
    const pages = [await door.password(browser, ann), await browser.get('/login/recovery-code')];
    pages.push(await submit(browser, '/login/code', { code: door.appCode(ann) }));
    const link = await door.invite(account, 'new@north.example');
    pages.push(await door.browser().follow(await door.browser().get(link)));
    for (const page of pages) {
      expect(page.status).toBe(200);
      expect(page.body, page.path).not.toContain('<img src=x');
    }
    expect(pages[2]?.text).toContain(evil);
  });
});

describe('a changed e-mail address (U4, the operator’s)', () => {
  it('both addresses are told, everything open ends, and every account has forgotten the authenticator', async () => {
    await using door = await openDoor({ demo: true });
    const sam = await door.demoPerson('sam');
    const browser = door.browser();
    await door.logIn(browser, sam);
    const to = 'samuel@meridian.example';
    expect(await changeEmail(door.ctx, { name: 'root' }, { from: sam.email, to })).toBe('done');
    door.ctx.wakeOutbox();
    expect((await browser.get('/')).status).toBe(303);
    expect(await door.count(sam.email, MAIL.emailChanged)).toBe(1);
    expect(await door.count(to, MAIL.emailChanged)).toBe(1);
    expect(await door.link(sam.email, MAIL.emailChanged)).toMatch(/^\/not-me\//);
    expect((await door.newest(to)).text).not.toContain('/not-me/');
    expect(await door.rows(`select trust from memberships where user_id = '${sam.id}'`)).toEqual([
      { trust: 'forgotten' },
      { trust: 'forgotten' },
    ]);
    door.clock.advance(seconds(60));
    expect((await door.browser().post('/login', { email: sam.email, password: sam.password })).status).toBe(
      422,
    );
    expect((await door.password(door.browser(), { ...sam, email: to })).path).toBe('/login/pass');
  });
});
