import { existsSync, rmSync, statSync } from 'node:fs';
import { COPIED_AT } from '../store/backup.ts';
import { newestMoment } from '../store/database.ts';
import { deleteMeta, readMeta, writeMeta } from '../store/meta.ts';
import {
  copyIn,
  foldIntoOneFile,
  type Held,
  holdAlone,
  judgeCopy,
  othersConnected,
  removeCompanions,
} from '../store/restore.ts';
import { runningNodes } from './announce-keys.ts';
import type { Context } from './context.ts';
import { type Activity, type Finished, finishRestore } from './finish-restore.ts';
import type { Operator } from './operate.ts';
import type { Opened, Place } from './place.ts';

export type RestoreResult =
  /** `aside`: where the replaced database is kept; `null`: there was none. */
  | { readonly result: 'done'; readonly aside: string | null; readonly finished: Finished }
  | {
      readonly result:
        | 'not_sqlite'
        | 'no_file'
        | 'file_is_database'
        | 'file_not_ours'
        | 'file_damaged'
        | 'database_in_use'
        | 'database_unreadable'
        | 'database_not_ours'
        | 'database_other_user';
    };

/**
 * Puts a backup in the place of the database. All the work is done on a copy beside it, which takes the name only
 * when it is finished: cut off anywhere before, the database is the one that it was. A server can neither run nor
 * start meanwhile.
 * @throws ConfigFaults when rows of the copy need a key that is not here; NewerDatabase when it is newer than this program.
 */
export async function restoreFile(
  place: Place,
  operator: Operator,
  file: string,
  activity: Activity | null,
): Promise<RestoreResult> {
  const { sqliteFile } = place;
  if (sqliteFile === null) return { result: 'not_sqlite' };
  if (!existsSync(file)) return { result: 'no_file' };
  if (isSameFile(file, sqliteFile)) return { result: 'file_is_database' };
  const held = holdAlone(sqliteFile);
  if (typeof held === 'string') return { result: `database_${held}` as const };
  const beside = `${sqliteFile}.restoring`;
  try {
    // Of a run that was killed: this one holds the database alone, so nobody works on it.
    removeAll(beside);
    if (copyIn(file, beside, sqliteFile) === 'other_user') return { result: 'database_other_user' };
    const verdict = judgeCopy(beside);
    if (verdict !== 'ours') return { result: verdict === 'damaged' ? 'file_damaged' : 'file_not_ours' };
    return await finishBeside(place, operator, activity, { held, beside, sqliteFile });
  } finally {
    held.letGo();
    removeAll(beside);
  }
}

/** Also under another name. Reading it would drop the locks that SQLite holds on it for this process. */
function isSameFile(one: string, other: string): boolean {
  if (!existsSync(other)) return false;
  const [a, b] = [statSync(one), statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

function removeAll(path: string): void {
  removeCompanions(path);
  rmSync(path, { force: true });
}

async function finishBeside(
  place: Place,
  operator: Operator,
  activity: Activity | null,
  files: { held: Held; beside: string; sqliteFile: string },
): Promise<RestoreResult> {
  const { held, beside, sqliteFile } = files;
  const { ctx, close } = await place.open({ sqliteFile: beside });
  let finished: Finished;
  try {
    finished = await finishRestore(ctx, operator, activity);
  } finally {
    await close();
  }
  foldIntoOneFile(beside);
  const now = place.now();
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '');
  const aside = existsSync(sqliteFile) ? `${sqliteFile}.replaced-${stamp}` : null;
  held.replaceBy(beside, aside ?? '', now);
  return { result: 'done', aside, finished };
}

export type FinishResult =
  | { readonly result: 'done'; readonly finished: Finished }
  | {
      readonly result: 'in_use' | 'no_database' | 'database_unreadable' | 'database_not_ours' | 'not_marked';
    };

/**
 * The same for a copy that stands in its place already: a dump that was loaded into PostgreSQL, or a file that was
 * copied by hand. Refused while a server is at work there: on a live database it would log everybody out. It is marked
 * before it is looked who is there, so that none can start in between; what is refused keeps no mark that it did not bear.
 * @param p.onlyMarked refuses what bears no mark of a copy: it may be the live database under a wrong address.
 */
export async function finishInPlace(
  place: Place,
  operator: Operator,
  activity: Activity | null,
  { onlyMarked = false }: { readonly onlyMarked?: boolean } = {},
): Promise<FinishResult> {
  const { sqliteFile } = place;
  if (sqliteFile === null) return finishPostgres(place, operator, activity, onlyMarked);
  if (!existsSync(sqliteFile)) return { result: 'no_database' };
  const held = holdAlone(sqliteFile);
  if (held === 'in_use') return { result: held };
  if (typeof held === 'string') return { result: `database_${held}` };
  const noted = held.mark(place.now());
  if (noted === null && onlyMarked) held.unmark();
  held.letGo();
  if (noted === null && onlyMarked) return { result: 'not_marked' };
  let opened: Opened;
  try {
    opened = await place.open();
  } catch (error) {
    if (noted === null) unmark(sqliteFile);
    throw error;
  }
  try {
    return { result: 'done', finished: await finishRestore(opened.ctx, operator, activity, { noted }) };
  } finally {
    await opened.close();
  }
}

function unmark(sqliteFile: string): void {
  const held = holdAlone(sqliteFile);
  if (typeof held === 'string') return;
  held.unmark();
  held.letGo();
}

async function finishPostgres(
  place: Place,
  operator: Operator,
  activity: Activity | null,
  onlyMarked: boolean,
): Promise<FinishResult> {
  const { ctx, close } = await place.open();
  try {
    const noted = await readMeta(ctx.db, COPIED_AT);
    if (noted === null && onlyMarked) return { result: 'not_marked' };
    if (noted === null) await writeMeta(ctx.db, COPIED_AT, String((await newestMoment(ctx.db)) ?? ctx.now()));
    if (await othersAtWork(ctx)) {
      if (noted === null) await deleteMeta(ctx.db, COPIED_AT);
      return { result: 'in_use' };
    }
    return { result: 'done', finished: await finishRestore(ctx, operator, activity, { noted }) };
  } finally {
    await close();
  }
}

/**
 * Connected, or heard of in the last three minutes: an `application_name` in somebody's DATABASE_URL hides the first.
 * A connection that was just given up, such as the one that migrated, is on the server's list a moment longer.
 */
async function othersAtWork(ctx: Context): Promise<boolean> {
  if ((await runningNodes(ctx)).length > 0) return true;
  for (let again = 20; again > 0; again--) {
    if ((await othersConnected(ctx.db)) === 0) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}
