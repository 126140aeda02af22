import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { backUp } from '../flows/backup.ts';
import { exportActivity } from '../flows/export-activity.ts';
import type { Activity } from '../flows/finish-restore.ts';
import { finishInPlace, restoreFile } from '../flows/restore.ts';
import {
  type ApartCommand,
  BadUsage,
  done,
  fault,
  type Given,
  never,
  type OperatorCommand,
  type Said,
  word,
} from './command.ts';
import { date } from './print.ts';
import { progressOn } from './progress.ts';
import { finishedText } from './restore-text.ts';

const ACTIVITY = { activity: { type: 'string' }, account: { type: 'string' } } as const;

const PG_DUMP = 'pg_dump --format=custom --file=sallyport.dump "$DATABASE_URL"';

export const BACKUP_COMMANDS: Readonly<Record<string, OperatorCommand | ApartCommand>> = {
  backup: {
    usage: 'backup FILE',
    about: 'copies a SQLite database into a new file, while the server runs',
    example: 'sallyport backup /backups/sallyport-2026-11-24.db',
    words: ['FILE'],
    async runApart(place, _operator, given) {
      const file = word(given, 0);
      const progress = progressOn(process.stderr, 'Copying pages');
      const made = await backUp(place, file, progress.show);
      progress.end();
      switch (made.result) {
        case 'done':
          return done(
            `${file} is the database as it was at ${date(made.copiedAt)} (${made.bytes} bytes).\nIt opens only with the keys (${place.keyFile?.path ?? 'SALLYPORT_KEYS'}), which are not in it. Keep them too, and elsewhere: whoever has both can read everything.`,
            { file, copiedAt: new Date(made.copiedAt).toISOString(), bytes: made.bytes },
          );
        case 'not_sqlite':
          return fault(
            made.result,
            `This database is PostgreSQL's, which has its own tool: ${PG_DUMP}\nSee docs/backups.md for the way back.`,
          );
        case 'file_exists':
          return fault(made.result, `${file} is there already. Nothing is overwritten: give a new name.`);
        case 'part_exists':
          return fault(
            made.result,
            `${file}.part is there: another backup is writing it, or one was cut off. If none runs, remove it.`,
          );
        case 'no_folder':
          return fault(made.result, `There is no folder ${dirname(file)}. Make it, or give another name.`);
        case 'not_allowed':
          return fault(
            made.result,
            `This user may not write into ${dirname(file)}. Give a name elsewhere, or change who may.`,
          );
        case 'disk_full':
          return fault(made.result, `The disk of ${dirname(file)} is full. Nothing was kept.`);
        case 'no_database':
          return fault(made.result, `There is no database at ${place.sqliteFile}. Is DATABASE_URL set?`);
        case 'no_tables':
          return fault(
            made.result,
            `${place.sqliteFile} has no tables of Sallyport. There is nothing to back up.`,
          );
        default:
          return never(made);
      }
    },
  },
  restore: {
    usage: 'restore FILE [--activity EXPORT.jsonl [--account SLUG]]',
    about: 'puts a backup in the place of a SQLite database; the server must be stopped',
    example: 'sallyport restore /backups/sallyport-2026-11-24.db --activity since.jsonl',
    words: ['FILE'],
    options: ACTIVITY,
    async runApart(place, operator, given) {
      const file = word(given, 0);
      const restored = await restoreFile(place, operator, file, readActivity(given));
      switch (restored.result) {
        case 'done': {
          const { aside, finished } = restored;
          const kept = aside === null ? '' : `The replaced database is kept as ${aside}.\n`;
          return sayFinished(`${file} is the database now.\n${kept}`, finished, { aside });
        }
        case 'not_sqlite':
          return fault(
            restored.result,
            'This database is PostgreSQL\'s: pg_restore, then "sallyport restore --finish --yes".',
          );
        case 'no_file':
          return fault(restored.result, `There is no file ${file}.`);
        case 'file_is_database':
          return fault(
            restored.result,
            `${file} is the database itself. If it is a copy that was put there by hand: sallyport restore --finish --yes`,
          );
        case 'file_not_ours':
          return fault(restored.result, `${file} is no database of Sallyport. Nothing was changed.`);
        case 'file_damaged':
          return fault(restored.result, `${file} is damaged. Take another backup. Nothing was changed.`);
        case 'database_in_use':
          return fault(
            restored.result,
            `${place.sqliteFile} is in use. Stop the server, and every other command on it, then run this again.`,
          );
        case 'database_unreadable':
          return fault(
            restored.result,
            `${place.sqliteFile} cannot be read. Stop the server, move that file and those beside it that end in -wal and -shm elsewhere, then run this again.`,
          );
        case 'database_not_ours':
          return fault(
            restored.result,
            `${place.sqliteFile} is another program's. Set DATABASE_URL to where the database of Sallyport shall be.`,
          );
        case 'database_other_user':
          return fault(
            restored.result,
            `${place.sqliteFile} belongs to another user, who could not read a file that this command made. Run it as that user, or as root. Nothing was changed.`,
          );
        default:
          return never(restored);
      }
    },
  },
  'restore --finish': {
    usage: 'restore --finish [--yes] [--activity EXPORT.jsonl [--account SLUG]]',
    about:
      'makes a database that was brought back by other means fit to serve: voids sessions, codes and passes; --yes where no mark tells that it is a copy, as after pg_restore',
    example: 'sallyport restore --finish --yes --activity since.jsonl',
    words: [],
    options: { ...ACTIVITY, yes: { type: 'boolean' } },
    async runApart(place, operator, given) {
      const onlyMarked = given.options.yes !== true;
      const made = await finishInPlace(place, operator, readActivity(given), { onlyMarked });
      switch (made.result) {
        case 'done':
          return sayFinished('The restore is finished.\n', made.finished, {});
        case 'not_marked':
          return fault(
            made.result,
            'Nothing tells that this database is a copy. If it was brought back (pg_restore, cp, a snapshot), add --yes. That ends all sessions and passes and voids all backup codes, also where it is the live one: look at DATABASE_URL first. Nothing was changed.',
          );
        case 'in_use':
          return fault(
            made.result,
            'Servers are at work on this database, or were within the last three minutes. Stop them all, then run this again; one that was killed, or that a copy just made still names, is forgotten after three minutes.',
          );
        case 'database_unreadable':
          return fault(made.result, `${place.sqliteFile} cannot be read. Nothing was changed.`);
        case 'database_not_ours':
          return fault(
            made.result,
            `${place.sqliteFile} is another program's. Nothing was changed. Is DATABASE_URL right?`,
          );
        case 'no_database':
          return fault(made.result, `There is no database at ${place.sqliteFile}. Is DATABASE_URL set?`);
        default:
          return never(made);
      }
    },
  },
  'activity export': {
    usage: 'activity export [--since TIME]',
    about: 'prints what was recorded in all accounts as JSON Lines, oldest first, for "restore --activity"',
    example: 'sallyport activity export --since 2026-11-24T02:00:00Z > since.jsonl',
    words: [],
    options: { since: { type: 'string' } },
    onCopies: true,
    async run(ctx, _operator, given) {
      for await (const lines of exportActivity(ctx, readSince(given))) {
        const text = lines.map((line) => `${line}\n`).join('');
        // Whoever reads more slowly than we do is waited for: all of it need not fit into memory.
        await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
      }
      return { ok: true, text: '', data: null, printed: true };
    },
  },
};

