/** What the clients of Q1 do, again and again, over as many lives of the program as it takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { appOn, cookieOf, submit } from '../support/pages.ts';
import type { Person } from '../support/scene.ts';
import type { Desk } from './q1-desk.ts';
import { codeOf, type SentCode } from './q1-ledger.ts';
import type { Owner } from './q1-people.ts';

export type Job = (desk: Desk) => Promise<void>;

/** Nobody's turn: no request, and none that counts. */
const pause = async ({ opened }: Desk): Promise<void> => {
  await opened();
  await sleep(20);
};

export function logInAndOut(turn: () => Person | null): Job {
  return async (desk) => {
    const person = turn();
    const browser = desk.browser();
    if (person === null || !(await desk.again(() => typePassword(browser, person)))) return pause(desk);
    const step = desk.steps.next(person);
    if (step === null) return pause(desk);
    const sent: SentCode = { kind: 'app', person, code: codeOf(person, step), step };
    const answer = await sendCode(desk, sent, () => browser.post('/login/code', { code: sent.code }));
    if (!hasSession(answer, browser)) return;
    desk.claims().admitted.push(sent);
    const { sessions, loggedOut } = desk.claims();
    if (sessions.length <= loggedOut.length) {
      sessions.push(browser);
      return;
    }
    const old = browser.copy();
    const out = await desk.once(() => browser.post('/logout', {}));
    if (out.status === 303) desk.claims().loggedOut.push(old);
  };
}

export function useBackupCode(turn: () => Person | null): Job {
  return async (desk) => {
    const person = turn();
    const browser = desk.browser();
    if (person === null || person.codes.length === 0) return pause(desk);
    if (!(await desk.again(() => typePassword(browser, person)))) return pause(desk);
    const code = person.codes.pop() ?? '';
    const sent: SentCode = { kind: 'backup', person, code, step: 0 };
    const answer = await sendCode(desk, sent, () => browser.post('/login/recovery-code', { code }));
    if (answer.location !== '/login/recovered') return;
    desk.claims().admitted.push(sent);
    const done = await desk.once(() => browser.post('/login/recovered', { choice: 'continue' }));
    if (hasSession(done, browser)) desk.claims().sessions.push(browser);
  };
}

/** Somebody who does not give up: over as many lives of the program as it takes. */
export function setUp(turn: () => Person | null): Job {
  return async (desk) => {
    const person = turn();
    const browser = desk.browser();
    if (person === null || !(await desk.again(() => typePassword(browser, person)))) return pause(desk);
    const code = await desk.again(() => mailedCode(desk, person));
    await desk.again(() => browser.post('/login/email-code', { code }));
    const page = await desk.again(() => submit(browser, '/login/set-up', { method: 'totp' }));
    if (page.path !== '/login/set-up/app') return;
    const enrolled = { ...person, app: appOn(page) };
    const step = desk.steps.next(enrolled) ?? 0;
    const confirmed = await desk.again(() =>
      browser.post('/login/set-up/app', { code: codeOf(enrolled, step) }),
    );
    if (confirmed.location !== '/login/backup-codes') return;
    desk.claims().enrolled.push(enrolled);
    const done = await desk.once(() => browser.post('/login/backup-codes', { saved: 'yes' }));
    if (hasSession(done, browser)) desk.claims().sessions.push(browser);
  };
}

/** A pass handed over, used and revoked; the session under it must be over from then on. */
export function giveAndRevoke({ owner, slug, members }: Owner, n: number): Job {
  let session: { browser: HttpBrowser; since: number } | null = null;
  let turn = n;
  return async (desk) => {
    // T4: whoever grants has proven their own authenticator within five minutes.
    if (session === null || Date.now() - session.since > 240_000) {
      const since = Date.now();
      const browser = desk.browser();
      if (!(await desk.again(() => typePassword(browser, owner)))) return pause(desk);
      const step = desk.steps.next(owner);
      if (step === null) return pause(desk);
      const answer = await desk.again(() => browser.post('/login/code', { code: codeOf(owner, step) }));
      if (!hasSession(answer, browser)) return pause(desk);
      session = { browser, since };
    }
    const member = members[turn++ % members.length];
    const done = member !== undefined && (await giveOne(desk, session.browser, slug, member));
    if (!done) session = null;
  };
}

/** @returns whether the owner's session did what it was asked. */
async function giveOne(
  desk: Desk,
  owner: HttpBrowser,
  slug: string,
  { person, membershipId }: Owner['members'][number],
): Promise<boolean> {
  const grant = () =>
    owner.post(`/accounts/${slug}/people/${membershipId}/pass`, { reason: 'met in person' });
  const code = /\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/.exec((await desk.again(grant)).text)?.[0];
  if (code === undefined) return false;
  const browser = desk.browser();
  if (!(await desk.again(() => typePassword(browser, person)))) return true;
  const home = await desk.again(() => browser.post('/login/recovery-code', { code }));
  if (!hasSession(home, browser)) return true;
  const passes = (await desk.again(() => owner.get(`/accounts/${slug}/passes`))).body;
  const passId = /passes\/([0-9a-f]{32})\/revoke/.exec(passes)?.[1];
  if (passId === undefined) return true;
  const answer = await desk.again(() => owner.post(`/accounts/${slug}/passes/${passId}/revoke`, {}));
  // 404: the one before has ended it, and only its answer was lost.
  if (answer.status === 303 || answer.status === 404) desk.claims().revoked.push({ passId, browser });
  return true;
}

export async function typePassword(browser: HttpBrowser, person: Person): Promise<boolean> {
  const answer = await browser.post('/login', { email: person.email, password: person.password });
  return answer.status === 303;
}

export async function enter(
  browser: HttpBrowser,
  person: Person,
  kind: SentCode['kind'],
  code: string,
): Promise<'admitted' | 'refused' | 'not_asked'> {
  if (!(await typePassword(browser, person))) return 'not_asked';
  const path = kind === 'app' ? '/login/code' : '/login/recovery-code';
  // Taken is taken, also where backup codes have to be saved before there is a session (E5).
  return (await browser.post(path, { code })).status === 303 ? 'admitted' : 'refused';
}

const hasSession = (answer: Answer, browser: HttpBrowser): boolean =>
  answer.status === 303 && cookieOf(browser, 'session') !== undefined;

/** Sent once: until there is an answer, nobody knows. */
async function sendCode(desk: Desk, code: SentCode, send: () => Promise<Answer>): Promise<Answer> {
  return desk.once(async () => {
    const { inDoubt } = desk.claims();
    inDoubt.push(code);
    const answer = await send();
    inDoubt.splice(inDoubt.indexOf(code), 1);
    return answer;
  });
}

/** Six digits from the development inbox, as soon as they are there. */
async function mailedCode({ origin }: Pick<Desk, 'origin'>, person: Person): Promise<string> {
  for (let turn = 0; turn < 200; turn++) {
    const messages = (await (await fetch(`${origin}/dev/inbox.json`)).json()) as {
      to: string;
      text: string;
    }[];
    const code = /\b\d{6}\b/.exec(messages.find(({ to }) => to === person.email)?.text ?? '')?.[0];
    if (code !== undefined) return code;
    await sleep(20);
  }
  throw new Error(`no code came to ${person.email}`);
}
