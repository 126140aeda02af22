import { describe, expect, it } from 'vitest';
import { operateGrant } from '../../src/flows/operate.ts';
import { inTransaction } from '../../src/store/database.ts';
import { insertPass } from '../../src/store/passes.ts';
import { passRow } from '../store/rows.ts';
import { days, minutes } from '../support/clock.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { finish, isIn, MAIL, proveMailbox, setUpApp } from './steps.ts';

const NEW = 'six grey geese in a row';

async function scene() {
  const door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp', 'sms'] });
  const ann = await door.addPerson({ email: 'ann@meridian.example', method: 'totp', in: [{ account }] });
  return { door, ann, account };
}

async function atCode(door: Door, ann: Person): Promise<HttpBrowser> {
  const browser = door.browser();
  await door.password(browser, ann);
  return browser;
}

const authenticators = (door: Door, ann: Person) =>
  door.rows(`select id from authenticators where user_id = '${ann.id}'`);

const trusts = async (door: Door, ann: Person) =>
  (await door.rows<{ trust: string }>(`select trust from memberships where user_id = '${ann.id}'`)).map(
    (m) => m.trust,
  );

interface Event {
  subject: RegExp;
  /** Lets it happen, the intruder being whoever does it. */
  happens: (door: Door, ann: Person) => Promise<unknown>;
  /** The notice is about an authenticator, which the link then destroys. */
  destroys: boolean;
}

const events: Record<string, Event> = {
  'a set-up in place of the old one': {
    subject: MAIL.setUp,
    destroys: true,
    happens: async (door, ann) => {
      const browser = await atCode(door, ann);
      await submit(browser, '/login/recovery-code', { code: ann.codes[0] ?? '' });
      await submit(browser, '/login/recovered', { choice: 'replace' });
      await proveMailbox(door, browser, ann.email);
      ann.app = (await setUpApp(door, browser)).app;
      await finish(browser);
      door.clock.advance(minutes(1));
    },
  },
  'a recovery code used': {
    subject: MAIL.codeUsed,
    destroys: true,
    happens: async (door, ann) => {
      const browser = await atCode(door, ann);
      await submit(browser, '/login/recovery-code', { code: ann.codes[0] ?? '' });
      await submit(browser, '/login/recovered', { choice: 'continue' });
    },
  },
  'new recovery codes': {
    subject: MAIL.codesMade,
    destroys: true,
    happens: async (door, ann) => {
      await door.rows(`update backup_codes set spent_at = 1 where user_id = '${ann.id}'`);
      const browser = door.browser();
      expect((await door.logIn(browser, ann)).path).toBe('/login/backup-codes');
      await finish(browser);
    },
  },
  'a changed password': {
    subject: MAIL.passwordChanged,
    destroys: false,
    happens: async (door, ann) => {
      const browser = door.browser();
      await door.logIn(browser, ann);
      await submit(browser, '/password', { current: ann.password, password: NEW });
      ann.password = NEW;
    },
  },
  'a reset password': {
    subject: MAIL.passwordReset,
    destroys: false,
    happens: async (door, ann) => {
      const browser = door.browser();
      await submit(browser, '/forgot-password', { email: ann.email });
      await submit(browser, await door.link(ann.email), { password: NEW });
      ann.password = NEW;
    },
  },
  'three wrong codes after the right password': {
    subject: MAIL.wrongCodes,
    destroys: false,
    happens: async (door, ann) => {
      const browser = await atCode(door, ann);
      for (let n = 0; n < 3; n++) await browser.post('/login/code', { code: door.wrongCode(ann) });
    },
  },
};

describe.each(Object.entries(events))(
  '"This was not me" after %s (E7)',
  (_name, { subject, happens, destroys }) => {
    it('the notice came once, with the link; opening it spends nothing; the button ends everything, once', async () => {
      const { door, ann } = await scene();
      await using _ = door;
      await happens(door, ann);
      expect(await door.count(ann.email, subject)).toBe(1);
      const link = await door.link(ann.email, subject);
      expect(link).toMatch(/^\/not-me\/[\w-]{43}$/);
      const intruder = door.browser();
      await door.logIn(intruder, ann);
      const halfway = await atCode(door, ann);

      const before = await door.digest();
      const scanner = door.browser();
      for (let n = 0; n < 3; n++) expect((await scanner.get(link)).status).toBe(200);
      expect(await door.digest()).toEqual(before);
      expect(await isIn(intruder)).toBe(true);

      const done = await scanner.post(link, {});
      expect(done.status).toBe(200);
      expect(done.setCookies).toEqual([]);
      expect(await isIn(intruder)).toBe(false);
      const over = await submit(halfway, '/login/code', { code: '123456' });
      expect(over.path).toBe('/login?because=over');
      expect(await door.rows(`select token_hash from known_browsers where user_id = '${ann.id}'`)).toEqual(
        [],
      );
      expect(await authenticators(door, ann)).toHaveLength(destroys ? 0 : 1);
      expect(await trusts(door, ann)).toEqual([destroys ? 'forgotten' : 'authenticator']);

      expect((await scanner.get(link)).status).toBe(410);
      expect((await scanner.post(link, {})).status).toBe(410);
      const told = await door.newest(ann.email);
      expect(told.subject).toMatch(MAIL.secured);
      expect(told.text).not.toContain('/not-me/');

      const next = door.browser();
      const page = await door.password(next, ann);
      expect(page.path).toBe(destroys ? '/login/pass' : '/login/code');
    });
  },
);

