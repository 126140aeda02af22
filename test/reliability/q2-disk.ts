/** Q2: a full disk, and writes that were lost. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figures, type Mode, mustBeZero, type Report } from './figures.ts';
import { fillDisks } from './q2-full-disk.ts';
import { loseWrites } from './q2-lost-writes.ts';
import { sizeOf } from './size.ts';

export const name = 'Q2 full disk and lost writes';

const SIZES = {
  short: { fullDisks: 10, frameEvery: 3, insidePerFrame: 0.25, damageEvery: 4, halfCheckpoints: 20 },
  long: { fullDisks: 200, frameEvery: 1, insidePerFrame: 4, damageEvery: 1, halfCheckpoints: 500 },
} as const;
type Size = Readonly<Record<keyof (typeof SIZES)['short'], number>>;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  const size = sizeOf<Size>(SIZES, mode, ['fullDisks', 'halfCheckpoints']);
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-q2-'));
  try {
    const full = await fillDisks(folder, size.fullDisks, report);
    const lost = await loseWrites(folder, size, report);
    const figures = { ...full, ...lost, acknowledgedLost: full.acknowledgedLost + lost.acknowledgedLost };
    mustBeZero(
      figures,
      'sessionsByRefusal',
      'leftByRefusal',
      'readsRefused',
      'notRecovered',
      'notWhole',
      'notAPrefix',
      'acknowledgedLost',
    );
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
