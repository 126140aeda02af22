/** Signing up and logging in. */
import { submit } from '../support/pages.ts';
import { type Cast, expectPath, type Flow, post, STRONG } from './q10-cast.ts';

export async function logInFlows(cast: Cast): Promise<Flow[]> {
  return [...(await signUps(cast)), ...(await codes(cast)), ...(await backupCodes(cast))];
}

async function signUps({ step }: Cast): Promise<Flow[]> {
  const eve = { name: 'Eve', email: 'eve@new.example', password: STRONG, account: 'North Light' };
  const ivy = { ...eve, name: 'Ivy', email: 'ivy@new.example', account: 'East Side' };
  const atIvy = step.browser();
  await submit(atIvy, '/sign-up', ivy);
  return [
    { name: 'sign-up', browser: step.browser(), send: post('/sign-up', eve), repeatable: true },
    {
      name: 'sign-up: e-mailed code',
      browser: atIvy,
      send: post('/login/email-code', { code: await step.code(ivy.email) }),
      async afterwards(then) {
        const { email, password } = ivy;
        expectPath(await submit(then.browser(), '/login', { email, password }), '/');
      },
    },
  ];
}

async function codes({ step, clock, add, withApp, at, getsIn }: Cast): Promise<Flow[]> {
  const ann = await withApp('ann');
  const ben = await withApp('ben');
  const cat = await add('cat', { method: 'sms', phone: '+447400123410' });
  const atCat = await at(cat);
  return [
    {
      name: 'log-in: password',
      browser: step.browser(),
      send: post('/login', { email: ann.email, password: ann.password }),
      repeatable: true,
      afterwards: getsIn(ann),
    },
    {
      name: 'log-in: code of the app',
      browser: await at(ben),
      send: post('/login/code', { code: ben.app?.codeAt(clock.now()) ?? '' }),
      afterwards: getsIn(ben),
    },
    {
      name: 'log-in: code by text message',
      browser: atCat,
      send: post('/login/code', { code: await step.code(cat.phone ?? '') }),
      afterwards: getsIn(cat),
    },
  ];
}

async function backupCodes({ withApp, at, getsIn }: Cast): Promise<Flow[]> {
  const dan = await withApp('dan');
  const fay = await withApp('fay');
  const atFay = await at(fay);
  await submit(atFay, '/login/recovery-code', { code: fay.codes[0] ?? '' });
  return [
    {
      name: 'backup code',
      browser: await at(dan),
      send: post('/login/recovery-code', { code: dan.codes[0] ?? '' }),
      async afterwards(then) {
        const browser = then.browser();
        await then.password(browser, dan);
        const next = { code: dan.codes[1] ?? '' };
        expectPath(await submit(browser, '/login/recovery-code', next), '/login/recovered');
        expectPath(await submit(browser, '/login/recovered', { choice: 'continue' }), '/');
      },
    },
    {
      name: 'backup code: continue',
      browser: atFay,
      send: post('/login/recovered', { choice: 'continue' }),
      afterwards: getsIn(fay),
    },
  ];
}
