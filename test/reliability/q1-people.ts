/** Everybody who comes and goes in Q1, made once in a database file before the first start. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { wire } from '../../src/start/wire.ts';
import { type Person, quickHasher, sceneIn } from '../support/scene.ts';

export interface People {
  /** Settings of the program that serves them. */
  readonly env: Record<string, string>;
  /** With an app and ten backup codes each. */
  readonly enrolled: readonly Person[];
  /** Without, in an account that mandates: their next login sets up. */
  readonly waiting: readonly Person[];
  /** Each owns an account of their own with some members; they grant and revoke. */
  readonly owners: readonly Owner[];
}

export interface Owner {
  readonly owner: Person;
  readonly slug: string;
  readonly members: readonly { readonly person: Person; readonly membershipId: string }[];
}

export interface Counts {
  readonly enrolled: number;
  readonly waiting: number;
  readonly owners: number;
  readonly membersEach: number;
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
    const busy = await scene.addAccount({ name: 'Meridian', mandates: ['totp'] });
    const many = async (
      count: number,
      name: string,
      given: Parameters<typeof scene.addPerson>[0]['in'],
      app: boolean,
    ) => {
      const people: Person[] = [];
      for (let n = 0; n < count; n++) {
        const method = app ? ({ method: 'totp' } as const) : {};
        people.push(
          await scene.addPerson({ email: `${name}${n}@people.example`, ...method, in: given ?? [] }),
        );
      }
      return people;
    };
    const enrolled = await many(counts.enrolled, 'e', [{ account: busy }], true);
    const waiting = await many(counts.waiting, 'w', [{ account: busy }], false);
    const owners: Owner[] = [];
    for (let n = 0; n < counts.owners; n++) {
      const account = await scene.addAccount({ name: `House ${n}`, mandates: ['totp'] });
      const [owner] = await many(1, `o${n}.`, [{ account, role: 'owner' }], true);
      const people = await many(counts.membersEach, `m${n}.`, [{ account }], true);
      const rows = await app.ctx.db
        .selectFrom('memberships')
        .select(['id', 'user_id'])
        .where('account_id', '=', account.id)
        .execute();
      const members = people.map((person) => ({
        person,
        membershipId: rows.find((row) => row.user_id === person.id)?.id ?? '',
      }));
      if (owner !== undefined) owners.push({ owner, slug: account.slug, members });
    }
    return { env, enrolled, waiting, owners };
  } finally {
    await app.close();
  }
}
