import type { KeyRing } from '../credentials/sealed-secret.ts';
import type { Context } from './context.ts';

/**
 * Where this installation lives, for the operator's deeds that cannot begin with an open database: it is copied,
 * replaced, or its keys are changed. Made by `main`.
 */
export interface Place {
  /** The file of a SQLite database; `null`: PostgreSQL. */
  readonly sqliteFile: string | null;
  /** Unix milliseconds, UTC. */
  readonly now: () => number;
  /** `null`: the keys come from SALLYPORT_KEYS. */
  readonly keyFile: { readonly path: string; write(keys: KeyRing): void } | null;
  /** Opens the database, or a SQLite file in its stead, with this installation's keys; also an unfinished copy. */
  open(instead?: { readonly sqliteFile: string }): Promise<Opened>;
}

export interface Opened {
  readonly ctx: Context;
  close(): Promise<void>;
}
