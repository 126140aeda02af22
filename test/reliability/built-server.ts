/**
 * The built server (`dist/`) as a process of its own, with what only a test may bring along: a clock that stands
 * still (`NOW`, milliseconds), how patient it is with carriers (`TEXT_PATIENCE`, JSON), and hashes that cost next to nothing (`HASHES=cheap`), so that a kill falls on writes
 * and not on hashing. Told anything, it says how large it is after a collection.
 */

import type { readConfig as ReadConfig } from '../../src/config.ts';
import type { Hasher, createHasher as MakeHasher } from '../../src/credentials/password.ts';
import type { wire as Wire } from '../../src/start/wire.ts';

export interface ServerFigures {
  readonly rssBytes: number;
  /** What is in use after a collection, buffers outside of the heap included. */
  readonly heapBytes: number;
  /** Lines that it logged as errors. */
  readonly errors: readonly string[];
}

const built = (path: string) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { readConfig } = (await built('config.js')) as { readConfig: typeof ReadConfig };
const { wire } = (await built('start/wire.js')) as { wire: typeof Wire };
const { pino } = await import('pino');

const { NOW, HASHES, TEXT_PATIENCE, ...env } = process.env;
const errors: string[] = [];
const logger = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) });
const app = await wire(readConfig(env, 'dev'), 'serve', {
  logger,
  ...(NOW === undefined ? {} : { now: () => Number(NOW) }),
  ...(HASHES === 'cheap' ? { hasher: await cheapHasher() } : {}),
  ...(TEXT_PATIENCE === undefined ? {} : { textPatience: JSON.parse(TEXT_PATIENCE) }),
});
await app.listen();
process.on('message', () => {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rssBytes: rss, heapBytes: heapUsed + external, errors } satisfies ServerFigures);
});
process.on('disconnect', () => process.exit(0));
process.send?.('listening');
process.stdout.write('listens on\n');

/** Argon2id with the least there is: the same answers. */
async function cheapHasher(): Promise<Hasher> {
  const { createHasher } = (await built('credentials/password.js')) as { createHasher: typeof MakeHasher };
  const { hash } = await import('@node-rs/argon2');
  const least = { algorithm: 2, memoryCost: 8, timeCost: 1, parallelism: 1 } as const;
  return {
    ...createHasher(),
    hash: (text) => hash(text.normalize('NFC'), least),
    needsRehash: () => false,
  };
}