function readSince(given: Given): number {
  const { since } = given.options;
  if (typeof since !== 'string') return 0;
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(since)
    ? Date.parse(since)
    : Number.NaN;
  if (Number.isNaN(at))
    throw new BadUsage(`--since is "${since}". Write a time such as 2026-11-24T10:00:00Z.`);
  return at;
}

function readActivity(given: Given): Activity | null {
  const { activity, account } = given.options;
  if (typeof activity !== 'string') {
    if (account !== undefined) throw new BadUsage('--account goes with --activity.');
    return null;
  }
  try {
    return {
      text: readFileSync(activity, 'utf8'),
      accountSlug: typeof account === 'string' ? account : null,
    };
  } catch (error) {
    throw new BadUsage(`${activity} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function sayFinished(
  lead: string,
  finished: Parameters<typeof finishedText>[0],
  more: Record<string, unknown>,
): Said {
  const complete = (finished.replayed?.undone.length ?? 0) === 0 && finished.unread.length === 0;
  const copiedAt = finished.copiedAt === null ? null : new Date(finished.copiedAt).toISOString();
  return {
    // Done, but somebody must look: a script shall notice.
    ok: complete,
    text: `${lead}${finishedText(finished)}`,
    data: { result: complete ? 'done' : 'partly', ...more, ...finished, copiedAt },
  };
}
