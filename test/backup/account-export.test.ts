/** What an owner exports on the account's activity page brings back what was done in that account since the copy. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newKey, parseKeys } from '../../src/credentials/sealed-secret.ts';
import { backUp } from '../../src/flows/backup.ts';
import { readActivityLines } from '../../src/flows/read-activity.ts';
import { REDO } from '../../src/flows/redo-events.ts';
import { MEANING } from '../../src/flows/replay-activity.ts';
import { restoreFile } from '../../src/flows/restore.ts';
import { createClock, hours } from '../support/clock.ts';
import { submit } from '../support/pages.ts';
import { openStand, placeAt } from '../support/stand.ts';

const OPERATOR = { name: 'tester' };

test('the export of one account, newest first and without ids, with the account named beside it', async () => {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-export-'));
  const given = { databaseUrl: `sqlite:${join(folder, 'sallyport.db')}`, keys: null, clock: createClock() };
  const stand = await openStand(given);
  const account = await stand.addAccount({ name: 'Meridian', mandates: ['totp'] });
  const add = (name: string, role: 'owner' | 'admin' | 'member') =>
    stand.addPerson({ email: `${name}@meridian.example`, name, method: 'totp', in: [{ account, role }] });
  const [olivia, nina, theo] = [
    await add('olivia', 'owner'),
    await add('nina', 'member'),
    await add('theo', 'admin'),
  ];
  const copy = join(folder, 'copy.db');
  await backUp(await placeAt(given), copy, () => {});
  given.clock.advance(hours(1));
  const browser = stand.browser();
  await stand.logIn(browser, olivia);
  const memberOf = async (userId: string) =>
    (await stand.rows<{ id: string }>(`select id from memberships where user_id = '${userId}'`))[0]?.id;
  await submit(browser, `/accounts/meridian/people/${await memberOf(nina.id)}/remove`);
  await submit(browser, `/accounts/meridian/people/${await memberOf(theo.id)}/role`, { role: 'member' });
  const exported = await browser.get('/accounts/meridian/activity.jsonl');
  expect(exported.status).toBe(200);
  await stand.close();

  const place = await placeAt(given);
  const nameless = await restoreFile(place, OPERATOR, copy, { text: exported.body, accountSlug: null });
  if (nameless.result !== 'done') throw new Error(nameless.result);
  const told = nameless.finished.replayed?.undone.map((u) => [u.kind, u.why]);
  expect(told).toContainEqual(['membership.removed', 'no_account']);
  expect(nameless.finished.replayed).toMatchObject({ redone: {}, recorded: 0 });

  given.clock.advance(1);
  const stranger = exported.body.replaceAll('nina@meridian.example', 'nina@elsewhere.example');
  const moved = await restoreFile(place, OPERATOR, copy, { text: stranger, accountSlug: 'meridian' });
  if (moved.result !== 'done') throw new Error(moved.result);
  // Perhaps her address was changed since: the copy cannot know, and nobody guesses.
  expect(moved.finished.replayed?.undone).toMatchObject([{ kind: 'membership.removed', why: 'no_user' }]);

  given.clock.advance(1);
  const named = await restoreFile(place, OPERATOR, copy, { text: exported.body, accountSlug: 'meridian' });
  if (named.result !== 'done') throw new Error(named.result);
  expect(named.finished.replayed).toMatchObject({
    undone: [],
    redone: { 'membership.removed': 1, 'membership.role_changed': 1 },
  });
  await using back = await openStand(given);
  expect(await back.rows('select user_id, role from memberships order by role desc')).toEqual([
    { user_id: olivia.id, role: 'owner' },
    { user_id: theo.id, role: 'member' },
  ]);
  rmSync(folder, { recursive: true, force: true });
});

test('every kind of event that is to be done again has somebody who knows how', () => {
  const wanted = Object.entries(MEANING).flatMap(([kind, meaning]) => (meaning === 'redo' ? [kind] : []));
  expect(Object.keys(REDO).toSorted()).toEqual(wanted.toSorted());
});

const LINE = {
  id: 'e1',
  time: '2026-10-01T12:00:00.000Z',
  kind: 'user.disabled',
  by: 'operator',
  actor: null,
  person: { id: 'u1', name: 'Nina', email: 'nina@meridian.example' },
  account: null,
  network: '',
  browser: 'operator tester',
  details: {},
};

test.each([
  ['no JSON', '{'],
  ['no event', '[]'],
  ['no time', JSON.stringify({ ...LINE, time: 'yesterday' })],
  ['a day that is none', JSON.stringify({ ...LINE, time: '2026-13-41T12:00:00.000Z' })],
  ['a kind that could not be one', JSON.stringify({ ...LINE, kind: 'user' })],
  ['no details', JSON.stringify({ ...LINE, details: 'none' })],
  ['a person that is a name', JSON.stringify({ ...LINE, person: 'Nina' })],
])('a line with %s is told by its number; the others are read', (_what, line) => {
  const { events, unread } = readActivityLines([JSON.stringify(LINE), '', line].join('\n'), {
    keys: parseKeys(newKey(randomBytes)),
    accountSlug: null,
  });
  expect(unread).toEqual([3]);
  expect(events).toMatchObject([{ line: 1, id: 'e1', at: Date.UTC(2026, 9, 1, 12), kind: 'user.disabled' }]);
});
