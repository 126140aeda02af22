import { statSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { LiveKeyRing } from '../credentials/sealed-secret.ts';
import { type Db, sqlitePath } from '../store/database.ts';
import { keyFileOf, readKeyFile } from './key-file.ts';
import { refuseMissingKeys } from './refusals.ts';

/** Takes over what `sallyport keys` writes into the key file, if that opens all there is; else the old keys stay. */
export function keyFileWatch(
  config: Config,
  db: Db,
  ring: LiveKeyRing,
  announce: () => Promise<void>,
): () => Promise<void> {
  const database = sqlitePath(config.databaseUrl);
  const stamp = () => {
    const stat = statSync(keyFileOf(database), { throwIfNoEntry: false });
    return `${stat?.ino} ${stat?.ctimeMs}`;
  };
  // Not what it is now: it may have been changed since the keys were read.
  let seen = '';
  return async () => {
    const now = stamp();
    if (now === seen) return;
    seen = now;
    const found = readKeyFile(database, false);
    await refuseMissingKeys(db, found, config);
    ring.exchange(found);
    await announce();
  };
}
