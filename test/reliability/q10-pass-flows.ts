/** Passes: asked for, granted, handed over, used, revoked. */
import type { HttpBrowser } from '../support/http-browser.ts';
import { submit } from '../support/pages.ts';
import type { Person } from '../support/scene.ts';
import { type Cast, expectPath, type Flow, post } from './q10-cast.ts';

const ASK = { action: 'ask', account: 'meridian' } as const;

export async function passFlows(cast: Cast): Promise<Flow[]> {
  return [...(await asking(cast)), ...(await granting(cast)), ...(await using(cast))];
}

/** Says "I can't use any of these"; the mailbox comes next. */
async function wants({ withApp, at }: Cast, name: string): Promise<{ person: Person; browser: HttpBrowser }> {
  const person = await withApp(name);
  const browser = await at(person);
  await submit(browser, '/login/pass', { action: 'want' });
  return { person, browser };
}

async function asking(cast: Cast): Promise<Flow[]> {
  const { step, account, add, at, typeMailCode } = cast;
  const harbour = await step.addAccount({ name: 'Harbour', mandates: ['totp', 'sms'] });
  await add('harriet', { method: 'totp', in: [{ account: harbour, role: 'owner' }] });
  const mia = await add('mia', { method: 'totp', in: [{ account }, { account: harbour }] });
  const atMia = await at(mia);
  await submit(atMia, '/login/pass', { action: 'want' });
  await typeMailCode(atMia, mia);
  const moe = await wants(cast, 'moe');
  return [
    { name: 'pass: ask', browser: atMia, send: post('/login/pass', ASK) },
    {
      name: 'pass: mailbox, then ask the only account',
      browser: moe.browser,
      send: post('/login/email-code', { code: await step.code(moe.person.email) }),
      // The mailbox is proven in one transaction, the account asked in another: in between the page offers "Ask".
      async between(then, browser) {
        expectPath(await browser.get('/login/pass'), '/login/pass');
        await submit(browser, '/login/pass', ASK);
        const asked = await then.rows(`select id from pass_requests where user_id = '${moe.person.id}'`);
        if (asked.length !== 1) throw new Error(`${asked.length} requests instead of one`);
      },
    },
  ];
}

async function granting(cast: Cast): Promise<Flow[]> {
  const { owner, withApp } = cast;
  const ned = await asked(cast, 'ned');
  const rex = await withApp('rex');
  return [
    { name: 'pass: grant a request', browser: owner, send: await grant(cast, ned.person) },
    { name: 'pass: hand over', browser: owner, send: await handOver(cast, rex), repeatable: true },
  ];
}

async function using(cast: Cast): Promise<Flow[]> {
  const { step, owner, withApp, at } = cast;
  const oda = await asked(cast, 'oda');
  await (await grant(cast, oda.person))(owner);
  const pia = await withApp('pia');
  const piaCode = await codeFor(cast, pia);
  const quin = await withApp('quin');
  const atQuin = await at(quin);
  expectPath(await submit(atQuin, '/login/recovery-code', { code: await codeFor(cast, quin) }), '/');
  const [pass] = await step.rows<{ id: string }>(`select id from passes where user_id = '${quin.id}'`);
  return [
    {
      name: 'pass: activate what was asked for',
      browser: oda.browser,
      send: post('/login/pass', { action: 'continue' }),
    },
    {
      name: 'pass: activate by code',
      browser: await at(pia),
      send: post('/login/recovery-code', { code: piaCode }),
    },
    {
      name: 'pass: revoke',
      browser: owner,
      send: post(`/accounts/meridian/passes/${pass?.id}/revoke`, {}),
      async afterwards() {
        if ((await atQuin.copy().get('/')).status === 200) throw new Error('a revoked pass is still good');
      },
    },
  ];
}

async function asked(cast: Cast, name: string): Promise<{ person: Person; browser: HttpBrowser }> {
  const { person, browser } = await wants(cast, name);
  await cast.typeMailCode(browser, person);
  await submit(browser, '/login/pass', ASK);
  return { person, browser };
}

async function grant({ step }: Cast, person: Person): Promise<Flow['send']> {
  const [row] = await step.rows<{ id: string; number: string }>(
    `select id, number from pass_requests where user_id = '${person.id}'`,
  );
  if (row === undefined) throw new Error(`${person.name} has not asked`);
  const fields = { action: 'grant', number: row.number, reason: 'known voice' };
  return post(`/accounts/meridian/passes/requests/${row.id}`, fields);
}

async function handOver({ step }: Cast, person: Person): Promise<Flow['send']> {
  const [row] = await step.rows<{ id: string }>(`select id from memberships where user_id = '${person.id}'`);
  return post(`/accounts/meridian/people/${row?.id}/pass`, { reason: 'met in person' });
}

async function codeFor(cast: Cast, person: Person): Promise<string> {
  const shown = await (await handOver(cast, person))(cast.owner);
  return /\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/.exec(shown.text)?.[0] ?? '';
}
