/** S3: how long it takes until a deed on one node is felt on every one. */
import type { Site } from '../nodes/site.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import type { Person } from '../support/scene.ts';
import { type Figures, percentile, type Report } from './figures.ts';

/** The owner's code counts as fresh for five minutes (T4). */
const ALL_WITHIN_MS = 240_000;

interface FeltCast {
  readonly site: Site;
  /** In Studio, which mandates on and off, without an authenticator. */
  readonly admin: Person;
  /** In Harbour, which mandates. */
  readonly owner: Person;
  readonly member: Person;
  readonly memberId: string;
}

/** @returns the figures of `rounds` ended sessions, mandates switched on "now", and revoked passes. */
export async function measureFelt(site: Site, rounds: number, report: Report): Promise<Figures> {
  const cast = await makeFeltCast(site);
  const owner = site.browser();
  await site.logIn(owner, cast.owner);
  const took = { sessionEnd: [] as number[], mandate: [] as number[], pass: [] as number[] };
  const until = performance.now() + ALL_WITHIN_MS;
  for (let round = 0; round < rounds && performance.now() < until; round++) {
    took.sessionEnd.push(await endSession(cast));
    took.mandate.push(await switchMandate(cast));
    took.pass.push(await revokePass(cast, owner));
  }
  const p100 = (values: number[]) => Math.ceil(percentile(values, 1));
  const figures = {
    feltRounds: took.pass.length,
    sessionEndP100Ms: p100(took.sessionEnd),
    mandateP100Ms: p100(took.mandate),
    passP100Ms: p100(took.pass),
  };
  report(`felt on all nodes: ${JSON.stringify(figures)}`);
  return figures;
}

async function makeFeltCast(site: Site): Promise<FeltCast> {
  const studio = await site.addAccount({ name: 'Studio', plan: 'enterprise' });
  const harbour = await site.addAccount({ name: 'Harbour', mandates: ['totp'] });
  const admin = await site.addPerson({
    email: 'admin@studio.example',
    in: [{ account: studio, role: 'admin' }],
  });
  const owner = await site.addPerson({
    email: 'owner@harbour.example',
    method: 'totp',
    in: [{ account: harbour, role: 'owner' }],
  });
  const member = await site.addPerson({
    email: 'member@harbour.example',
    method: 'totp',
    in: [{ account: harbour }],
  });
  const [row] = await site.rows<{ id: string }>(`select id from memberships where user_id = '${member.id}'`);
  return { site, admin, owner, member, memberId: row?.id ?? '' };
}

async function endSession({ site, admin }: FeltCast): Promise<number> {
  const browser = site.browser();
  await site.password(browser, admin);
  const cookie = cookiesOf(browser);
  return felt(site, { path: '/', cookie, in: 200 }, async () => {
    const { status } = await browser.post('/logout', {});
    if (status !== 303) throw new Error(`not logged out: ${status}`);
  });
}

async function switchMandate({ site, admin }: FeltCast): Promise<number> {
  const browser = site.browser();
  await site.password(browser, admin);
  const view = { path: '/accounts/studio/people', cookie: cookiesOf(browser), in: 200 };
  const ms = await felt(site, view, () => site.mandate('studio', ['totp'], 'now'));
  await site.mandate('studio', null);
  return ms;
}

async function revokePass({ site, member, memberId }: FeltCast, owner: HttpBrowser): Promise<number> {
  const shown = await owner.post(`/accounts/harbour/people/${memberId}/pass`, { reason: 'met in person' });
  const code = /\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/.exec(shown.text)?.[0];
  if (code === undefined) throw new Error(`no pass: ${shown.status} ${shown.text}`);
  const browser = site.browser();
  await site.password(browser, member);
  const answer = await browser.post('/login/recovery-code', { code });
  if (answer.location !== '/') throw new Error(`the pass opened nothing: ${answer.status} ${answer.text}`);
  const [pass] = await site.rows<{ id: string }>(
    `select id from passes where user_id = '${member.id}' and ended_at is null`,
  );
  return felt(site, { path: '/', cookie: cookiesOf(browser), in: 200 }, async () => {
    const { status } = await owner.post(`/accounts/harbour/passes/${pass?.id}/revoke`, {});
    if (status !== 303) throw new Error(`not revoked: ${status}`);
  });
}

const cookiesOf = (browser: HttpBrowser) =>
  browser
    .cookies()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');

interface View {
  readonly path: string;
  readonly cookie: string;
  /** The status of who is in. */
  readonly in: number;
}

/**
 * Every node is asked again and again, before the deed as well, so that none is surprised by the first request.
 * @returns how long after the answer to the deed the last node has stopped to let them in, for good.
 */
async function felt(site: Site, view: View, deed: () => Promise<void>): Promise<number> {
  let [done, doneAt] = [false, 0];
  const asks = site.nodes.map((node) => async () => {
    const answer = await node.fetch(view.path, { headers: { cookie: view.cookie } });
    await answer.arrayBuffer();
    return answer.status;
  });
  for (const status of await Promise.all(asks.map((ask) => ask()))) {
    if (status !== view.in) throw new Error(`not in on ${view.path}: ${status}`);
  }
  const watches = asks.map(async (ask) => {
    let last = 0;
    for (let refusals = 0; refusals < 3; ) {
      if ((await ask()) === view.in) [last, refusals] = [performance.now(), 0];
      else if (done) refusals += 1;
    }
    return last;
  });
  await deed();
  [done, doneAt] = [true, performance.now()];
  return Math.max(0, ...(await Promise.all(watches)).map((last) => last - doneAt));
}
