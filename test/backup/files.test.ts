/** A SQLite database is copied while it is written to, and comes back whole or not at all. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { newKey } from '../../src/credentials/sealed-secret.ts';
import { backUp } from '../../src/flows/backup.ts';
import { finishInPlace, restoreFile } from '../../src/flows/restore.ts';
import { copyDatabase } from '../../src/store/backup.ts';
import { holdAlone } from '../../src/store/restore.ts';
import { IN_A_RESTORE } from '../../src/store/restore-void.ts';
import { createClock, hours } from '../support/clock.ts';
import { openStand, placeAt, type StandGiven } from '../support/stand.ts';

const OPERATOR = { name: 'tester' };
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A database with one person in it who has an app, in a folder of its own. */
async function newDatabase(keys: string | null = null) {
  const folder = mkdtempSync(join(root, 'at-'));
  const path = join(folder, 'sallyport.db');
  const given: StandGiven = { databaseUrl: `sqlite:${path}`, keys, clock: createClock() };
  const stand = await openStand(given);
  const account = await stand.addAccount({ name: 'Meridian', mandates: ['totp'] });
  await stand.addPerson({ email: 'nina@meridian.example', method: 'totp', in: [{ account }] });
  await stand.close();
  return { folder, path, given, place: await placeAt(given), copy: join(folder, 'copy.db') };
}

function rowsIn(path: string, query: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare(query).all();
  database.close();
  return rows.map((row) => ({ ...row }));
}
function change(path: string, query: string): void {
  const database = new DatabaseSync(path);
  database.exec(query);
  database.close();
}
const emails = (path: string) =>
  rowsIn(path, 'select email from users order by email').map((row) => row.email);
/** Every file by name and content; of the database in use what is in it, however SQLite lays it out. */
function contentOf(folder: string): Record<string, unknown> {
  const names = readdirSync(folder).filter((name) => !/^sallyport\.db-/.test(name));
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  const content = (name: string) =>
    name === 'sallyport.db'
      ? { users: emails(join(folder, name)), meta: metaOf(join(folder, name)) }
      : hash(name);
  return Object.fromEntries(names.toSorted().map((name) => [name, content(name)]));
}
const metaOf = (path: string) => rowsIn(path, 'select * from meta order by key');

