/** The key file beside a SQLite database: where it lies, who may read it, and how it is changed. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigFaults } from '../config.ts';
import { type KeyRing, keysAsText, newKey, parseKeys } from '../credentials/sealed-secret.ts';
import type { KeyFile, LockedKeyFile } from '../flows/place.ts';
import { giveTo } from '../store/file-owner.ts';

/** Where the key file of a SQLite database lies. */
export function keyFileOf(databasePath: string): string {
  return join(dirname(databasePath), `${basename(databasePath).replace(/\.db$/, '')}.keys`);
}

/** What the operator's commands do with the key file; `flows/place.ts` says what for. */
export function keyFileAt(path: string): KeyFile {
  return { path, read: () => parseKeyFile(path), lock: (was: KeyRing) => lockKeyFile(path, was) };
}

/**
 * The file that will take its place is the lock: of two commands one makes it, and only that one may put keys there.
 * Made anew, so that it is never somebody else's, a link to elsewhere, or readable by others.
 */
function lockKeyFile(path: string, was: KeyRing): LockedKeyFile | 'locked' | 'changed' | 'other_user' {
  const beside = `${path}.new`;
  let handle: number;
  try {
    handle = openSync(beside, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return 'locked';
    throw error;
  }
  let renamed = false;
  const letGo = () => {
    closeSync(handle);
    // Under its new name it is the key file; what bears the old one by then is another command's.
    if (!renamed) rmSync(beside, { force: true });
  };
  try {
    const refusal = keysAsText(parseKeyFile(path)) !== keysAsText(was) ? 'changed' : null;
    if (refusal !== null || !giveTo(handle, statSync(path))) {
      letGo();
      return refusal ?? 'other_user';
    }
  } catch (error) {
    letGo();
    throw error;
  }
  const write = (keys: KeyRing) => {
    writeFileSync(handle, `${keysAsText(keys)}\n`);
    fsyncSync(handle);
    renameSync(beside, path);
    renamed = true;
    // The new name is on the disk only with the folder: nothing may be sealed with a key that a power cut takes away.
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  };
  return { write, letGo };
}

/**
 * The key file beside a SQLite database. Made once, when the database is empty, readable by its owner alone.
 * @throws ConfigFaults when it is readable by others, or missing where there is something to open.
 */
export function readKeyFile(databasePath: string, databaseIsEmpty: boolean): KeyRing {
  const path = keyFileOf(databasePath);
  if (!existsSync(path)) {
    if (!databaseIsEmpty) {
      throw new ConfigFaults([
        `There is a database at ${databasePath}, but no key: neither SALLYPORT_KEYS nor ${path}. Bring the key back; without it, authenticators cannot be read.`,
      ]);
    }
    makeKeyFile(path);
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new ConfigFaults([`The key file ${path} can be read by others. Run: chmod 600 ${path}`]);
  }
  return parseKeyFile(path);
}

function makeKeyFile(path: string): void {
  const handle = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(handle, `${newKey(randomBytes)}\n`);
    giveTo(handle, statSync(dirname(path)));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function parseKeyFile(path: string): KeyRing {
  try {
    return parseKeys(readFileSync(path, 'utf8').trim());
  } catch (error) {
    throw new ConfigFaults([`The key file ${path}: ${error instanceof Error ? error.message : error}`]);
  }
}
