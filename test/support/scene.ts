/** Makes accounts and people straight in the database: of a door, or of nodes that are processes of their own. */
import { hash, verify } from '@node-rs/argon2';
import { formatBackupCode, newBackupCodes } from '../../src/credentials/backup-code.ts';
import { createHasher, type Hasher } from '../../src/credentials/password.ts';
import { seal } from '../../src/credentials/sealed-secret.ts';
import { newTotpSecret, otpauthAddress } from '../../src/credentials/totp.ts';
import { type Context, id } from '../../src/flows/context.ts';
import { DEMO_PASSWORD, describeDemo } from '../../src/flows/demo-data.ts';
import { makeInvitation } from '../../src/flows/invite.ts';
import { newMembership, slugOf } from '../../src/flows/new-account.ts';
import { applyMandate } from '../../src/flows/set-mandate.ts';
import { DEFAULT_LIMITS } from '../../src/rules/admission.ts';
import type { Method, Role } from '../../src/rules/facts.ts';
import {
  type AccountRow,
  findAccountBySlug,
  insertAccount,
  insertMembership,
  setTrust,
} from '../../src/store/accounts.ts';
import { insertAuthenticator, replaceBackupCodes } from '../../src/store/authenticators.ts';
import { inTransaction } from '../../src/store/database.ts';
import { findUserByEmail, insertUser, type UserRow } from '../../src/store/users.ts';
import { type AuthenticatorApp, appFromAddress } from './authenticator-app.ts';
import { days } from './clock.ts';

export const PASSWORD = DEMO_PASSWORD;
/** Theo's, in the demo; also that of anybody who gave none. */
const PHONE = '+14155550132';

/** Somebody with everything a test may need to play them. */
export interface Person {
  id: string;
  email: string;
  name: string;
  password: string;
  app: AuthenticatorApp | null;
  phone: string | null;
  /** Backup codes not used yet, as they were shown. */
  codes: string[];
  authenticatorId: string | null;
}

export interface NewPerson {
  email: string;
  name?: string;
  password?: string;
  method?: Method;
  phone?: string;
  in?: readonly { account: AccountRow; role?: Role; trust?: 'authenticator' | 'never' | 'forgotten' }[];
}

export interface Scene {
  addAccount(
    account: {
      name: string;
      mandates?: readonly Method[];
      from?: 'now' | 'next_login';
    } & Partial<AccountRow>,
  ): Promise<AccountRow>;
  addPerson(person: NewPerson): Promise<Person>;
  /** One of the demo's people, by first name. */
  demoPerson(name: 'olivia' | 'theo' | 'nina' | 'sam'): Promise<Person>;
  account(slug: string): Promise<AccountRow>;
  /** Makes an invitation. @returns its path. */
  invite(account: AccountRow, email: string, role?: Role): Promise<string>;
  /** Switches a mandate as the operator does. */
  mandate(slug: string, methods: readonly Method[] | null, from?: 'now' | 'next_login'): Promise<void>;
}

/** Makes accounts and people straight in the database. */
export function sceneIn(ctx: Context): Scene {
  const account = async (slug: string) => {
    const row = await findAccountBySlug(ctx.db, slug);
    if (row === null) throw new Error(`there is no account ${slug}`);
    return row;
  };
  return {
    account,
    async addAccount({ name, mandates, from = 'next_login', ...over }) {
      const row: AccountRow = {
        id: id(ctx),
        slug: slugOf(name),
        name,
        plan: mandates === undefined ? 'standard' : 'enterprise',
        created_at: ctx.now() - days(30),
        mandate_since: mandates === undefined ? null : ctx.now() - days(14),
        mandate_methods: (mandates ?? ['totp', 'sms']).join(','),
        mandate_from: from,
        mandate_text_until: null,
        texts_per_day: null,
        text_spend_per_day: null,
        session_max_ms: DEFAULT_LIMITS.sessionMaxMs,
        session_idle_ms: DEFAULT_LIMITS.sessionIdleMs,
        ...over,
      };
      await inTransaction(ctx.db, (tx) => insertAccount(tx, row));
      return row;
    },
    addPerson: (person) => addPerson(ctx, person),
    async demoPerson(name) {
      const email = `${name}@meridian.example`;
      const user = await findUserByEmail(ctx.db, email);
      const described = (await describeDemo(ctx)).find((p) => p.email === email);
      if (user === null || described === undefined) throw new Error(`the demo has no ${name}`);
      const [x] = await ctx.db
        .selectFrom('authenticators')
        .select('id')
        .where('user_id', '=', user.id)
        .execute();
      return {
        id: user.id,
        email,
        name: user.name,
        password: PASSWORD,
        app: described.otpauth === null ? null : appFromAddress(described.otpauth),
        phone: name === 'theo' ? PHONE : null,
        codes: [],
        authenticatorId: x?.id ?? null,
      };
    },
    async invite(to, email, role = 'member') {
      const invitation = { account: to, email, role, inviter: null, by: { by: 'operator' } } as const;
      const url = await inTransaction(ctx.db, (tx) => makeInvitation(ctx, tx, invitation));
      ctx.wakeOutbox();
      return new URL(url).pathname;
    },
    async mandate(slug, methods, from = 'next_login') {
      const row = await account(slug);
      const change = { on: methods !== null, methods: methods ?? [], from };
      const { result } = await inTransaction(ctx.db, (tx) =>
        applyMandate(ctx, tx, row, change, { by: 'operator' }),
      );
      if (result !== 'done') throw new Error(`the mandate of ${slug} was not switched: ${result}`);
    },
  };
}