describe('a backup', () => {
  test('Q12: is the state of one moment, however many write meanwhile from another process', async () => {
    const path = join(mkdtempSync(join(root, 'load-')), 'busy.db');
    change(
      path,
      `pragma journal_mode = wal; create table meta (key text primary key, value text);
       create table purses (id integer primary key, coins integer, padding text);
       with recursive n(i) as (values (1) union all select i + 1 from n where i < 8000)
         insert into purses select i, 100, hex(zeroblob(400)) from n`,
    );
    const writer = spawn(process.execPath, ['-e', WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(writer.stdout, 'data');
    const moved = () => Number(rowsIn(path, "select value from meta where key = 'moved'")[0]?.value);
    const steps: number[] = [];
    const before = moved();
    const made = await copyDatabase({
      from: path,
      to: `${path}.copy`,
      now: Date.now,
      onProgress: (done) => steps.push(done),
    });
    const after = moved();
    writer.kill('SIGKILL');
    await once(writer, 'close');
    expect(made.result).toBe('done');
    expect(after, 'it was written to meanwhile').toBeGreaterThan(before);
    expect(steps.length).toBeGreaterThan(10);
    // Had it begun anew at a write of the other process, the pages done would fall back.
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    const [sum] = rowsIn(`${path}.copy`, 'select sum(coins) as coins, count(*) as purses from purses');
    expect(sum).toEqual({ coins: 800_000, purses: 8000 });
    const inCopy = Number(rowsIn(`${path}.copy`, "select value from meta where key = 'moved'")[0]?.value);
    expect(inCopy).toBeGreaterThanOrEqual(before);
    expect(inCopy).toBeLessThanOrEqual(after);
  });

  test('is for its owner alone, says when it was made, needs no other file, and is never written over', async () => {
    const { folder, given, place, copy, path } = await newDatabase();
    const umask = process.umask(0);
    const made = await backUp(place, copy, () => {});
    process.umask(umask);
    expect(made).toMatchObject({ result: 'done', copiedAt: given.clock.now(), bytes: statSync(copy).size });
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(rowsIn(copy, 'pragma journal_mode')).toEqual([{ journal_mode: 'delete' }]);
    expect(rowsIn(copy, "select value from meta where key = 'copied_at'")).toEqual([
      { value: String(given.clock.now()) },
    ]);
    expect(rowsIn(path, "select value from meta where key = 'copied_at'")).toEqual([]);
    const before = contentOf(folder);
    expect(await backUp(place, copy, () => {})).toEqual({ result: 'file_exists' });
    writeFileSync(join(folder, 'other.db.part'), 'half');
    expect(await backUp(place, join(folder, 'other.db'), () => {})).toEqual({ result: 'part_exists' });
    rmSync(join(folder, 'other.db.part'));
    expect(contentOf(folder)).toEqual(before);
  });

  test('of a copy that was not finished keeps that one’s time', async () => {
    const { given, place, copy, folder, path } = await newDatabase();
    const copiedAt = given.clock.now();
    await backUp(place, copy, () => {});
    copyFileSync(copy, path);
    given.clock.advance(hours(3));
    const second = join(folder, 'second.db');
    expect(await backUp(place, second, () => {})).toMatchObject({ result: 'done', copiedAt });
    expect(rowsIn(second, "select value from meta where key = 'copied_at'")).toEqual([
      { value: String(copiedAt) },
    ]);
  });

  test('that cannot be made leaves nothing behind', async () => {
    const { place, copy, folder, path } = await newDatabase();
    rmSync(path);
    expect(await backUp(place, copy, () => {})).toEqual({ result: 'no_database' });
    change(path, 'create table pages (text)');
    expect(await backUp(place, copy, () => {})).toEqual({ result: 'no_tables' });
    writeFileSync(path, 'no database at all, and longer than a header of one would ever be'.repeat(20));
    await expect(backUp(place, copy, () => {})).rejects.toThrow(/not a database/);
    expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual([]);
  });
});

describe('a restore', () => {
  test('takes the place of the database, which is kept beside it, and no server starts on a copy', async () => {
    const { folder, path, given, place, copy } = await newDatabase();
    await backUp(place, copy, () => {});
    given.clock.advance(hours(1));
    await using later = await openStand(given);
    await later.addPerson({ email: 'later@meridian.example' });
    await later.close();
    // What is left of another program's crash must not be folded into the file that comes.
    writeFileSync(`${copy}-shm`, 'stale');
    const restored = await restoreFile(place, OPERATOR, copy, null);
    if (restored.result !== 'done') throw new Error(restored.result);
    const aside = restored.aside ?? '';
    expect(aside).toBe(`${path}.replaced-2026-10-01T130000000Z`);
    expect(emails(path)).toEqual(['nina@meridian.example']);
    expect(emails(aside)).toEqual(['later@meridian.example', 'nina@meridian.example']);
    expect([statSync(path).mode & 0o777, statSync(aside).mode & 0o777]).toEqual([0o600, 0o600]);
    expect(readdirSync(folder).toSorted()).toEqual(
      ['copy.db', 'copy.db-shm', 'sallyport.db', 'sallyport.keys', aside.slice(folder.length + 1)].toSorted(),
    );
    await using back = await openStand(given);
    await back.close();

    // By hand: the mark of the copy stops every server until the restore is finished.
    for (const file of [copy, aside]) {
      copyFileSync(file, path);
      await expect(openStand(given)).rejects.toThrow(/is a copy, made at .*sallyport restore --finish/);
      expect(await finishInPlace(place, OPERATOR, null)).toMatchObject({ result: 'done' });
      await (await openStand(given)).close();
    }
  });

  test('is refused while anybody has the database open, and changes nothing', async () => {
    const { path, given, place, copy } = await newDatabase();
    await backUp(place, copy, () => {});
    const holder = spawn(process.execPath, ['-e', HOLDER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const before = readFileSync(path);
    expect(await restoreFile(place, OPERATOR, copy, null)).toEqual({ result: 'database_in_use' });
    expect(await finishInPlace(place, OPERATOR, null)).toEqual({ result: 'in_use' });
    expect(readFileSync(path).equals(before)).toBe(true);
    holder.kill('SIGKILL');
    await once(holder, 'close');
    // No lock outlives its process, however that ended.
    expect((await restoreFile(place, OPERATOR, copy, null)).result).toBe('done');
    await (await openStand(given)).close();
  });

  test('refuses what is no database of ours, newer, damaged, or sealed with a key that is not here', async () => {
    const { folder, path, place, copy } = await newDatabase();
    await backUp(place, copy, () => {});
    const made = (name: string, query?: string) => {
      const file = join(folder, name);
      if (query === undefined) return file;
      copyFileSync(copy, file);
      change(file, query);
      return file;
    };
    const text = made('text.db');
    writeFileSync(text, 'minutes of the meeting'.repeat(300));
    const diary = made('diary.db');
    change(diary, 'create table pages (text)');
    const cut = made('cut.db', 'select 1');
    truncateSync(cut, statSync(cut).size - 8192);
    const newer = made(
      'newer.db',
      `insert into kysely_migration values ('9999-from-the-future', '2030-01-01')`,
    );
    const before = contentOf(folder);
    const restore = (file: string) => restoreFile(place, OPERATOR, file, null);
    expect(await restore(text)).toEqual({ result: 'file_not_ours' });
    expect(await restore(diary)).toEqual({ result: 'file_not_ours' });
    expect(await restore(cut)).toEqual({ result: 'file_damaged' });
    expect(await restore(join(folder, 'nowhere.db'))).toEqual({ result: 'no_file' });
    expect(await restore(path)).toEqual({ result: 'file_is_database' });
    await expect(restore(newer)).rejects.toThrow(/made by a newer Sallyport.*9999-from-the-future/);
    const elsewhere = await placeAt({
      databaseUrl: `sqlite:${path}`,
      keys: newKey(randomBytes),
      clock: createClock(),
    });
    await expect(restoreFile(elsewhere, OPERATOR, copy, null)).rejects.toThrow(
      /1 rows of authenticators are sealed with key \S{8}/,
    );
    expect(contentOf(folder)).toEqual(before);
    writeFileSync(path, 'minutes of the meeting'.repeat(300));
    expect(await restore(copy)).toEqual({ result: 'database_unreadable' });
    expect(await finishInPlace(place, OPERATOR, null)).toEqual({ result: 'database_unreadable' });
    change(diary, 'pragma journal_mode = wal');
    copyFileSync(diary, path);
    expect(await restore(copy)).toEqual({ result: 'database_not_ours' });
    expect(await finishInPlace(place, OPERATOR, null)).toEqual({ result: 'database_not_ours' });
    // It is as its own program left it.
    expect(rowsIn(path, 'pragma journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(rowsIn(path, 'select count(*) as n from pages')).toEqual([{ n: 0 }]);
  });

  test('refused where it stands, it leaves the database without a mark', async () => {
    const { path, given } = await newDatabase();
    const elsewhere = await placeAt({ ...given, keys: newKey(randomBytes) });
    await expect(finishInPlace(elsewhere, OPERATOR, null)).rejects.toThrow(/are sealed with key/);
    expect(rowsIn(path, "select value from meta where key = 'copied_at'")).toEqual([]);
    await (await openStand(given)).close();
  });

  test('cut off at its last step, it leaves the live database unmarked and under one name', async () => {
    const { path, folder, given } = await newDatabase();
    const held = holdAlone(path);
    if (typeof held === 'string') throw new Error(held);
    // What was to take its place is gone at that moment.
    expect(() => held.replaceBy(join(folder, 'gone.db'), `${path}.aside`, 1)).toThrow(/ENOENT/);
    held.letGo();
    expect(rowsIn(path, "select value from meta where key = 'copied_at'")).toEqual([]);
    expect(existsSync(`${path}.aside`)).toBe(false);
    await (await openStand(given)).close();
  });

  test('takes along what was not rolled back yet: half a transaction of its last program does not come in', async () => {
    const { folder, place, copy, path } = await newDatabase();
    await backUp(place, copy, () => {});
    const writer = new DatabaseSync(copy);
    writer.exec(`pragma cache_size = 10; begin; update users set email = 'half@meridian.example';
      with recursive n(i) as (values (1) union all select i + 1 from n where i < 500)
        insert into meta select 'half ' || i, hex(zeroblob(1000)) from n`);
    const torn = join(folder, 'torn.db');
    for (const end of ['', '-journal']) copyFileSync(`${copy}${end}`, `${torn}${end}`);
    writer.exec('rollback');
    writer.close();
    expect(await restoreFile(place, OPERATOR, torn, null)).toMatchObject({ result: 'done' });
    expect(emails(path)).toEqual(['nina@meridian.example']);
    expect(rowsIn(path, "select key from meta where key like 'half%'")).toEqual([]);
  });

  test('belongs to whom the database belonged, or its folder, also where root runs it', async () => {
    const { folder, path, place, copy } = await newDatabase();
    await backUp(place, copy, () => {});
    const own = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
    // Only root can show it; for anybody else the owner is themselves before and after.
    const [uid, gid] = own[0] === 0 ? [12_345, 23_456] : own;
    const ownerOf = (file: string) => [statSync(file).uid, statSync(file).gid];
    chownSync(path, uid, gid);
    expect(await restoreFile(place, OPERATOR, copy, null)).toMatchObject({ result: 'done' });
    expect(ownerOf(path)).toEqual([uid, gid]);
    rmSync(path);
    chownSync(folder, uid, gid);
    chownSync(copy, ...own);
    expect(await restoreFile(place, OPERATOR, copy, null)).toMatchObject({ result: 'done', aside: null });
    expect([ownerOf(path), ownerOf(copy)]).toEqual([[uid, gid], [...own]]);
  });

  test('on a bare host: only the keys and the backup are there', async () => {
    const { path, given, place, copy } = await newDatabase();
    await backUp(place, copy, () => {});
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    // Of the database that is gone: folded in, it would ruin the one that comes.
    writeFileSync(`${path}-wal`, randomBytes(4096));
    expect(await restoreFile(place, OPERATOR, copy, null)).toMatchObject({ result: 'done', aside: null });
    expect(emails(path)).toEqual(['nina@meridian.example']);
    await (await openStand(given)).close();
    rmSync(path);
    rmSync(path.replace('.db', '.keys'));
    await expect(restoreFile(place, OPERATOR, copy, null)).rejects.toThrow(/no key.*Bring the key back/);
    expect(existsSync(path)).toBe(false);
  });

  test('cut off before its end it leaves the database as it was, and is done again', async () => {
    const { folder, path, given, place, copy } = await newDatabase();
    await backUp(place, copy, () => {});
    change(path, "update users set email = 'changed@meridian.example'");
    // Killed while it worked on the copy beside the database.
    copyFileSync(copy, `${path}.restoring`);
    writeFileSync(`${path}.restoring-wal`, 'half');
    await (await openStand(given)).close();
    expect(emails(path)).toEqual(['changed@meridian.example']);
    expect(await restoreFile(place, OPERATOR, copy, null)).toMatchObject({ result: 'done' });
    expect(emails(path)).toEqual(['nina@meridian.example']);
    expect(readdirSync(folder).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  test('a folder that cannot be written to: said, and nothing is lost', async () => {
    const { folder, path, place, copy } = await newDatabase();
    await backUp(place, copy, () => {});
    // Something stands where the replaced database would go.
    writeFileSync(`${path}.replaced-2026-10-01T120000000Z`, 'here');
    await expect(restoreFile(place, OPERATOR, copy, null)).rejects.toThrow(/is there already/);
    expect(emails(path)).toEqual(['nina@meridian.example']);
    expect(rowsIn(path, "select value from meta where key = 'copied_at'")).toEqual([]);
    chmodSync(folder, 0o700);
  });

  test('every table has been thought about', async () => {
    const { path } = await newDatabase();
    const tables = rowsIn(path, "select name from sqlite_schema where type = 'table'").map((row) => row.name);
    const ours = tables.filter((name) => !/^(kysely_|sqlite_)/.test(String(name)));
    expect(ours.toSorted()).toEqual(Object.keys(IN_A_RESTORE).toSorted());
  });
});

/** Moves a coin from purse to purse, over and over, each in a transaction of its own. */
const WRITER = `
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(process.argv[1], { timeout: 5000 });
  db.exec('pragma synchronous = off');
  const take = db.prepare('update purses set coins = coins - 1 where id = ?');
  const give = db.prepare('update purses set coins = coins + 1 where id = ?');
  const note = db.prepare("insert into meta values ('moved', 1) on conflict (key) do update set value = value + 1");
  let n = 0;
  const move = () => {
    for (let i = 0; i < 5; i++) {
      n++;
      db.exec('begin immediate');
      take.run(1 + (n * 7919) % 8000); give.run(1 + (n * 104729) % 8000); note.run();
      db.exec('commit');
    }
    if (n === 5) console.log('moving');
    setImmediate(move);
  };
  move();`;

/** Has it open, and does nothing with it. */
const HOLDER = `
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(process.argv[1]);
  db.exec('pragma journal_mode = wal');
  console.log('open');
  setInterval(() => db, 1000);`;
