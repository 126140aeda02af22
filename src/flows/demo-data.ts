import { newBackupCodes } from '../credentials/backup-code.ts';
import { open, seal } from '../credentials/sealed-secret.ts';
import { newTotpSecret, otpauthAddress } from '../credentials/totp.ts';
import { DEFAULT_LIMITS } from '../rules/admission.ts';
import type { Method, Role } from '../rules/facts.ts';
import { findAccountBySlug, insertAccount, insertMembership, setTrust } from '../store/accounts.ts';
import { findAuthenticatorOf, insertAuthenticator, replaceBackupCodes } from '../store/authenticators.ts';
import { inTransaction, type Tx } from '../store/database.ts';
import { findUserByEmail, insertUser } from '../store/users.ts';
import { type Context, id } from './context.ts';
import { makeInvitation } from './invite.ts';
import { newMembership } from './new-account.ts';

export const DEMO_PASSWORD = 'clap the slate twice';
/** In `meta`: this database was made by the demo, with passwords that everybody knows. */
export const DEMO_MARK = 'demo';
const DAY_MS = 24 * 3_600_000;

interface Person {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly method: Method | null;
  readonly alsoCrestline?: true;
}

const PEOPLE: readonly Person[] = [
  { email: 'olivia@meridian.example', name: 'Olivia Hart', role: 'owner', method: 'totp' },
  { email: 'theo@meridian.example', name: 'Theo Lindqvist', role: 'member', method: 'sms' },
  { email: 'nina@meridian.example', name: 'Nina Okafor', role: 'member', method: null },
  { email: 'sam@meridian.example', name: 'Sam Rivera', role: 'member', method: 'totp', alsoCrestline: true },
];
const THEO_PHONE = '+14155550132';

/** Makes the demo's people in an empty database. */
export async function makeDemo(ctx: Context): Promise<void> {
  const passwordHash = await ctx.hasher.hash(DEMO_PASSWORD);
  const codes = newBackupCodes(ctx.random, { count: 10, takenSelectors: new Set() });
  const hashes = await Promise.all(codes.map((code) => ctx.hasher.hash(code.secret)));
  const backup = codes.map((code, n) => ({ selector: code.selector, hash: hashes[n] ?? '' }));
  await inTransaction(ctx.db, async (tx) => {
    const meridian = await makeAccount(ctx, tx, 'meridian', 'Meridian Pictures', true);
    const crestline = await makeAccount(ctx, tx, 'crestline', 'Crestline Studio', false);
    for (const person of PEOPLE) {
      const accounts = person.alsoCrestline ? [meridian, crestline] : [meridian];
      await makePerson(ctx, tx, person, accounts, passwordHash, backup);
    }
    const olivia = await findUserByEmail(tx, 'olivia@meridian.example');
    await makeInvitation(ctx, tx, {
      account: { id: meridian, name: 'Meridian Pictures' },
      email: 'iris@meridian.example',
      role: 'member',
      inviter: olivia,
      by: { actorId: olivia?.id ?? null },
    });
  });
  ctx.wakeOutbox();
}

async function makeAccount(
  ctx: Context,
  tx: Tx,
  slug: string,
  name: string,
  mandates: boolean,
): Promise<string> {
  const accountId = id(ctx);
  await insertAccount(tx, {
    id: accountId,
    slug,
    name,
    plan: mandates ? 'enterprise' : 'standard',
    created_at: ctx.now() - 30 * DAY_MS,
    mandate_since: mandates ? ctx.now() - 14 * DAY_MS : null,
    mandate_methods: 'totp,sms',
    mandate_from: 'next_login',
    mandate_text_until: null,
    texts_per_day: null,
    text_spend_per_day: null,
    session_max_ms: DEFAULT_LIMITS.sessionMaxMs,
    session_idle_ms: DEFAULT_LIMITS.sessionIdleMs,
  });
  return accountId;
}

async function makePerson(
  ctx: Context,
  tx: Tx,
  person: Person,
  accounts: readonly string[],
  passwordHash: string,
  backup: readonly { selector: string; hash: string }[],
): Promise<void> {
  const now = ctx.now();
  const userId = id(ctx);
  await insertUser(tx, {
    id: userId,
    email: person.email,
    name: person.name,
    password_hash: passwordHash,
    password_changed_at: now - 20 * DAY_MS,
    created_at: now - 20 * DAY_MS,
    disabled_at: null,
  });
  const memberships = accounts.map((accountId, n) => ({
    ...newMembership(ctx, { userId, accountId, role: n === 0 ? person.role : 'member', active: true }),
    joined_at: now - (20 - n) * DAY_MS,
  }));
  for (const row of memberships) await insertMembership(tx, row);
  if (person.method === null) return;
  const authenticatorId = id(ctx);
  const secret = person.method === 'totp' ? newTotpSecret(ctx.random) : THEO_PHONE;
  const context = { table: 'authenticators', row: authenticatorId, user: userId };
  await insertAuthenticator(tx, {
    id: authenticatorId,
    user_id: userId,
    kind: person.method,
    secret_sealed: seal(ctx.keys, context, secret, ctx.random),
    last_step: null,
    confirmed_at: now - 10 * DAY_MS,
    backup_codes_saved_at: null,
    asleep_since: null,
  });
  const rows = backup.map((code) => ({
    id: id(ctx),
    authenticator_id: authenticatorId,
    user_id: userId,
    selector: code.selector,
    hash: code.hash,
    created_at: now,
    spent_at: null,
  }));
  await replaceBackupCodes(tx, authenticatorId, rows, now);
  const trusted = memberships.map((m) => m.id);
  await setTrust(tx, trusted, { state: 'authenticator', authenticatorId }, now - 10 * DAY_MS);
}

export interface DemoPerson {
  readonly email: string;
  readonly about: string;
  /** The authenticator app's address, where the person is set up with one now. */
  readonly otpauth: string | null;
}

/** Who is in the demo, as it stands now: a second start tells what became of them. */
export async function describeDemo(ctx: Context): Promise<DemoPerson[]> {
  if ((await findAccountBySlug(ctx.db, 'meridian')) === null) return [];
  const described: DemoPerson[] = [];
  for (const person of PEOPLE) {
    const user = await findUserByEmail(ctx.db, person.email);
    if (user === null) continue;
    const x = await findAuthenticatorOf(ctx.db, user.id);
    const where = person.alsoCrestline ? 'Meridian Pictures and Crestline Studio' : 'Meridian Pictures';
    const how =
      x === null ? 'not set up' : x.kind === 'totp' ? 'set up with an app' : 'set up by text message';
    let otpauth: string | null = null;
    if (x?.kind === 'totp') {
      const secret = open(ctx.keys, { table: 'authenticators', row: x.id, user: user.id }, x.secret_sealed);
      otpauth = otpauthAddress({ secret, issuer: ctx.settings.product, label: user.email });
    }
    described.push({ email: person.email, about: `${person.role} of ${where}, ${how}`, otpauth });
  }
  return described;
}
