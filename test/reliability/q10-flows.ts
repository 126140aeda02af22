/** The deeds whose every write is cut short, each with somebody at the page where its form is sent. */
import type { TestClock } from '../support/clock.ts';
import type { Doorstep } from '../support/doorstep.ts';
import { submit } from '../support/pages.ts';
import { assembleCast, type Cast, expectPath, type Flow, post, STRONG } from './q10-cast.ts';
import { logInFlows } from './q10-log-in-flows.ts';
import { passFlows } from './q10-pass-flows.ts';
import { setUpFlows } from './q10-set-up-flows.ts';

/** Makes the people, and brings each to their page. Everything that was posted meanwhile is out. */
export async function prepare(step: Doorstep, clock: TestClock): Promise<Flow[]> {
  const cast = await assembleCast(step, clock);
  const flows = [
    ...(await logInFlows(cast)),
    ...(await setUpFlows(cast)),
    ...(await passFlows(cast)),
    await invitation(cast),
    await reset(cast),
    mandate(cast),
    await notMe(cast),
    await logOut(cast),
    ...(await messages(cast)),
  ];
  await step.sent();
  return flows;
}

async function invitation({ step, account }: Cast): Promise<Flow> {
  const una = await step.addPerson({ email: 'una@elsewhere.example', name: 'una' });
  const browser = step.browser();
  await submit(browser, await step.invite(account, una.email));
  await submit(browser, '/login', { email: una.email, password: una.password });
  const code = await step.code(una.email);
  return { name: 'invitation: join', browser, send: post('/login/email-code', { code }) };
}

async function reset({ step, withApp, getsIn }: Cast): Promise<Flow> {
  const vic = await withApp('vic');
  await submit(step.browser(), '/forgot-password', { email: vic.email });
  const token = (await step.link(vic.email)).replace(/^.*token=/, '');
  return {
    name: 'password: reset',
    browser: step.browser(),
    send: post(`/reset-password?token=${token}`, { password: STRONG }),
    afterwards: getsIn({ ...vic, password: STRONG }),
  };
}

const mandate = ({ owner }: Cast): Flow => ({
  name: 'mandate: switch',
  browser: owner,
  send: post('/accounts/meridian/security', { on: 'yes', totp: 'yes', from: 'now', confirmed: 'yes' }),
});

async function notMe({ step, withApp, at }: Cast): Promise<Flow> {
  const wes = await withApp('wes');
  const thief = await at(wes);
  await submit(thief, '/login/recovery-code', { code: wes.codes[0] ?? '' });
  expectPath(await submit(thief, '/login/recovered', { choice: 'continue' }), '/');
  return {
    name: 'not me',
    browser: step.browser(),
    send: post(await step.link(wes.email), {}),
    async afterwards() {
      if ((await thief.copy().get('/')).status === 200) throw new Error('the thief is still in');
    },
  };
}

async function logOut({ step, withApp, at }: Cast): Promise<Flow> {
  const xia = await withApp('xia');
  const browser = await at(xia);
  expectPath(await submit(browser, '/login/code', { code: step.appCode(xia) }), '/');
  return {
    name: 'log out',
    browser,
    send: post('/logout', {}),
    async afterwards() {
      if ((await browser.copy().get('/')).status === 200) throw new Error('still logged in');
    },
  };
}

async function messages({ step, add, withApp, at }: Cast): Promise<Flow[]> {
  const yan = await add('yan', { method: 'sms', phone: '+447400123430' });
  const zoe = await withApp('zoe');
  return [
    {
      name: 'outbox: a code',
      browser: step.browser(),
      send: post('/login', { email: yan.email, password: yan.password }),
      outbox: 'code',
    },
    {
      name: 'outbox: a notice',
      browser: await at(zoe),
      send: post('/login/recovery-code', { code: zoe.codes[0] ?? '' }),
      outbox: 'notice',
    },
  ];
}
