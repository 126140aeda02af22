import type { Refusal } from '../../flows/act.ts';
import type { GrantResult } from '../../flows/grant-pass.ts';
import type { InviteResult } from '../../flows/manage-people.ts';
import type { PeopleFilter, PeopleSort } from '../../flows/view-account.ts';

/** What was just done, told after the redirect. */
export const PEOPLE_DONE = ['invited', 'resent', 'withdrawn', 'removed'] as const;
export type PeopleDone = (typeof PEOPLE_DONE)[number];
export const PERSON_DONE = ['role', 'sessions'] as const;
export type PersonDone = (typeof PERSON_DONE)[number];

type Own<R extends { readonly result: string }> = Exclude<R, Refusal>;
export type InviteFault = Exclude<Own<InviteResult>, { result: 'invited' }>;
export type GrantFault = Exclude<Own<GrantResult>, { result: 'granted' }>;

const people = (n: number) => (n === 1 ? '1 person' : `${n.toLocaleString('en')} people`);
const shortList = (all: readonly string[]) =>
  all.length <= 3 ? all.join(', ') : `${all.slice(0, 3).join(', ')} and ${all.length - 3} more`;

export const enAccountPeople = {
  title: 'People',
  invite: 'Invite people',
  done: {
    invited: (n: number, members: number, limited: number) => {
      const sent = n === 1 ? '1 invitation is on its way.' : `${n} invitations are on their way.`;
      const already = members === 1 ? '1 address belongs' : `${members} addresses belong`;
      const often = limited === 1 ? '1 address was' : `${limited} addresses were`;
      return [
        sent,
        ...(members === 0 ? [] : [`${already} to members already.`]),
        ...(limited === 0 ? [] : [`${often} written to too often today: try again tomorrow.`]),
      ].join(' ');
    },
    resent: () => 'A new invitation is on its way. The old link no longer works.',
    withdrawn: () => 'The invitation is withdrawn. Its link no longer works.',
    removed: () => 'They are out of this account.',
  } satisfies Record<PeopleDone, (n: number, members: number, limited: number) => string>,
  tooOften: 'That address was written to too often today. Try again tomorrow.',
  gone: {
    invitation: 'That invitation is no longer open: it was accepted, withdrawn or sent again.',
    person: 'That person is no longer in this account.',
  },
  search: 'Name or e-mail',
  filter: 'Who',
  filters: {
    all: 'Everyone',
    set_up: 'Set up',
    set_up_app: 'Set up with app',
    set_up_text: 'Set up by text message',
    not_yet: 'Not yet',
    on_pass: 'On a pass',
    set_up_again: 'Must set up again',
    invited: 'Invited',
    admins: 'Owners and admins',
  } satisfies Record<PeopleFilter, string>,
  sort: 'Sort by',
  sorts: {
    name: 'Name',
    role: 'Role',
    last_login: 'Last login',
    joined: 'Newest first',
  } satisfies Record<PeopleSort, string>,
  apply: 'Show',
  columns: {
    person: 'Person',
    role: 'Role',
    state: 'Two-factor',
    lastLogin: 'Last login',
    actions: 'Actions',
  },
  manage: 'Manage',
  resend: 'Send again',
  withdraw: 'Withdraw',
  empty: 'Nobody fits. Search for less, or show everyone.',
  pages: 'Pages of people',
  range: (from: number, to: number, of: number) =>
    of === 0 ? '' : `${from.toLocaleString('en')} to ${to.toLocaleString('en')} of ${people(of)}`,
  previous: 'Previous',
  next: 'Next',

  invitePage: {
    title: 'Invite people',
    lead: 'Each gets an e-mail with a link that works once, for seven days, and only for that address.',
    mandated: 'They set up two-factor authentication when they sign up.',
    emails: 'E-mail addresses',
    emailsHint: 'One or many: one on each line, or with commas between them. Up to 100 at once.',
    role: 'Role',
    send: 'Send invitations',
    faults: {
      none: () => 'Type at least one e-mail address.',
      too_many: () => 'That is more than 100 addresses. Send them in several goes.',
      bad_addresses: (bad: readonly string[]) =>
        `${bad.length === 1 ? 'This is not a whole e-mail address' : 'These are not whole e-mail addresses'}: ${shortList(bad)}. Nothing was sent.`,
    } satisfies Record<InviteFault['result'], (bad: readonly string[]) => string>,
  },

  person: {
    facts: {
      role: 'Role',
      state: 'Two-factor authentication',
      lastLogin: 'Last login to this account',
      pass: 'Pass',
    },
    done: {
      role: 'The role is changed, and holds from now on.',
      sessions: 'Their sessions for this account are ended.',
    } satisfies Record<PersonDone, string>,
    self: 'This is you. Another owner can change your role or give you a pass. Your sessions are on the start page.',
    onlyOwners: 'Only owners change anything about admins and owners.',
    pass: {
      title: 'Locked out? Give a pass',
      text: 'A pass lets them in without their phone for 24 hours, into this account only. Afterwards they set up again.',
      sure: 'Be sure who is asking: see them in person or by video call, or ring a number you already know, such as their desk phone. Their own phone may be the one that is lost.',
      second: {
        unused: 'A second code ends the one given before; its 24 hours begin now.',
        in_use:
          'A second pass changes nothing for the browser they are in with. It lets them in from one more browser, for 24 hours from now.',
      },
      reason: 'Reason',
      reasonHint: 'Owners and admins read it in the activity.',
      button: 'Give a pass',
      unused: 'A pass was given and has not been used yet. A new one takes its place.',
      inUse: 'They are in with a pass.',
      revoke: 'Revoke pass',
      givenAlready:
        'A pass was given already, and its code is shown only once. If that code is lost, give another: then the first no longer works.',
      faults: {
        reason_missing: 'Type a reason: who asked, and how you know that it was them.',
        too_many: 'They have had two passes in seven days. Only an owner can give another one.',
        not_mandated: 'This account does not ask for two-factor authentication, so nobody needs a pass.',
        wrong_number: 'That is not the number on their screen.',
      } satisfies Record<GrantFault['result'], string>,
    },
    role: { title: 'Role', button: 'Save role', missing: 'Choose a role.' },
    sessions: {
      title: 'Sessions',
      text: 'Ends their sessions for this account in every browser, at once. They can log in again.',
      button: 'End sessions',
    },
    remove: {
      title: 'Remove',
      text: 'They lose access to this account at once, with every pass for it.',
      link: 'Remove from account',
    },
  },

  removePage: {
    title: (name: string) => `Remove ${name}?`,
    effects: [
      'They can no longer enter this account, in any browser.',
      'Their passes for it end, and do not come back.',
      'Their login, and other accounts of theirs, stay as they are.',
    ],
    button: 'Remove',
    back: 'Keep them',
  },

  passCode: {
    title: (name: string) => `Pass code for ${name}`,
    lead: 'It is shown only now. Whoever has it and their password gets in.',
    copy: 'Copy',
    copied: 'Copied',
    howTitle: 'Hand it over',
    how: [
      'Read it to them on the phone, or hand it over in person. Never by e-mail.',
      'They log in with their password, press “Enter recovery code” and type it.',
      'It works once, in one browser.',
    ],
    until: 'Good until',
    end: 'Used or not, it ends then. Afterwards they set up again, in the browser where they used it.',
    done: 'Done',
  },
};

export type AccountPeopleMessages = typeof enAccountPeople;
