/** What each deed is cut short by: a crash, after which a new process starts, and a write that the disk refuses. */
import { type Image, putImage, WriteFailed, watchWrites, withDatabase } from '../support/crash.ts';
import type { Stage } from '../support/crash-stage.ts';
import { difference } from '../support/crash-state.ts';
import type { Answer } from '../support/http-browser.ts';
import { cookieOf } from '../support/pages.ts';
import type { Flow } from './q10-cast.ts';
import { inspect, isLookedAt, type Play, type Recording, stateIn } from './q10-play.ts';

/** A process starts on what the crash left, and the person, who got no answer, sends the form again. */
export async function crashAt(play: Play, flow: Flow, recording: Recording, image: Image): Promise<void> {
  play.tally.images++;
  await using stage = await play.open(image);
  const found = inspect(play, flow.name);
  const isOld = difference(recording.old, found) === null;
  const isDone = difference(found, recording.done) === null;
  if (flow.outbox !== undefined) {
    // On the old state nothing was posted yet, and nobody was told that anything was.
    if (!isOld) await seeMessage(play, flow, stage);
    return;
  }
  const browser = flow.browser.copy();
  if (!isOld && !isDone && flow.between !== undefined) return await flow.between(stage.step, browser);
  if (!isOld && !isDone) {
    play.tally.between++;
    const [before, after] = [difference(recording.old, found), difference(found, recording.done)];
    return play.report(`${flow.name}: between: ${before} / ${after}`);
  }
  play.bytes.restart(isOld ? flow.name : `${flow.name}, again`);
  const answer = await flow.send(browser);
  const changed = difference(recording.done, inspect(play, `${flow.name}, sent again`));
  const asBefore = isOld ? answer.status === recording.answer.status : answer.status < 500;
  if (!asBefore || (changed !== null && !(isDone && flow.repeatable))) {
    play.tally.notRetried++;
    play.report(`${flow.name}, sent again on ${isOld ? 'old' : 'new'}: ${answer.status}, ${changed}`);
  }
  await flow.afterwards?.(stage.step, play.clock);
  expectQuiet(stage, flow);
}

/** The disk refuses one write; the process lives on, and the person tries again. */
export async function failAt(play: Play, flow: Flow, recording: Recording, n: number): Promise<void> {
  play.tally.failPoints++;
  await using stage = await play.open(play.base);
  const browser = flow.browser.copy();
  const what = `${flow.name}, write ${n} fails (${recording.statements[n]?.slice(0, 60)})`;
  const answer = await sendFailing(play, flow, stage, browser, n);
  const found = inspect(play, what);
  if (flow.outbox !== undefined) return await seeMessage(play, flow, stage);
  const isOld = difference(recording.old, found) === null;
  const isDone = difference(found, recording.done) === null;
  const told = answer.status >= 500;
  if (told && cookieOf(browser, 'session') !== cookieOf(flow.browser, 'session')) {
    play.tally.sessionsByFault++;
    play.report(`${what}: a session came with ${answer.status}`);
  }
  if (flow.between !== undefined && !isOld && !isDone) return await flow.between(stage.step, browser);
  if (told ? !isOld : !isDone) {
    play.tally.between++;
    const changed = difference(told ? recording.old : recording.done, found);
    return play.report(`${what}: ${answer.status}, ${changed}`);
  }
  if (!told) return;
  play.bytes.restart(flow.name);
  const again = await flow.send(browser);
  const changed = difference(recording.done, stateIn(play.path));
  if (again.status === recording.answer.status && changed === null) return;
  play.tally.notRetried++;
  play.report(`${what}, sent again: ${again.status}, ${changed}`);
}

async function sendFailing(
  play: Play,
  flow: Flow,
  stage: Stage,
  browser: Flow['browser'],
  n: number,
): Promise<Answer> {
  let left = n;
  using _ = watchWrites({
    before(sql) {
      if (isLookedAt(flow, sql) && left-- === 0) throw new WriteFailed();
    },
  });
  play.bytes.restart(flow.name);
  const answer = await flow.send(browser);
  await stage.step.sent();
  return answer;
}

/** Never lost, and erased in the end: a notice comes at least once, a code at most once. */
async function seeMessage(play: Play, flow: Flow, stage: Stage): Promise<void> {
  // Whoever claimed it is dead: after a minute it may be claimed again.
  play.clock.advance(61_000);
  await stage.step.sent();
  const [posted] = await stage.step.rows<{ sent_at: number | null; failed_at: number | null }>(
    'select sent_at, failed_at from outbox order by created_at desc, id desc limit 1',
  );
  const before = `${play.path}.base`;
  putImage(before, play.base);
  const came = countInbox(play.path) - countInbox(before);
  const settled = posted !== undefined && (posted.sent_at !== null || posted.failed_at !== null);
  if (settled && (flow.outbox === 'code' ? came <= 1 : came >= 1)) return;
  play.tally.notRetried++;
  play.report(`${flow.name}: came ${came} times, ${JSON.stringify(posted)}`);
}

const countInbox = (path: string): number =>
  Number(withDatabase(path, (database) => database.prepare('select count(*) as n from inbox').get())?.n);

/** A process that merely starts after a crash logs no error. */
function expectQuiet(stage: Stage, flow: Flow): void {
  const errors = stage.log.filter((line) => /"level":(50|60)/.test(line));
  if (errors.length > 0) throw new Error(`${flow.name}: ${errors.join('\n').slice(0, 2_000)}`);
}
