/** Q9: a pass is as long as it was granted for, whatever the clock says meanwhile. */
import { operateGrant } from '../../src/flows/operate.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { submit } from '../support/pages.ts';
import type { Report } from './figures.ts';
import { behindRecords, seeFault, type Tally } from './q9-tally.ts';
import { addMember, codeAt, hours, isIn, logInWith, minutes, seconds, type World } from './q9-world.ts';

const DAY = hours(24);

/** A pass granted now, used an hour later, so that the session's own 24 hours end after the pass. */
async function startPass(world: World): Promise<{ browser: HttpBrowser; grantedAt: number }> {
  const person = await addMember(world, 'ann');
  const { step } = world.stage;
  const given = { slug: 'meridian', email: person.email, reason: 'rang the operator' };
  const granted = await operateGrant(step.ctx, { name: 'root' }, given);
  if (granted.result !== 'granted' || granted.code === null) throw new Error(granted.result);
  const grantedAt = world.elapsed();
  await world.pass(hours(1), minutes(10));
  const browser = step.browser();
  await step.password(browser, person);
  const home = await submit(browser, '/login/recovery-code', { code: granted.code });
  if (home.path !== '/') throw new Error(`the pass did not open: ${home.path} ${home.text.slice(0, 200)}`);
  return { browser, grantedAt };
}

/** The clock leaps at a moment of the pass, and stays there. */
export async function passThrough(
  world: World,
  by: number,
  at: number,
  tally: Tally,
  report: Report,
): Promise<void> {
  const { browser, grantedAt } = await startPass(world);
  const age = () => world.elapsed() - grantedAt;
  await world.pass(at - age(), minutes(10));
  if (!(await isIn(browser))) throw new Error('the pass ended before anything happened');
  world.jump(by);
  await seeFault(world, by, tally, report);
  await world.pass(minutes(2));
  const lastIn = await lastAdmitted(world, browser, age);
  if (lastIn > DAY + minutes(1)) {
    tally.passesTooLong++;
    report(`a jump of ${by / minutes(1)} min: in after ${lastIn / minutes(1)} min`);
  }
  tally.longestPassMinutes = Math.max(tally.longestPassMinutes, lastIn / minutes(1));
}

/** Looks in until well after the end. @returns the age at which it last opened. */
async function lastAdmitted(world: World, browser: HttpBrowser, age: () => number): Promise<number> {
  let last = 0;
  const look = async () => {
    if (await isIn(browser)) last = age();
  };
  for (const until of [DAY - minutes(10), DAY + minutes(5), DAY + hours(3)]) {
    const step = until === DAY + minutes(5) ? seconds(30) : minutes(30);
    while (age() < until) {
      await look();
      await world.pass(Math.min(step, until - age()), minutes(10));
    }
  }
  await look();
  return last;
}

/** Stopped, set back, started again: nothing is served until the clock has reached what is on record. */
export async function restartWith(
  world: World,
  by: number,
  at: number,
  tally: Tally,
  report: Report,
): Promise<void> {
  const { browser, grantedAt } = await startPass(world);
  const age = () => world.elapsed() - grantedAt;
  await world.pass(at - age(), minutes(10));
  // Something is recorded just before the end, as on any day.
  const other = await addMember(world, 'ben');
  await logInWith(world, other, codeAt(other, world.truth()));
  world.jump(by);
  await world.restart(seconds(1));
  tally.restarts++;
  const stopped = age();
  await behindRecords(world, tally, report);
  const probe = { restart: stopped, servedFrom: null as number | null };
  for (const step = Math.max(seconds(30), -by / 100); age() < stopped - by - seconds(2); ) {
    const [answer, wall] = [await browser.get('/'), world.wall()];
    if (answer.status !== 503) {
      tally.servedBehindRecords++;
      report(`served ${answer.status} at ${new Date(wall).toISOString()}`);
    }
    await world.pass(Math.min(step, stopped - by - age()), step);
  }
  await world.pass(seconds(10));
  probe.servedFrom = age();
  if ((await world.health()) !== 200) throw new Error('not ready although the clock has caught up');
  let last = stopped;
  while (age() < DAY - by + minutes(5)) {
    if (await isIn(browser)) last = age();
    await world.pass(minutes(age() > DAY - by - minutes(10) ? 0.5 : 30), minutes(30));
  }
  if (await isIn(browser)) throw new Error('the pass never ended');
  const inUse = last <= stopped ? stopped : stopped + (last - probe.servedFrom);
  tally.longestPassOverRestartMinutes = Math.max(
    tally.longestPassOverRestartMinutes,
    Math.round(last / minutes(1)),
  );
  tally.longestUseOverRestartMinutes = Math.max(
    tally.longestUseOverRestartMinutes,
    Math.round(inUse / minutes(1)),
  );
  if (inUse > DAY + minutes(1)) tally.passesTooLong++;
}
