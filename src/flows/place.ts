import type { KeyRing } from '../credentials/sealed-secret.ts';
import type { Context } from './context.ts';

/**
 * Where this installation lives, for the operator's deeds that cannot begin with an open database: it is copied,
 * replaced, or its keys are changed. Made by `start/operate.ts`.
 */
export interface Place {
  /** The file of a SQLite database; `null`: PostgreSQL. */
  readonly sqliteFile: string | null;
  /** Unix milliseconds, UTC. */
  readonly now: () => number;
  /** `null`: the keys come from SALLYPORT_KEYS. */
  readonly keyFile: KeyFile | null;
  /** Opens the database, or a SQLite file in its stead, with this installation's keys; also an unfinished copy. */
  open(instead?: { readonly sqliteFile: string }): Promise<Opened>;
}

export interface KeyFile {
  readonly path: string;
  /** As it stands there now. */
  read(): KeyRing;
  /**
   * Keeps all other commands from changing it until it is let go.
   * @param was what was read of it before.
   * @returns `locked`: another command changes it, or was cut off while it did; `changed`: it is no longer `was`;
   * `other_user`: it belongs to somebody whom this process cannot give a new file to.
   */
  lock(was: KeyRing): LockedKeyFile | 'locked' | 'changed' | 'other_user';
}

export interface LockedKeyFile {
  /** Puts these keys in place of the file, whole or not at all. Once. */
  write(keys: KeyRing): void;
  letGo(): void;
}

export interface Opened {
  readonly ctx: Context;
  close(): Promise<void>;
}
