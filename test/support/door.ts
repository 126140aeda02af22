/**
 * A whole Sallyport for one test: real HTTP over a real database file, with a clock that the test moves, the
 * development inbox, and every log line kept. `await using door = await openDoor()` closes it again, and fails the
 * test if anything was logged as an error.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash, verify } from '@node-rs/argon2';
import { sql } from 'kysely';
import { pino } from 'pino';
import { inject } from 'vitest';
import { type Config, readConfig } from '../../src/config.ts';
import { formatBackupCode, newBackupCodes } from '../../src/credentials/backup-code.ts';
import { createHasher, type Hasher } from '../../src/credentials/password.ts';
import { seal } from '../../src/credentials/sealed-secret.ts';
import { newTotpSecret, otpauthAddress } from '../../src/credentials/totp.ts';
import { type Context, id } from '../../src/flows/context.ts';
import { DEMO_MARK, DEMO_PASSWORD, describeDemo } from '../../src/flows/demo-data.ts';
import { makeInvitation } from '../../src/flows/invite.ts';
import { newMembership, slugOf } from '../../src/flows/new-account.ts';
import { applyMandate } from '../../src/flows/set-mandate.ts';
import { type App, wire } from '../../src/main.ts';
import { DEFAULT_LIMITS } from '../../src/rules/admission.ts';
import type { Method, Role } from '../../src/rules/facts.ts';
import {
  type AccountRow,
  findAccountBySlug,
  insertAccount,
  insertMembership,
  setTrust,
} from '../../src/store/accounts.ts';
import { insertAuthenticator, replaceBackupCodes } from '../../src/store/authenticators.ts';
import { type Db, inTransaction, isPostgresUrl, migrate, openDatabase } from '../../src/store/database.ts';
import { isPostgres } from '../../src/store/dialect.ts';
import { writeMeta } from '../../src/store/meta.ts';
import { findUserByEmail, insertUser, type UserRow } from '../../src/store/users.ts';
import { type AuthenticatorApp, appFromAddress } from './authenticator-app.ts';
import { createClock, days, type TestClock } from './clock.ts';
import {
  type Answer,
  createHttpBrowser,
  type Fields,
  type Headers,
  type HttpBrowser,
} from './http-browser.ts';
import { createInbox, type Inbox, type ReceivedMessage } from './inbox.ts';
import { emptyDatabase, freshDatabaseOn } from './postgres.ts';

export const PASSWORD = DEMO_PASSWORD;
/** Theo's, in the demo; also that of anybody who gave none. */
const PHONE = '+14155550132';

export interface DoorOptions {
  /** The demo's people: Olivia, Theo, Nina, Sam, and Iris's invitation. */
  demo?: boolean;
  /** `false`: as in production, with mail to nowhere. No test that sends anything may ask for it. */
  dev?: boolean;
  /** Such as `https://login.example.test`: what a proxy in front would speak. */
  url?: string;
  /** Cheap by default; `createHasher()` where the work itself is looked at. */
  hasher?: Hasher;
  /** Believe `X-Forwarded-For` of this machine, so that a test can come from many networks. */
  proxied?: boolean;
}

/** Somebody with everything a test may need to play them. */
export interface Person {
  id: string;
  email: string;
  name: string;
  password: string;
  app: AuthenticatorApp | null;
  phone: string | null;
  /** Backup codes not used yet, as they were shown. */
  codes: string[];
  authenticatorId: string | null;
}

export interface NewPerson {
  email: string;
  name?: string;
  password?: string;
  method?: Method;
  phone?: string;
  in?: readonly { account: AccountRow; role?: Role; trust?: 'authenticator' | 'never' | 'forgotten' }[];
}

export interface LogLine {
  level: number;
  msg: string;
  err?: { message: string; stack: string };
  [key: string]: unknown;
}

