/** "A step opened out of turn leads to the step that is due": every page of a login, in every state of one. */
import { describe, expect, it } from 'vitest';
import { disableUser } from '../../src/flows/disable-user.ts';
import { minutes } from '../support/clock.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { finish, proveMailbox, STRONG, setUpApp } from './steps.ts';

interface Scene {
  door: Door;
  /** By app. */
  ann: Person;
  /** By text message. */
  tom: Person;
  /** Not set up. */
  nina: Person;
  /** Forgotten by the account. */
  lost: Person;
}

async function scene(): Promise<Scene> {
  const door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian Pictures', mandates: ['totp', 'sms'] });
  const member = { in: [{ account }] };
  return {
    door,
    ann: await door.addPerson({ email: 'ann@meridian.example', method: 'totp', ...member }),
    tom: await door.addPerson({ email: 'tom@meridian.example', method: 'sms', ...member }),
    nina: await door.addPerson({ email: 'nina@meridian.example', ...member }),
    lost: await door.addPerson({ email: 'lost@meridian.example', in: [{ account, trust: 'forgotten' }] }),
  };
}

interface State {
  reach: (s: Scene, browser: HttpBrowser) => Promise<unknown>;
  /** Where everything else leads. */
  due: string;
  /** Pages that are shown in this state. */
  open: readonly string[];
}

const atSetUp = async ({ door, nina }: Scene, browser: HttpBrowser) => {
  await door.password(browser, nina);
  await proveMailbox(door, browser, nina.email);
};

const STATES: Record<string, State> = {
  'no login': { reach: async () => {}, due: '/login', open: ['/login', '/sign-up'] },
  'a sign-up at the mailbox': {
    reach: (_s, browser) =>
      submit(browser, '/sign-up', {
        name: 'Eve',
        email: 'eve@new.example',
        password: STRONG,
        account: 'Eve',
      }),
    due: '/login/email-code',
    open: ['/login/email-code', '/sign-up'],
  },
  'an invitation accepted, at the password': {
    reach: async ({ door, ann }, browser) =>
      submit(browser, await door.invite(await door.addAccount({ name: 'Harbour' }), ann.email)),
    due: '/login',
    open: ['/login', '/sign-up'],
  },
  'at the mailbox before a set-up': {
    reach: ({ door, nina }, browser) => door.password(browser, nina),
    due: '/login/email-code',
    open: ['/login/email-code', '/sign-up'],
  },
  'at the app’s code': {
    reach: ({ door, ann }, browser) => door.password(browser, ann),
    due: '/login/code',
    open: ['/login/code', '/login/recovery-code', '/login/pass', '/sign-up'],
  },
  'at the text message’s code': {
    reach: ({ door, tom }, browser) => door.password(browser, tom),
    due: '/login/code',
    open: ['/login/code', '/login/recovery-code', '/login/pass', '/sign-up'],
  },
  'after a recovery code': {
    reach: async ({ door, ann }, browser) => {
      await door.password(browser, ann);
      await submit(browser, '/login/recovery-code', { code: ann.codes.shift() ?? '' });
    },
    due: '/login/recovered',
    open: ['/login/recovered', '/sign-up'],
  },
  'at the choice of a method': {
    reach: atSetUp,
    due: '/login/set-up',
    open: ['/login/set-up', '/login/set-up/phone', '/sign-up'],
  },
  'with the app chosen': {
    reach: async (s, browser) => {
      await atSetUp(s, browser);
      await submit(browser, '/login/set-up', { method: 'totp' });
    },
    due: '/login/set-up',
    open: ['/login/set-up', '/login/set-up/app', '/login/set-up/phone', '/sign-up'],
  },
  'with a number given': {
    reach: async (s, browser) => {
      await atSetUp(s, browser);
      await submit(browser, '/login/set-up', { method: 'sms' });
      await submit(browser, '/login/set-up/phone', { country: 'GB', phone: '07400 123456' });
    },
    due: '/login/set-up',
    open: ['/login/set-up', '/login/set-up/phone', '/login/set-up/text', '/sign-up'],
  },
  'at the backup codes': {
    reach: async (s, browser) => {
      await atSetUp(s, browser);
      await setUpApp(s.door, browser);
    },
    due: '/login/backup-codes',
    open: ['/login/backup-codes', '/login/backup-codes.txt', '/sign-up'],
  },
  'forgotten by the account': {
    reach: ({ door, lost }, browser) => door.password(browser, lost),
    due: '/login/pass',
    open: ['/login/pass', '/login/recovery-code', '/sign-up'],
  },
  'over by time': {
    reach: async ({ door, ann }, browser) => {
      await door.password(browser, ann);
      door.clock.advance(minutes(10));
    },
    due: '/login?because=over',
    open: ['/login', '/sign-up'],
  },
  'logged out elsewhere': {
    reach: async ({ door, ann }, browser) => {
      await door.password(browser, ann);
      await submit(browser.copy(), '/logout');
    },
    due: '/login?because=over',
    open: ['/login', '/sign-up'],
  },
  'with the mandate switched off meanwhile': {
    reach: async ({ door, ann }, browser) => {
      await door.password(browser, ann);
      await door.mandate('meridian-pictures', null);
    },
    due: '/login/continue',
    open: ['/login/continue', '/sign-up'],
  },
  finished: {
    reach: ({ door, ann }, browser) => door.logIn(browser, ann),
    due: '/login',
    open: [],
  },
};

