/**
 * What a crash leaves behind. The statements of `node:sqlite` are watched from outside, so that the product needs no
 * hook: before and after each one that writes, the files can be copied as they lie there, or the statement be made to
 * fail. A copy of database and WAL is what a process finds that starts after `kill -9`: what was not committed is
 * not in it, and the shared memory (`-shm`) is made anew.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, StatementSync } from 'node:sqlite';

export interface Watcher {
  /** What it throws, the statement throws, and does not run. */
  before?(sql: string): void;
  after?(sql: string): void;
}

/** Does it change the file, or decide whether what was changed lasts? */
export function writes(sql: string): boolean {
  return (
    /^\s*(insert|update|delete|replace|commit)\b/i.test(sql) ||
    /^\s*with\b[\s\S]*\b(insert into|update|delete from)\b/i.test(sql)
  );
}

/** Tells of every writing statement of this process until it is disposed of. */
export function watchWrites(watcher: Watcher): Disposable {
  const { run, all } = StatementSync.prototype;
  const around = <T>(statement: StatementSync, execute: () => T): T => {
    const sql = statement.sourceSQL;
    if (!writes(sql)) return execute();
    watcher.before?.(sql);
    const result = execute();
    watcher.after?.(sql);
    return result;
  };
  StatementSync.prototype.run = function (this: StatementSync, ...values: SQLInputValue[]) {
    return around(this, () => Reflect.apply(run, this, values));
  } as typeof run;
  StatementSync.prototype.all = function (this: StatementSync, ...values: SQLInputValue[]) {
    return around(this, () => Reflect.apply(all, this, values));
  } as typeof all;
  return {
    [Symbol.dispose]() {
      Object.assign(StatementSync.prototype, { run, all });
    },
  };
}

/** As SQLite reports a disk that does not take what is written. */
export class WriteFailed extends Error {
  readonly code = 'ERR_SQLITE_ERROR';
  readonly errcode = 10;
  readonly errstr = 'disk I/O error';
  constructor() {
    super('disk I/O error (injected)');
  }
}

/** Both files of a database, as they lay there at one moment. */
export interface Image {
  readonly database: Buffer;
  readonly wal: Buffer;
  /** The same for the same bytes. */
  readonly id: string;
}

export function imageOf(path: string): Image {
  const database = readFileSync(path);
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false })
    ? readFileSync(`${path}-wal`)
    : Buffer.alloc(0);
  return { database, wal, id: createHash('sha256').update(database).update('|').update(wal).digest('hex') };
}

/** Lays the files down where a program is about to be started; what lay there before is gone. */
export function putImage(path: string, image: Pick<Image, 'database' | 'wal'>): void {
  mkdirSync(dirname(path), { recursive: true });
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  writeFileSync(path, image.database, { mode: 0o600 });
  if (image.wal.length > 0) writeFileSync(`${path}-wal`, image.wal, { mode: 0o600 });
}

/** Opens it as the program would and says what is in it. The files are used up: SQLite mends them as it opens. */
export function withDatabase<T>(path: string, look: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    return look(database);
  } finally {
    database.close();
  }
}

/** @throws what SQLite found wrong, if the file is not whole. */
export function expectWhole(database: DatabaseSync): void {
  const found = database.prepare('pragma integrity_check').all();
  if (JSON.stringify(found) !== '[{"integrity_check":"ok"}]') {
    throw new Error(`integrity_check: ${JSON.stringify(found).slice(0, 500)}`);
  }
  const dangling = database.prepare('pragma foreign_key_check').all();
  if (dangling.length > 0) throw new Error(`foreign_key_check: ${JSON.stringify(dangling).slice(0, 500)}`);
}