export interface Door extends AsyncDisposable {
  readonly app: App;
  readonly ctx: Context;
  /** As people see it. */
  readonly url: string;
  readonly port: number;
  readonly clock: TestClock;
  readonly inbox: Inbox;
  readonly log: readonly LogLine[];
  /** Somebody's own browser, with nothing in it. */
  browser(headers?: Headers): HttpBrowser;
  addAccount(
    account: {
      name: string;
      mandates?: readonly Method[];
      from?: 'now' | 'next_login';
    } & Partial<AccountRow>,
  ): Promise<AccountRow>;
  addPerson(person: NewPerson): Promise<Person>;
  /** One of the demo's people, by first name. */
  demoPerson(name: 'olivia' | 'theo' | 'nina' | 'sam'): Promise<Person>;
  account(slug: string): Promise<AccountRow>;
  /** Makes an invitation. @returns its path. */
  invite(account: AccountRow, email: string, role?: Role): Promise<string>;
  /** Switches a mandate as the operator does. */
  mandate(slug: string, methods: readonly Method[] | null, from?: 'now' | 'next_login'): Promise<void>;
  /** Once everything posted so far is out. */
  sent(): Promise<void>;
  /** The newest message to somebody, once everything is out. */
  newest(to: string): Promise<ReceivedMessage>;
  /** How many messages came to somebody, or whose subject fits. */
  count(to: string, subject?: RegExp): Promise<number>;
  /** The six digits of the newest message. */
  code(to: string): Promise<string>;
  /** Path and query of the link in the newest message, or in the newest whose subject fits. */
  link(to: string, subject?: RegExp): Promise<string>;
  /** A code of their app that was not used yet: moves the clock on where it must. */
  appCode(person: Person): string;
  /** Six digits that no step near this moment has. */
  wrongCode(person: Person): string;
  /** Types the password. @returns the page that follows. */
  password(browser: HttpBrowser, person: Person): Promise<Answer>;
  /** Logs in to the very end, with a code if one is asked. @returns the page where they land. */
  logIn(browser: HttpBrowser, person: Person): Promise<Answer>;
  /** All of the database, table by table, but what any request may touch: counts, audit, times of last use. */
  digest(options?: { without?: readonly string[] }): Promise<Record<string, string>>;
  rows<T = Record<string, unknown>>(query: string): Promise<T[]>;
  close(): Promise<void>;
}

const KEY = randomBytes(32).toString('base64');

/** A database used again has tables already, which the demo would refuse as somebody else's. */
async function markAsDemo(url: string): Promise<void> {
  if (!isPostgresUrl(url)) return;
  const db = openDatabase(url);
  await migrate(db);
  await writeMeta(db, DEMO_MARK, 'made by a test');
  await db.destroy();
}

/** In the order they were written: what PostgreSQL has for it is right as long as rows are only added. */
const inWordsOf = (db: Db, query: string) => (isPostgres(db) ? query.replace(/\browid\b/g, 'ctid') : query);

/** Those of doors that are closed: a new database costs a fifth of a second, an emptied one next to nothing. */
const freeDatabases: string[] = [];

interface TestDatabase {
  readonly url: string;
  remove(): Promise<void>;
}

/** An empty database: a file of its own, or where the run is over PostgreSQL one on the server of that run. */
async function freshDatabase(): Promise<TestDatabase> {
  const server = inject('postgres');
  if (server !== '') {
    const url = freeDatabases.pop() ?? (await freshDatabaseOn(server));
    return {
      url,
      async remove() {
        await emptyDatabase(url);
        freeDatabases.push(url);
      },
    };
  }
  // In memory where that is possible: each commit is synced, and no test is about the disk.
  const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-'));
  return {
    url: `sqlite:${join(dir, 'sallyport.db')}`,
    remove: async () => rmSync(dir, { recursive: true, force: true }),
  };
}

type OnClose = 'close' | typeof Symbol.asyncDispose;

export async function openDoor(options: DoorOptions = {}): Promise<Door> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openOn(await freePort(), options);
    } catch (error) {
      // Another test's server took the port in between.
      if (attempt === 5 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'))
        throw error;
    }
  }
}

