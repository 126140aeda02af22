/** D9, R65, Q10: whatever breaks under a login, nobody gets in by it, nothing is half done, and it says so clearly. */
import { describe, expect, it } from 'vitest';
import { type Door, openDoor, submit } from '../support/door.ts';
import type { Answer } from '../support/http-browser.ts';
import { isIn, proveMailbox, STRONG, setUpApp, signUp } from './steps.ts';

/** Every table that a step of a login reads or writes. */
const TABLES = [
  'users',
  'accounts',
  'memberships',
  'authenticators',
  'backup_codes',
  'enrollments',
  'logins',
  'challenges',
  'evidence',
  'sessions',
  'known_browsers',
  'counters',
  'outbox',
  'notice_links',
  'pass_requests',
  'audit_events',
];

/** Takes a table away while something is done. */
async function without<T>(door: Door, table: string, deed: () => Promise<T>): Promise<T> {
  await door.sent();
  await door.rows(`alter table ${table} rename to gone`);
  try {
    return await deed();
  } finally {
    await door.rows(`alter table gone rename to ${table}`);
  }
}

function expectSafe(answer: Answer, what: string): void {
  expect(
    answer.setCookies.filter((line) => /^session=[^;]/.test(line)),
    what,
  ).toEqual([]);
  if (answer.status < 500) return;
  expect(answer.status, what).toBe(500);
  expect(answer.headers['cache-control'], what).toBe('no-store');
  expect(answer.body, what).toMatch(/<h1[^>]*>[^<]+/);
  expect(answer.body, what).toContain('help@sallyport.example');
  expect(answer.body, what).not.toMatch(/sqlite|select |no such table|at .*\.ts:\d/i);
}

/** The errors were wanted: they are logged once each, under the number that the page shows. */
async function closeAfterErrors(door: Door, answers: Answer[]): Promise<void> {
  const errors = JSON.stringify(door.log.filter((line) => line.level >= 50));
  for (const answer of answers.filter((a) => a.status === 500)) {
    const number = /<code>([^<]+)<\/code>/.exec(answer.body)?.[1] ?? 'no number';
    expect(errors).toContain(`"${number}"`);
  }
  if (errors === '[]') await door.close();
  else await expect(door.close()).rejects.toThrow('logged as an error');
}

describe.each(TABLES)('with the table %s gone for a moment', (table) => {
  it('a right code lets nobody in, is not used up by it unless it did, and works afterwards', async () => {
    const door = await openDoor({ demo: true });
    const olivia = await door.demoPerson('olivia');
    const browser = door.browser();
    await door.password(browser, olivia);
    const code = door.appCode(olivia);
    const broken = await without(door, table, () => browser.post('/login/code', { code }));
    if (broken.status === 303) {
      // Not needed for it.
      expect(await isIn(browser)).toBe(true);
    } else {
      expectSafe(broken, table);
      expect(await isIn(browser)).toBe(false);
      expect((await submit(browser, '/login/code', { code })).path).toBe('/');
    }
    expect(await door.rows('select id from sessions')).toHaveLength(1);
    await closeAfterErrors(door, [broken]);
  });

  it('a set-up’s confirmation and its Finish are whole or not at all', async () => {
    const door = await openDoor({ demo: true });
    const nina = await door.demoPerson('nina');
    const browser = door.browser();
    await door.password(browser, nina);
    await proveMailbox(door, browser, nina.email);
    const answers: Answer[] = [];
    const of = (query: string) => door.rows(`select id from ${query} where user_id = '${nina.id}'`);
    await submit(browser, '/login/set-up', { method: 'totp' });
    answers.push(
      await without(door, table, async () => browser.post('/login/set-up/app', { code: '000000' })),
    );
    const { page } = await setUpApp(door, browser);
    expect(page.path).toBe('/login/backup-codes');
    const codes = (await browser.get('/login/backup-codes')).body;
    answers.push(await without(door, table, () => browser.post('/login/backup-codes', { saved: 'yes' })));
    for (const answer of answers.filter((a) => a.status !== 303)) expectSafe(answer, table);
    const done = await of('sessions');
    expect(await of('backup_codes')).toHaveLength(done.length === 1 ? 10 : 0);
    if (done.length === 0) {
      expect((await browser.get('/login/backup-codes')).body).toBe(codes);
      expect((await submit(browser, '/login/backup-codes', { saved: 'yes' })).path).toBe('/');
    }
    expect(await of('authenticators')).toHaveLength(1);
    await closeAfterErrors(door, answers);
  });

  it('a sign-up makes a user with an account, or neither', async () => {
    const door = await openDoor();
    const browser = door.browser();
    const eve = { name: 'Eve', email: 'eve@new.example', password: STRONG, account: 'North Light' };
    await signUp(browser, eve);
    const code = await door.code(eve.email);
    const broken = await without(door, table, () => browser.post('/login/email-code', { code }));
    expectSafe(broken.status === 303 ? { ...broken, setCookies: [] } : broken, table);
    const counts = async () =>
      (
        await door.rows(`select (select count(*) from users) as u, (select count(*) from accounts) as a,
        (select count(*) from memberships) as m, (select count(*) from sessions) as s`)
      )[0];
    const all = await counts();
    expect([
      { u: 0, a: 0, m: 0, s: 0 },
      { u: 1, a: 1, m: 1, s: 1 },
    ]).toContainEqual({ ...all });
    if (all?.u === 0) await submit(browser, '/login/email-code', { code });
    expect({ ...(await counts()) }).toEqual({ u: 1, a: 1, m: 1, s: 1 });
    await closeAfterErrors(door, [broken]);
  });
});

describe('a session', () => {
  it.each(['sessions', 'users', 'evidence', 'memberships', 'accounts', 'passes'])(
    'D9: opens nothing while %s cannot be read, and is whole again afterwards',
    async (table) => {
      const door = await openDoor({ demo: true });
      const browser = door.browser();
      await door.logIn(browser, await door.demoPerson('olivia'));
      const answers = await without(door, table, async () => [
        await browser.get('/'),
        await browser.get('/password'),
        await browser.get('/accounts/meridian/people'),
        await browser.post('/password', { current: 'x', password: STRONG }),
      ]);
      for (const answer of answers) {
        expect(answer.body).not.toContain('nina@meridian.example');
        if (answer.status !== 200) expectSafe(answer, table);
      }
      expect(answers.map((a) => a.status)).toContain(500);
      expect(await isIn(browser)).toBe(true);
      await closeAfterErrors(door, answers);
    },
  );
});
