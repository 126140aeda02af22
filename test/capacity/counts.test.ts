/**
 * What each deed costs the database, counted: docs/operating.md derives the machines for a million people from it.
 * The figures are upper bounds. Whoever adds a read to each session check, or a commit to each login, sees it here
 * and says why it is worth it; whoever takes one away makes the bound smaller.
 */
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { finish, proveMailbox, STRONG, setUpApp, signUp } from '../journeys/steps.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { countOn, type Tally } from './tally.ts';

const onPostgres = inject('postgres') !== '';

let door: Door;
let take: () => Tally;
let account: Awaited<ReturnType<Door['addAccount']>>;
let [olivia, theo]: Person[] = [];
/** Olivia's, who has logged in: a browser known to her. */
let inside: HttpBrowser;

beforeAll(async () => {
  // What a node looks at every few seconds would be counted with the deed that it falls into.
  vi.useFakeTimers({ toFake: ['setInterval'] });
  door = await openDoor();
  vi.useRealTimers();
  account = await door.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
  const trusted = [{ account, role: 'owner' as const }];
  olivia = await door.addPerson({ email: 'olivia@meridian.example', method: 'totp', in: trusted });
  theo = await door.addPerson({ email: 'theo@meridian.example', method: 'sms', in: [{ account }] });
  inside = door.browser();
  await door.logIn(inside, olivia);
  take = countOn(door.ctx.db).take;
});
afterAll(() => door.close());

/** Runs a deed to the end of every message it sends. */
async function costOf(deed: () => Promise<unknown>): Promise<Tally> {
  await door.sent();
  take();
  await deed();
  await door.sent();
  return take();
}

/** PostgreSQL is also asked for the row locks that SQLite, which has one writer at a time, needs not. */
function atMost(reads: number, locks: number, writes: number, rows: number, commits: number): Tally {
  return { reads: onPostgres ? reads + locks : reads, writes, rows, commits };
}

async function expectAtMost(bound: Tally, deed: () => Promise<unknown>): Promise<void> {
  const cost = await costOf(deed);
  if (process.env.TELL_COUNTS) console.info(expect.getState().currentTestName, JSON.stringify(cost));
  for (const what of ['reads', 'writes', 'rows', 'commits'] as const)
    expect(cost[what], `${what}, of ${JSON.stringify(cost)}`).toBeLessThanOrEqual(bound[what]);
  // A tally that counts nothing would hold every bound.
  expect(cost.reads + cost.writes > 0).toBe(bound.reads + bound.writes > 0);
}

/** The outbox looks once more after each message; two that end at once share that look, on a busy machine they do not. */
const LOOKED_AGAIN = 1;

/** From the log-in page to the redirect that opens the door, with the pages in between. */
async function logIn(browser: HttpBrowser, person: Person | undefined): Promise<void> {
  if (person === undefined) throw new Error('nobody');
  await browser.get('/login');
  expect((await door.password(browser, person)).path).toBe('/login/code');
  const code = person.app === null ? await door.code(person.phone ?? '') : door.appCode(person);
  expect((await browser.post('/login/code', { code })).location).toBe('/');
}

test('nobody at the door', () => expectAtMost(atMost(0, 0, 0, 0, 0), () => door.browser().get('/login')));

// The session, its person, their memberships, authenticators, evidence: what admission is decided by (D3).
test('a session check', () =>
  expectAtMost(atMost(5, 0, 0, 0, 0), async () => {
    // Somebody signed in is sent on from here: nothing else is asked.
    expect((await inside.get('/login')).location).toBe('/');
  }));

test('the start page: a session check and the list of sessions', () =>
  expectAtMost(atMost(6, 0, 0, 0, 0), async () => {
    expect((await inside.get('/')).status).toBe(200);
  }));

// Once a minute of use; between, a check writes nothing.
test('S2: the note that a session was used', () =>
  expectAtMost(atMost(5, 0, 1, 1, 1), async () => {
    door.clock.advance(61_000);
    await inside.get('/login');
  }));

// Each deed of an account judges anew who acts; its first page reads five things, each judged for itself.
test('the first page of an account', () =>
  expectAtMost(atMost(33, 0, 0, 0, 0), async () => {
    expect((await inside.get('/accounts/meridian')).status).toBe(200);
  }));

// D5: the count is a commit of its own, before the comparison; the refusal is recorded.
test('a wrong password', () =>
  expectAtMost(atMost(1, 0, 5, 5, 2), async () => {
    expect(
      (await door.browser().post('/login', { email: 'olivia@meridian.example', password: 'x' })).status,
    ).toBe(422);
  }));

// Four commits, as D5 has it: password counted, password right, code counted, code right and the session.
test('a log-in by app', () => expectAtMost(atMost(37, 5, 23, 22, 4), () => logIn(door.browser(), olivia)));

test('a log-in by app, in a browser that is known', () =>
  expectAtMost(atMost(46, 5, 21, 20, 4), () => logIn(inside, olivia)));

// And the code: posted with the password, counted against a dozen limits of its account (the rows), claimed, out, settled.
test('a log-in by text message', () =>
  expectAtMost(atMost(48 + LOOKED_AGAIN, 6, 36, 73, 8), () => logIn(door.browser(), theo)));

test('an invited sign-up with its set-up', async () => {
  const [eve, email] = [door.browser(), 'eve@new.example'];
  const link = await door.invite(account, email);
  await expectAtMost(atMost(120, 8, 60, 65, 12), async () => {
    await signUp(eve, { name: 'Eve', email, password: STRONG }, link);
    await proveMailbox(door, eve, email);
    await setUpApp(door, eve);
    expect((await finish(eve)).path).toBe('/');
  });
});

test('a pass: handed over, typed, and everybody told', async () => {
  const [member] = await door.rows<{ id: string }>(
    `select id from memberships where user_id = '${theo?.id}'`,
  );
  // The admin's code must be fresh (T4).
  await logIn(inside, olivia);
  await expectAtMost(atMost(118, 6, 50, 73, 13), async () => {
    const given = await inside.post(`/accounts/meridian/people/${member?.id}/pass`, { reason: 'Phone lost' });
    const code = /\b(?:[0-9a-z]{4}-){3}[0-9a-z]{4}\b/.exec(given.text)?.[0] ?? '';
    const locked = door.browser();
    if (theo !== undefined) await door.password(locked, theo);
    expect((await submit(locked, '/login/recovery-code', { code })).path).toBe('/');
  });
});
