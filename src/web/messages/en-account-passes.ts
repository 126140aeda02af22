import type { PassRowView } from '../../flows/view-account.ts';
import type { GrantFault } from './en-account-people.ts';

export const PASSES_DONE = ['granted', 'denied', 'revoked'] as const;
export type PassesDone = (typeof PASSES_DONE)[number];

/** How a pass came to its end; the store keeps the reason as a word. */
const ENDS = {
  revoked: 'Revoked',
  replaced: 'Replaced by a newer one',
  removed: 'Removed from the account',
  reset: 'Password reset',
  not_me: '“This was not me”',
  set_up: 'Set up again',
  mandate_off: 'Two-factor authentication switched off',
  disabled: 'Login disabled',
  clock_set_back: 'The server’s clock was set back, so nobody could tell how old it was',
} as const;

const tries = (n: number) => (n === 1 ? '1 try' : `${n} tries`);

export const enAccountPasses = {
  title: 'Passes',
  lead: 'A pass lets one person into this account for 24 hours without their phone. Afterwards they set up again.',
  notMandated: 'This account does not ask for two-factor authentication, so nobody needs a pass.',
  done: {
    granted: 'The pass is granted. Their page goes on by itself, and they are in for 24 hours.',
    denied: 'The request is denied. Their page says so.',
    revoked: 'The pass is revoked. Whoever was in with it is out.',
  } satisfies Record<PassesDone, string>,
  gone: {
    request: 'That request is no longer waiting: somebody answered it, or it ran out. Nothing was changed.',
    pass: 'That pass has ended already.',
  },
  requests: {
    title: 'Waiting',
    none: 'Nobody waits for a pass.',
    facts: { browser: 'Browser', network: 'Network address', at: 'Asked', until: 'Waits until' },
    call: 'Speak to them: in person, by video call, or on a number you already know, such as their desk phone. Their own phone may be the one that is lost. If they did not ask, deny it.',
    changed: 'Their password was changed lately:',
    changedWhy: 'Somebody else may have done that. Ask them about it.',
    number: 'Number they read to you',
    reason: 'Reason',
    reasonHint: 'How you know that it is them.',
    grant: 'Grant pass',
    deny: 'Deny',
    own: 'This is your own request. Somebody else must answer it.',
    onlyOwners: 'Only an owner can answer this one.',
    triesLeft: (n: number) => `${tries(n)} left`,
    numberFormat: 'Type the two digits that they read to you.',
    faults: {
      reason_missing: () => 'Type how you know that it is them.',
      too_many: () => 'They have had two passes in seven days. Only an owner can grant another one.',
      not_mandated: () => 'This account does not ask for two-factor authentication, so nobody needs a pass.',
      wrong_number: (left: number) =>
        left === 0
          ? 'That was the third wrong number, so the request is dead. They can ask again, if it was them at all.'
          : `That is not the number on their screen. Ask them to read it again. You have ${tries(left)} left.`,
    } satisfies Record<GrantFault['result'], (triesLeft: number) => string>,
  },
  inForce: { title: 'In force', none: 'Nobody is in with a pass.' },
  unused: { title: 'Not used yet', until: 'Good until' },
  past: { title: 'Past', none: 'No pass has ended yet.', latest: (n: number) => `The latest ${n}.` },
  columns: { person: 'Person', reason: 'Reason', granted: 'Granted', end: 'End', actions: 'Actions' },
  kinds: {
    asked_for: 'asked for',
    handed_over: 'handed over',
  } satisfies Record<PassRowView['kind'], string>,
  by: (name: string) => `by ${name}`,
  operator: 'the operator',
  somebodyGone: 'somebody no longer here',
  ended: (by: string | null) => (by === null ? 'Ran out' : (ENDS[by as keyof typeof ENDS] ?? by)),
  neverUsed: 'never used',
  revoke: 'Revoke',
};

export type AccountPassesMessages = typeof enAccountPasses;
