import type { AuditKind } from './audit.ts';

/**
 * The export of one account (`--account`) is a customer's word: its owners and admins can write into it what they
 * like. So it may do no more than they could anyway: take away, within that account. Kinds that are not here stand in
 * no account's history, since they are about people and not about their part in it.
 * - `takes_away`: done again, as far as it gives nothing to anybody (`redo-of-people.ts` looks at roles,
 *   `redo-of-accounts.ts` at mandates).
 * - `by_hand`: it could give somebody power, or take the account away: the operator asks whom they trust, and does it.
 * - `history`: comes back into the account's history, as told by that export.
 * - `skip`: written for the operator, who must not read there what a customer made up.
 */
const IN_ACCOUNT_EXPORT: Partial<Readonly<Record<AuditKind, 'takes_away' | 'by_hand' | 'history' | 'skip'>>> =
  {
    'login.completed': 'history',
    'step_up.completed': 'history',
    'authenticator.enrolled': 'history',
    'authenticator.trusted': 'history',
    'invitation.made': 'history',
    'invitation.accepted': 'history',
    'invitation.withdrawn': 'history',
    'account.created': 'history',
    'account.deleted': 'by_hand',
    'account.plan_changed': 'by_hand',
    'membership.role_changed': 'takes_away',
    'membership.removed': 'takes_away',
    'membership.sessions_ended': 'history',
    'mandate.switched_on': 'takes_away',
    'mandate.switched_off': 'by_hand',
    'mandate.changed': 'takes_away',
    'mandate.text_end_set': 'takes_away',
    'mandate.text_end_removed': 'by_hand',
    'session_length.changed': 'by_hand',
    'pass.requested': 'history',
    'pass.request_denied': 'history',
    'pass.request_died': 'history',
    'pass.granted': 'history',
    'pass.activated': 'takes_away',
    'pass.revoked': 'history',
    'pass.ended': 'history',
    'pass.right_ended': 'history',
    'sms.alert': 'skip',
    'sms.limits_changed': 'by_hand',
  };

/** `null`: an account's own export has no such line. */
export const accountWord = (kind: AuditKind) => IN_ACCOUNT_EXPORT[kind] ?? null;

/** Beside the details of an event that came back from an account's own export: its history shows who says so. */
export const TOLD_BY_ACCOUNT = { toldBy: 'account export' } as const;
