/** The operator's commands, over the server's database. */
import { existsSync, realpathSync } from 'node:fs';
import { type Parsed, runApartCommand, runOperatorCommand, runsApart } from '../cli/operator.ts';
import type { Config } from '../config.ts';
import type { Place } from '../flows/place.ts';
import { isPostgresUrl, sqlitePath } from '../store/database.ts';
import { keyFileAt, keyFileOf } from './key-file.ts';
import { type Parts, wire } from './wire.ts';

/** A command of the operator's, over the same database; its messages leave through the running server. */
export async function operate(config: Config, parsed: Parsed): Promise<void> {
  if (runsApart(parsed)) {
    process.exitCode = await runApartCommand(placeOf(config), parsed);
    return;
  }
  const onCopies = 'onCopies' in parsed.command && parsed.command.onCopies === true;
  const beforeRecords = 'beforeRecords' in parsed.command && parsed.command.beforeRecords === true;
  const app = await wire(config, 'operate', { onCopies, beforeRecords });
  try {
    process.exitCode = await runOperatorCommand(app.ctx, parsed);
  } finally {
    await app.close();
  }
}

/** For commands that copy or replace the database, or change its keys. */
export function placeOf(config: Config, parts: Parts = {}): Place {
  const given = isPostgresUrl(config.databaseUrl) ? null : sqlitePath(config.databaseUrl);
  const keyFile = given === null || config.keys !== null ? null : keyFileOf(given);
  return {
    // What it is beside, and what takes its place, goes by the file itself and not by a link to it.
    sqliteFile: given !== null && existsSync(given) ? realpathSync(given) : given,
    now: parts.now ?? Date.now,
    keyFile: keyFile === null ? null : keyFileAt(keyFile),
    async open(instead) {
      // Another file has no keys beside it: this installation's are what must open it.
      const app =
        instead === undefined || given === null
          ? await wire(config, 'operate', { ...parts, onCopies: true })
          : await wire({ ...config, databaseUrl: `sqlite:${instead.sqliteFile}` }, 'operate', {
              ...parts,
              onCopies: true,
              keysOf: given,
            });
      return { ctx: app.ctx, close: () => app.close() };
    },
  };
}
