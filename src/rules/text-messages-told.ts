/** Who is told what of a text message that did not go: the person it was for, and the admins of their account. */
import type { Blocked, TextPolicy } from './text-messages.ts';

/** What became of handing a message over. `reason`: a word of ours, or `kind:detail` of a carrier's answer. */
export type Handed =
  | { readonly state: 'sent' }
  | { readonly state: 'failed' | 'unknown'; readonly reason: string };

/** What the page of its code says: that it could not be sent, that nobody knows, or (`null`) that it is on its way. */
export type ToldOfOutcome = 'failed' | 'unknown' | null;

/**
 * The first line that applies wins:
 * 1. handed over → on its way; 2. refused because of the number → on its way (S14, T27: what a carrier says of a
 * number is told to nobody, or set-ups would look numbers up); 3. nobody knows → so; 4. it could not be sent.
 */
export function toldOfOutcome(handed: Handed): ToldOfOutcome {
  if (handed.state === 'sent') return null;
  if (handed.reason === 'number' || handed.reason.startsWith('number:')) return null;
  return handed.state;
}

/**
 * What the person is told of a message that was not posted. `limit`: too many were asked for, and waiting helps.
 * Against a country, a line, a switch or a limit that is too low for a single one it does not; and while nothing is
 * sent at all, no wait would bring one.
 */
export function toldOfRefusal(
  policy: Pick<TextPolicy, 'mode'>,
  { reason, tooLow }: Blocked,
): 'limit' | 'failed' {
  if (policy.mode === 'record-only' || tooLow) return 'failed';
  return reason === 'country' || reason === 'line' || reason === 'record_only' ? 'failed' : 'limit';
}

/** Why messages were blocked, as the admins of one account see it. */
export type ReasonForAccount = 'country' | 'line' | 'account' | 'record_only' | 'installation';

/**
 * T3, T27: admins see what their own account used up, and what the number itself says. Limits of persons, numbers,
 * networks and neighbourhoods are counted over all accounts, so their names would tell of the others.
 * What is not known is not told either.
 */
export function reasonForAccount(reason: string): ReasonForAccount {
  if (reason === 'country' || reason === 'line' || reason === 'record_only') return reason;
  return reason.startsWith('account/') ? 'account' : 'installation';
}
