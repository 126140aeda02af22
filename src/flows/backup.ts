import { type BackupResult, copyDatabase } from '../store/backup.ts';
import type { Place } from './place.ts';

/** A consistent copy of a SQLite database, while servers use it. PostgreSQL has tools of its own. */
export async function backUp(
  place: Place,
  file: string,
  onProgress: (donePages: number, totalPages: number) => void,
): Promise<BackupResult | { readonly result: 'not_sqlite' }> {
  if (place.sqliteFile === null) return { result: 'not_sqlite' };
  return copyDatabase({ from: place.sqliteFile, to: file, now: place.now, onProgress });
}
