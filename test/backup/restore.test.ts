/** T35: what was used, ended or taken away since the copy was made stays so in the copy that comes back. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { newKey, parseKeys } from '../../src/credentials/sealed-secret.ts';
import { signLine } from '../../src/credentials/signed-line.ts';
import { announceKeys } from '../../src/flows/announce-keys.ts';
import { disableUser } from '../../src/flows/disable-user.ts';
import { exportActivity } from '../../src/flows/export-activity.ts';
import { changeEmail, deleteUser, operateGrant, operateMandate } from '../../src/flows/operate.ts';
import { post } from '../../src/flows/outbox.ts';
import { finishInPlace } from '../../src/flows/restore.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { COPIED_AT } from '../../src/store/backup.ts';
import { inTransaction } from '../../src/store/database.ts';
import { writeMeta } from '../../src/store/meta.ts';
import { createClock, hours, minutes, seconds, type TestClock } from '../support/clock.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { codesOn, cookieOf, submit } from '../support/pages.ts';
import { freshDatabaseOn } from '../support/postgres.ts';
import { freePort } from '../support/program.ts';
import type { Person } from '../support/scene.ts';
import { openStand, placeAt, type Stand, type StandGiven } from '../support/stand.ts';
import { type Copies, WAYS } from './databases.ts';

/** The server of this run; empty where the run is over SQLite. */
const SERVER = inject('postgres');
const OPERATOR = { name: 'tester' };
const BY = { by: 'operator' } as const;
const home = async (browser: HttpBrowser) => (await browser.get('/')).location ?? 'in';

interface Cast {
  stand: Stand;
  meridian: AccountRow;
  olivia: Person;
  nina: Person;
  theo: Person;
}

async function cast(stand: Stand): Promise<Cast> {
  const meridian = await stand.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
  const add = (name: string, role: 'owner' | 'admin' | 'member') =>
    stand.addPerson({
      email: `${name}@meridian.example`,
      name,
      method: 'totp',
      in: [{ account: meridian, role }],
    });
  const [olivia, nina, theo] = [
    await add('olivia', 'owner'),
    await add('nina', 'member'),
    await add('theo', 'admin'),
  ];
  return { stand, meridian, olivia, nina, theo };
}

/** Types the password and one code. @returns the page that follows. */
async function enter(stand: Stand, person: Person, code: string, path = '/login/code') {
  const browser = stand.browser();
  expect((await stand.password(browser, person)).path).toBe('/login/code');
  return { browser, page: await submit(browser, path, { code }) };
}

