/** Setting up an app or a number, from the mailbox to Finish. */
import { appOn, submit } from '../support/pages.ts';
import { type Cast, expectPath, type Flow, post } from './q10-cast.ts';

export async function setUpFlows(cast: Cast): Promise<Flow[]> {
  return [...(await beginnings(cast)), ...(await confirmations(cast)), await lastStep(cast)];
}

async function beginnings({ step, add, at, atSetUp }: Cast): Promise<Flow[]> {
  const gus = await add('gus');
  const atGus = await at(gus);
  const ida = await atSetUp(await add('ida'));
  await submit(ida, '/login/set-up', { method: 'sms' });
  return [
    {
      name: 'set-up: mailbox',
      browser: atGus,
      send: post('/login/email-code', { code: await step.code(gus.email) }),
    },
    {
      name: 'set-up: begin with the app',
      browser: await atSetUp(await add('hal')),
      send: post('/login/set-up', { method: 'totp' }),
    },
    {
      name: 'set-up: number',
      browser: ida,
      send: post('/login/set-up/phone', { country: 'GB', phone: '07400 123420' }),
      repeatable: true,
    },
  ];
}

async function confirmations({ step, clock, add, atSetUp, getsIn }: Cast): Promise<Flow[]> {
  const jon = await add('jon');
  const atJon = await atSetUp(jon);
  jon.app = appOn(await submit(atJon, '/login/set-up', { method: 'totp' }));
  const kay = await atSetUp(await add('kay'));
  await submit(kay, '/login/set-up', { method: 'sms' });
  await submit(kay, '/login/set-up/phone', { country: 'GB', phone: '07400 123421' });
  return [
    {
      name: 'set-up: confirm the app',
      browser: atJon,
      send: post('/login/set-up/app', { code: jon.app.codeAt(clock.now()) }),
      async afterwards(then) {
        // The same browser goes on where the answer was lost, to Finish.
        expectPath(await submit(atJon.copy(), '/login/backup-codes', { saved: 'yes' }), '/');
        await getsIn(jon)(then, clock);
      },
    },
    {
      name: 'set-up: confirm the number',
      browser: kay,
      send: post('/login/set-up/text', { code: await step.code('+447400123421') }),
    },
  ];
}

async function lastStep({ clock, add, atSetUp, getsIn }: Cast): Promise<Flow> {
  const leo = await add('leo');
  const browser = await atSetUp(leo);
  leo.app = appOn(await submit(browser, '/login/set-up', { method: 'totp' }));
  await submit(browser, '/login/set-up/app', { code: leo.app.codeAt(clock.now()) });
  return {
    name: 'set-up: finish',
    browser,
    send: post('/login/backup-codes', { saved: 'yes' }),
    afterwards: getsIn(leo),
  };
}
