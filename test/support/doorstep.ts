/** What a test does in front of a running Sallyport, in this process or in any number of others over one database. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Context } from '../../src/flows/context.ts';
import { type Db, inTransaction } from '../../src/store/database.ts';
import { isPostgres } from '../../src/store/dialect.ts';
import { type Answer, createHttpBrowser, type Headers, type HttpBrowser } from './http-browser.ts';
import { createInbox, type Inbox, type ReceivedMessage } from './inbox.ts';
import { submit } from './pages.ts';
import { type Person, type Scene, sceneIn } from './scene.ts';

export interface Doorstep extends Scene {
  /** Over the same database. */
  readonly ctx: Context;
  /** As people see it. */
  readonly url: string;
  readonly inbox: Inbox;
  /** Somebody's own browser, with nothing in it. */
  browser(headers?: Headers): HttpBrowser;
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
}

export interface DoorstepParts {
  readonly ctx: Context;
  /** Where it answers. */
  readonly origin: string;
  readonly now: () => number;
  /** Once everything posted so far is out. */
  readonly sent: () => Promise<void>;
  readonly appCode: Doorstep['appCode'];
}

/** In the order they were written: what PostgreSQL has for it is right as long as rows are only added. */
const inWordsOf = (db: Db, query: string) => (isPostgres(db) ? query.replace(/\browid\b/g, 'ctid') : query);

const STEP_MS = 30_000;

export function doorstepOf({ ctx, origin, now, sent, appCode }: DoorstepParts): Doorstep {
  const { url } = ctx.settings;
  const inbox = createInbox(origin);
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
  const password = async (browser: HttpBrowser, person: Person) =>
    submit(browser, '/login', { email: person.email, password: person.password });

  return {
    ctx,
    url,
    inbox,
    browser(headers = {}) {
      const { host, origin: seen } = new URL(url);
      const proxied = url === origin ? {} : { host, origin: seen };
      return createHttpBrowser(origin, { now, headers: { ...proxied, ...headers } });
    },
    ...sceneIn(ctx),
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
      const near = [-2, -1, 0, 1, 2].map((steps) => phone?.codeAt(now() + steps * STEP_MS));
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
