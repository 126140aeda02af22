import { describe, expect, it } from 'vitest';
import { enHome } from '../../src/web/messages/en-home.ts';
import { enLogin } from '../../src/web/messages/en-login.ts';
import { seconds } from '../support/clock.ts';
import { codesOn, type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { finish, isIn, MAIL, proveMailbox, setUpApp, setUpText } from './steps.ts';

/** Ann, with ten backup codes in her drawer, at the page that asks for the phone's code. */
async function atCode(method: 'totp' | 'sms' = 'totp') {
  const door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp', 'sms'] });
  const ann = await door.addPerson({ email: 'ann@meridian.example', method, in: [{ account }] });
  const browser = door.browser();
  expect((await door.password(browser, ann)).path).toBe('/login/code');
  return { door, ann, browser, account };
}

const left = async (door: Door, person: Person) =>
  (await door.rows(`select id from backup_codes where user_id = '${person.id}' and spent_at is null`)).length;

const recover = (browser: HttpBrowser, code = '') => submit(browser, '/login/recovery-code', { code });

describe('a recovery code', () => {
  it('B2, B3, R25: says how many are left, "Continue" opens, told by mail with a way back', async () => {
    const { door, ann, browser } = await atCode();
    await using _ = door;
    expect((await browser.get('/login/code')).text).toContain('Enter recovery code');
    const page = await recover(browser, ann.codes[0]);
    expect(page.path).toBe('/login/recovered');
    expect(page.text).toContain(enLogin.recovered.left(9));
    expect(await isIn(browser)).toBe(false);
    expect((await browser.post('/login/recovered', {})).status).toBe(422);
    expect((await browser.post('/login/recovered', { choice: 'nonsense' })).status).toBe(422);
    const home = await submit(browser, '/login/recovered', { choice: 'continue' });
    expect(home.path).toBe('/');
    expect(home.text).toContain(enHome.accounts.admitted.backup_code.sentence);
    expect(await door.count(ann.email, MAIL.codeUsed)).toBe(1);
    expect(await door.link(ann.email, MAIL.codeUsed)).toMatch(/^\/not-me\//);
    // The phone is still there: it is asked for next time.
    expect((await door.logIn(door.browser(), ann)).path).toBe('/');
  });

  it('B1: in any case, with spaces, dashes or nothing between, O for 0 and l for 1', async () => {
    const { door, ann } = await atCode();
    await using _ = door;
    const spellings = [
      (code: string) => code.toUpperCase(),
      (code: string) => code.replaceAll('-', ''),
      (code: string) => ` ${code.replaceAll('-', ' ')} `,
      (code: string) => code.replaceAll('-', '–').replaceAll('0', 'o').replaceAll('1', 'l'),
    ];
    for (const [n, spell] of spellings.entries()) {
      const browser = door.browser();
      await door.password(browser, ann);
      expect((await recover(browser, spell(ann.codes[n] ?? ''))).path).toBe('/login/recovered');
    }
  });

  it('B2: a used one is refused, also in the same login', async () => {
    const { door, ann, browser } = await atCode();
    await using _ = door;
    await recover(browser, ann.codes[0]);
    expect((await recover(browser, ann.codes[0])).path).toBe('/login/recovered');
    const later = door.browser();
    await door.password(later, ann);
    const refused = await later.post('/login/recovery-code', { code: ann.codes[0] ?? '' });
    expect(refused.status).toBe(422);
    expect(await isIn(later)).toBe(false);
    expect(await left(door, ann)).toBe(9);
  });

  it('B2: somebody else’s is refused and stays unused', async () => {
    const { door, ann, browser, account } = await atCode();
    await using _ = door;
    const bob = await door.addPerson({ email: 'bob@meridian.example', method: 'totp', in: [{ account }] });
    for (const code of bob.codes) {
      expect((await browser.post('/login/recovery-code', { code })).status).toBe(422);
    }
    expect(await left(door, bob)).toBe(10);
    const his = door.browser();
    await door.password(his, bob);
    expect((await recover(his, bob.codes[0])).path).toBe('/login/recovered');
    expect(await left(door, ann)).toBe(10);
  });

  it('B2: a code of another of one’s own authenticators opens nothing', async () => {
    await using door = await openDoor();
    const apps = await door.addAccount({ name: 'Apps Only', mandates: ['totp'] });
    const texts = await door.addAccount({ name: 'Texts Only', mandates: ['sms'] });
    const ann = await door.addPerson({
      email: 'ann@two.example',
      method: 'totp',
      in: [{ account: apps }, { account: texts, trust: 'never' }],
    });
    const browser = door.browser();
    await submit(browser, '/login?account=texts-only', { email: ann.email, password: ann.password });
    await submit(browser, '/login/code', { code: door.appCode(ann) });
    await proveMailbox(door, browser, ann.email);
    const { codes } = await setUpText(door, browser);
    await finish(browser);
    const later = door.browser();
    const asked = await submit(later, '/login?account=apps-only', {
      email: ann.email,
      password: ann.password,
    });
    expect(asked.path).toBe('/login/code');
    expect((await later.post('/login/recovery-code', { code: codes[0] ?? '' })).status).toBe(422);
    expect((await recover(later, ann.codes[0])).path).toBe('/login/recovered');
  });

  it.each(['', 'abc', '123456', 'xxxx-xxxx-xxxx-x', 'ilou-ilou-uuuu', '𝟙𝟙𝟙𝟙-𝟙𝟙𝟙𝟙-𝟙𝟙𝟙𝟙'])(
    'B1: "%s" is no code',
    async (code) => {
      const { door, browser } = await atCode();
      await using _ = door;
      expect((await browser.post('/login/recovery-code', { code })).status).toBe(422);
    },
  );

  it('T4, U4: it does not count as the authenticator itself: the password change asks for that', async () => {
    const { door, ann, browser } = await atCode();
    await using _ = door;
    await recover(browser, ann.codes[0]);
    await submit(browser, '/login/recovered', { choice: 'continue' });
    const refused = await browser.post('/password', {
      current: ann.password,
      password: 'six grey geese in a row',
    });
    expect(refused.status).toBe(403);
  });
});

describe('"My phone or number is gone"', () => {
  it('B3, T1b: mailbox, a new authenticator, new codes; the old ones are destroyed', async () => {
    const { door, ann, browser } = await atCode();
    await using _ = door;
    await recover(browser, ann.codes[0]);
    const asked = await submit(browser, '/login/recovered', { choice: 'replace' });
    expect(asked.path).toBe('/login/email-code');
    expect((await proveMailbox(door, browser, ann.email)).path).toBe('/login/set-up');
    const { app, codes, page } = await setUpApp(door, browser);
    expect(page.path).toBe('/login/backup-codes');
    expect((await finish(browser)).path).toBe('/');
    expect(await door.count(ann.email, MAIL.setUp)).toBe(1);

    const kept = await door.rows<{ id: string }>(`select id from authenticators where user_id = '${ann.id}'`);
    expect(kept).toHaveLength(1);
    expect(kept[0]?.id).not.toBe(ann.authenticatorId);
    const later = door.browser();
    await door.password(later, ann);
    expect((await later.post('/login/code', { code: door.appCode(ann) })).status).toBe(422);
    expect((await later.post('/login/recovery-code', { code: ann.codes[1] ?? '' })).status).toBe(422);
    expect((await later.post('/login/recovery-code', { code: codes[0] ?? '' })).status).toBe(303);
    door.clock.advance(seconds(30));
    expect((await door.logIn(door.browser(), { ...ann, app })).path).toBe('/');
  });

  it('B3: from a text message to an app, and the old number gets nothing any more', async () => {
    const { door, ann, browser } = await atCode('sms');
    await using _ = door;
    const before = await door.count(ann.phone ?? '');
    await recover(browser, ann.codes[3]);
    await submit(browser, '/login/recovered', { choice: 'replace' });
    await proveMailbox(door, browser, ann.email);
    const { app } = await setUpApp(door, browser);
    await finish(browser);
    door.clock.advance(seconds(30));
    expect((await door.logIn(door.browser(), { ...ann, app })).path).toBe('/');
    expect(await door.count(ann.phone ?? '')).toBe(before);
  });

  it('B3: chosen and then left, nothing has changed but the spent code', async () => {
    const { door, ann, browser } = await atCode();
    await using _ = door;
    await recover(browser, ann.codes[0]);
    await submit(browser, '/login/recovered', { choice: 'replace' });
    await proveMailbox(door, browser, ann.email);
    await submit(browser, '/login/set-up', { method: 'totp' });
    expect((await door.logIn(door.browser(), ann)).path).toBe('/');
    expect(await left(door, ann)).toBe(9);
  });
});

describe('when few are left', () => {
  /** Uses up codes, each in a login of its own. */
  async function use(door: Door, ann: Person, many: number): Promise<void> {
    for (const code of ann.codes.splice(0, many)) {
      const browser = door.browser();
      await door.password(browser, ann);
      expect((await recover(browser, code)).path).toBe('/login/recovered');
    }
  }

  it('B2: at two the next login by the phone shows ten new ones and kills the old', async () => {
    const { door, ann } = await atCode();
    await using _ = door;
    await use(door, ann, 7);
    expect((await door.logIn(door.browser(), ann)).path).toBe('/');
    await use(door, ann, 1);
    const browser = door.browser();
    const page = await door.logIn(browser, ann);
    expect(page.path).toBe('/login/backup-codes');
    const codes = codesOn(page);
    expect(codes).toHaveLength(10);
    expect(page.text).toContain(enLogin.backupCodes.renewed(2));
    expect((await finish(browser)).path).toBe('/');
    expect(await left(door, ann)).toBe(10);
    expect(await door.count(ann.email, MAIL.codesMade)).toBe(1);

    const later = door.browser();
    await door.password(later, ann);
    expect((await later.post('/login/recovery-code', { code: ann.codes[0] ?? '' })).status).toBe(422);
    expect((await recover(later, codes[0])).path).toBe('/login/recovered');
  });

  it('B2, R24: a login by a recovery code shows none, also with the last one', async () => {
    const { door, ann } = await atCode();
    await using _ = door;
    await use(door, ann, 9);
    const browser = door.browser();
    await door.password(browser, ann);
    const page = await recover(browser, ann.codes[0]);
    expect(page.text).toContain(enLogin.recovered.left(0));
    expect((await submit(browser, '/login/recovered', { choice: 'continue' })).path).toBe('/');
    expect((await browser.follow(await browser.get('/login/backup-codes'))).path).toBe('/');
    expect((await door.logIn(door.browser(), ann)).path).toBe('/login/backup-codes');
  });
});
