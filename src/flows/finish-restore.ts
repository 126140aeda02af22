import { newestTotpStep } from '../credentials/totp.ts';
import { COPIED_AT } from '../store/backup.ts';
import { inTransaction, newestMoment } from '../store/database.ts';
import { deleteMeta, readMeta, writeMeta } from '../store/meta.ts';
import { type Voided, voidAll } from '../store/restore-void.ts';
import { forgetNodes } from './announce-keys.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { by, type Operator } from './operate.ts';
import { readActivityLines } from './read-activity.ts';
import { type Replayed, replayActivity } from './replay-activity.ts';

export interface Finished {
  /** When the copy was made; `null` where it knows of nothing at all. */
  readonly copiedAt: number | null;
  /** `false`: told from the newest event in it, since nothing says it (a dump). */
  readonly copiedAtIsNoted: boolean;
  readonly voided: Voided;
  readonly replayed: Replayed | null;
  /** Lines of the activity that could not be read. */
  readonly unread: readonly number[];
}

/** What was done since the copy was made, as exported. `accountSlug`: it is this account's own export. */
export interface Activity {
  readonly text: string;
  readonly accountSlug: string | null;
}

/**
 * T35: makes a copy fit to serve. First all that could let somebody in is void, in one transaction; then, if there
 * is a record of what was done since, that is done again; and last goes the mark, without which no server starts on
 * it. Cut off anywhere, it is called again.
 * @param before the mark that the copy bore when it came: absent where nobody has looked yet.
 */
export async function finishRestore(
  ctx: Context,
  operator: Operator,
  activity: Activity | null,
  before?: { readonly noted: string | null },
): Promise<Finished> {
  const { noted } = before ?? { noted: await readMeta(ctx.db, COPIED_AT) };
  const copiedAt = noted === null ? await newestMoment(ctx.db) : Number(noted);
  const voided = await inTransaction(ctx.db, async (tx) => {
    await writeMeta(tx, COPIED_AT, String(copiedAt ?? ctx.now()));
    return voidAll(tx, ctx.now(), newestTotpStep(ctx.now()));
  });
  const { keys } = ctx;
  const read = activity === null ? null : readActivityLines(activity.text, { ...activity, keys });
  const replayed = read === null ? null : await replayActivity(ctx, operator, read.events);
  await inTransaction(ctx.db, async (tx) => {
    await forgetNodes({ db: tx, now: ctx.now });
    await deleteMeta(tx, COPIED_AT);
    await record(ctx, tx, {
      kind: 'restore.finished',
      ...by(operator),
      data: {
        copiedAt: copiedAt === null ? null : new Date(copiedAt).toISOString(),
        activity: replayed !== null,
      },
    });
  });
  return { copiedAt, copiedAtIsNoted: noted !== null, voided, replayed, unread: read?.unread ?? [] };
}
