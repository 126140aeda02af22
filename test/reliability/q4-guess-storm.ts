/** Q4, D5, D6: a thousand wrong codes at once, from two hundred networks, in fifty logins, over three nodes. */
import pg from 'pg';
import { enLogin } from '../../src/web/messages/en-login.ts';
import { openSite, type Site } from '../nodes/site.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { startPostgres } from '../support/postgres.ts';
import { buildIfOld } from '../support/program.ts';
import type { Person } from '../support/scene.ts';
import { type Figures, type Mode, mustBeZero, type Report } from './figures.ts';
import { sizeOf } from './size.ts';

export const name = 'Q4 guess storm';

const SIZES = {
  short: { rounds: 1, guesses: 1_000, logins: 50, addresses: 200, withinMs: 60_000 },
  long: { rounds: 100, guesses: 1_000, logins: 50, addresses: 200, withinMs: 840_000 },
} as const;
type Size = Readonly<Record<keyof (typeof SIZES)['short'], number>>;
/** D6: after the tenth wrong one in a row nothing is compared for a while. */
const LIMIT = 10;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  const size: Size = sizeOf<Size>(SIZES, mode, ['rounds', 'withinMs']);
  const postgres = await startPostgres();
  try {
    const database = await postgres.freshDatabase();
    await using site = await openSite({ database, env: { TRUSTED_PROXIES: '127.0.0.1' } });
    const account = await site.addAccount({ name: 'Meridian', mandates: ['totp'] });
    const sum = { rounds: 0, guesses: 0, mostEvaluated: 0, busy: 0 };
    const zeros = { overLimit: 0, rightOneTaken: 0, counterWrong: 0, faults: 0, sessions: 0 };
    const until = performance.now() + size.withinMs;
    for (let round = 0; round < size.rounds && performance.now() < until; round++) {
      const email = `ann${round}@meridian.example`;
      const person = await site.addPerson({ email, method: 'totp', in: [{ account }] });
      const storm = await guess(site, person, size);
      sum.rounds += 1;
      sum.guesses += size.guesses;
      sum.busy += storm.busy;
      sum.mostEvaluated = Math.max(sum.mostEvaluated, storm.evaluated);
      zeros.overLimit += Math.max(0, storm.evaluated - LIMIT);
      zeros.faults += storm.faults;
      zeros.rightOneTaken += storm.rightOneTaken;
      zeros.counterWrong += (await counterOf(database, person)) === LIMIT ? 0 : 1;
      zeros.sessions += (await site.rows(`select id from sessions where user_id = '${person.id}'`)).length;
      report(`round ${round + 1}: ${JSON.stringify(storm)}`);
    }
    const figures = { ...sum, ...zeros };
    mustBeZero(figures, ...Object.keys(zeros));
    return figures;
  } finally {
    await postgres.stop();
  }
}

const addressOf = (n: number) => `203.0.113.${n}`;

async function guess(site: Site, person: Person, { guesses, logins, addresses }: Size) {
  const browsers: HttpBrowser[] = [];
  for (let n = 0; n < logins; n += 4) {
    const four = Array.from({ length: Math.min(4, logins - n) }, async (_, k) => {
      const browser = site.browser({ 'x-forwarded-for': addressOf((n + k) % addresses) });
      const { location } = await browser.post('/login', { email: person.email, password: person.password });
      if (location !== '/login/code') throw new Error(`the password led to ${location}`);
      return browser;
    });
    browsers.push(...(await Promise.all(four)));
  }
  const code = site.wrongCode(person);
  const post = (n: number, typed: string) =>
    (browsers[n % logins] as HttpBrowser).post(
      '/login/code',
      { code: typed },
      { 'x-forwarded-for': addressOf(n % addresses) },
    );
  const answers = await Promise.all(Array.from({ length: guesses }, (_, n) => post(n, code)));
  const right = await post(7, site.appCode(person));
  return {
    evaluated: answers.filter(isEvaluated).length,
    toldToWait: answers.filter(isTold).length,
    // Shed before anything was counted or compared, with Retry-After.
    busy: answers.filter((a) => a.status === 503).length,
    faults: answers.filter((a) => a.status !== 422 && a.status !== 503).length,
    rightOneTaken: right.status === 422 && isTold(right) ? 0 : 1,
  };
}

/** The words before the time that is left to wait. */
const WAIT = enLogin.code.appFaults
  .wait({ triesLeft: null, time: '§', ahead: false, support: '' })
  .split('§')[0] as string;
const isTold = (answer: Answer) => answer.status === 422 && answer.text.includes(WAIT);
const isEvaluated = (answer: Answer) => answer.status === 422 && !answer.text.includes(WAIT);

/** Over a connection of its own, to be sure that it is committed. */
async function counterOf(database: string, { authenticatorId }: Person): Promise<number | undefined> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    const { rows } = await client.query<{ wrong: number }>('select wrong from counters where key = $1', [
      `code:${authenticatorId}`,
    ]);
    return rows[0]?.wrong;
  } finally {
    await client.end();
  }
}
