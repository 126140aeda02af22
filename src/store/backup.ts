import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

/** In `meta` of a copy: when it was made, in milliseconds. It goes away when its restore is finished. */
export const COPIED_AT = 'copied_at';

/** Pages that are copied at once: a step holds the processor for a fraction of a millisecond. */
const PAGES_A_STEP = 100;

export type BackupResult =
  | { readonly result: 'done'; readonly copiedAt: number; readonly bytes: number }
  | { readonly result: 'no_database' | 'file_exists' | 'part_exists' | 'no_tables' };

/**
 * Copies a SQLite database that may be in use. The copy is the state of one moment, however long it takes and
 * whoever writes meanwhile: a reader's snapshot is held all the while, without which SQLite would begin anew at
 * each write of another process. The writes meanwhile stay in the -wal file until it is done.
 * The copy is marked as one, and stands under its name only once it is whole and on the disk.
 */
export async function copyDatabase(p: {
  readonly from: string;
  readonly to: string;
  readonly now: () => number;
  readonly onProgress: (donePages: number, totalPages: number) => void;
}): Promise<BackupResult> {
  if (!existsSync(p.from)) return { result: 'no_database' };
  if (existsSync(p.to)) return { result: 'file_exists' };
  const part = `${p.to}.part`;
  if (!makeFile(part)) return { result: 'part_exists' };
  try {
    const copiedAt = await copyPages(p, part);
    if (copiedAt === null) return { result: 'no_tables' };
    const marked = markAsCopy(part, copiedAt);
    syncFile(part);
    if (existsSync(p.to)) return { result: 'file_exists' };
    renameSync(part, p.to);
    syncFile(dirname(p.to));
    return { result: 'done', ...marked };
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${part}${end}`, { force: true });
  }
}

/** Readable by its owner alone from its first byte on. @returns false when something is there already. */
function makeFile(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function copyPages(p: Parameters<typeof copyDatabase>[0], part: string): Promise<number | null> {
  // Not `openSqlite`: closing another handle of the same file in this process would drop SQLite's locks on it.
  const source = new DatabaseSync(p.from, { readOnly: true, timeout: 5000 });
  try {
    source.exec('begin');
    const tables = source.prepare("select count(*) as n from sqlite_schema where name = 'meta'").get();
    if (tables?.n !== 1) return null;
    const copiedAt = p.now();
    await backup(source, part, {
      rate: PAGES_A_STEP,
      progress: ({ totalPages, remainingPages }) => p.onProgress(totalPages - remainingPages, totalPages),
    });
    return copiedAt;
  } finally {
    source.close();
  }
}

/**
 * Looks the copy over, marks it, and folds it into one file that needs no other beside it. The copy of a copy that was
 * not finished keeps that one's time: what happened since then is what it does not know of.
 */
function markAsCopy(path: string, now: number): { copiedAt: number; bytes: number } {
  const copy = new DatabaseSync(path);
  try {
    copy.exec('pragma journal_mode = delete');
    const copiedAt = Number(markIn(copy, now) ?? now);
    const verdict = copy.prepare('pragma quick_check(1)').get()?.quick_check;
    if (verdict !== 'ok') throw new Error(`the copy does not hold together: ${verdict}`);
    const size = copy
      .prepare('select page_count * page_size as n from pragma_page_count, pragma_page_size')
      .get();
    return { copiedAt, bytes: Number(size?.n) };
  } finally {
    copy.close();
  }
}

/** Marks a database as a copy, unless it is one already. @returns the mark that it bore before. */
export function markIn(database: DatabaseSync, copiedAt: number): string | null {
  const before = database.prepare('select value from meta where key = ?').get(COPIED_AT)?.value;
  if (before === undefined)
    database.prepare('insert into meta (key, value) values (?, ?)').run(COPIED_AT, String(copiedAt));
  return before === undefined ? null : String(before);
}

/** On the disk, and not only on its way there. Also a folder, whose entries are on the disk only then. */
export function syncFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
