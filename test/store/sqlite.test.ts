import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceBackupCodes, spendBackupCode } from '../../src/store/authenticators.ts';
import { type Db, inTransaction, migrate, openDatabase, sqlitePath } from '../../src/store/database.ts';
import { DatabaseBusy } from '../../src/store/database-busy.ts';
import { readMeta, writeMeta } from '../../src/store/meta.ts';
import { describeStore } from './conformance.ts';
import { addAuthenticator, addUser, backupCodeRow, NOW } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = () => join(folder, `${++files}.db`);

describeStore('SQLite', async () => {
  const db = openDatabase(`sqlite:${newFile()}`);
  return { db, close: () => db.destroy() };
});

describe('SQLite alone', () => {
  let file: string;
  let db: Db;
  beforeEach(() => {
    file = newFile();
    db = openDatabase(`sqlite:${file}`);
  });
  afterEach(() => db.destroy());

  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['busy_timeout', 5000],
  ])('Q1: %s is %s, also once a file is opened again', async (pragma, value) => {
    await migrate(db);
    const again = openDatabase(`sqlite:${file}`);
    try {
      for (const each of [db, again]) {
        const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(pragma)}`.execute(each);
        expect(Object.values(rows[0] ?? {})).toEqual([value]);
      }
    } finally {
      await again.destroy();
    }
  });

  test.each([
    ['sqlite:./data/sallyport.db', './data/sallyport.db'],
    ['sqlite:data/sallyport.db', 'data/sallyport.db'],
    ['sqlite:/var/lib/sallyport.db', '/var/lib/sallyport.db'],
    ['sqlite:///var/lib/sallyport.db', '/var/lib/sallyport.db'],
  ])('the file of %s is %s', (address, path) => {
    expect(sqlitePath(address)).toBe(path);
  });

  test('the folder of the file is made', async () => {
    const deep = openDatabase(`sqlite:${join(folder, 'deep', 'down', 'a.db')}`);
    await migrate(deep);
    await deep.destroy();
  });

  test('E6: a new file and what SQLite puts beside it are for their owner alone', async () => {
    const [path, old] = [newFile(), process.umask(0)];
    const open = openDatabase(`sqlite:${path}`);
    try {
      await migrate(open);
      const modes = ['', '-wal', '-shm'].map((end) => statSync(`${path}${end}`).mode & 0o777);
      expect(modes).toEqual([0o600, 0o600, 0o600]);
    } finally {
      process.umask(old);
      await open.destroy();
    }
  });

  test('what was committed is there for whoever opens the file next', async () => {
    await migrate(db);
    await writeMeta(db, 'kept', 'yes');
    const reader = new DatabaseSync(file, { readOnly: true });
    expect(reader.prepare('select value from meta').all()).toEqual([{ value: 'yes' }]);
    reader.close();
  });

  test('while the command line writes, a login waits instead of failing', async () => {
    await migrate(db);
    const worker = new Worker(HOLDS_THE_FILE, { eval: true, workerData: { file } });
    await once(worker, 'message');
    // From here on nothing else runs in this thread until the worker lets go.
    await inTransaction(db, async (tx) => {
      expect(await readMeta(tx, 'cli')).toBe('was here');
      await writeMeta(tx, 'login', 'came after');
    });
    await once(worker, 'exit');
    expect(await readMeta(db, 'login')).toBe('came after');
  });

  test('a file that another process holds for too long is busy, which passes', async () => {
    await migrate(db);
    await sql`pragma busy_timeout = 20`.execute(db);
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    await expect(writeMeta(db, 'key', 'value')).rejects.toBeInstanceOf(DatabaseBusy);
    await expect(inTransaction(db, (tx) => writeMeta(tx, 'key', 'value'))).rejects.toBeInstanceOf(
      DatabaseBusy,
    );
    other.exec('rollback');
    other.close();
    await writeMeta(db, 'key', 'value');
    expect(await readMeta(db, 'key')).toBe('value');
  });

  test('Q12: processes that start at once on an empty file all find every table', async () => {
    const starts = [1, 2, 3].map(() =>
      runStore(`await migrate(db); await writeMeta(db, String(process.pid), '');`),
    );
    expect(await Promise.all(starts)).toEqual(['', '', '']);
    expect(await db.selectFrom('meta').selectAll().execute()).toHaveLength(3);
  });

  test('Q3: two processes with the same hundred backup codes: each code admits once', async () => {
    await migrate(db);
    const user = await addUser(db);
    const { id } = await addAuthenticator(db, { user_id: user.id });
    const codes = Array.from({ length: 100 }, (_, n) =>
      backupCodeRow({ user_id: user.id, authenticator_id: id, selector: String(n) }),
    );
    await inTransaction(db, (tx) => replaceBackupCodes(tx, id, codes, NOW));
    const ids = codes.map((code) => code.id);
    // Whole words at once, so that the two processes meet in the middle.
    const spendAll = `
      const ids = ${JSON.stringify(ids)};
      const won = await Promise.all(ids.map((id) => inTransaction(db, (tx) => spendBackupCode(tx, id, ${NOW}))));
      process.stdout.write(JSON.stringify(ids.filter((_, n) => won[n])));`;
    const [mine, theirs] = await Promise.all([runStore(spendAll), runStore(spendAll)]);
    const wins = [...JSON.parse(mine), ...JSON.parse(theirs)];
    expect(wins.toSorted()).toEqual(ids.toSorted());
    expect(await inTransaction(db, (tx) => spendBackupCode(tx, ids[0] ?? '', NOW))).toBe(false);
  });

  /** Runs a few lines over the store in a process of its own. @returns what they print. */
  async function runStore(lines: string): Promise<string> {
    const source = new URL('../../src/store/', import.meta.url).href;
    const script = `
      import { inTransaction, migrate, openDatabase } from '${source}database.ts';
      import { spendBackupCode } from '${source}authenticators.ts';
      import { writeMeta } from '${source}meta.ts';
      const db = openDatabase(${JSON.stringify(`sqlite:${file}`)});
      ${lines}
      await db.destroy();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the process ended with ${code}: ${err}`);
    return out;
  }
});

/** Takes the write lock, says so, and keeps it for a moment: as a migration or a long command would. */
const HOLDS_THE_FILE = `
  const { DatabaseSync } = require('node:sqlite');
  const { parentPort, workerData } = require('node:worker_threads');
  const database = new DatabaseSync(workerData.file, { timeout: 5000 });
  database.exec("begin immediate; insert into meta values ('cli', 'was here')");
  parentPort.postMessage('holds');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  database.exec('commit');
  database.close();
`;
