/** Q9: a pass is as long as it was granted for, whatever the clock says meanwhile. */
import { operateGrant } from '../../src/flows/operate.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { submit } from '../support/pages.ts';
import type { Person } from '../support/scene.ts';
import type { Report } from './figures.ts';
import { behindRecords, seeFault, seeLeap, type Tally } from './q9-tally.ts';
import { addMember, codeAt, hours, isIn, logInWith, minutes, seconds, type World } from './q9-world.ts';

const DAY = hours(24);

async function grant(world: World, person: Person): Promise<string> {
  const given = { slug: 'meridian', email: person.email, reason: 'rang the operator' };
  const granted = await operateGrant(world.stage.step.ctx, { name: 'root' }, given);
  if (granted.result !== 'granted' || granted.code === null) throw new Error(granted.result);
  return granted.code;
}

async function typePassCode(world: World, person: Person, code: string, browser: HttpBrowser) {
  await world.stage.step.password(browser, person);
  return submit(browser, '/login/recovery-code', { code });
}

/** A pass granted now, used an hour later, so that the session's own 24 hours end after the pass. */
async function startPass(world: World): Promise<{ browser: HttpBrowser; grantedAt: number }> {
  const person = await addMember(world, 'ann');
  const code = await grant(world, person);
  const grantedAt = world.elapsed();
  await world.pass(hours(1), minutes(10));
  const browser = world.stage.step.browser();
  const home = await typePassCode(world, person, code, browser);
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
  seeLeap(world, by, tally, report);
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

/** What happened before the end of the process, and how its clock becomes right again. */
export interface Restart {
  /** Something was recorded just before the end, or nothing for hours. */
  readonly recorded: boolean;
  /** The clock is set right, and the process started once more; or it reaches by itself what is on record. */
  readonly mended: boolean;
}

/**
 * Stopped, set back, started again: nobody is served until the clock has reached what is on record, and then no pass
 * that was granted before opens anything, in use or not.
 */
export async function restartWith(
  world: World,
  by: number,
  at: number,
  { recorded, mended }: Restart,
  tally: Tally,
  report: Report,
): Promise<void> {
  const { browser, grantedAt } = await startPass(world);
  const other = await addMember(world, 'ben');
  const unused = await grant(world, other);
  const age = () => world.elapsed() - grantedAt;
  await world.pass(at - age(), minutes(10));
  if (recorded) await logInWith(world, other, codeAt(other, world.truth()));
  if (!(await isIn(browser))) throw new Error('the pass ended before anything happened');
  world.jump(by);
  await world.restart(seconds(1));
  tally.restarts++;
  let last = age();
  await behindRecords(world, tally, report);
  if (mended) {
    world.jump(-by);
    await world.restart(seconds(1));
  } else await waitUntilServed(world, browser, by, tally, report);
  if ((await world.health()) !== 200) throw new Error('not ready although the clock is right');
  const page = await typePassCode(world, other, unused, world.stage.step.browser());
  if (page.path === '/') tally.codesOpenAfterSetBack++;
  if (await isIn(browser)) tally.passesLeftAfterSetBack++;
  while (age() < DAY - by + minutes(5)) {
    if (await isIn(browser)) last = age();
    await world.pass(minutes(age() > DAY - by - minutes(10) ? 0.5 : 30), minutes(30));
  }
  if (await isIn(browser)) throw new Error('the pass never ended');
  tally.longestPassOverRestartMinutes = Math.max(
    tally.longestPassOverRestartMinutes,
    Math.round(last / minutes(1)),
  );
  if (last <= DAY + minutes(1)) return;
  tally.passesTooLong++;
  report(`stopped, set back by ${-by / minutes(1)} min, started: in after ${last / minutes(1)} min`);
}

/** Time goes by until the clock has reached what is on record. */
async function waitUntilServed(
  world: World,
  browser: HttpBrowser,
  by: number,
  tally: Tally,
  report: Report,
): Promise<void> {
  const until = world.elapsed() - by;
  for (const step = Math.max(seconds(30), -by / 100); world.elapsed() < until - minutes(1); ) {
    const [answer, wall] = [await browser.get('/'), world.wall()];
    if (answer.status !== 503) {
      tally.servedBehindRecords++;
      report(`served ${answer.status} at ${new Date(wall).toISOString()}`);
    }
    await world.pass(Math.min(step, until - minutes(1) - world.elapsed()), step);
  }
  await world.pass(minutes(1) + seconds(10));
}
