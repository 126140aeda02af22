/** Everything that works once, and how fifty get hold of it at the same moment. */
import { codeHmac } from '../../src/credentials/one-time-code.ts';
import { operateGrant } from '../../src/flows/operate.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import type { Site } from '../nodes/site.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { appOn, submit } from '../support/pages.ts';
import type { Person } from '../support/scene.ts';

export interface Stage {
  readonly site: Site;
  readonly account: AccountRow;
  readonly owner: { readonly browser: HttpBrowser };
  /** A number that no other round has. */
  readonly round: number;
  readonly clients: number;
  /** How many logins the clients share, where a thing does not belong to one login. */
  readonly logins: number;
}

export interface Attempt {
  /** One client's try. */
  readonly tries: readonly (() => Promise<Answer>)[];
  /** How many were let through, by their answers and by what the database says. */
  readonly admitted: (answers: readonly Answer[]) => Promise<number>;
}

export const STRONG = 'four brown horses over a wall';

const sessionsIn = async (answers: readonly Answer[]) =>
  answers.filter((a) => a.setCookies.some((line) => /^session=[^;]/.test(line))).length;
const withStatus = (status: number) => async (answers: readonly Answer[]) =>
  answers.filter((a) => a.status === status).length;

const all = (clients: number, deed: (n: number) => Promise<Answer>) =>
  Array.from({ length: clients }, (_, n) => () => deed(n));

let visits = 0;
/** From a network of their own each: D7 counts by network too. */
export function arrive(site: Site): HttpBrowser {
  visits += 1;
  return site.browser({
    'x-forwarded-for': `10.${(visits >> 16) & 255}.${(visits >> 8) & 255}.${visits & 255}`,
  });
}

async function member(stage: Stage, method?: 'totp' | 'sms'): Promise<Person> {
  const { site, account, round } = stage;
  visits += 1;
  return site.addPerson({
    email: `r${round}v${visits}@meridian.example`,
    phone: `+1415555${String(1000 + (visits % 9000))}`,
    in: [{ account }],
    ...(method === undefined ? {} : { method }),
  });
}

async function passwordOf(site: Site, person: Person, browser = arrive(site)): Promise<HttpBrowser> {
  const { email, password } = person;
  const answer = await browser.post('/login', { email, password });
  if (answer.status !== 303) throw new Error(`the password was not taken: ${answer.status} ${answer.text}`);
  return browser;
}

/** Browsers of people who know the password. Few at once: of more for one address some would wait (D7). */
async function loginsOf(stage: Stage, person: Person, before?: string): Promise<HttpBrowser[]> {
  const logins: HttpBrowser[] = [];
  while (logins.length < stage.logins) {
    const four = Array.from({ length: Math.min(4, stage.logins - logins.length) }, async () => {
      const browser = arrive(stage.site);
      if (before !== undefined) await browser.post(before, {});
      return passwordOf(stage.site, person, browser);
    });
    logins.push(...(await Promise.all(four)));
  }
  return spread(stage, logins);
}

const spread = (stage: Stage, logins: readonly HttpBrowser[]): HttpBrowser[] =>
  Array.from({ length: stage.clients }, (_, n) => (logins[n % logins.length] as HttpBrowser).copy());

const at = (browsers: readonly HttpBrowser[], n: number) => browsers[n] as HttpBrowser;

async function copiesOfLogin(stage: Stage, person: Person): Promise<HttpBrowser[]> {
  return spread(stage, [await passwordOf(stage.site, person)]);
}

/** D6 mails ten codes a day and address: beyond that they are written here, as if the mailbox had been read. */
async function giveEachMailboxCode(site: Site, person: Person): Promise<string> {
  const code = '424242';
  const waiting = await site.rows<{ id: string; login_id: string }>(
    `select id, login_id from challenges
     where purpose = 'mailbox' and spent_at is null and user_id = '${person.id}'`,
  );
  for (const { id, login_id: loginId } of waiting) {
    const binding = { purpose: 'mailbox:', loginId, userId: person.id, code };
    const hmac = codeHmac(site.ctx.keys, binding);
    await site.ctx.db
      .updateTable('challenges')
      .set({ code_hmac: hmac, unsent: null })
      .where('id', '=', id)
      .execute();
  }
  return code;
}

async function countOf(site: Site, query: string): Promise<number> {
  return (await site.rows(query)).length;
}

async function totp(stage: Stage): Promise<Attempt> {
  const person = await member(stage, 'totp');
  const browsers = await loginsOf(stage, person);
  const code = stage.site.appCode(person);
  return {
    tries: all(stage.clients, (n) => at(browsers, n).post('/login/code', { code })),
    admitted: sessionsIn,
  };
}

async function textCode(stage: Stage): Promise<Attempt> {
  const person = await member(stage, 'sms');
  const browsers = await copiesOfLogin(stage, person);
  const code = await stage.site.code(person.phone ?? '');
  return {
    tries: all(stage.clients, (n) => at(browsers, n).post('/login/code', { code })),
    admitted: sessionsIn,
  };
}

