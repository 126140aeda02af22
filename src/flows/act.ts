import { ACCESS, type Access, type Deed, hasFreshTwoFactor, isFresh, mayDo } from '../rules/access.ts';
import type { Role } from '../rules/facts.ts';
import { asOf } from '../rules/mandate.ts';
import {
  type AccountRow,
  findAccount,
  findAccountBySlug,
  findMembership,
  lockAccount,
  type NamedMembership,
} from '../store/accounts.ts';
import { type Db, inTransaction, type Tx } from '../store/database.ts';
import { countOwners } from '../store/people.ts';
import { findSession } from '../store/sessions.ts';
import { admit, type SignedIn, signedIn } from './admit.ts';
import type { Context } from './context.ts';

/** Why a deed in an account was refused; each has its text. */
export type Refusal =
  | { readonly result: 'signed_out' | 'not_found' | 'not_admitted' }
  /** T4: a code first; the caller starts a step-up and comes back. */
  | { readonly result: 'step_up' }
  | { readonly result: Exclude<Access, 'allowed'> };

/** Who acts, on whom, in which account; read in the transaction of the deed. */
export interface Acting {
  readonly account: AccountRow;
  /** With the mandate of this moment. */
  readonly actor: NamedMembership;
  readonly target: NamedMembership | null;
  readonly session: SignedIn;
}

export interface Wanted {
  readonly deed: Deed;
  readonly slug: string;
  /** The membership it is done to; `null` for deeds done to the account. */
  readonly targetId: string | null;
  readonly newRole?: Role;
  /** M1: real 2FA, also where the account does not mandate yet. */
  readonly twoFactor?: boolean;
}

/**
 * Every deed of owners and admins passes here: session, membership, admission, role and freshness are read
 * anew inside the transaction, under the account's lock. So whoever was demoted, removed or logged out a
 * moment ago has no power left in an open tab (T09), and of two last owners only one can leave.
 */
export async function act<T>(
  ctx: Context,
  session: SignedIn,
  wanted: Wanted,
  deed: (tx: Tx, acting: Acting) => Promise<T>,
): Promise<T | Refusal> {
  return inTransaction(ctx.db, async (tx): Promise<T | Refusal> => {
    const judged = await judge(ctx, tx, session, wanted, lockAccount);
    return 'result' in judged ? judged : deed(tx, judged);
  });
}

/** The same judgement without a deed, for pages. */
export async function judge(
  ctx: Context,
  db: Db,
  before: SignedIn,
  wanted: Wanted,
  read: (db: Db, id: string) => Promise<AccountRow | null> = findAccount,
): Promise<Acting | Refusal> {
  // For a deed the account's row is locked first: on it everybody who changes roles or the mandate waits for one another.
  const found = await findAccountBySlug(db, wanted.slug);
  const account = found === null ? null : await read(db, found.id);
  const row = await findSession(db, before.row.id);
  const session = row === null ? null : await signedIn(ctx, db, row);
  if (session === null) return { result: 'signed_out' };
  const actor = session.memberships.find((m) => m.account.slug === wanted.slug);
  // R60: an account one does not belong to is as good as none.
  if (account === null || actor === undefined) return { result: 'not_found' };
  if (admit(ctx, session, wanted.slug).answer !== 'admitted') return { result: 'not_admitted' };
  const target = wanted.targetId === null ? null : await findMembership(db, wanted.targetId);
  if (wanted.targetId !== null && target?.account.id !== account.id) return { result: 'not_found' };

  const access = mayDo(
    { membershipId: actor.id, role: actor.role },
    wanted.deed,
    target === null ? null : { membershipId: target.id, role: target.role },
    await countOwners(db, account.id, target?.id ?? null),
    wanted.newRole,
  );
  if (access !== 'allowed') return { result: access };
  if (!freshEnough(ctx, session, actor, wanted)) return { result: 'step_up' };
  return { account, actor: asOf(actor, ctx.now()), target, session };
}

function freshEnough(ctx: Context, session: SignedIn, actor: NamedMembership, wanted: Wanted): boolean {
  const now = ctx.now();
  if (wanted.twoFactor === true) return hasFreshTwoFactor(session.facts, actor, now);
  return !ACCESS[wanted.deed].fresh || isFresh(session.facts, actor, now);
}
