/** People who do, all at once and again and again, what must never be lost; each answer goes into the ledger. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRecoveryCode } from '../../src/credentials/backup-code.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import type { Site } from '../nodes/site.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { appOn, cookieOf } from '../support/pages.ts';
import type { Person } from '../support/scene.ts';
import type { Ledger } from './q6-ledger.ts';

const STEP_MS = 30_000;
const SLUG = 'meridian';

/** Somebody with an app: which step's code they may use next, and whether its fate is known. */
interface Coder {
  readonly person: Person;
  next: number;
}

export interface Cast {
  readonly account: AccountRow;
  /** With the browser they are logged in with, as long as their code counts as fresh (T4). */
  readonly owner: Coder & { session?: { readonly browser: HttpBrowser; readonly until: number } };
  readonly coders: Coder[];
  readonly recoverers: Person[];
  readonly newcomers: Person[];
}

export interface CastSize {
  readonly coders: number;
  readonly recoverers: number;
  readonly newcomers: number;
}

export async function makeCast(site: Site, size: CastSize): Promise<Cast> {
  const account = await site.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
  const make = async (kind: string, many: number, method?: 'totp'): Promise<Person[]> => {
    const people: Person[] = [];
    for (let n = 0; n < many; n += 10) {
      const ten = Array.from({ length: Math.min(10, many - n) }, (_, k) =>
        site.addPerson({
          email: `${kind}${n + k}@meridian.example`,
          in: [{ account, role: kind === 'owner' ? 'owner' : 'member' }],
          ...(method === undefined ? {} : { method }),
        }),
      );
      people.push(...(await Promise.all(ten)));
    }
    return people;
  };
  const coder = (person: Person): Coder => ({ person, next: 0 });
  const [owner] = (await make('owner', 1, 'totp')).map(coder);
  if (owner === undefined) throw new Error('there is no owner');
  return {
    account,
    owner,
    coders: (await make('coder', size.coders, 'totp')).map(coder),
    recoverers: await make('recoverer', size.recoverers, 'totp'),
    newcomers: await make('newcomer', size.newcomers),
  };
}

export interface Crowd {
  /** When each failure came (performance.now): an answer of 500 or above, or none at all. */
  readonly failures: readonly { readonly at: number; readonly what: string }[];
  /** Answers that should never be: a right code refused, a page out of turn. */
  readonly surprises: readonly string[];
  /** Codes that were taken, to be tried once more. */
  readonly taken: readonly { readonly coder: Coder; readonly step: number; readonly at: number }[];
  readonly answers: number;
  lastSuccessAt(): number;
  leave(): Promise<void>;
}

/** Not an answer, or one of ours that says so. Whether the deed was done nobody knows. */
class Failed extends Error {}

