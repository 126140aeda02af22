/** What the account's side and somebody locked out do, a verb each. */
import { expect } from 'vitest';
import { admit, readSession } from '../../src/flows/admit.ts';
import { operateGrant } from '../../src/flows/operate.ts';
import type { Method, Role } from '../../src/rules/facts.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { finish, proveMailbox, setUpApp } from '../journeys/steps.ts';
import { hours } from '../support/clock.ts';
import { cookieOf, type Door, openDoor, type Person, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';

export interface Cast {
  door: Door;
  meridian: AccountRow;
  /** Without a mandate. */
  crestline: AccountRow;
  /** Mandates as well. */
  harbour: AccountRow;
  olivia: Person;
  adam: Person;
  /** In all three; trusted by both that mandate, as long as a test does not say otherwise. */
  sam: Person;
}

/** Meridian with its owner and an admin, and Sam, who is in two more accounts. */
export async function openCast(
  over: { samIn?: 'all' | 'meridian'; method?: Method } = {},
): Promise<Cast & AsyncDisposable> {
  const door = await openDoor();
  const both = ['totp', 'sms'] as const;
  // Idle as long as a session may last, so that a test of the pass meets no other limit.
  const long = { session_idle_ms: hours(24) };
  const meridian = await door.addAccount({ name: 'Meridian', mandates: both, ...long });
  const crestline = await door.addAccount({ name: 'Crestline', ...long });
  const harbour = await door.addAccount({ name: 'Harbour', mandates: both, ...long });
  const [olivia, adam] = [
    await addMember(door, meridian, 'olivia', 'owner'),
    await addMember(door, meridian, 'adam', 'admin'),
  ];
  await addMember(door, harbour, 'harriet', 'owner');
  const sam = await door.addPerson({
    email: 'sam@people.example',
    name: 'Sam Rivera',
    method: over.method ?? 'totp',
    in: [meridian, ...(over.samIn === 'all' ? [crestline, harbour] : [])].map((account) => ({ account })),
  });
  const dispose = () => door.close();
  return { door, meridian, crestline, harbour, olivia, adam, sam, [Symbol.asyncDispose]: dispose };
}

let counted = 0;
/** Somebody set up with an app in one account. */
export function addMember(
  door: Door,
  account: AccountRow,
  name = `p${++counted}`,
  role: Role = 'member',
): Promise<Person> {
  return door.addPerson({
    email: `${name}@${account.slug}.example`,
    name: name.slice(0, 1).toUpperCase() + name.slice(1),
    method: 'totp',
    in: [{ account, role }],
  });
}

/** A browser with a session that has just proven the phone. */
export async function loggedIn(door: Door, person: Person, slug?: string): Promise<HttpBrowser> {
  const browser = door.browser();
  await passwordInto(browser, person, slug);
  const typed = person.app === null ? await door.code(person.phone ?? '') : door.appCode(person);
  const home = await submit(browser, '/login/code', { code: typed });
  expect(home.path).toBe('/');
  return browser;
}

/** Types the password at the log-in page of an account. */
export function passwordInto(browser: HttpBrowser, person: Person, slug?: string): Promise<Answer> {
  const { email, password } = person;
  return submit(browser, slug === undefined ? '/login' : `/login?account=${slug}`, { email, password });
}

export async function memberOf(door: Door, person: Person, slug = 'meridian'): Promise<string> {
  const [row] = await door.rows<{ id: string }>(
    `select m.id from memberships m join accounts a on a.id = m.account_id
     where a.slug = '${slug}' and m.user_id = '${person.id}'`,
  );
  if (row === undefined) throw new Error(`${person.name} is not in ${slug}`);
  return row.id;
}

/** What each account believes of a person: the authenticator's id, or `never` or `forgotten`. */
export async function trusts(door: Door, person: Person): Promise<Record<string, string>> {
  const rows = await door.rows<{ slug: string; trust: string; authenticator_id: string | null }>(
    `select slug, trust, authenticator_id from memberships join accounts on accounts.id = account_id
     where user_id = '${person.id}'`,
  );
  return Object.fromEntries(rows.map((m) => [m.slug, m.authenticator_id ?? m.trust]));
}

export const authenticators = (door: Door, person: Person) =>
  door.rows<{ id: string; kind: Method }>(
    `select id, kind from authenticators where user_id = '${person.id}' order by confirmed_at, id`,
  );

/** From "I can't use any of these" to the page that may ask. */
export async function readyToAsk(
  door: Door,
  person: Person,
  slug?: string,
  browser = door.browser(),
): Promise<{ browser: HttpBrowser; page: Answer }> {
  await passwordInto(browser, person, slug);
  expect((await submit(browser, '/login/pass', { action: 'want' })).path).toBe('/login/email-code');
  const page = await proveMailbox(door, browser, person.email);
  expect(page.path).toBe('/login/pass');
  return { browser, page };
}

export interface Asked {
  browser: HttpBrowser;
  page: Answer;
  id: string;
  number: string;
  at: number;
}

/** Asks for a pass; the browser waits. */
export async function ask(door: Door, person: Person, slug = 'meridian'): Promise<Asked> {
  const { browser } = await readyToAsk(door, person, slug);
  const page = await submit(browser, '/login/pass', { action: 'ask', account: slug });
  const [row] = await door.rows<{ id: string; number: string; created_at: number }>(
    `select id, number, created_at from pass_requests where user_id = '${person.id}' and answer is null
     order by created_at desc, id desc limit 1`,
  );
  if (row === undefined) throw new Error(`nothing was asked: ${page.text}`);
  return { browser, page, id: row.id, number: row.number, at: row.created_at };
}

export const grantRequest = (
  admin: HttpBrowser,
  asked: Pick<Asked, 'id' | 'number'>,
  reason = 'I know the voice',
  slug = 'meridian',
): Promise<Answer> =>
  admin.post(`/accounts/${slug}/passes/requests/${asked.id}`, {
    action: 'grant',
    number: asked.number,
    reason,
  });

export const wrongNumber = ({ number }: Pick<Asked, 'number'>): string => (number === '10' ? '11' : '10');

export const goOnWithPass = (browser: HttpBrowser): Promise<Answer> =>
  submit(browser, '/login/pass', { action: 'continue' });

/** Asked for, granted, gone on with: the member's browser is in. */
export async function onAskedPass(
  door: Door,
  person: Person,
  admin: Person,
  slug = 'meridian',
): Promise<HttpBrowser> {
  const by = await loggedIn(door, admin, slug);
  const asked = await ask(door, person, slug);
  expect((await grantRequest(by, asked, undefined, slug)).location).toBe(
    `/accounts/${slug}/passes?done=granted`,
  );
  expect((await goOnWithPass(asked.browser)).path).toBe('/');
  return asked.browser;
}

export const PASS_CODE = /\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/;

/** An admin gives a pass from the member's row. @returns the code that is shown once. */
export async function handOver(
  door: Door,
  admin: HttpBrowser,
  person: Person,
  slug = 'meridian',
  reason = 'met in person',
): Promise<string> {
  const member = await memberOf(door, person, slug);
  const shown = await admin.post(`/accounts/${slug}/people/${member}/pass`, { reason });
  expect(shown.status, shown.text).toBe(200);
  const code = PASS_CODE.exec(shown.text)?.[0];
  if (code === undefined) throw new Error(`no code on ${shown.text}`);
  return code;
}

/** The operator's pass, where it does not matter who granted it. */
export async function operatorPass(
  door: Door,
  person: Person,
  slug = 'meridian',
): Promise<{ code: string; id: string }> {
  const granted = await operateGrant(
    door.ctx,
    { name: 'root' },
    { slug, email: person.email, reason: 'rang the operator' },
  );
  if (granted.result !== 'granted' || granted.code === null) throw new Error(granted.result);
  return { code: granted.code, id: granted.passId };
}

/** Password, then the code that was handed over. */
export async function typePassCode(
  browser: HttpBrowser,
  person: Person,
  code: string,
  slug?: string,
): Promise<Answer> {
  await passwordInto(browser, person, slug);
  return submit(browser, '/login/recovery-code', { code });
}

export async function onPass(
  door: Door,
  person: Person,
  slug = 'meridian',
  browser = door.browser(),
): Promise<{ browser: HttpBrowser; passId: string }> {
  const { code, id } = await operatorPass(door, person, slug);
  expect((await typePassCode(browser, person, code, slug)).path).toBe('/');
  return { browser, passId: id };
}

export interface PassRow {
  id: string;
  granted_at: number;
  ends_at: number;
  activated_at: number | null;
  ended_at: number | null;
  ended_by: string | null;
  code_hash: string | null;
  cookie_hash: string | null;
  right_until: number | null;
  right_spent_at: number | null;
}

export const passesOf = (door: Door, person: Person) =>
  door.rows<PassRow>(`select * from passes where user_id = '${person.id}' order by granted_at, id`);

/** Mailbox, app, codes: from the page that asks for the mailbox to Finish. */
export async function setUpAnew(door: Door, browser: HttpBrowser, person: Person): Promise<Answer> {
  expect((await proveMailbox(door, browser, person.email)).path).toBe('/login/set-up');
  const { app } = await setUpApp(door, browser);
  const page = await finish(browser);
  expect(page.path).toBe('/');
  person.app = app;
  person.phone = null;
  // The confirming code is the first that cannot be used again.
  door.clock.advance(30_000);
  return page;
}

/** D3's answer for each account, for the session of this browser; `signed_out` everywhere if it has none. */
export async function admissions(door: Door, browser: HttpBrowser): Promise<Record<string, string>> {
  const sessionToken = cookieOf(browser, 'session') ?? null;
  const visitor = {
    sessionToken,
    loginToken: null,
    knownToken: null,
    passTokens: [],
    network: '',
    browser: '',
  };
  const session = await readSession(door.ctx, visitor);
  const slugs = await door.rows<{ slug: string }>('select slug from accounts order by slug');
  return Object.fromEntries(
    slugs.map(({ slug }) => {
      const answer = admit(door.ctx, session, slug);
      return [slug, answer.answer === 'admitted' ? answer.by : answer.answer];
    }),
  );
}
