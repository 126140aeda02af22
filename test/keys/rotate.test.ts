/** E6: a key is replaced while servers run: nothing is lost, whenever it is cut off, and no key goes that is needed. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import {
  CannotOpen,
  type KeyRing,
  newKey,
  open,
  parseKeys,
  seal,
} from '../../src/credentials/sealed-secret.ts';
import { announceKeys, SILENT_AFTER_MS } from '../../src/flows/announce-keys.ts';
import type { Context } from '../../src/flows/context.ts';
import { resealAll } from '../../src/flows/reseal.ts';
import { type RotateResult, removeKey, rotateKeys, type Showing } from '../../src/flows/rotate-keys.ts';
import { placeOf } from '../../src/start/operate.ts';
import { type Db, migrate, openDatabase } from '../../src/store/database.ts';
import { SEALED } from '../../src/store/meta.ts';
import { readSealedByOthers, replaceSealed } from '../../src/store/reseal.ts';
import { addAuthenticator, addLogin, addUser, enrollmentRow, outboxRow } from '../store/rows.ts';
import { createClock, seconds } from '../support/clock.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { submit } from '../support/pages.ts';
import { freshDatabaseOn } from '../support/postgres.ts';
import { configOf, openStand, placeAt, type StandGiven } from '../support/stand.ts';

const OPERATOR = { name: 'tester' };
const QUIET: Showing = { total: () => {}, done: () => {}, waiting: () => {} };
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-keys-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const sqliteAddress = () => `sqlite:${join(mkdtempSync(join(root, 'at-')), 'sallyport.db')}`;
/** The server of this run; empty where the run is over SQLite. */
const SERVER = inject('postgres');
const freshAddress = async () => (SERVER === '' ? sqliteAddress() : freshDatabaseOn(SERVER));

const ringOf = (...keys: string[]) => parseKeys(keys.join(','));
const idOf = (key: string) => ringOf(key).keys[0]?.id ?? '';

interface Sealed {
  readonly table: string;
  readonly id: string;
  readonly user: string;
  readonly sealed: string;
}

async function sealedRows(db: Db): Promise<Sealed[]> {
  const found: Sealed[] = [];
  for (const [table, column] of SEALED) {
    const rows: Record<string, unknown>[] = await db.selectFrom(table).selectAll().execute();
    for (const row of rows) {
      const sealed = row[column];
      if (typeof sealed !== 'string') continue;
      found.push({ table, id: String(row.id), user: String(row.user_id ?? ''), sealed });
    }
  }
  return found;
}

/** Rows of every table that holds something sealed, each with a text that nobody else has. */
async function fill(db: Db, ring: KeyRing, rows: number): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const sealFor = (table: string, id: string, user: string) => {
    const text = `what only ${table} ${id} holds`;
    texts.set(`${table} ${id}`, text);
    return seal(ring, { table, row: id, user }, text, randomBytes);
  };
  const user = await addUser(db);
  for (let n = 0; n < rows; n++) {
    const authenticator = await addAuthenticator(db, { user_id: user.id });
    await db
      .updateTable('authenticators')
      .set({ secret_sealed: sealFor('authenticators', authenticator.id, user.id) })
      .where('id', '=', authenticator.id)
      .execute();
    const login = await addLogin(db, { user_id: user.id });
    await db
      .updateTable('logins')
      .set({ backup_codes_sealed: sealFor('logins', login.id, user.id) })
      .where('id', '=', login.id)
      .execute();
    const enrollment = enrollmentRow({ user_id: user.id, login_id: login.id });
    await db
      .insertInto('enrollments')
      .values({ ...enrollment, secret_sealed: sealFor('enrollments', enrollment.id, user.id) })
      .execute();
    // One to a person, one to somebody who has no user yet.
    for (const user_id of [user.id, null]) {
      const message = outboxRow({ user_id });
      const message_sealed = sealFor('outbox', message.id, user_id ?? '');
      await db
        .insertInto('outbox')
        .values({ ...message, message_sealed })
        .execute();
    }
    await db
      .insertInto('outbox')
      .values(outboxRow({ message_sealed: null }))
      .execute();
  }
  return texts;
}

async function expectAllOpen(db: Db, ring: KeyRing, texts: ReadonlyMap<string, string>): Promise<void> {
  const rows = await sealedRows(db);
  const opened = rows.map(
    ({ table, id, user, sealed }) =>
      [`${table} ${id}`, open(ring, { table, row: id, user }, sealed)] as const,
  );
  expect(new Map(opened)).toEqual(texts);
}