/** `clients` people at once, who rest for so long after each deed, until they are told to leave. */
export function gather(site: Site, cast: Cast, ledger: Ledger, clients: number, restMs = 0): Crowd {
  const failures: { at: number; what: string }[] = [];
  const surprises: string[] = [];
  const taken: { coder: Coder; step: number; at: number }[] = [];
  let [answers, lastSuccess, leaving, visits] = [0, 0, false, 0];

  async function heard(asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked.catch((error: Error) => {
      throw new Failed(error.message);
    });
    answers += 1;
    if (answer.status >= 500) throw new Failed(`${answer.status} ${answer.path}`);
    lastSuccess = performance.now();
    return answer;
  }
  /** @throws Failed, or an error for the wrong way. */
  async function led(asked: Promise<Answer>, to: string): Promise<Answer> {
    const answer = await heard(asked);
    if (answer.status !== 303 || answer.location !== to) {
      throw new Error(
        `${answer.path}: ${answer.status} ${answer.location ?? answer.text.slice(0, 200)}, not ${to}`,
      );
    }
    return answer;
  }
  /** From a network of their own each: nobody's visit counts against another's (D7). */
  const arrive = () => {
    visits += 1;
    return site.browser({
      'x-forwarded-for': `10.${(visits >> 16) & 255}.${(visits >> 8) & 255}.${visits & 255}`,
    });
  };
  const password = (browser: HttpBrowser, { email, password }: Person, to: string) =>
    led(browser.post('/login', { email, password }), to);
  const begun = (browser: HttpBrowser): string => {
    const token = cookieOf(browser, 'session') ?? '';
    ledger.add({ what: 'session_begun', token });
    return token;
  };

  async function logIn(coder: Coder, browser = arrive()): Promise<HttpBrowser> {
    const { person } = coder;
    await password(browser, person, '/login/code');
    const step = Math.max(Math.floor(Date.now() / STEP_MS), coder.next);
    // Whatever comes of it: this code is not used again.
    coder.next = step + 1;
    await led(browser.post('/login/code', { code: person.app?.codeAt(step * STEP_MS) ?? '' }), '/');
    taken.push({ coder, step, at: Date.now() });
    ledger.add({ what: 'code_spent', authenticatorId: person.authenticatorId ?? '', step });
    begun(browser);
    return browser;
  }

  async function spendCode(): Promise<void> {
    const nowStep = Math.floor(Date.now() / STEP_MS);
    // The first is the one who waits longest: whoever is taken goes to the end.
    const coder = cast.coders.shift();
    if (coder === undefined) return void (await sleep(50));
    cast.coders.push(coder);
    if (coder.next > nowStep + 1) return void (await sleep(50));
    const browser = await logIn(coder);
    const token = cookieOf(browser, 'session') ?? '';
    await led(browser.post('/logout', {}), '/login?because=logged_out');
    ledger.add({ what: 'session_ended', token });
  }

  async function spendBackupCode(): Promise<void> {
    const person = cast.recoverers.find(({ codes }) => codes.length > 3);
    if (person === undefined) return void (await sleep(50));
    cast.recoverers.push(...cast.recoverers.splice(cast.recoverers.indexOf(person), 1));
    const code = person.codes.pop() ?? '';
    const browser = arrive();
    await password(browser, person, '/login/code');
    await led(browser.post('/login/recovery-code', { code }), '/login/recovered');
    const parsed = parseRecoveryCode(code);
    const selector = parsed?.kind === 'backup' ? parsed.selector : '';
    ledger.add({ what: 'backup_code_spent', userId: person.id, selector });
    await led(browser.post('/login/recovered', { choice: 'continue' }), '/');
    begun(browser);
  }

  async function enroll(): Promise<void> {
    const person = cast.newcomers.shift();
    if (person === undefined) return spendCode();
    const browser = arrive();
    await password(browser, person, '/login/email-code');
    await led(browser.post('/login/email-code', { code: await mailedCode(site, person) }), '/login/set-up');
    await led(browser.post('/login/set-up', { method: 'totp' }), '/login/set-up/app');
    const app = appOn(await heard(browser.get('/login/set-up/app')));
    await led(browser.post('/login/set-up/app', { code: app.codeAt(Date.now()) }), '/login/backup-codes');
    ledger.add({ what: 'enrolled', userId: person.id });
    await led(browser.post('/login/backup-codes', { saved: 'yes' }), '/');
    begun(browser);
  }

  /** One at a time: who has just given a pass takes it back. */
  async function revokePass(): Promise<void> {
    if (cast.owner.session === undefined || performance.now() > cast.owner.session.until) {
      // The window allows the code after this one, and no farther.
      if (cast.owner.next > Math.floor(Date.now() / STEP_MS) + 1) return void (await sleep(200));
      cast.owner.session = { browser: await logIn(cast.owner), until: performance.now() + 240_000 };
    }
    const { browser } = cast.owner.session;
    const member = cast.recoverers[ledger.entries.length % cast.recoverers.length];
    const [row] = await site.rows<{ id: string }>(
      `select id from memberships where user_id = '${member?.id}'`,
    );
    const path = `/accounts/${SLUG}/people/${row?.id}/pass`;
    const shown = await heard(browser.post(path, { reason: 'met in person' }));
    if (shown.status !== 200) throw new Error(`no pass: ${shown.status} ${shown.text.slice(0, 300)}`);
    const [pass] = await site.rows<{ id: string }>(
      `select id from passes where user_id = '${member?.id}' order by granted_at desc, id desc limit 1`,
    );
    const revoked = `/accounts/${SLUG}/passes/${pass?.id}/revoke`;
    await led(browser.post(revoked, {}), `/accounts/${SLUG}/passes?done=revoked`);
    ledger.add({ what: 'pass_revoked', passId: pass?.id ?? '' });
  }

  async function client(n: number): Promise<void> {
    const deeds = n === 0 ? [revokePass] : DEEDS[n % DEEDS.length]?.map((deed) => deedOf[deed]);
    for (let turn = 0; !leaving; turn++) {
      try {
        await deeds?.[turn % deeds.length]?.();
        if (restMs > 0) await sleep(restMs);
      } catch (error) {
        if (error instanceof Failed || isOutage(error)) {
          failures.push({ at: performance.now(), what: (error as Error).message });
          await sleep(50);
        } else {
          surprises.push(String(error));
          if (n === 0) delete cast.owner.session;
        }
      }
    }
  }
  const deedOf = { spendCode, spendBackupCode, enroll };
  const all = Array.from({ length: clients }, (_, n) => client(n));
  return {
    failures,
    surprises,
    taken,
    get answers() {
      return answers;
    },
    lastSuccessAt: () => lastSuccess,
    async leave() {
      leaving = true;
      await Promise.all(all);
    },
  };
}

const DEEDS = [
  ['enroll', 'spendCode'],
  ['spendCode', 'spendBackupCode', 'spendCode'],
] as const;

/** This process looks into the database as well, and finds it gone like everybody. */
const isOutage = (error: unknown) => error instanceof Error && error.name === 'DatabaseBusy';

/** @throws Failed when no mail came. */
async function mailedCode(site: Site, person: Person): Promise<string> {
  const until = performance.now() + 3_000;
  while (performance.now() < until) {
    const [mail] = await site.ctx.db
      .selectFrom('inbox')
      .select('text')
      .where('to', '=', person.email)
      .orderBy('at', 'desc')
      .execute();
    const code = /(?<!\d)\d{6}(?!\d)/.exec(mail?.text ?? '')?.[0];
    if (code !== undefined) return code;
    await sleep(20);
  }
  throw new Failed('no mail came');
}