async function openOn(port: number, options: DoorOptions): Promise<Door> {
  const { demo = false, dev = true, hasher = quickHasher, proxied = false } = options;
  const database = await freshDatabase();
  const clock = createClock();
  const log: LogLine[] = [];
  const config: Config = {
    ...readConfig(
      {
        PORT: String(port),
        DATABASE_URL: database.url,
        SALLYPORT_KEYS: KEY,
        SALLYPORT_SUPPORT: 'help@sallyport.example',
        ...(options.url === undefined ? {} : { SALLYPORT_URL: options.url }),
        ...(dev ? {} : { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'login@sallyport.example' }),
        ...(proxied ? { TRUSTED_PROXIES: '127.0.0.1' } : {}),
      },
      dev ? 'dev' : 'serve',
    ),
  };
  const logger = pino({ level: 'info' }, { write: (line: string) => log.push(JSON.parse(line) as LogLine) });
  if (demo) await markAsDemo(database.url);
  let app: App;
  try {
    app = await wire(config, demo ? 'demo' : 'serve', { now: clock.now, hasher, logger });
  } catch (error) {
    await database.remove();
    throw error;
  }
  try {
    await app.listen();
  } catch (error) {
    await app.close();
    await database.remove();
    throw error;
  }
  const close = async () => {
    await app.close();
    await database.remove();
    const errors = log.filter((line) => line.level >= 50);
    if (errors.length > 0) {
      throw new Error(`logged as an error: ${errors.map((e) => e.err?.stack ?? e.msg).join('\n')}`);
    }
  };
  return { ...doorOver(app, config, port, clock, log), close, [Symbol.asyncDispose]: close };
}

function doorOver(
  app: App,
  config: Config,
  port: number,
  clock: TestClock,
  log: LogLine[],
): Omit<Door, OnClose> {
  const { ctx } = app;
  const origin = `http://localhost:${port}`;
  const inbox = createInbox(origin);
  const sent = () => app.outbox.drain();
  const rows = async <T>(query: string): Promise<T[]> =>
    inTransaction(ctx.db, async (tx) => (await sql.raw<T>(inWordsOf(tx, query)).execute(tx)).rows);
  const mailTo = async (to: string) => {
    await sent();
    return ctx.db.selectFrom('inbox').selectAll().where('to', '=', to).orderBy('id', 'desc').execute();
  };
  const code = async (to: string) => {
    await sent();
    return inbox.code(to);
  };
  const appCode = codesInTurn(clock);
  const password = async (browser: HttpBrowser, person: Person) =>
    submit(browser, '/login', { email: person.email, password: person.password });

  return {
    app,
    ctx,
    url: config.url,
    port,
    clock,
    inbox,
    log,
    browser(headers = {}) {
      const { host, origin: seen } = new URL(config.url);
      const proxied = config.url === origin ? {} : { host, origin: seen };
      return createHttpBrowser(origin, { now: clock.now, headers: { ...proxied, ...headers } });
    },
    ...sceneIn(ctx, rows),
    sent,
    async newest(to) {
      await sent();
      return inbox.waitFor({ to });
    },
    count: async (to, subject = /^/) => (await mailTo(to)).filter((m) => subject.test(m.subject)).length,
    code,
    async link(to, subject = /^/) {
      const text = (await mailTo(to)).find((m) => subject.test(m.subject))?.text ?? '';
      const found = text.match(/https?:\/\/[^\s<>"]*[^\s<>".,;:!?)]/g)?.at(-1);
      if (found === undefined) throw new Error(`no link like ${subject} came to ${to}: ${text}`);
      const { pathname, search } = new URL(found);
      return pathname + search;
    },
    appCode,
    wrongCode({ app: phone }) {
      const near = [-2, -1, 0, 1, 2].map((steps) => phone?.codeAt(clock.now() + steps * STEP_MS));
      return (
        ['111111', '222222', '333333', '444444', '555555', '666666'].find((c) => !near.includes(c)) ?? ''
      );
    },
    password,
    async logIn(browser, person) {
      const page = await password(browser, person);
      if (page.path !== '/login/code') return page;
      const typed = person.app === null ? await code(person.phone ?? '') : appCode(person);
      return submit(browser, '/login/code', { code: typed });
    },
    async digest({ without = [] } = {}) {
      const skipped = new Set(['audit_events', 'counters', ...without]);
      const tables = (await ctx.db.introspection.getTables()).filter((t) => !skipped.has(t.name));
      const digests: Record<string, string> = {};
      for (const { name } of tables) {
        const all = await rows<Record<string, unknown>>(`select * from "${name}" order by 1`);
        const lasting = all.map(({ last_used_at: _, ...row }) =>
          name === 'logins' ? { ...row, expires_at: null } : row,
        );
        const hash = createHash('sha256').update(JSON.stringify(lasting)).digest('hex').slice(0, 16);
        digests[name] = `${all.length} rows ${hash}`;
      }
      return digests;
    },
    rows,
  };
}

