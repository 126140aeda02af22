import { DEFAULT_LIMITS } from '../rules/admission.ts';
import { insertAccount, type MembershipRow } from '../store/accounts.ts';
import type { Tx } from '../store/database.ts';
import { type Context, id } from './context.ts';

/** Makes an account under the first free slug of its name. */
export async function insertNamedAccount(
  ctx: Context,
  tx: Tx,
  name: string,
  plan: 'standard' | 'enterprise',
): Promise<string> {
  const accountId = id(ctx);
  for (let n = 1; ; n++) {
    // A few in plain numbers; a name that everybody takes gets a random end instead of a long search.
    const end = n === 1 ? '' : n <= 9 ? `-${n}` : `-${id(ctx).slice(0, 6)}`;
    const slug = `${slugOf(name)}${end}`;
    const inserted = await insertAccount(tx, {
      id: accountId,
      slug,
      name,
      plan,
      created_at: ctx.now(),
      mandate_since: null,
      mandate_methods: 'totp,sms',
      mandate_from: 'next_login',
      mandate_text_until: null,
      texts_per_day: null,
      text_spend_per_day: null,
      session_max_ms: DEFAULT_LIMITS.sessionMaxMs,
      session_idle_ms: DEFAULT_LIMITS.sessionIdleMs,
    });
    if (inserted) return accountId;
  }
}

export function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return plain === '' ? 'account' : plain;
}

export function newMembership(
  ctx: Context,
  given: { userId: string; accountId: string; role: 'owner' | 'admin' | 'member'; active: boolean },
): MembershipRow {
  const now = ctx.now();
  return {
    id: id(ctx),
    user_id: given.userId,
    account_id: given.accountId,
    role: given.role,
    trust: 'never' as const,
    authenticator_id: null,
    trust_since: now,
    joined_at: now,
    active_at: given.active ? now : null,
    sessions_from: 0,
    last_entered_at: null,
  };
}
