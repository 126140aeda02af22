/** A whole Sallyport over a database that outlives it: closed, copied, brought back and opened again. */
import { pino } from 'pino';
import { type Config, readConfig } from '../../src/config.ts';
import type { Place } from '../../src/flows/place.ts';
import { placeOf } from '../../src/start/operate.ts';
import { type App, wire } from '../../src/start/wire.ts';
import type { TestClock } from './clock.ts';
import { type Doorstep, doorstepOf } from './doorstep.ts';
import { freePort } from './program.ts';
import { quickHasher } from './scene.ts';

export interface Stand extends Doorstep, AsyncDisposable {
  readonly app: App;
  close(): Promise<void>;
}

export interface StandGiven {
  readonly databaseUrl: string;
  /** `null`: the key file beside the database. */
  readonly keys: string | null;
  readonly clock: TestClock;
  /** The same again, where a browser comes back with its cookies. */
  readonly port?: number;
}

export async function configOf({ databaseUrl, keys, port }: Omit<StandGiven, 'clock'>): Promise<Config> {
  const env = {
    PORT: String(port ?? (await freePort())),
    DATABASE_URL: databaseUrl,
    SALLYPORT_SUPPORT: 'help@sallyport.example',
    ...(keys === null ? {} : { SALLYPORT_KEYS: keys }),
  };
  return readConfig(env, 'dev');
}

const QUIET = pino({ level: 'silent' });
const partsOf = (clock: TestClock) => ({ now: clock.now, hasher: quickHasher, logger: QUIET });

export async function openStand(given: StandGiven): Promise<Stand> {
  const config = await configOf(given);
  const app = await wire(config, 'serve', partsOf(given.clock));
  await app.listen();
  const step = doorstepOf({
    ctx: app.ctx,
    origin: `http://localhost:${config.port}`,
    now: given.clock.now,
    sent: () => app.outbox.drain(),
    appCode: ({ app: phone, name }) => {
      if (phone === null) throw new Error(`${name} has no app`);
      return phone.codeAt(given.clock.now());
    },
  });
  let open = true;
  const close = async () => {
    if (open) await app.close();
    open = false;
  };
  return { ...step, app, close, [Symbol.asyncDispose]: close };
}

/** Where the operator's commands work, with the same clock. */
export async function placeAt(given: StandGiven): Promise<Place> {
  return placeOf(await configOf(given), partsOf(given.clock));
}