const STEP_MS = 30_000;

/** An app's codes, each once, as the server takes them: where the last one was of this half minute, the clock moves. */
function codesInTurn(clock: TestClock): Door['appCode'] {
  const used = new Map<string, number>();
  const stepNow = () => Math.floor(clock.now() / STEP_MS);
  return ({ app, name }) => {
    if (app === null) throw new Error(`${name} has no app`);
    if (stepNow() <= (used.get(app.secret) ?? 0)) clock.advance(STEP_MS);
    used.set(app.secret, stepNow());
    return app.codeAt(clock.now());
  };
}

type Scene = 'addAccount' | 'addPerson' | 'demoPerson' | 'account' | 'invite' | 'mandate';

/** Makes accounts and people straight in the database. */
function sceneIn(ctx: Context, rows: Door['rows']): Pick<Door, Scene> {
  const account = async (slug: string) => {
    const row = await findAccountBySlug(ctx.db, slug);
    if (row === null) throw new Error(`there is no account ${slug}`);
    return row;
  };
  return {
    account,
    async addAccount({ name, mandates, from = 'next_login', ...over }) {
      const row: AccountRow = {
        id: id(ctx),
        slug: slugOf(name),
        name,
        plan: mandates === undefined ? 'standard' : 'enterprise',
        created_at: ctx.now() - days(30),
        mandate_since: mandates === undefined ? null : ctx.now() - days(14),
        mandate_methods: (mandates ?? ['totp', 'sms']).join(','),
        mandate_from: from,
        session_max_ms: DEFAULT_LIMITS.sessionMaxMs,
        session_idle_ms: DEFAULT_LIMITS.sessionIdleMs,
        ...over,
      };
      await inTransaction(ctx.db, (tx) => insertAccount(tx, row));
      return row;
    },
    addPerson: (person) => addPerson(ctx, person),
    async demoPerson(name) {
      const email = `${name}@meridian.example`;
      const user = await findUserByEmail(ctx.db, email);
      const described = (await describeDemo(ctx)).find((p) => p.email === email);
      if (user === null || described === undefined) throw new Error(`the demo has no ${name}`);
      const [x] = await rows<{ id: string }>(`select id from authenticators where user_id = '${user.id}'`);
      return {
        id: user.id,
        email,
        name: user.name,
        password: PASSWORD,
        app: described.otpauth === null ? null : appFromAddress(described.otpauth),
        phone: name === 'theo' ? PHONE : null,
        codes: [],
        authenticatorId: x?.id ?? null,
      };
    },
    async invite(to, email, role = 'member') {
      const invitation = { account: to, email, role, inviter: null, by: { by: 'operator' } } as const;
      const url = await inTransaction(ctx.db, (tx) => makeInvitation(ctx, tx, invitation));
      ctx.wakeOutbox();
      return new URL(url).pathname;
    },
    async mandate(slug, methods, from = 'next_login') {
      const row = await account(slug);
      const change = { on: methods !== null, methods: methods ?? [], from };
      const { result } = await inTransaction(ctx.db, (tx) =>
        applyMandate(ctx, tx, row, change, { by: 'operator' }),
      );
      if (result !== 'done') throw new Error(`the mandate of ${slug} was not switched: ${result}`);
    },
  };
}

