/** Q9: a used code stays used and a wait is waited out, whatever the clock says meanwhile. */
import type { Person } from '../support/scene.ts';
import type { Report } from './figures.ts';
import { behindRecords, seeFault, seeLeap, type Tally } from './q9-tally.ts';
import { addMember, codeAt, isIn, logInWith, minutes, seconds, type World } from './q9-world.ts';

/** A code that was used is refused whatever the clock says then, and one of another hour is refused as well. */
export async function codesThrough(world: World, by: number, tally: Tally, report: Report): Promise<void> {
  const person = await addMember(world, 'ann');
  const used = codeAt(person, world.truth());
  const page = await logInWith(world, person, used);
  if (page.path !== '/') throw new Error(`the code was not taken: ${page.text.slice(0, 200)}`);
  world.jump(by);
  await world.pass(seconds(10));
  const nearThen = [-2, -1, 0, 1, 2].map((steps) => codeAt(person, world.wall() + steps * seconds(30)));
  await expectRefused(world, person, [used], 'usedCodesAccepted', tally, report);
  await expectRefused(world, person, nearThen, 'foreignCodesAccepted', tally, report);
  await world.pass(minutes(30));
  // An honest phone gets in where the clock was set back; where it stays ahead, its codes are those of long ago.
  const after = await logInWith(world, person, codeAt(person, by < 0 ? world.truth() : world.wall()));
  if (after.path !== '/')
    throw new Error(`nobody gets in after a jump of ${by}: ${after.text.slice(0, 200)}`);
  seeLeap(world, by, tally, report);
  if (by < 0) return;
  // Set right again: the process goes on by its own time, and whatever was used stays used.
  const usedAhead = codeAt(person, world.wall());
  world.jump(-by);
  await seeFault(world, -by, tally, report);
  await expectRefused(world, person, [usedAhead, used], 'usedCodesAccepted', tally, report);
  await world.restart();
  await behindRecords(world, tally, report);
  await world.pass(by + seconds(5), by / 200);
  await expectRefused(world, person, [usedAhead, used], 'usedCodesAccepted', tally, report);
}

async function expectRefused(
  world: World,
  person: Person,
  codes: readonly string[],
  figure: 'usedCodesAccepted' | 'foreignCodesAccepted',
  tally: Tally,
  report: Report,
): Promise<void> {
  for (const code of codes) {
    const page = await logInWith(world, person, code);
    if (page.path !== '/') continue;
    tally[figure]++;
    report(`${figure}: at ${world.elapsed() / minutes(1)} min`);
  }
}

/** T25: a leap that is over within the minute unlocks nobody's wait, and ends nobody's session. */
export async function waitThrough(world: World, by: number, tally: Tally, report: Report): Promise<void> {
  const [person, other] = [await addMember(world, 'ann'), await addMember(world, 'ben')];
  const session = world.stage.step.browser();
  await logInWith(world, other, codeAt(other, world.truth()), session);
  for (let n = 0; n < 10; n++) await logInWith(world, person, world.stage.step.wrongCode(person));
  world.jump(by);
  for (let n = 0; n < 5; n++) {
    await world.pass(seconds(10));
    const page = await logInWith(world, person, codeAt(person, world.truth()));
    if (page.path === '/') {
      tally.waitsCutShort++;
      report(`a leap of ${by / minutes(1)} min cut a wait short`);
    }
  }
  world.jump(-by);
  await world.pass(minutes(1));
  if (!(await isIn(session))) throw new Error('a leap of less than a minute ended a session');
  if ((await world.health()) !== 200) throw new Error('not ready although the clock is right again');
}
