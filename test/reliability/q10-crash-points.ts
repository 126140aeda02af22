/**
 * Q10: a crash, and a failing disk, before and after every write of every deed. Whatever lies on the disk then is
 * the state before the deed or the one after it, sending the form again works, and no secret is left behind.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figures, type Mode, mustBeZero, type Report, seededRandom } from './figures.ts';
import { crashAt, failAt } from './q10-cut-short.ts';
import { record, setStage } from './q10-play.ts';

export const name = 'Q10 crash before and after every write';

export async function run(mode: Mode, report: Report): Promise<Figures> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-q10-'));
  try {
    const { play, flows } = await setStage(join(folder, 'sallyport.db'), report);
    const chosen = chooseIn(mode);
    for (const flow of flows) {
      const recording = await record(play, flow);
      const { statements, images } = recording;
      play.tally.flows++;
      play.tally.crashPoints += 2 * statements.length;
      for (const image of images) await crashAt(play, flow, recording, image);
      for (const n of statements.keys()) if (chosen(n)) await failAt(play, flow, recording, n);
      if (mode === 'long') report(`${flow.name}: ${statements.length} writes, ${images.length} images`);
    }
    const figures = { ...play.tally };
    mustBeZero(figures, 'between', 'notRetried', 'orphans', 'notWhole', 'sessionsByFault');
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In `npm test` a part of the points at which the disk fails, the same at each run; else all. */
function chooseIn(mode: Mode): (n: number) => boolean {
  const random = seededRandom(10);
  return (n) => mode === 'long' || random() < 0.1 || n === 0;
}