async function addPerson(ctx: Context, given: NewPerson): Promise<Person> {
  const now = ctx.now();
  const { email, name = 'Ann Example', password = PASSWORD, method } = given;
  const user: UserRow = {
    id: id(ctx),
    email,
    name,
    password_hash: await ctx.hasher.hash(password),
    password_changed_at: now - days(20),
    created_at: now - days(20),
    disabled_at: null,
  };
  const person = {
    id: user.id,
    email,
    name,
    password,
    app: null,
    phone: null,
    codes: [],
    authenticatorId: null,
  };
  const phone = method === undefined ? null : await newPhone(ctx, user, method, given.phone ?? PHONE);
  return inTransaction(ctx.db, async (tx): Promise<Person> => {
    await insertUser(tx, user);
    if (phone !== null) {
      await insertAuthenticator(tx, phone.row);
      await replaceBackupCodes(tx, phone.row.id, phone.codeRows, now - days(10));
    }
    for (const [n, { account, role = 'member', trust }] of (given.in ?? []).entries()) {
      const row = newMembership(ctx, { userId: user.id, accountId: account.id, role, active: true });
      await insertMembership(tx, { ...row, joined_at: now - days(20) + n });
      const state = trust ?? (phone === null ? 'never' : 'authenticator');
      const authenticatorId = phone?.row.id ?? '';
      await setTrust(
        tx,
        [row.id],
        state === 'authenticator' ? { state, authenticatorId } : { state },
        now - days(10),
      );
    }
    return phone === null ? person : { ...person, ...phone.of, authenticatorId: phone.row.id };
  });
}

/** An authenticator with its ten backup codes, and what its owner knows of it. */
async function newPhone(ctx: Context, user: UserRow, kind: Method, number: string) {
  const now = ctx.now();
  const row = id(ctx);
  const secret = kind === 'totp' ? newTotpSecret(ctx.random) : number;
  const codes = newBackupCodes(ctx.random, { count: 10, takenSelectors: new Set() });
  const codeRows = await Promise.all(
    codes.map(async (code) => ({
      id: id(ctx),
      authenticator_id: row,
      user_id: user.id,
      selector: code.selector,
      hash: await ctx.hasher.hash(code.secret),
      created_at: now,
      spent_at: null,
    })),
  );
  const address = () => otpauthAddress({ secret, issuer: ctx.settings.product, label: user.email });
  return {
    row: {
      id: row,
      user_id: user.id,
      kind,
      secret_sealed: seal(ctx.keys, { table: 'authenticators', row, user: user.id }, secret, ctx.random),
      last_step: null,
      confirmed_at: now - days(10),
      backup_codes_saved_at: null,
      asleep_since: null,
    },
    codeRows,
    of: {
      app: kind === 'totp' ? appFromAddress(address()) : null,
      phone: kind === 'sms' ? number : null,
      codes: codes.map(formatBackupCode),
    },
  };
}

/** Argon2id with the least there is: the same interface and the same answers, a hundred times as fast. */
const LEAST = { algorithm: 2, memoryCost: 8, timeCost: 1, parallelism: 1 } as const;
export const quickHasher: Hasher = {
  ...createHasher(),
  hash: (text) => hash(text.normalize('NFC'), LEAST),
  verify: (stored, text) => verify(stored, text.normalize('NFC')),
  async verifyDummy(text) {
    await hash(text.normalize('NFC'), LEAST);
    return false;
  },
  needsRehash: () => false,
  waiting: 0,
};

/** Sends a form and follows where it leads. */
export async function submit(
  browser: HttpBrowser,
  path: string,
  fields: Fields = {},
  headers: Headers = {},
): Promise<Answer> {
  return browser.follow(await browser.post(path, fields, headers));
}

/** The value of one cookie of a browser; `name` without its prefix. */
export function cookieOf(browser: HttpBrowser, name: string): string | undefined {
  return browser.cookies().find((c) => c.name === name || c.name === `__Host-${name}`)?.value;
}

/** The ten codes on the page, as they stand there. */
export function codesOn(page: Answer): string[] {
  const list = /<ol[^>]*id="backup-codes"[^>]*>([\s\S]*?)<\/ol>/.exec(page.body)?.[1] ?? '';
  return [...list.matchAll(/[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}/g)].map(([code]) => code);
}

/** The `otpauth:` address on the page where the app is set up. */
export function appOn(page: Answer): AuthenticatorApp {
  const found = /href="(otpauth:[^"]+)"/.exec(page.body)?.[1];
  if (found === undefined) throw new Error(`no otpauth address on ${page.path}: ${page.text}`);
  return appFromAddress(found.replaceAll('&amp;', '&'));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