describe('"This was not me" (E7)', () => {
  it('leaves no way in but a pass: neither old codes, nor backup codes, nor a set-up', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    await events['a recovery code used']?.happens(door, ann);
    await submit(door.browser(), await door.link(ann.email));
    const browser = door.browser();
    expect((await door.password(browser, ann)).path).toBe('/login/pass');
    for (const page of [
      '/login/set-up',
      '/login/set-up/app',
      '/login/code',
      '/login/email-code',
      '/login/backup-codes',
    ]) {
      expect((await browser.follow(await browser.get(page))).path).toBe('/login/pass');
    }
    expect((await submit(browser, '/login/code', { code: door.appCode(ann) })).path).toBe('/login/pass');
    expect((await submit(browser, '/login/set-up', { method: 'totp' })).path).toBe('/login/pass');
    const tried = await browser.post('/login/recovery-code', { code: ann.codes[1] ?? '' });
    expect(tried.status).toBe(422);
    expect(await isIn(browser)).toBe(false);
  });

  it('ends passes and takes away set-up rights', async () => {
    const { door, ann, account } = await scene();
    await using _ = door;
    const [membership] = await door.rows<{ id: string }>(
      `select id from memberships where user_id = '${ann.id}'`,
    );
    const row = passRow({
      membership_id: membership?.id ?? '',
      account_id: account.id,
      user_id: ann.id,
      activated_at: door.clock.now(),
      cookie_hash: 'hash',
      ends_at: door.clock.now() + days(1),
      right_until: door.clock.now() + days(8),
    });
    await inTransaction(door.ctx.db, (tx) => insertPass(tx, row));
    await events['three wrong codes after the right password']?.happens(door, ann);
    await submit(door.browser(), await door.link(ann.email));
    expect(await door.rows('select ended_by, right_until from passes')).toEqual([
      { ended_by: 'not_me', right_until: null },
    ]);
  });

  it('P6: after a pass came into use: it ends at once, with its session and its right to set up anew', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    const given = { slug: 'meridian-pictures', email: ann.email, reason: 'Phone lost' };
    const granted = await operateGrant(door.ctx, { name: 'root' }, given);
    const intruder = await atCode(door, ann);
    const code = granted.result === 'granted' ? (granted.code ?? '') : '';
    expect((await submit(intruder, '/login/recovery-code', { code })).path).toBe('/');
    const subject = MAIL.passUsed('Meridian Pictures');
    expect(await door.count(ann.email, subject)).toBe(1);
    expect((await submit(door.browser(), await door.link(ann.email, subject))).status).toBe(200);
    expect(await isIn(intruder)).toBe(false);
    expect((await door.password(intruder, ann)).path).toBe('/login/pass');
    expect((await submit(intruder, '/login/recovery-code', { code })).status).toBe(422);
    expect(await isIn(intruder)).toBe(false);
  });

  it('voids links for a new password', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    await submit(door.browser(), '/forgot-password', { email: ann.email });
    const reset = await door.link(ann.email);
    await events['three wrong codes after the right password']?.happens(door, ann);
    await submit(door.browser(), await door.link(ann.email));
    expect((await door.browser().post(reset, { password: NEW })).status).toBe(410);
  });

  it('works for seven days', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    await events['three wrong codes after the right password']?.happens(door, ann);
    const link = await door.link(ann.email);
    door.clock.advance(days(7) - 1);
    expect((await door.browser().get(link)).status).toBe(200);
    door.clock.advance(1);
    expect((await door.browser().get(link)).status).toBe(410);
    expect((await door.browser().post(link, {})).status).toBe(410);
  });

  it('about an authenticator that has been replaced since: the one that replaced it stays', async () => {
    const { door, ann } = await scene();
    await using _ = door;
    await events['a recovery code used']?.happens(door, ann);
    const old = await door.link(ann.email, MAIL.codeUsed);
    ann.codes.shift();
    door.clock.advance(minutes(1));
    await events['a set-up in place of the old one']?.happens(door, ann);
    await submit(door.browser(), old);
    expect(await authenticators(door, ann)).toHaveLength(1);
    expect(await trusts(door, ann)).toEqual(['authenticator']);
  });

  it('T1: the accounts that trusted another authenticator keep their trust', async () => {
    await using door = await openDoor();
    const apps = await door.addAccount({ name: 'Apps', mandates: ['totp'] });
    const texts = await door.addAccount({ name: 'Texts', mandates: ['sms'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'totp',
      in: [{ account: apps }, { account: texts, trust: 'never' }],
    });
    const browser = door.browser();
    await submit(browser, '/login?account=texts', { email: ann.email, password: ann.password });
    await submit(browser, '/login/code', { code: door.appCode(ann) });
    await proveMailbox(door, browser, ann.email);
    await submit(browser, '/login/set-up', { method: 'sms' });
    await submit(browser, '/login/set-up/phone', { country: 'US', phone: '+14155550177' });
    await submit(browser, '/login/set-up/text', { code: await door.code('+14155550177') });
    await finish(browser);
    await submit(door.browser(), await door.link(ann.email, MAIL.setUp));
    const trust = await door.rows(
      `select slug, trust from memberships join accounts on accounts.id = account_id where user_id = '${ann.id}'
       order by slug`,
    );
    expect(trust).toEqual([
      { slug: 'apps', trust: 'authenticator' },
      { slug: 'texts', trust: 'forgotten' },
    ]);
  });
});
