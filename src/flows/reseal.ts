import { CannotOpen, open, seal, sealedKeyId, sealingKey } from '../credentials/sealed-secret.ts';
import { readSealedByOthers, replaceSealed, SEALED_TABLES, type SealedRow } from '../store/reseal.ts';
import type { Context } from './context.ts';

/** Rows of one transaction: others wait for some milliseconds at most. */
const BATCH = 200;

/**
 * A row is sealed with a key that this process does not have: somebody has changed the keys meanwhile. Going on would
 * seal with a key that is no longer among them.
 */
export class KeysChanged extends Error {
  override readonly name = 'KeysChanged';
  readonly keyId: string;
  constructor(keyId: string) {
    super(`a row is sealed with key ${keyId}, which was not there when this began`);
    this.keyId = keyId;
  }
}

export interface Resealed {
  readonly rows: number;
  /** Rows that their key does not open: changed or cut in the database. They stay as they are. */
  readonly damaged: readonly { readonly table: string; readonly id: string }[];
}

/**
 * Seals with the first key all that another key sealed, batch by batch, while servers run. What is sealed says by
 * which key it is, so that a run which was cut off has nothing to remember: the next one goes on.
 * @throws KeysChanged before anything more is written.
 */
export async function resealAll(
  ctx: Context,
  onProgress: (rows: number) => void,
  batch: number = BATCH,
): Promise<Resealed> {
  const damaged: { table: string; id: string }[] = [];
  let rows = 0;
  for (const table of SEALED_TABLES) {
    let after = '';
    for (;;) {
      const found = await readSealedByOthers(ctx.db, table, sealingKey(ctx.keys).id, after, batch);
      const last = found.at(-1);
      if (last === undefined) break;
      after = last.id;
      const anew = found.flatMap((row) => sealAnew(ctx, row) ?? []);
      const sealed = new Set(anew.map(({ row }) => row.id));
      damaged.push(...found.filter((row) => !sealed.has(row.id)).map(({ id }) => ({ table, id })));
      rows += await replaceSealed(ctx.db, anew);
      onProgress(found.length);
    }
  }
  return { rows, damaged };
}

/** E6: to the same table, row and user as before; moved, it would not have opened. */
function sealAnew(ctx: Context, row: SealedRow): { row: SealedRow; sealed: string } | null {
  const place = { table: row.table, row: row.id, user: row.userId ?? '' };
  try {
    return { row, sealed: seal(ctx.keys, place, open(ctx.keys, place, row.sealed), ctx.random) };
  } catch (error) {
    if (!(error instanceof CannotOpen)) throw error;
    if (error.reason === 'unknown_key') throw new KeysChanged(sealedKeyId(row.sealed));
    return null;
  }
}
