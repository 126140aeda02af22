/** The whole server as `sallyport demo` wires it, with a database file of its own and a clock that tests move. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { describeDemo } from '../../src/flows/demo-data.ts';
import { type App, wire } from '../../src/main.ts';
import { type AuthenticatorApp, appFromAddress } from './authenticator-app.ts';
import { createClock, type TestClock } from './clock.ts';
import { createInbox, type Inbox } from './inbox.ts';

export interface TestApp {
  readonly url: string;
  readonly clock: TestClock;
  readonly inbox: Inbox;
  /** The wired parts, for what no page does: an operator's deed, a look into the database. */
  readonly app: App;
  /** The authenticator app on the phone of one of the demo's people who is set up with one. */
  phoneOf(email: string): Promise<AuthenticatorApp>;
  close(): Promise<void>;
}

/** Starts a fresh demo on a free port. Whoever starts it closes it. */
export async function startApp(): Promise<TestApp> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-app-'));
  const clock = createClock();
  const { app, url } = await listen(folder, clock);
  return {
    url,
    clock,
    inbox: createInbox(url),
    app,
    async phoneOf(email) {
      const person = (await describeDemo(app.ctx)).find((p) => p.email === email);
      if (!person?.otpauth) throw new Error(`${email} is not set up with an app`);
      return appFromAddress(person.otpauth);
    },
    async close() {
      await app.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The address must be known before the server is wired, so somebody else may take the port first: then another. */
async function listen(folder: string, clock: TestClock): Promise<{ app: App; url: string }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const config = readConfig(
      { PORT: String(port), DATABASE_URL: `sqlite:${join(folder, `${port}.db`)}`, LOG_LEVEL: 'silent' },
      'demo',
    );
    const app = await wire(config, 'demo', { now: clock.now });
    try {
      await app.listen();
      return { app, url: config.url };
    } catch (error) {
      await app.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === 3) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
