import { chmodSync, constants, copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { COPIED_AT, syncFile } from './backup.ts';
import type { Db } from './database.ts';
import { isPostgres } from './dialect.ts';

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
  letGo(): void;
}

export type Hold = Held | 'in_use' | 'unreadable' | 'not_ours';

/**
 * Takes a database for this process alone. SQLite's own locks tell whether any process has it open, idle or not,
 * and the system drops them with the process that held them, so nothing stale can stand in the way.
 */
export function holdAlone(path: string): Hold {
  if (!existsSync(path)) return { replaceBy: (file) => putInPlace(file, path), letGo: () => {} };
  const database = new DatabaseSync(path, { timeout: 0 });
  const refuse = (why: Exclude<Hold, Held>) => {
    database.close();
    return why;
  };
  try {
    database.exec('pragma locking_mode = exclusive');
    // Folds what is in the -wal into the file, which SQLite does only for the last one who has it open.
    const mode = database.prepare('pragma journal_mode = delete').get()?.journal_mode;
    if (mode !== 'delete') return refuse('in_use');
    database.exec('begin exclusive; commit');
    if (!isEmpty(database) && !isOurs(database)) return refuse('not_ours');
  } catch (error) {
    return refuse(codeOf(error) === SQLITE_BUSY ? 'in_use' : 'unreadable');
  }
  return { replaceBy: replacer(database, path), letGo: () => database.close() };
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
    const marked = !isEmpty(database);
    // A server that waits for this lock gets the old file, whatever it is called by then: the mark stops it.
    if (marked) {
      database
        .prepare(
          'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
        )
        .run(COPIED_AT, String(now));
    }
    try {
      removeCompanions(path);
      setAside(path, asideName);
    } catch (error) {
      if (marked) database.prepare('delete from meta where key = ?').run(COPIED_AT);
      throw error;
    }
    putInPlace(file, path);
  };
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

/** Brings a file in under another name, for its owner alone, with what SQLite has not folded into it yet. */
export function copyIn(file: string, as: string): void {
  for (const end of ['', '-wal']) {
    if (!existsSync(`${file}${end}`)) continue;
    copyFileSync(`${file}${end}`, `${as}${end}`, constants.COPYFILE_EXCL);
    chmodSync(`${as}${end}`, 0o600);
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
