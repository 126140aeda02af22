/** Everybody who logs in during Q5, made once in a database file before the start. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { wire } from '../../src/start/wire.ts';
import { type Person, quickHasher, sceneIn } from '../support/scene.ts';

export interface People {
  readonly env: Record<string, string>;
  readonly apps: readonly Person[];
  /** They use their backup codes, up to the last three. */
  readonly backups: readonly Person[];
  readonly texts: readonly Person[];
}

export interface Counts {
  readonly apps: number;
  readonly backups: number;
  readonly texts: number;
}

export async function makePeople(path: string, port: number, counts: Counts): Promise<People> {
  const env = {
    PORT: String(port),
    DATABASE_URL: `sqlite:${path}`,
    SALLYPORT_KEYS: randomBytes(32).toString('base64'),
    TRUSTED_PROXIES: '127.0.0.1',
    LOG_LEVEL: 'error',
  };
  const parts = { hasher: quickHasher, logger: pino({ level: 'silent' }) };
  const app = await wire(readConfig(env, 'dev'), 'serve', parts);
  try {
    // Nobody counts on it yet; the program itself syncs each commit.
    await sql.raw('pragma synchronous = off').execute(app.ctx.db);
    const scene = sceneIn(app.ctx);
    const account = await scene.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
    const many = async (count: number, name: string, method: 'totp' | 'sms') => {
      const people: Person[] = [];
      for (let n = 0; n < count; n++) {
        const email = `${name}${n}@people.example`;
        const phone = `+1415555${String(1000 + 7 * n)}`;
        people.push(await scene.addPerson({ email, method, phone, in: [{ account }] }));
      }
      return people;
    };
    return {
      env,
      apps: await many(counts.apps, 'a', 'totp'),
      backups: await many(counts.backups, 'b', 'totp'),
      texts: await many(counts.texts, 't', 'sms'),
    };
  } finally {
    await app.close();
  }
}
