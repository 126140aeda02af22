import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { COPIED_AT, markIn, syncFile } from './backup.ts';
import type { Db } from './database.ts';
import { isPostgres } from './dialect.ts';
import { giveTo } from './file-owner.ts';

/** Beside a database, and useless or worse beside another one that takes its name. */
const COMPANIONS = ['-wal', '-shm', '-journal'];
/** What every database of Sallyport has had since its first version. */
const OUR_TABLES = ['kysely_migration', 'meta', 'users', 'accounts', 'authenticators', 'audit_events'];

/** A SQLite database that nobody else has open, and nobody can open until it is let go. */
export interface Held {
  /**
   * Puts a finished file in its place. What stood there is kept under `asideName`, marked as a copy made at `now`:
   * whoever brings it back must finish that as a restore too.
   */
  replaceBy(file: string, asideName: string, now: number): void;
  /** Marks it as a copy where it is, of the newest moment in it or of `now`. @returns the mark that it bore before. */
  mark(now: number): string | null;
  /** Takes back the mark of `mark`. */
  unmark(): void;
  letGo(): void;
}

export type Hold = Held | 'in_use' | 'unreadable' | 'not_ours';

const NOTHING_THERE: Omit<Held, 'replaceBy'> = { mark: () => null, unmark: () => {}, letGo: () => {} };

/**
 * Takes a database for this process alone. SQLite's own locks tell whether any process has it open, idle or not,
 * and the system drops them with the process that held them, so nothing stale can stand in the way.
 */
export function holdAlone(path: string): Hold {
  if (!existsSync(path)) return { ...NOTHING_THERE, replaceBy: (file) => putInPlace(file, path) };
  const database = new DatabaseSync(path, { timeout: 0 });
  const refuse = (why: Exclude<Hold, Held>) => {
    database.close();
    return why;
  };
  try {
    // Before anything is changed: another program may want its -wal.
    if (!isEmpty(database) && !isOurs(database)) return refuse('not_ours');
    database.exec('pragma locking_mode = exclusive');
    // Folds what is in the -wal into the file, which SQLite does only for the last one who has it open.
    const mode = database.prepare('pragma journal_mode = delete').get()?.journal_mode;
    if (mode !== 'delete') return refuse('in_use');
    database.exec('begin exclusive; commit');
  } catch (error) {
    return refuse(codeOf(error) === SQLITE_BUSY ? 'in_use' : 'unreadable');
  }
  return {
    replaceBy: replacer(database, path),
    mark: (now) => (isEmpty(database) ? null : markIn(database, newestIn(database) ?? now)),
    unmark: () => {
      if (!isEmpty(database)) database.prepare('delete from meta where key = ?').run(COPIED_AT);
    },
    letGo: () => database.close(),
  };
}

function newestIn(database: DatabaseSync): number | null {
  const at = database.prepare('select max(at) as at from audit_events').get()?.at;
  return typeof at === 'number' ? at : null;
}

const SQLITE_BUSY = 5;
const codeOf = (error: unknown) =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : 0;

const tablesOf = (database: DatabaseSync) =>
  new Set(
    database
      .prepare("select name from sqlite_schema where type = 'table'")
      .all()
      .map((row) => row.name),
  );
const isEmpty = (database: DatabaseSync) => tablesOf(database).size === 0;
const isOurs = (database: DatabaseSync) => {
  const found = tablesOf(database);
  return OUR_TABLES.every((name) => found.has(name));
};

function replacer(database: DatabaseSync, path: string): Held['replaceBy'] {
  return (file, asideName, now) => {
    if (existsSync(asideName)) throw new Error(`${asideName} is there already`);
    removeCompanions(path);
    setAside(path, asideName);
    try {
      putInPlace(file, path);
    } catch (error) {
      takeBack(path, asideName);
      throw error;
    }
    // Only now, when it is no longer the database: killed before this, the live one must not be taken for a copy. Still
    // held: a server that waits for this lock gets the old file, whatever it is called by then, and the mark stops it.
    if (isEmpty(database)) return;
    // A journal on the disk would get its name from the new file, and be rolled back into it.
    database.exec('pragma journal_mode = memory');
    markIn(database, now);
    syncFile(asideName);
  };
}

/** Undoes `setAside`: the database keeps the name it had, and no second one. */
function takeBack(path: string, asideName: string): void {
  if (existsSync(path)) rmSync(asideName);
  else renameSync(asideName, path);
}

/**
 * Gives the old file its second name first and leaves it the first, which the new one then takes in one step: at no
 * moment is there no database, or a server that starts would make an empty one.
 */
function setAside(path: string, asideName: string): void {
  try {
    linkSync(path, asideName);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || !NO_LINKS.has(String(error.code))) throw error;
    renameSync(path, asideName);
  }
}
/** What file systems say that know no second names. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** What lay beside the old database goes first: SQLite would fold it into the new one. */
function putInPlace(file: string, path: string): void {
  removeCompanions(path);
  renameSync(file, path);
  syncFile(dirname(path));
}

export function removeCompanions(path: string): void {
  for (const end of COMPANIONS) rmSync(`${path}${end}`, { force: true });
}

/**
 * Brings a file in under another name, with what SQLite has not folded into it yet, or not rolled back: for the owner
 * alone of the database whose place it takes, or of its folder, also where root runs this.
 * @returns `other_user` when this process may not give it to them.
 */
export function copyIn(file: string, as: string, place: string): 'done' | 'other_user' {
  const replaced = existsSync(place);
  const owner = statSync(replaced ? place : dirname(place));
  for (const end of ['', '-wal', '-journal']) {
    if (!existsSync(`${file}${end}`)) continue;
    const to = openSync(`${as}${end}`, 'wx', 0o600);
    try {
      if (!giveTo(to, owner) && replaced) return 'other_user';
      copyBytes(`${file}${end}`, to);
    } finally {
      closeSync(to);
    }
  }
  return 'done';
}

/** Not `copyFileSync`: that gives the copy the mode of what it copies, which everybody may be able to read. */
function copyBytes(file: string, to: number): void {
  const from = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    for (let n = readSync(from, buffer); n > 0; n = readSync(from, buffer)) {
      for (let at = 0; at < n; ) at += writeSync(to, buffer, at, n - at);
    }
  } finally {
    closeSync(from);
  }
}

/** Is this a whole database of ours? Only ever asked of a copy: SQLite writes beside what it looks at. */
export function judgeCopy(path: string): 'ours' | 'not_ours' | 'damaged' {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    if (!isOurs(database)) return 'not_ours';
    return database.prepare('pragma quick_check(1)').get()?.quick_check === 'ok' ? 'ours' : 'damaged';
  } catch (error) {
    return codeOf(error) === SQLITE_NOTADB ? 'not_ours' : 'damaged';
  } finally {
    database.close();
  }
}
const SQLITE_NOTADB = 26;

/** Folds a database into its one file, and that onto the disk. */
export function foldIntoOneFile(path: string): void {
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec('pragma journal_mode = delete');
  database.close();
  syncFile(path);
}

/** PostgreSQL: connections of other processes of ours to this database. Needs no rights: they are the same user's. */
export async function othersConnected(db: Db): Promise<number> {
  if (!isPostgres(db)) return 0;
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity
    where datname = current_database() and application_name = 'sallyport' and pid <> pg_backend_pid()`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}