/** What each page's own form would send. */
const FORMS: Record<string, Record<string, string>> = {
  '/login/email-code': { code: '123456' },
  '/login/code': { code: '123456' },
  '/login/recovery-code': { code: 'zzzz-zzzz-zzzz' },
  '/login/recovered': { choice: 'replace' },
  '/login/backup-codes': { saved: 'yes' },
  '/login/pass': { action: 'continue' },
  '/login/account': { account: 'nowhere' },
  '/login/continue': {},
  '/login/set-up': { method: 'totp' },
  '/login/set-up/app': { code: '123456' },
  '/login/set-up/phone': { country: 'GB', phone: '07400 123457' },
  '/login/set-up/text': { code: '123456' },
};

/** Two pages of the set-up that lead back one page when theirs is not its turn yet. */
const BACK: Record<string, string> = { '/login/set-up/text': '/login/set-up/phone' };
/** Forms that lead on to the page they are for, whichever of the set-up's is open. */
const WHILE_SETTING_UP = ['/login/set-up', '/login/set-up/app', '/login/set-up/phone', '/login/set-up/text'];

describe.each(Object.entries(STATES))('%s', (name, { reach, due, open }) => {
  it('D1, R62: every page of a login leads to the one that is due, and its form changes nothing', async () => {
    const s = await scene();
    const { door } = s;
    await using _ = door;
    const browser = door.browser();
    await reach(s, browser);
    await door.sent();
    const pages = door.app.routes.filter(
      ({ door: kind, method, url }) => kind === 'login' && method === 'GET' && !/:|\/state$/.test(url),
    );
    expect(pages.length).toBeGreaterThan(12);
    const setUp = due === '/login/set-up';
    for (const { url } of pages) {
      const answer = await browser.copy().get(url);
      if (open.includes(url)) expect({ url, status: answer.status }).toEqual({ url, status: 200 });
      else if (due === '/login' && url === '/login') expect(answer.location).toBe('/');
      else if (name === 'finished' && url === '/sign-up') expect(answer.location).toBe('/');
      else expect({ url, to: answer.location }).toEqual({ url, to: (setUp && BACK[url]) || due });
    }

    const before = await door.digest();
    for (const [url, fields] of Object.entries(FORMS)) {
      if (open.includes(url) || (setUp && WHILE_SETTING_UP.includes(url))) continue;
      const answer = await browser.copy().post(url, fields);
      expect({ url, status: answer.status, to: answer.location }).toEqual({ url, status: 303, to: due });
      expect(answer.setCookies, url).toEqual([]);
    }
    await door.sent();
    expect(await door.digest()).toEqual(before);
  });
});

describe('in turn', () => {
  it('D2.2: a disabled user’s login leads to the refusal from everywhere, until it is over', async () => {
    const s = await scene();
    const { door, ann } = s;
    await using _ = door;
    const browser = door.browser();
    await disableUser(door.ctx, ann.email, { by: 'operator' });
    expect((await door.password(browser, ann)).path).toBe('/login/refused');
    for (const url of Object.keys(FORMS)) {
      const page = await browser.copy().follow(await browser.copy().post(url, FORMS[url] ?? {}));
      expect(page.path, url).toMatch(/^\/login(\/refused)?(\?|$)/);
    }
    expect(await door.rows('select id from sessions')).toEqual([]);
  });

  it('the forms of a finished login’s pages make no second session and no second authenticator', async () => {
    const s = await scene();
    const { door } = s;
    await using _ = door;
    const browser = door.browser();
    await atSetUp(s, browser);
    const { app } = await setUpApp(door, browser);
    const stale = browser.copy();
    await finish(browser);
    door.clock.advance(30_000);
    const code = app.codeAt(door.clock.now());
    for (const [url, fields] of Object.entries(FORMS)) {
      const answer = await stale.copy().post(url, 'code' in fields ? { ...fields, code } : fields);
      expect({ url, to: answer.location }).toEqual({ url, to: '/login?because=over' });
    }
    expect(await door.rows('select id from sessions')).toHaveLength(1);
    expect(await door.rows(`select id from authenticators where user_id = '${s.nina.id}'`)).toHaveLength(1);
  });
});
