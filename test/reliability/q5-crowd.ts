/** People who log in at a steady pace, whatever becomes of those before them, and what became of each. */
import { createHttpBrowser, type HttpBrowser } from '../support/http-browser.ts';
import { submit } from '../support/pages.ts';
import type { Person } from '../support/scene.ts';
import type { SmsGateway } from '../support/sms-gateway.ts';
import type { People } from './q5-people.ts';

export interface LoggedIn {
  readonly kind: 'app' | 'backup' | 'text';
  /** What the carriers did when it began. */
  readonly phase: string;
  readonly startedAt: number;
  readonly tookMs: number;
  /** `in`: to the end. `not_sent`, `unsure`: a text that the page says did not go, or may be on its way. */
  readonly result: 'in' | 'not_sent' | 'unsure' | 'failed';
  /** Of a text: until the page after the password. */
  readonly answerMs?: number;
  /** Admitted by a wrong code: never. */
  readonly open?: boolean;
  readonly why?: string;
}

/** Half of them by text message. */
const TURNS = ['app', 'text', 'backup', 'text'] as const;
/** A crowd that is not answered does not grow for ever. */
const MOST_AT_ONCE = 500;
/** At the tenth code new ones would be shown, and that is another page. */
const CODES_USED = 7;
const STEP_MS = 30_000;

export interface Crowd {
  readonly seen: LoggedIn[];
  phase: string;
  leave(): Promise<void>;
}

export function comeSteadily(
  url: string,
  people: People,
  gateways: readonly SmsGateway[],
  perSecond: number,
): Crowd {
  const underWay = new Set<Promise<void>>();
  const next = { app: 0, backup: 0, text: 0 };
  const usedSteps = new Map<string, number>();
  let turn = 0;
  const crowd: Crowd = {
    seen: [],
    phase: 'start',
    async leave() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };

  const timer = setInterval(() => {
    if (underWay.size >= MOST_AT_ONCE) return;
    const kind = TURNS[turn++ % TURNS.length] ?? 'app';
    const one = arrive(kind).finally(() => underWay.delete(one));
    underWay.add(one);
  }, 1_000 / perSecond);

  async function arrive(kind: LoggedIn['kind']): Promise<void> {
    const n = next[kind]++;
    const { phase } = crowd;
    const startedAt = performance.now();
    const headers = { 'x-forwarded-for': `10.${n & 255}.${(n >> 8) & 255}.${turn & 127}` };
    const browser = createHttpBrowser(url, { headers });
    const end = (rest: Pick<LoggedIn, 'result'> & Partial<LoggedIn>) =>
      crowd.seen.push({ kind, phase, startedAt, tookMs: performance.now() - startedAt, ...rest });
    try {
      end(await LOG_INS[kind](browser, n));
    } catch (error) {
      end({ result: 'failed', why: error instanceof Error ? error.message : String(error) });
    }
  }

  const LOG_INS = {
    async app(browser: HttpBrowser, n: number) {
      const who = people.apps[n % people.apps.length] as Person;
      // Each step of an app is taken once (R09): whoever comes again too soon is not asked for.
      const step = Math.floor(Date.now() / STEP_MS);
      if ((usedSteps.get(who.email) ?? 0) >= step) return { result: 'in' as const, why: 'too soon' };
      usedSteps.set(who.email, step);
      await password(browser, who);
      return landed(await submit(browser, '/login/code', { code: who.app?.codeAt(Date.now()) ?? '' }));
    },
    async backup(browser: HttpBrowser, n: number) {
      const who = people.backups[n % people.backups.length] as Person;
      const code = who.codes[Math.floor(n / people.backups.length)];
      if (code === undefined || Math.floor(n / people.backups.length) >= CODES_USED)
        return { result: 'in' as const, why: 'no codes left' };
      await password(browser, who);
      await submit(browser, '/login/recovery-code', { code });
      return landed(await submit(browser, '/login/recovered', { choice: 'continue' }));
    },
    text: (browser: HttpBrowser, n: number) =>
      byText(browser, people.texts[n % people.texts.length] as Person),
  };

  async function byText(
    browser: HttpBrowser,
    who: Person,
  ): Promise<Pick<LoggedIn, 'result'> & Partial<LoggedIn>> {
    const before = performance.now();
    const page = await password(browser, who);
    const answerMs = performance.now() - before;
    if (page.text.includes('could not be sent')) {
      const wrong = await submit(browser, '/login/code', { code: '000000' });
      return { result: 'not_sent', answerMs, open: wrong.path === '/' };
    }
    // Ids sort by posting: who came before may have been served by the other carrier then.
    const text = gateways
      .map((g) => g.taken.findLast(({ to }) => to === who.phone))
      .filter((m) => m !== undefined)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .at(-1);
    if (page.text.includes('may be on its way')) return { result: 'unsure', answerMs };
    const code = text?.text.slice(0, 6) ?? '';
    return { ...landed(await submit(browser, '/login/code', { code })), answerMs };
  }

  return crowd;
}

const password = (browser: HttpBrowser, who: Person) =>
  submit(browser, '/login', { email: who.email, password: who.password });

function landed({ path, status, text }: { path: string; status: number; text: string }) {
  if (path === '/' && status === 200) return { result: 'in' as const };
  return { result: 'failed' as const, why: `${status} ${path}: ${text.slice(0, 200)}` };
}
