/**
 * A disk without room, by `PRAGMA max_page_count` on the server's own connection: SQLite then refuses every page
 * more with SQLITE_FULL, the error that it makes of ENOSPC.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createClock, type TestClock } from '../support/clock.ts';
import { expectWhole, withDatabase } from '../support/crash.ts';
import { createBytes, openStage, type Stage } from '../support/crash-stage.ts';
import { difference, type State, stateOf } from '../support/crash-state.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { cookieOf, submit } from '../support/pages.ts';
import { freePort } from '../support/program.ts';
import type { Person } from '../support/scene.ts';
import { type Report, seededRandom } from './figures.ts';

export interface FullDisk {
  fullDisks: number;
  refusedForWantOfRoom: number;
  acknowledgedMeanwhile: number;
  sessionsByRefusal: number;
  leftByRefusal: number;
  acknowledgedLost: number;
  readsRefused: number;
  notRecovered: number;
}

const EVERY_PAGE = 4_294_967_294;
const DEEDS_AT_LEAST = 4;
const DEEDS_AT_MOST = 40;

export async function fillDisks(folder: string, disks: number, report: Report): Promise<FullDisk> {
  const path = join(folder, 'full.db');
  const clock = createClock();
  await using stage = await openStage({
    path,
    port: await freePort(),
    clock,
    bytes: createBytes(),
    key: randomBytes(32).toString('base64'),
    env: { TRUSTED_PROXIES: '127.0.0.1' },
  });
  const figures: FullDisk = {
    fullDisks: 0,
    refusedForWantOfRoom: 0,
    acknowledgedMeanwhile: 0,
    sessionsByRefusal: 0,
    leftByRefusal: 0,
    acknowledgedLost: 0,
    readsRefused: 0,
    notRecovered: 0,
  };
  const play = await setScene({ stage, path, clock, figures, report });
  const random = seededRandom(2);
  for (let disk = 0; disk < disks; disk++) {
    figures.fullDisks++;
    await leaveRoom(stage, Math.floor(random() * 4));
    await useUntilFull(play, random);
    await leaveRoom(stage, EVERY_PAGE);
    await recover(play);
  }
  withDatabase(path, expectWhole);
  report(`${disks} full disks: ${figures.refusedForWantOfRoom} deeds refused, none half done`);
  return figures;
}

interface Play {
  readonly stage: Stage;
  readonly path: string;
  readonly clock: TestClock;
  readonly figures: FullDisk;
  readonly report: Report;
  readonly people: readonly Person[];
  /** Somebody who has been logged in all the time. */
  readonly reader: HttpBrowser;
  /** Browsers whose log-in was acknowledged. */
  readonly admitted: HttpBrowser[];
  turn: number;
}

async function setScene(given: Omit<Play, 'people' | 'reader' | 'admitted' | 'turn'>): Promise<Play> {
  const { step } = given.stage;
  const account = await step.addAccount({ name: 'Meridian', mandates: ['totp'] });
  const people: Person[] = [];
  for (let n = 0; n < 10; n++) {
    people.push(await step.addPerson({ email: `p${n}@meridian.example`, method: 'totp', in: [{ account }] }));
  }
  const play = { ...given, people, reader: step.browser(), admitted: [], turn: 0 };
  const reader = people[0] as Person;
  if ((await logIn(play, play.reader, reader)).path !== '/') throw new Error('nobody could log in');
  return play;
}

/** As many pages more as told; no number lower than what is used already is taken. */
async function leaveRoom({ app }: Stage, pages: number): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(app.ctx.db);
  const most = pages === EVERY_PAGE ? EVERY_PAGE : (rows[0]?.page_count ?? 0) + pages;
  await sql.raw(`pragma max_page_count = ${most}`).execute(app.ctx.db);
}

/** One deed after the other, each compared with what lay on the disk before it. */
async function useUntilFull(play: Play, random: () => number): Promise<void> {
  let refused = 0;
  for (let n = 0; n < DEEDS_AT_MOST && refused < DEEDS_AT_LEAST; n++) {
    const before = stateIn(play);
    const browser = play.stage.step.browser(network(play));
    const answer = random() < 0.6 ? await signUp(play, browser) : await logInOnce(play, browser);
    if (answer.status < 500) {
      play.figures.acknowledgedMeanwhile++;
      if (cookieOf(browser, 'session') !== undefined) play.admitted.push(browser);
      continue;
    }
    refused++;
    play.figures.refusedForWantOfRoom++;
    if (cookieOf(browser, 'session') !== undefined) play.figures.sessionsByRefusal++;
    const left = answer.path === '/login/code' ? null : difference(before, stateIn(play));
    if (left !== null) {
      play.figures.leftByRefusal++;
      play.report(`${answer.path} ${answer.status} left ${left}`);
    }
    if ((await play.reader.get('/')).status !== 200) play.figures.readsRefused++;
  }
  if (refused === 0) throw new Error('the disk was never full');
}

/** There is room again: nobody does anything, and the next one gets in. */
async function recover(play: Play): Promise<void> {
  const { stage, figures, report } = play;
  const browser = stage.step.browser(network(play));
  const page = await logInOnce(play, browser);
  if (page.path !== '/') {
    figures.notRecovered++;
    report(`with room again: ${page.status} at ${page.path}: ${page.text.slice(0, 200)}`);
  } else play.admitted.push(browser);
  // Messages whose sending could not be noted are claimed again once the claim is over.
  play.clock.advance(61_000);
  await stage.step.sent();
  const waiting = await stage.step.rows('select id from outbox where sent_at is null and failed_at is null');
  if (waiting.length > 0) figures.notRecovered++;
  for (const admitted of play.admitted.splice(0)) {
    if ((await admitted.get('/')).status !== 200) figures.acknowledgedLost++;
  }
}

const stateIn = ({ path }: Play): State => withDatabase(path, stateOf);

/** Each from a network of its own: tries that were cut short stay counted (D5, D7). */
const network = (play: Play) => ({
  'x-forwarded-for': `10.1.${Math.floor(++play.turn / 250)}.${play.turn % 250}`,
});

function signUp(play: Play, browser: HttpBrowser): Promise<Answer> {
  const fields = {
    name: 'Eve',
    email: `eve${play.turn}@new.example`,
    password: 'four brown horses over a wall',
    account: 'North Light',
  };
  return browser.post('/sign-up', fields);
}

function logInOnce(play: Play, browser: HttpBrowser): Promise<Answer> {
  const person = play.people[play.turn % play.people.length] as Person;
  return logIn(play, browser, person);
}

async function logIn({ clock }: Pick<Play, 'clock'>, browser: HttpBrowser, person: Person): Promise<Answer> {
  // A code that was not used yet.
  clock.advance(30_000);
  const page = await submit(browser, '/login', { email: person.email, password: person.password });
  if (page.path !== '/login/code') return page;
  return submit(browser, '/login/code', { code: person.app?.codeAt(clock.now()) ?? '' });
}
