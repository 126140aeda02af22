/** A database full of people who log in with an app, and what their phones show. */
import { randomBytes } from 'node:crypto';
import { createHasher } from '../../src/credentials/password.ts';
import { parseKeys, seal } from '../../src/credentials/sealed-secret.ts';
import { newId } from '../../src/credentials/token.ts';
import { newTotpSecret } from '../../src/credentials/totp.ts';
import { inTransaction, migrate, openDatabase, type Tx } from '../../src/store/database.ts';
import { type AuthenticatorApp, appFromKey } from '../support/authenticator-app.ts';

export const KEY = Buffer.alloc(32, 7).toString('base64');
export const PASSWORD = 'clap the slate twice';

export interface AppPerson {
  readonly email: string;
  readonly app: AuthenticatorApp;
}

const DAY_MS = 86_400_000;

/** People of one account that mandates an app; all have the same password, an app and ten backup codes of their own. */
export async function fillWithPeople(databaseUrl: string, count: number): Promise<AppPerson[]> {
  const db = openDatabase(databaseUrl);
  await migrate(db);
  const passwordHash = await createHasher().hash(PASSWORD);
  const people: AppPerson[] = [];
  await inTransaction(db, async (tx) => {
    const at = Date.now() - DAY_MS;
    const account = newId(randomBytes);
    await tx
      .insertInto('accounts')
      .values({
        id: account,
        slug: 'crowd',
        name: 'Crowd',
        plan: 'enterprise',
        created_at: at,
        mandate_since: at,
        mandate_methods: 'totp',
        mandate_from: 'now',
        session_max_ms: DAY_MS,
        session_idle_ms: DAY_MS / 3,
      } as never)
      .execute();
    for (let n = 0; n < count; n++) people.push(await addPerson(tx, account, n, passwordHash, at));
  });
  await db.destroy();
  return people;
}

async function addPerson(tx: Tx, account: string, n: number, hash: string, at: number): Promise<AppPerson> {
  const email = `person${n}@example.test`;
  const [user, phone] = [newId(randomBytes), newId(randomBytes)];
  const secret = newTotpSecret(randomBytes);
  await tx
    .insertInto('users')
    .values({
      id: user,
      email,
      name: `Person ${n}`,
      password_hash: hash,
      password_changed_at: at,
      created_at: at,
      disabled_at: null,
    } as never)
    .execute();
  await tx
    .insertInto('authenticators')
    .values({
      id: phone,
      user_id: user,
      kind: 'totp',
      secret_sealed: seal(parseKeys(KEY), { table: 'authenticators', row: phone, user }, secret, randomBytes),
      last_step: null,
      confirmed_at: at,
      backup_codes_saved_at: at,
      asleep_since: null,
    } as never)
    .execute();
  const codes = Array.from({ length: 10 }, (_, c) => ({
    id: newId(randomBytes),
    authenticator_id: phone,
    user_id: user,
    selector: `${c}x`,
    hash,
    created_at: at,
    spent_at: null,
  }));
  await tx.insertInto('backup_codes').values(codes).execute();
  await tx
    .insertInto('memberships')
    .values({
      id: newId(randomBytes),
      user_id: user,
      account_id: account,
      role: 'member',
      trust: 'authenticator',
      authenticator_id: phone,
      trust_since: at,
      joined_at: at,
      active_at: at,
      sessions_from: 0,
      last_entered_at: null,
    } as never)
    .execute();
  return { email, app: appFromKey(secret) };
}
