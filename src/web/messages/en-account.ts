import type { Refusal } from '../../flows/act.ts';
import type { PersonView, RollOut } from '../../flows/view-account.ts';
import type { Method, Plan, Role } from '../../rules/facts.ts';
import type { ConfirmPage } from '../account/frame.tsx';

/** The pages of an account, as its navigation names them. */
export type AccountPageName = 'overview' | 'people' | 'passes' | 'security' | 'activity';

/** Refusals that are said in words; the others lead somewhere else. */
export type ToldRefusal = Exclude<Refusal['result'], 'signed_out' | 'not_found' | 'not_admitted' | 'step_up'>;

export type State = PersonView['standing']['state'];

/** What every page of an account says. */
export const enAccount = {
  nav: {
    overview: () => 'Overview',
    people: () => 'People',
    passes: (waiting: number) => (waiting === 0 ? 'Passes' : `Passes (${waiting})`),
    security: () => 'Security',
    activity: () => 'Activity',
  } satisfies Record<AccountPageName, (waiting: number) => string>,
  trail: 'You are here',
  roles: { owner: 'Owner', admin: 'Admin', member: 'Member' } satisfies Record<Role, string>,
  roleHints: {
    member: 'Logs in to this account.',
    admin: 'Also invites and removes members, gives them passes, and sets how people log in.',
    owner: 'All of that for everyone, admins and owners included. Only owners change roles.',
  } satisfies Record<Role, string>,
  plans: { standard: 'Standard', enterprise: 'Enterprise' } satisfies Record<Plan, string>,
  methods: { totp: 'Authenticator app', sms: 'Text message' } satisfies Record<Method, string>,
  states: {
    set_up: { totp: 'Set up with app', sms: 'Set up by text' },
    other_method_needed: {
      totp: 'Must change to text messages',
      sms: 'Must change to an app',
    },
    not_yet: 'Not yet',
    on_pass: 'On a pass',
    set_up_again: 'Must set up again',
    invited: 'Invited',
  } satisfies Record<State, string | Record<Method, string>>,
  until: 'until',
  since: 'since',
  disabled: 'Login disabled',
  joining: 'has not finished signing up',
  you: 'You',
  never: 'Never',
  rollOut: {
    app: 'Set up with app',
    text: 'Set up by text message',
    notYet: 'Not yet',
    onPass: 'On a pass',
    setUpAgain: 'Must set up again',
    invited: 'Invited',
  } satisfies Record<keyof RollOut, string>,
  back: 'Back',
  unknownNetwork: 'unknown network',

  confirm: {
    button: 'Confirm it’s you',
    what: {
      invite: 'To invite people,',
      person: 'To give a pass or change the role,',
      passes: 'To grant a pass,',
      security: 'To change anything here,',
    } satisfies Record<ConfirmPage, string>,
    how: {
      mandated: 'first confirm that it is you, with a code from your phone. It holds for five minutes.',
      standard: 'first confirm that it is you, with your password or a code. It holds for five minutes.',
    },
  },

  pass: {
    title: 'You are in with a pass',
    timeLeft: 'Time left:',
    until: 'until',
    end: 'When it ends, you are logged out. At your next login in this browser you set up again.',
  },

  refused: {
    not_admin: {
      title: 'For owners and admins',
      text: 'Only owners and admins of this account may do this. If you should be one, ask an owner.',
    },
    only_owners: {
      title: 'For owners',
      text: 'Only an owner of this account may do this. Ask one.',
    },
    not_yourself: {
      title: 'Not for yourself',
      text: 'Nobody does this to themselves. Ask another owner or admin.',
    },
    last_owner: {
      title: 'The last owner stays',
      text: 'An account needs an owner, and this is the last one. Make somebody else an owner first.',
    },
  } satisfies Record<ToldRefusal, { title: string; text: string }>,
  toStart: 'Go to the start page',
  leaveLink: (account: string) => `Leave ${account}`,

  leave: {
    title: (account: string) => `Leave ${account}?`,
    effects: [
      'You can no longer enter this account, in any browser.',
      'Only a new invitation brings you back.',
    ],
    button: 'Leave this account',
    back: 'Stay',
    lastOwner: 'You are its last owner, so you cannot leave. Make somebody else an owner first.',
  },
};

export type AccountMessages = typeof enAccount;
