import { type BackupResult, copyDatabase } from '../store/backup.ts';
import type { Place } from './place.ts';

/** A consistent copy of a SQLite database, while servers use it. PostgreSQL has tools of its own. */
export async function backUp(
  place: Place,
  file: string,
  onProgress: (donePages: number, totalPages: number) => void,
): Promise<BackupResult | { readonly result: 'not_sqlite' | NotWritable }> {
  if (place.sqliteFile === null) return { result: 'not_sqlite' };
  try {
    return await copyDatabase({ from: place.sqliteFile, to: file, now: place.now, onProgress });
  } catch (error) {
    const why = notWritable(error);
    if (why === null) throw error;
    return { result: why };
  }
}

/** Why the file cannot be written where it shall be. */
export type NotWritable = 'no_folder' | 'not_allowed' | 'disk_full';

const FILE_SYSTEM: Readonly<Record<string, NotWritable>> = {
  ENOENT: 'no_folder',
  ENOTDIR: 'no_folder',
  EACCES: 'not_allowed',
  EPERM: 'not_allowed',
  EROFS: 'not_allowed',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
};
const SQLITE_FULL = 13;

function notWritable(error: unknown): NotWritable | null {
  if (!(error instanceof Error)) return null;
  if ('errcode' in error && error.errcode === SQLITE_FULL) return 'disk_full';
  return 'code' in error ? (FILE_SYSTEM[String(error.code)] ?? null) : null;
}