async function backupCode(stage: Stage): Promise<Attempt> {
  const person = await member(stage, 'totp');
  const browsers = await loginsOf(stage, person);
  const code = person.codes[0] ?? '';
  return {
    tries: all(stage.clients, (n) => at(browsers, n).post('/login/recovery-code', { code })),
    admitted: async () => {
      const evidence = `select e.id from evidence e join logins l on l.id = e.login_id
        where e.kind = 'backup_code' and l.user_id = '${person.id}'`;
      return countOf(stage.site, evidence);
    },
  };
}

async function mailedCode(stage: Stage): Promise<Attempt> {
  visits += 1;
  const email = `new${stage.round}v${visits}@people.example`;
  const browser = arrive(stage.site);
  await submit(browser, '/sign-up', { name: 'Eve Moon', email, password: STRONG, account: `Moon ${visits}` });
  const code = await stage.site.code(email);
  return {
    tries: all(stage.clients, () => browser.copy().post('/login/email-code', { code })),
    admitted: sessionsIn,
  };
}

async function resetLink(stage: Stage): Promise<Attempt> {
  const person = await member(stage, 'totp');
  await submit(arrive(stage.site), '/forgot-password', { email: person.email });
  const link = await stage.site.link(person.email);
  return {
    tries: all(stage.clients, (n) => arrive(stage.site).post(link, { password: `${STRONG} number ${n}` })),
    admitted: withStatus(303),
  };
}

async function invitation(stage: Stage): Promise<Attempt> {
  const { site } = stage;
  visits += 1;
  const person = await site.addPerson({ email: `guest${stage.round}v${visits}@people.example` });
  const account = await site.addAccount({ name: `Guests ${visits}` });
  const browsers = await loginsOf(stage, person, await site.invite(account, person.email));
  const code = await giveEachMailboxCode(site, person);
  return {
    tries: all(stage.clients, (n) => at(browsers, n).post('/login/email-code', { code })),
    admitted: () =>
      countOf(
        site,
        `select id from audit_events where kind = 'invitation.accepted' and account_id = '${account.id}'`,
      ),
  };
}

async function notMe(stage: Stage): Promise<Attempt> {
  const person = await member(stage, 'totp');
  const browser = await passwordOf(stage.site, person);
  await submit(browser, '/login/recovery-code', { code: person.codes[0] ?? '' });
  const link = await stage.site.link(person.email);
  return {
    tries: all(stage.clients, () => arrive(stage.site).post(link, {})),
    admitted: withStatus(200),
  };
}

async function handedOverPass(stage: Stage): Promise<Attempt> {
  const person = await member(stage, 'totp');
  const by = { slug: 'meridian', email: person.email, reason: 'rang the operator' };
  const granted = await operateGrant(stage.site.ctx, { name: 'root' }, by);
  if (granted.result !== 'granted' || granted.code === null) throw new Error(granted.result);
  const { code } = granted;
  const browsers = await loginsOf(stage, person);
  return {
    tries: all(stage.clients, (n) => at(browsers, n).post('/login/recovery-code', { code })),
    admitted: sessionsIn,
  };
}

async function askedForPass(stage: Stage): Promise<Attempt> {
  const { site } = stage;
  const person = await member(stage, 'totp');
  const browser = await passwordOf(site, person);
  await submit(browser, '/login/pass', { action: 'want' });
  await submit(browser, '/login/email-code', { code: await site.code(person.email) });
  await submit(browser, '/login/pass', { action: 'ask', account: 'meridian' });
  const [asked] = await site.rows<{ id: string; number: string }>(
    `select id, number from pass_requests where user_id = '${person.id}'`,
  );
  const path = `/accounts/meridian/passes/requests/${asked?.id}`;
  const reason = 'I know the voice';
  const given = await stage.owner.browser.post(path, {
    action: 'grant',
    number: asked?.number ?? '',
    reason,
  });
  if (!given.location?.endsWith('done=granted'))
    throw new Error(`not granted: ${given.status} ${given.text}`);
  return {
    tries: all(stage.clients, () => browser.copy().post('/login/pass', { action: 'continue' })),
    admitted: sessionsIn,
  };
}

async function enrollment(stage: Stage): Promise<Attempt> {
  const { site } = stage;
  const person = await member(stage);
  const browser = await passwordOf(site, person);
  await submit(browser, '/login/email-code', { code: await site.code(person.email) });
  const app = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
  const code = app.codeAt(Date.now());
  return {
    tries: all(stage.clients, () => browser.copy().post('/login/set-up/app', { code })),
    admitted: () =>
      countOf(
        site,
        `select id from audit_events where kind = 'authenticator.enrolled'
         and coalesce(user_id, actor_id) = '${person.id}'`,
      ),
  };
}

export const THINGS: Readonly<Record<string, (stage: Stage) => Promise<Attempt>>> = {
  totp,
  textCode,
  backupCode,
  mailedCode,
  resetLink,
  invitation,
  notMe,
  handedOverPass,
  askedForPass,
  enrollment,
};