describe(SERVER === '' ? 'on SQLite' : 'on PostgreSQL', () => {
  async function openFresh() {
    const databaseUrl = await freshAddress();
    const db = openDatabase(databaseUrl);
    await migrate(db);
    return { databaseUrl, db };
  }

  test('cut off at any batch and begun again, everything is sealed by the new key and opens where it belongs', async () => {
    const { db } = await openFresh();
    const [old, coming] = [newKey(randomBytes), newKey(randomBytes)];
    const texts = await fill(db, ringOf(old), 3);
    const ctx = { db, keys: ringOf(coming, old), random: randomBytes } as Context;
    let runs = 0;
    let resealed = 0;
    for (let whole = false; !whole; ) {
      runs += 1;
      try {
        await resealAll(
          ctx,
          (rows) => {
            resealed += rows;
            throw new Error('pulled the plug');
          },
          2,
        );
        whole = true;
      } catch (error) {
        expect(error).toMatchObject({ message: 'pulled the plug' });
      }
      // At every moment each row opens with the two keys together.
      await expectAllOpen(db, ctx.keys, texts);
    }
    expect({ runs: runs > 6, resealed }).toEqual({ runs: true, resealed: texts.size });
    await expectAllOpen(db, ringOf(coming), texts);
    const [row] = (await sealedRows(db)).filter((r) => r.table === 'authenticators');
    const moved = { table: 'enrollments', row: row?.id ?? '', user: row?.user ?? '' };
    expect(() => open(ctx.keys, moved, row?.sealed ?? '')).toThrow(CannotOpen);
    await db.destroy();
  });

  test('what somebody changes or erases while it is being sealed anew stays as they left it', async () => {
    const { db } = await openFresh();
    const [old, coming] = [newKey(randomBytes), newKey(randomBytes)];
    const texts = await fill(db, ringOf(old), 2);
    const [erased, changed] = (await sealedRows(db)).filter((r) => r.table === 'outbox');
    if (erased === undefined || changed === undefined) throw new Error('no messages');
    const place = { table: 'outbox', row: changed.id, user: changed.user };
    const theirs = seal(ringOf(old), place, 'changed meanwhile', randomBytes);
    const ctx = { db, keys: ringOf(coming, old), random: randomBytes } as Context;
    // Another hand, after the batch of this table was read and before it is written.
    const meddling = db.updateTable('outbox').set({ message_sealed: null }).where('id', '=', erased.id);
    const rewriting = db.updateTable('outbox').set({ message_sealed: theirs }).where('id', '=', changed.id);
    const rows = await readSealedByOthers(db, 'outbox', idOf(coming), '', 100);
    await meddling.execute();
    await rewriting.execute();
    const anew = rows.map((row) => ({ row, sealed: 'v1.overwritten' }));
    const untouched = anew.filter(({ row }) => row.id === erased.id || row.id === changed.id);
    expect(await replaceSealed(db, untouched)).toBe(0);
    await resealAll(ctx, () => {});
    texts.delete(`outbox ${erased.id}`);
    texts.set(`outbox ${changed.id}`, 'changed meanwhile');
    await expectAllOpen(db, ringOf(coming), texts);
    await db.destroy();
  });

  test('a row that no key opens is told and left; everything else is sealed anew', async () => {
    const { db } = await openFresh();
    const [old, coming] = [newKey(randomBytes), newKey(randomBytes)];
    const texts = await fill(db, ringOf(old), 2);
    const rows = (await sealedRows(db)).filter((r) => r.table === 'authenticators');
    const [one, other] = rows;
    // Somebody swapped two rows' secrets by hand: bound to their places, neither opens.
    for (const [to, from] of [
      [one, other],
      [other, one],
    ]) {
      await db
        .updateTable('authenticators')
        .set({ secret_sealed: from?.sealed ?? '' })
        .where('id', '=', to?.id ?? '')
        .execute();
    }
    const ctx = { db, keys: ringOf(coming, old), random: randomBytes } as Context;
    const { damaged, rows: resealed } = await resealAll(ctx, () => {});
    expect(damaged.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
      rows.map(({ table, id }) => ({ table, id })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    expect(resealed).toBe(texts.size - 2);
    for (const row of rows) texts.delete(`authenticators ${row.id}`);
    await db.deleteFrom('authenticators').execute();
    await expectAllOpen(db, ringOf(coming), texts);
    await db.destroy();
  });

  test('a row that needs a key which came meanwhile stops it: that row is not damaged', async () => {
    const { db } = await openFresh();
    const [old, coming, theirs] = [newKey(randomBytes), newKey(randomBytes), newKey(randomBytes)];
    const texts = await fill(db, ringOf(theirs), 1);
    const ctx = { db, keys: ringOf(coming, old), random: randomBytes } as Context;
    await expect(resealAll(ctx, () => {})).rejects.toMatchObject({
      name: 'KeysChanged',
      keyId: idOf(theirs),
    });
    await expectAllOpen(db, ringOf(theirs), texts);
    await db.destroy();
  });

  test('T25: a command by a clock apart from the database is refused, in words', async () => {
    const { db, databaseUrl } = await openFresh();
    const config = await configOf({ databaseUrl, keys: newKey(randomBytes) });
    // The machine's own clock, and with it a record of now: what SQLite, which has no clock, is compared with.
    expect((await rotateKeys(placeOf(config), OPERATOR, QUIET)).result).toBe('set_behind');
    const slow = placeOf(config, { wall: () => Date.now() - 3_600_000 });
    await expect(rotateKeys(slow, OPERATOR, QUIET)).rejects.toThrow(
      /clock of this machine .* 3[56]\d\d seconds (off the database's|before the newest record).*then run this again/,
    );
    await db.destroy();
  });

  test('keys of the environment: behind, in front, sealed anew, removed; no step before its time', async () => {
    const { db, databaseUrl } = await openFresh();
    const old = newKey(randomBytes);
    const texts = await fill(db, ringOf(old), 2);
    const clock = createClock();
    const where = { db, now: clock.now };
    const rotate = async (keys: string): Promise<RotateResult> =>
      rotateKeys(await placeAt({ databaseUrl, keys, clock }), OPERATOR, QUIET);
    const remove = async (keys: string, id: string) =>
      removeKey(await placeAt({ databaseUrl, keys, clock }), OPERATOR, id);
    await announceKeys(where, 'node-a:3000', ringOf(old));
    await announceKeys(where, 'node-b:3000', ringOf(old));

    const behind = await rotate(old);
    if (behind.result !== 'set_behind') throw new Error(behind.result);
    const [first, coming = ''] = behind.value.split(',');
    expect(first).toBe(old);
    // Set here, and on one of two nodes: it must not stand in front anywhere yet.
    await announceKeys(where, 'node-a:3000', ringOf(old, coming));
    expect(await rotate(behind.value)).toMatchObject({
      result: 'nodes_behind',
      nodes: [{ name: 'node-b:3000' }],
    });
    await announceKeys(where, 'node-b:3000', ringOf(old, coming));
    expect(await rotate(behind.value)).toEqual({
      result: 'set_in_front',
      keyId: idOf(coming),
      value: `${coming},${old}`,
    });
    // In front here, not yet on node b, which would go on sealing with the old one.
    await announceKeys(where, 'node-a:3000', ringOf(coming, old));
    expect(await rotate(`${coming},${old}`)).toMatchObject({
      result: 'nodes_behind',
      nodes: [{ name: 'node-b:3000' }],
    });
    await expectAllOpen(db, ringOf(old), texts);
    expect(await remove(`${coming},${old}`, idOf(old))).toMatchObject({ result: 'in_use' });
    // Killed with its machine: forgotten after three minutes.
    clock.advance(SILENT_AFTER_MS + seconds(1));
    await announceKeys(where, 'node-a:3000', ringOf(coming, old));
    expect(await remove(`${coming},${old}`, idOf(old))).toMatchObject({
      result: 'needed',
      rows: { authenticators: 2, enrollments: 2, logins: 2, outbox: 4 },
    });
    const shown: number[] = [];
    const place = await placeAt({ databaseUrl, keys: `${coming},${old}`, clock });
    const done = await rotateKeys(place, OPERATOR, {
      ...QUIET,
      total: (rows) => shown.push(rows),
      done: (rows) => shown.push(rows),
    });
    expect(done).toEqual({
      result: 'resealed',
      keyId: idOf(coming),
      unused: [idOf(old)],
      rows: texts.size,
      damaged: [],
    });
    expect(shown[0]).toBe(texts.size);
    expect(shown.slice(1).reduce((a, b) => a + b, 0)).toBe(texts.size);
    await expectAllOpen(db, ringOf(coming), texts);
    expect(await rotate(`${coming},${old}`)).toMatchObject({ result: 'remove_first', unused: [idOf(old)] });

    expect(await remove(`${coming},${old}`, 'nonsense')).toEqual({ result: 'no_key' });
    expect(await remove(`${coming},${old}`, idOf(coming))).toEqual({ result: 'seals' });
    expect(await remove(`${coming},${old}`, idOf(old))).toEqual({ result: 'set', value: coming });
    const events = await db.selectFrom('audit_events').select(['kind', 'by', 'data']).orderBy('at').execute();
    expect(events.map((event) => event.kind).toSorted()).toEqual([
      'keys.added',
      'keys.removed',
      'keys.resealed',
    ]);
    const kept = JSON.stringify([events, await db.selectFrom('meta').selectAll().execute()]);
    for (const secret of [old, coming]) expect(kept).not.toContain(secret);
    await db.destroy();
  });

  test('E6: asked again before a key was set, there are several to choose from; whichever is set is taken further', async () => {
    const { db, databaseUrl } = await openFresh();
    const old = newKey(randomBytes);
    await fill(db, ringOf(old), 1);
    const clock = createClock();
    const rotate = async (keys: string): Promise<RotateResult> =>
      rotateKeys(await placeAt({ databaseUrl, keys, clock }), OPERATOR, QUIET);
    const [one, other] = [await rotate(old), await rotate(old)];
    if (one.result !== 'set_behind' || other.result !== 'set_behind') throw new Error(other.result);
    expect(one.keyId).not.toBe(other.keyId);
    for (const made of [one, other]) {
      const [, coming = ''] = made.value.split(',');
      expect(await rotate(made.value)).toEqual({
        result: 'set_in_front',
        keyId: made.keyId,
        value: `${coming},${old}`,
      });
    }
    await db.destroy();
  });

  test('a key that is missing at start: told with the tables and rows that need it', async () => {
    const { db, databaseUrl } = await openFresh();
    const [old, other] = [newKey(randomBytes), newKey(randomBytes)];
    await fill(db, ringOf(old), 2);
    await db.destroy();
    const start = (keys: string) => openStand({ databaseUrl, keys, clock: createClock() });
    const refusal = await start(other).then(
      () => 'started',
      (error: Error) => error.message,
    );
    for (const [table, rows] of [
      ['authenticators', 2],
      ['enrollments', 2],
      ['logins', 2],
      ['outbox', 4],
    ]) {
      expect(refusal).toContain(`${rows} rows of ${table} are sealed with key ${idOf(old)}`);
    }
    expect(refusal).not.toContain(other);
    await (await start(`${other},${old}`)).close();
  });

  test('a code on its way stays good while its key is there; without it, "send again" gives a new one', async () => {
    const [old, coming] = [newKey(randomBytes), newKey(randomBytes)];
    const given: StandGiven = { databaseUrl: await freshAddress(), keys: old, clock: createClock() };
    await using stand = await openStand(given);
    const account = await stand.addAccount({ name: 'Meridian', mandates: ['sms'] });
    const theo = await stand.addPerson({ email: 'theo@meridian.example', method: 'sms', in: [{ account }] });
    const ring = stand.ctx.keys as KeyRing & { exchange(keys: KeyRing): void };
    const browser = stand.browser();
    expect((await stand.password(browser, theo)).path).toBe('/login/code');
    const sent = await stand.code(theo.phone ?? '');
    ring.exchange(ringOf(coming, old));
    await resealAll(stand.ctx, () => {});
    expect(await home(browser, sent)).toBe('/');

    const second = stand.browser();
    given.clock.advance(seconds(40));
    ring.exchange(ringOf(old, coming));
    await stand.password(second, theo);
    const dead = await stand.code(theo.phone ?? '');
    await resealAll({ ...stand.ctx, keys: ringOf(coming, old) }, () => {});
    ring.exchange(ringOf(coming));
    expect(await home(second, dead)).toBe('/login/code');
    given.clock.advance(seconds(40));
    const again = await second.follow(await second.post('/login/code', { action: 'resend' }));
    expect(again.path).toBe('/login/code?sent=again');
    expect(await home(second, await stand.code(theo.phone ?? ''))).toBe('/');
  });

  test('D6: wrong codes stay counted through a change of keys', async () => {
    const [old, coming] = [newKey(randomBytes), newKey(randomBytes)];
    const given: StandGiven = { databaseUrl: await freshAddress(), keys: old, clock: createClock() };
    await using stand = await openStand(given);
    const account = await stand.addAccount({ name: 'Meridian', mandates: ['totp'] });
    const nina = await stand.addPerson({ email: 'nina@meridian.example', method: 'totp', in: [{ account }] });
    const ring = stand.ctx.keys as KeyRing & { exchange(keys: KeyRing): void };
    const browser = stand.browser();
    await stand.password(browser, nina);
    for (let n = 0; n < 10; n++) {
      if (n === 5) {
        ring.exchange(ringOf(coming, old));
        await resealAll(stand.ctx, () => {});
        ring.exchange(ringOf(coming));
      }
      await browser.post('/login/code', { code: stand.wrongCode(nina) });
    }
    expect(await home(browser, stand.appCode(nina))).toBe('/login/code');
  });
});

/** Types a code. @returns where that leads. */
async function home(browser: HttpBrowser, code: string): Promise<string> {
  return (await submit(browser, '/login/code', { code })).path;
}