describe.each(WAYS)('$name', ({ start }) => {
  let copies: Copies;
  beforeAll(async () => {
    copies = await start();
  }, 60_000);
  afterAll(() => copies?.stop());

  async function newPlace(): Promise<StandGiven & { clock: TestClock }> {
    return {
      databaseUrl: await copies.fresh(),
      keys: newKey(randomBytes),
      clock: createClock(),
      port: await freePort(),
    };
  }

  test('T35: a code used since is not taken again, and all that could let somebody in is void', async () => {
    const given = await newPlace();
    const { clock } = given;
    let stand = await openStand(given);
    const { olivia, nina, theo, meridian } = await cast(stand);
    const before = await enter(stand, nina, stand.appCode(nina));
    expect(before.page.path).toBe('/');
    const invitation = await stand.invite(meridian, 'iris@meridian.example');
    await submit(stand.browser(), '/forgot-password', { email: theo.email });
    const reset = await stand.link(theo.email);
    const handed = await operateGrant(stand.ctx, OPERATOR, {
      slug: 'meridian',
      email: theo.email,
      reason: 'phone lost',
    });
    const half = stand.browser();
    expect((await stand.password(half, theo)).path).toBe('/login/code');
    // Three wrong codes are on Olivia's count when the copy is made.
    for (let n = 0; n < 3; n++) await enter(stand, olivia, stand.wrongCode(olivia));
    await inTransaction(stand.ctx.db, async (tx) => {
      await post(stand.ctx, tx, {
        channel: 'email',
        kind: 'notice',
        userId: nina.id,
        to: nina.email,
        subject: 'Waits in the copy',
        text: 'and must not leave it',
      });
      // Not before the copy is made: a worker of this process may be looking just then.
      await tx
        .updateTable('outbox')
        .set({ next_try_at: clock.now() + minutes(1) })
        .where('sent_at', 'is', null)
        .execute();
    });
    await stand.close();

    const copiedAt = clock.now();
    const copy = await copies.copy(given);
    clock.advance(minutes(2));
    stand = await openStand(given);
    await stand.sent();
    expect(await stand.count(nina.email, /Waits in the copy/)).toBe(1);
    // On a live database it would log everybody out: refused while a server is at work there.
    expect(await finishInPlace(await placeAt(given), OPERATOR, null)).toEqual({ result: 'in_use' });
    const [first = '', second = ''] = nina.codes;
    expect((await enter(stand, nina, first, '/login/recovery-code')).page.path).toBe('/login/recovered');
    const usedAt = clock.now();
    const ahead = nina.app?.codeAt(usedAt + seconds(30)) ?? '';
    expect((await enter(stand, nina, ahead)).page.path).toBe('/');
    await stand.close();

    clock.advance(seconds(5));
    const { databaseUrl, result } = await copies.bringBack(given, copy);
    if (result.result !== 'done') throw new Error(result.result);
    expect(result.finished).toMatchObject({
      voided: { sessions: 1, passes: 1, invitations: 1, messages: 1, backupCodes: 30 },
      replayed: null,
    });
    // By the mark of our own backup, or by the newest event of a dump: none is later than the copy.
    expect(result.finished.copiedAt).toBeLessThanOrEqual(copiedAt);
    expect(result.finished.copiedAt).toBeGreaterThan(copiedAt - minutes(1));
    await using back = await openStand({ ...given, databaseUrl });

    const answers = {
      session: await home(before.browser),
      login: (await half.get('/login/code')).location,
      usedCode: (await enter(back, nina, ahead)).page.path,
      codeOfNow: (await enter(back, nina, back.appCode(nina))).page.path,
      usedBackupCode: (await enter(back, nina, first, '/login/recovery-code')).page.path,
      unusedBackupCode: (await enter(back, nina, second, '/login/recovery-code')).page.path,
      passCode: (await enter(back, theo, 'code' in handed ? (handed.code ?? '') : '', '/login/recovery-code'))
        .page.path,
    };
    expect(answers).toEqual({
      session: '/login?because=session_over',
      login: expect.stringMatching(/^\/login/),
      usedCode: '/login/code',
      codeOfNow: '/login/code',
      usedBackupCode: '/login/recovery-code',
      unusedBackupCode: '/login/recovery-code',
      passCode: '/login/recovery-code',
    });
    expect((await back.browser().get(invitation)).status).toBe(410);
    const withLink = await submit(back.browser(), reset, { password: 'six grey geese in a row' });
    expect(withLink.status).not.toBe(200);
    expect((await back.password(back.browser(), { ...theo, password: 'six grey geese in a row' })).path).toBe(
      '/login',
    );
    await back.sent();
    expect(await back.count(nina.email, /Waits in the copy/)).toBe(0);

    // D6: wrong tries stay counted: the copy's three and Olivia's next seven make ten.
    for (let n = 0; n < 7; n++) await enter(back, olivia, back.wrongCode(olivia));
    clock.advance(minutes(1));
    expect((await enter(back, olivia, back.appCode(olivia))).page.text).toMatch(/wait|try again/i);

    // B2: within a minute the app's codes work again, and new backup codes are shown.
    const again = await enter(back, nina, back.appCode(nina));
    expect(again.page.path).toBe('/login/backup-codes');
    const fresh = codesOn(again.page);
    expect(fresh).toHaveLength(10);
    expect(fresh).not.toContain(second);
    await submit(again.browser, '/login/backup-codes', { saved: 'yes' });
    expect(cookieOf(again.browser, 'session')).toBeDefined();
    expect((await enter(back, nina, fresh[0] ?? '', '/login/recovery-code')).page.path).toBe(
      '/login/recovered',
    );
    const [event] = await back.rows<{ by: string; data: string }>(
      "select * from audit_events where kind = 'restore.finished'",
    );
    expect(event).toMatchObject({ by: 'operator' });
    expect(JSON.parse(event?.data ?? '{}')).toMatchObject({ activity: false });
  });

  test('the activity since the copy is done again, once, and what nobody understands is told', async () => {
    const given = await newPlace();
    const { clock } = given;
    let stand = await openStand(given);
    const { olivia, nina, theo, meridian } = await cast(stand);
    const people: Record<string, Person> = {};
    for (const name of ['removed', 'disabled', 'renamed', 'deleted', 'passed', 'changed']) {
      people[name] = await stand.addPerson({
        email: `${name}@meridian.example`,
        name,
        method: 'totp',
        in: [{ account: meridian }],
      });
    }
    const person = (name: string): Person => people[name] ?? nina;
    const harbour = await stand.addAccount({ name: 'Harbour', plan: 'enterprise' });
    await stand.close();
    const copy = await copies.copy(given);
    clock.advance(hours(1));

    stand = await openStand(given);
    const admin = await enter(stand, olivia, stand.appCode(olivia));
    const [member] = await stand.rows<{ id: string }>(
      `select id from memberships where user_id = '${person('removed').id}'`,
    );
    const [theos] = await stand.rows<{ id: string }>(
      `select id from memberships where user_id = '${theo.id}'`,
    );
    await submit(admin.browser, `/accounts/meridian/people/${member?.id}/remove`);
    await submit(admin.browser, `/accounts/meridian/people/${theos?.id}/role`, { role: 'member' });
    await disableUser(stand.ctx, person('disabled').email, BY);
    await changeEmail(stand.ctx, OPERATOR, { from: person('renamed').email, to: 'new@meridian.example' });
    await deleteUser(stand.ctx, OPERATOR, person('deleted').email);
    await operateMandate(stand.ctx, OPERATOR, { slug: 'harbour', on: true, methods: ['totp'], now: true });
    const handed = await operateGrant(stand.ctx, OPERATOR, {
      slug: 'meridian',
      email: person('passed').email,
      reason: 'phone lost',
    });
    const code = 'code' in handed ? (handed.code ?? '') : '';
    expect((await enter(stand, person('passed'), code, '/login/recovery-code')).page.path).toBe('/');
    await submit(stand.browser(), '/forgot-password', { email: person('changed').email });
    const link = await stand.link(person('changed').email);
    await submit(stand.browser(), link, { password: 'six grey geese in a row' });
    const states = async (at: Stand) => ({
      roles: await at.rows(
        `select users.id, memberships.role, memberships.trust from memberships
         join users on users.id = memberships.user_id order by users.id`,
      ),
      users: await at.rows('select id, email, disabled_at is null as able from users order by id'),
      mandates: await at.rows(
        'select slug, mandate_methods, mandate_from, mandate_since is null as off from accounts order by slug',
      ),
    });
    const wanted = await states(stand);
    const lines: string[] = [];
    for await (const batch of exportActivity(stand.ctx, 0)) lines.push(...batch);
    await stand.close();
    expect(wanted.roles).toHaveLength(7);

    clock.advance(minutes(5));
    const nonsense = ['{"kind":"user.disabled"}', 'not JSON'];
    const { mac: _, ...last } = JSON.parse(lines.at(-1) ?? '');
    const strange = signLine(
      parseKeys(given.keys ?? ''),
      JSON.stringify({ ...last, id: 'x', kind: 'user.teleported' }),
    );
    const text = [...lines, ...nonsense, strange].join('\n');
    const { databaseUrl, result } = await copies.bringBack(given, copy, { text, accountSlug: null });
    if (result.result !== 'done') throw new Error(result.result);
    const { replayed, unread } = result.finished;
    expect(unread).toEqual([lines.length + 1, lines.length + 2]);
    expect(replayed?.undone).toEqual([
      { line: lines.length + 3, kind: 'user.teleported', why: 'unknown_kind' },
    ]);
    expect(replayed?.redone).toMatchObject({
      'membership.removed': 2,
      'membership.role_changed': 1,
      'user.disabled': 1,
      'user.email_changed': 1,
      'user.deleted': 1,
      'mandate.switched_on': 1,
      'pass.activated': 1,
      'password.reset': 1,
    });
    await using back = await openStand({ ...given, databaseUrl });
    expect(await states(back)).toEqual(wanted);
    const changed = person('changed');
    for (const password of [changed.password, 'six grey geese in a row']) {
      expect((await back.password(back.browser(), { ...changed, password })).path).toBe('/login');
    }
    // The history is whole again, each event once.
    const ids = (await back.rows<{ id: string }>('select id from audit_events')).map((r) => r.id);
    for (const line of lines) expect(ids.filter((id) => id === JSON.parse(line).id)).toHaveLength(1);
    expect(harbour.mandate_since).toBeNull();
  });

  test('T35: a pass that is over by this machine’s clock does not live again by another one', async () => {
    const given = await newPlace();
    const stand = await openStand(given);
    const { theo } = await cast(stand);
    await operateGrant(stand.ctx, OPERATOR, { slug: 'meridian', email: theo.email, reason: 'phone lost' });
    await stand.close();
    const copy = await copies.copy(given);
    given.clock.advance(hours(25));
    const { databaseUrl, result } = await copies.bringBack(given, copy);
    if (result.result !== 'done') throw new Error(result.result);
    expect(result.finished.voided.passes).toBe(0);
    await using back = await openStand({ ...given, databaseUrl });
    expect(await back.rows('select ended_at = ends_at as over, ended_by from passes')).toEqual([
      { over: SERVER === '' ? 1 : true, ended_by: null },
    ]);
  });

  test('in place: a server that was heard of lately is in the way of a database that tells no more', async () => {
    const given = await newPlace();
    await (await openStand(given)).close();
    const place = await placeAt(given);
    const opened = await place.open();
    // Its connections go by another name than ours: DATABASE_URL can say so.
    await announceKeys(opened.ctx, 'hidden:3000', opened.ctx.keys);
    await opened.close();
    // SQLite's own locks tell: an announcement in a file that was copied says nothing.
    const found = await finishInPlace(place, OPERATOR, null);
    expect(found.result).toBe(SERVER === '' ? 'done' : 'in_use');
    // It bears no mark that it did not bear before.
    await (await openStand(given)).close();
    given.clock.advance(minutes(4));
    expect((await finishInPlace(place, OPERATOR, null)).result).toBe('done');
  });

  test('in place: what bears no mark of a copy may be the live database, so it wants a word more', async () => {
    const given = await newPlace();
    await (await openStand(given)).close();
    const place = await placeAt(given);
    const finish = (onlyMarked: boolean) => finishInPlace(place, OPERATOR, null, { onlyMarked });
    expect(await finish(true)).toEqual({ result: 'not_marked' });
    // Nor did it get one: a server starts on it as before.
    await (await openStand(given)).close();
    const { ctx, close } = await place.open();
    await writeMeta(ctx.db, COPIED_AT, String(given.clock.now()));
    await close();
    expect((await finish(true)).result).toBe('done');
    expect((await finish(false)).result).toBe('done');
  });
});

/** Of a SQLite file the locks tell the same; `files.test.ts`. */
if (SERVER !== '') {
  test('T35: no server starts while it is looked whether one is there', async () => {
    const databaseUrl = await freshDatabaseOn(SERVER);
    const given: StandGiven = { databaseUrl, keys: newKey(randomBytes), clock: createClock() };
    await (await openStand(given)).close();
    const other = new pg.Client({ connectionString: databaseUrl, application_name: 'sallyport' });
    await other.connect();
    const finishing = finishInPlace(await placeAt(given), OPERATOR, null);
    const marked = async () =>
      (await other.query("select 1 from meta where key = 'copied_at'")).rows.length > 0;
    const patience = performance.now() + 10_000;
    while (!(await marked())) if (performance.now() > patience) throw new Error('it was never marked');
    await expect(openStand(given)).rejects.toThrow(/is a copy, made at/);
    await other.end();
    expect((await finishing).result).toBe('done');
    await (await openStand(given)).close();
  });
}
