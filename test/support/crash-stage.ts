/**
 * A whole Sallyport in this process over one database file, that can be taken away and put there again: the clock
 * stands still, and the same random bytes can be drawn again, so that the same deed done twice writes the same rows.
 */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { createHasher, type Hasher } from '../../src/credentials/password.ts';
import { type App, type Parts, wire } from '../../src/start/wire.ts';
import type { TestClock } from './clock.ts';
import { type Doorstep, doorstepOf } from './doorstep.ts';

export interface Stage extends AsyncDisposable {
  readonly app: App;
  readonly step: Doorstep;
  /** Lines of the log, as JSON. */
  readonly log: readonly string[];
}

export interface StageParts {
  readonly path: string;
  readonly port: number;
  readonly clock: TestClock;
  readonly bytes: Bytes;
  readonly key: string;
  /** In place of `clock`, where the guarded clock itself is looked at. */
  readonly time?: Pick<Parts, 'wall' | 'steady'>;
  /** Settings beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function openStage({
  path,
  port,
  clock,
  bytes,
  key,
  time,
  env = {},
}: StageParts): Promise<Stage> {
  const config = readConfig(
    {
      PORT: String(port),
      DATABASE_URL: `sqlite:${path}`,
      SALLYPORT_KEYS: key,
      SALLYPORT_SUPPORT: 'help@x.example',
      ...env,
    },
    'dev',
  );
  const log: string[] = [];
  const app = await wire(config, 'serve', {
    ...(time ?? { now: clock.now }),
    random: bytes.random,
    hasher: plainHasher,
    logger: pino({ level: 'warn' }, { write: (line: string) => log.push(line) }),
  });
  try {
    await app.listen();
  } catch (error) {
    await app.close();
    throw error;
  }
  const step = doorstepOf({
    ctx: app.ctx,
    origin: `http://localhost:${port}`,
    now: clock.now,
    sent: () => app.outbox.drain(),
    appCode: ({ app: phone }) => phone?.codeAt(clock.now()) ?? '',
  });
  return { app, step, log, [Symbol.asyncDispose]: () => app.close() };
}

export interface Bytes {
  readonly random: (size: number) => Buffer;
  /** From here on the bytes of this seed, from their beginning. */
  restart(seed: string): void;
}

export function createBytes(): Bytes {
  let [seed, drawn] = ['', 0];
  return {
    random(size) {
      const parts: Buffer[] = [];
      for (let have = 0; have < size; have += 32) {
        drawn += 1;
        parts.push(createHash('sha256').update(`${seed}:${drawn}`).digest());
      }
      return Buffer.concat(parts).subarray(0, size);
    },
    restart(next) {
      [seed, drawn] = [next, 0];
    },
  };
}

const plain = (text: string) =>
  `$plain$${createHash('sha256').update(text.normalize('NFC')).digest('base64url')}`;

/** No salt and no work: the same text is the same hash, which the real one rightly never is. */
const plainHasher: Hasher = {
  ...createHasher(),
  hash: async (text) => plain(text),
  verify: async (stored, text) => stored === plain(text),
  verifyDummy: async () => false,
  needsRehash: () => false,
  waiting: 0,
};
