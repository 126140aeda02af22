/**
 * Q9: the machine's clock leaps an hour or a day, ahead or back, while a pass runs, codes are used and people wait;
 * and a process starts with a clock that stands before what is on record.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figures, type Mode, mustBeZero, type Report } from './figures.ts';
import { codesThrough, waitThrough } from './q9-codes.ts';
import { passThrough, type Restart, restartWith } from './q9-passes.ts';
import { noTally } from './q9-tally.ts';
import { createWorld, hours, minutes, type World } from './q9-world.ts';

export const name = 'Q9 clock jumps';

const DAY = hours(24);
const JUMPS: Readonly<Record<string, number>> = {
  '+1 h': hours(1),
  '-1 h': -hours(1),
  '+1 day': DAY,
  '-1 day': -DAY,
  '-5 min': -minutes(5),
};

/** At each moment of a pass. */
const RESTARTS: readonly Restart[] = [
  { recorded: true, mended: false },
  { recorded: false, mended: false },
  { recorded: false, mended: true },
];

export async function run(mode: Mode, report: Report): Promise<Figures> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-q9-'));
  const key = randomBytes(32).toString('base64');
  const tally = noTally();
  const moments = mode === 'short' ? [hours(2)] : [hours(1.5), hours(2), hours(12), hours(23.9)];
  const restarts = mode === 'short' ? RESTARTS.slice(1) : RESTARTS;
  let worlds = 0;
  const inWorld = async (story: (world: World) => Promise<void>) => {
    await using world = await createWorld(join(folder, `${++worlds}.db`), key);
    await story(world);
  };
  try {
    for (const [jump, by] of Object.entries(JUMPS)) {
      for (const at of moments) {
        await inWorld((world) => passThrough(world, by, at, tally, report));
        tally.jumps++;
      }
      await inWorld((world) => codesThrough(world, by, tally, report));
      if (by > 0) await inWorld((world) => waitThrough(world, by, tally, report));
      else
        for (const at of moments)
          for (const how of restarts)
            await inWorld((world) => restartWith(world, by, at, how, tally, report));
      report(`${jump}: passes, codes and waits kept their time`);
    }
    const figures = { ...tally };
    mustBeZero(
      figures,
      'passesTooLong',
      'usedCodesAccepted',
      'foreignCodesAccepted',
      'waitsCutShort',
      'notSaidNotReady',
      'logLinesMissing',
      'servedBehindRecords',
      'passesLeftAfterSetBack',
      'codesOpenAfterSetBack',
    );
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
