/** What an event of the past is done again with (`redo-events.ts` has the table). */
import type { AccountRow } from '../store/accounts.ts';
import type { UserRow } from '../store/users.ts';
import type { Context } from './context.ts';
import type { Operator } from './operate.ts';
import type { PastEvent } from './read-activity.ts';
import type { Undone } from './replay-activity.ts';

/** Whom and what an event was about, as far as the copy has them. */
export interface Subject {
  readonly user: UserRow | null;
  readonly actorId: string | null;
  readonly account: AccountRow | null;
}

/** Does it again. @returns why not; `null`: done, or so already. */
export type Redo = (
  ctx: Context,
  operator: Operator,
  event: PastEvent,
  subject: Subject,
) => Promise<Undone['why'] | null>;

/**
 * Somebody whose id the copy does not know came since, and nothing of theirs is in it. An address that it does not
 * know may be the new one of somebody whom it does know: that is not for us to guess.
 */
export const missingUser = (event: PastEvent) => (event.person?.id == null ? 'no_user' : null);
export const missingAccount = (event: PastEvent) => (event.account?.id == null ? 'no_account' : null);

/** A detail that is a text; `null`: it has none. */
export const textOf = (event: PastEvent, name: string): string | null => {
  const value = event.details[name];
  return typeof value === 'string' && value !== '' ? value : null;
};
