/** What Q9 counts, and what it asks of a node whose clock is wrong. */
import type { Report } from './figures.ts';
import type { World } from './q9-world.ts';

export interface Tally {
  jumps: number;
  restarts: number;
  passesTooLong: number;
  longestPassMinutes: number;
  usedCodesAccepted: number;
  foreignCodesAccepted: number;
  waitsCutShort: number;
  notSaidNotReady: number;
  logLinesMissing: number;
  servedBehindRecords: number;
  longestPassOverRestartMinutes: number;
  passesLeftAfterSetBack: number;
  codesOpenAfterSetBack: number;
}

export const noTally = (): Tally => ({
  jumps: 0,
  restarts: 0,
  passesTooLong: 0,
  longestPassMinutes: 0,
  usedCodesAccepted: 0,
  foreignCodesAccepted: 0,
  waitsCutShort: 0,
  notSaidNotReady: 0,
  logLinesMissing: 0,
  servedBehindRecords: 0,
  longestPassOverRestartMinutes: 0,
  passesLeftAfterSetBack: 0,
  codesOpenAfterSetBack: 0,
});

/** Set back, the node says so at once and in its log; ahead, it waits whether the leap lasts. */
export async function seeFault(world: World, by: number, tally: Tally, report: Report): Promise<void> {
  const health = await world.health();
  if (by > 0) return;
  if (health !== 503) {
    tally.notSaidNotReady++;
    report(`set back by ${-by} ms: /health says ${health}`);
  }
  if (world.faultLines() > 0) return;
  tally.logLinesMissing++;
  report(`set back by ${-by} ms: the log says nothing`);
}

/** A leap ahead that lasted: followed, and said with its size, once. */
export function seeLeap(world: World, by: number, tally: Tally, report: Report): void {
  const said = world.leapLines();
  if (by < 0 ? said.length === 0 : said.length === 1 && said[0] === by) return;
  tally.logLinesMissing++;
  report(`a jump of ${by} ms: the log tells of leaps of ${said.join(', ') || 'nothing'}`);
}

/** Started before its records: not ready, and nobody is served. */
export async function behindRecords(world: World, tally: Tally, report: Report): Promise<void> {
  if ((await world.health()) !== 503) {
    tally.notSaidNotReady++;
    report('started behind its records, and says that it is ready');
  }
  if (world.faultLines() === 0) {
    tally.logLinesMissing++;
    report('started behind its records: the log says nothing');
  }
  const page = await world.stage.step.browser().get('/login');
  if (page.status !== 503) tally.servedBehindRecords++;
}
