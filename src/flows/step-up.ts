import type { Demand } from '../rules/facts.ts';
import { FRESH_MS } from '../rules/next-step.ts';
import { proofOf } from '../rules/trust.ts';
import { inTransaction } from '../store/database.ts';
import { insertLogin } from '../store/logins.ts';
import type { SignedIn } from './admit.ts';
import { type Advanced, advance, newLogin } from './advance.ts';
import type { Context, Visitor } from './context.ts';

/** What a step-up may be asked for, from the server's own list. */
export interface StepUp {
  readonly demand: Demand;
  /** Slug of the account it is for; `null` where it is for the person (password). */
  readonly account: string | null;
  /** A known GET route of this server (D4): the caller maps names to routes, a form never writes one. */
  readonly returnTo: string;
}

export type StepUpResult =
  | { readonly result: 'accepted'; readonly advanced: Advanced }
  | { readonly result: 'not_member' };

/** T4: a login tied to this session. It asks only for what is missing; finishing swaps the token. */
export async function startStepUp(
  ctx: Context,
  session: SignedIn,
  visitor: Visitor,
  wanted: StepUp,
): Promise<StepUpResult> {
  const membership = session.memberships.find((m) => m.account.slug === wanted.account) ?? null;
  if (wanted.account !== null && membership === null) return { result: 'not_member' };
  const { row, token } = newLogin(ctx, visitor, {
    kind: 'step_up',
    demand: wanted.demand,
    user_id: session.user.id,
    session_id: session.row.id,
    account_asked: membership?.account.id ?? null,
    return_to: wanted.returnTo,
  });
  const advanced = await inTransaction(ctx.db, async (tx) => {
    await insertLogin(tx, row);
    return advance(ctx, tx, row.id, visitor);
  });
  ctx.wakeOutbox();
  return { result: 'accepted', advanced: { ...advanced, tokens: { login: token, ...advanced.tokens } } };
}

/** U4: true as well for somebody who has no authenticator to prove. */
export function hasFreshAuthenticator(session: SignedIn, now: number): boolean {
  const trusted = session.memberships.flatMap((m) =>
    m.trust.state === 'authenticator' && session.facts.kinds.has(m.trust.authenticatorId)
      ? [m.trust.authenticatorId]
      : [],
  );
  if (trusted.length === 0) return true;
  return trusted.some((x) => proofOf(x, session.facts.evidence, now - FRESH_MS) === 'itself');
}
