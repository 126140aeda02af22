import type { Admission } from '../rules/admission.ts';
import { openSessionsOf } from '../store/sessions.ts';
import { admit, type SignedIn, signedInToo } from './admit.ts';
import type { Context } from './context.ts';

export interface HomeView {
  readonly name: string;
  readonly email: string;
  readonly accounts: readonly {
    readonly slug: string;
    readonly name: string;
    readonly role: 'owner' | 'admin' | 'member';
    readonly mandates: boolean;
    readonly admission: Admission;
  }[];
  readonly sessions: readonly {
    readonly id: string;
    readonly current: boolean;
    readonly browser: string;
    readonly network: string;
    readonly startedAt: number;
    readonly lastUsedAt: number;
  }[];
  /** Accounts that stop taking this person's text messages, and from when. */
  readonly textEnds: readonly { readonly account: string; readonly at: number }[];
  /** P5: when this session ends because a pass it rests on ends. */
  readonly passEndsAt: number | null;
}

/** `/`: who you are, which of your accounts this session may enter, and your sessions. */
export async function viewHome(ctx: Context, session: SignedIn): Promise<HomeView> {
  const open = await openSessionsOf(ctx.db, session.user.id);
  const standing = await Promise.all(open.map((row) => signedInToo(ctx, session, row)));
  const ends = session.facts.passes.map((p) => p.endsAt);
  return {
    name: session.user.name,
    email: session.user.email,
    accounts: session.memberships.map((m) => ({
      slug: m.account.slug,
      name: m.account.name,
      role: m.role,
      mandates: m.account.mandate !== null,
      admission: admit(ctx, session, m.account.slug),
    })),
    sessions: standing
      .filter((s) => s !== null)
      .map(({ row }) => ({
        id: row.id,
        current: row.id === session.row.id,
        browser: row.browser,
        network: row.network,
        startedAt: row.started_at,
        lastUsedAt: row.last_used_at,
      })),
    textEnds: session.memberships.flatMap((m) => {
      const at = m.account.mandate?.textUntil ?? null;
      const byText =
        m.trust.state === 'authenticator' && session.facts.kinds.get(m.trust.authenticatorId) === 'sms';
      return at !== null && at > ctx.now() && byText ? [{ account: m.account.name, at }] : [];
    }),
    passEndsAt: ends.length === 0 ? null : Math.min(...ends),
  };
}