async function addPerson(ctx: Context, given: NewPerson): Promise<Person> {
  const now = ctx.now();
  const { email, name = 'Ann Example', password = PASSWORD, method } = given;
  const user: UserRow = {
    id: id(ctx),
    email,
    name,
    password_hash: await ctx.hasher.hash(password),
    password_changed_at: now - days(20),
    created_at: now - days(20),
    disabled_at: null,
  };
  const person = {
    id: user.id,
    email,
    name,
    password,
    app: null,
    phone: null,
    codes: [],
    authenticatorId: null,
  };
  const phone = method === undefined ? null : await newPhone(ctx, user, method, given.phone ?? PHONE);
  return inTransaction(ctx.db, async (tx): Promise<Person> => {
    await insertUser(tx, user);
    if (phone !== null) {
      await insertAuthenticator(tx, phone.row);
      await replaceBackupCodes(tx, phone.row.id, phone.codeRows, now - days(10));
    }
    for (const [n, { account, role = 'member', trust }] of (given.in ?? []).entries()) {
      const row = newMembership(ctx, { userId: user.id, accountId: account.id, role, active: true });
      await insertMembership(tx, { ...row, joined_at: now - days(20) + n });
      const state = trust ?? (phone === null ? 'never' : 'authenticator');
      const authenticatorId = phone?.row.id ?? '';
      await setTrust(
        tx,
        [row.id],
        state === 'authenticator' ? { state, authenticatorId } : { state },
        now - days(10),
      );
    }
    return phone === null ? person : { ...person, ...phone.of, authenticatorId: phone.row.id };
  });
}

/** An authenticator with its ten backup codes, and what its owner knows of it. */
async function newPhone(ctx: Context, user: UserRow, kind: Method, number: string) {
  const now = ctx.now();
  const row = id(ctx);
  const secret = kind === 'totp' ? newTotpSecret(ctx.random) : number;
  const codes = newBackupCodes(ctx.random, { count: 10, takenSelectors: new Set() });
  const codeRows = await Promise.all(
    codes.map(async (code) => ({
      id: id(ctx),
      authenticator_id: row,
      user_id: user.id,
      selector: code.selector,
      hash: await ctx.hasher.hash(code.secret),
      created_at: now,
      spent_at: null,
    })),
  );
  const address = () => otpauthAddress({ secret, issuer: ctx.settings.product, label: user.email });
  return {
    row: {
      id: row,
      user_id: user.id,
      kind,
      secret_sealed: seal(ctx.keys, { table: 'authenticators', row, user: user.id }, secret, ctx.random),
      last_step: null,
      confirmed_at: now - days(10),
      backup_codes_saved_at: null,
      asleep_since: null,
    },
    codeRows,
    of: {
      app: kind === 'totp' ? appFromAddress(address()) : null,
      phone: kind === 'sms' ? number : null,
      codes: codes.map(formatBackupCode),
    },
  };
}

/** Argon2id with the least there is: the same interface and the same answers, a hundred times as fast. */
const LEAST = { algorithm: 2, memoryCost: 8, timeCost: 1, parallelism: 1 } as const;
export const quickHasher: Hasher = {
  ...createHasher(),
  // Nobody waits in line for what takes no time.
  inTurn: (work) => work(),
  hash: (text) => hash(text.normalize('NFC'), LEAST),
  verify: (stored, text) => verify(stored, text.normalize('NFC')),
  async verifyDummy(text) {
    await hash(text.normalize('NFC'), LEAST);
    return false;
  },
  needsRehash: () => false,
  waiting: 0,
};
