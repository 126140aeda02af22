import type { HomeView } from '../../flows/view-home.ts';
import type { Admission } from '../../rules/admission.ts';
import type { Done } from '../home/pages.tsx';

export type Role = HomeView['accounts'][number]['role'];
export type Refused = Exclude<Admission['answer'], 'admitted'>;
export type AdmittedBy = Extract<Admission, { answer: 'admitted' }>['by'];

export interface StatusText {
  badge: string;
  sentence: string;
}

export interface HomeMessages {
  title: string;
  done: Record<Done, string>;
  accounts: {
    title: string;
    columns: { account: string; status: string; enter: string };
    roles: Record<Role, string>;
    admitted: Record<AdmittedBy, StatusText>;
    refused: Record<Refused, StatusText>;
    enter: (account: string) => string;
    manage: (account: string) => string;
    leave: (account: string) => string;
    setUpNow: string;
    logOut: string;
    none: (email: string) => string;
  };
  pass: { title: string; whatHappens: string; timeLeft: string; until: string };
  textEnds: {
    title: (account: string) => string;
    from: string;
    what: string;
    ready: string;
  };
  twoFactor: { title: string; why: string; help: string };
  password: { title: string; text: string; change: string };
  sessions: {
    title: string;
    lead: string;
    columns: { browser: string; network: string; started: string; lastUsed: string; end: string };
    here: string;
    unknownNetwork: string;
    end: string;
    endAbout: (browser: string, network: string) => string;
    endOthers: string;
  };
}

export const enHome: HomeMessages = {
  title: 'Home',
  done: {
    session: 'That session has ended.',
    sessions: 'All other sessions have ended.',
    password: 'Your password was changed, and all your other sessions were ended.',
  },
  accounts: {
    title: 'Your accounts',
    columns: { account: 'Account', status: 'May you enter?', enter: 'What you can do' },
    roles: { owner: 'Owner', admin: 'Admin', member: 'Member' },
    admitted: {
      no_mandate: { badge: 'Admitted', sentence: 'Your password is enough here.' },
      before_mandate: {
        badge: 'Admitted',
        sentence: 'From your next login on, this account asks for two-factor authentication.',
      },
      authenticator: { badge: 'Admitted', sentence: 'You are in with two-factor authentication.' },
      backup_code: { badge: 'Admitted', sentence: 'You are in with one of your backup codes.' },
      pass: {
        badge: 'Admitted with a pass',
        sentence: 'You are in with a pass, without your authenticator.',
      },
    },
    refused: {
      signed_out: {
        badge: 'Session too old',
        sentence: 'This account wants shorter sessions. Log out and log in again.',
      },
      disabled: {
        badge: 'Closed',
        sentence: 'Your login was disabled. Ask the people who run this service.',
      },
      not_member: { badge: 'Closed', sentence: 'You are not a member. Ask an admin for an invitation.' },
      session_ended_here: {
        badge: 'Session ended',
        sentence: 'An admin ended your session for this account. Log out and log in again.',
      },
      set_up_needed: {
        badge: 'Set-up needed',
        sentence: 'This account asks for two-factor authentication. Set it up to enter.',
      },
      code_needed: { badge: 'Code needed', sentence: 'This account asks for a code from your phone.' },
      other_authenticator_needed: {
        badge: 'Code needed',
        sentence: 'This account asks for a code from another authenticator than you used.',
      },
      method_not_allowed: {
        badge: 'Set-up needed',
        sentence: 'This account does not take the kind of code you use. Set up the other kind to enter.',
      },
      pass_needed: {
        badge: 'Pass needed',
        sentence: 'Only a pass from an admin of this account lets you in.',
      },
      pass_over: {
        badge: 'Pass over',
        sentence: 'Your pass has ended. Log out, then log in and set up two-factor authentication.',
      },
    },
    enter: (account) => `Enter ${account}`,
    manage: (account) => `Manage ${account}`,
    leave: (account) => `Leave ${account}`,
    setUpNow: 'Set up now',
    logOut: 'Log out',
    none: (email) =>
      `You are in no account yet. Ask an admin of your company’s account to invite ${email}, then open the link in the e-mail that you get.`,
  },
  pass: {
    title: 'You are in with a pass',
    whatHappens:
      'It ends by itself, and then you are logged out. At your next login, in this browser, you set up two-factor authentication again: have your phone ready. “Set up now” does it earlier.',
    timeLeft: 'Time left:',
    until: 'until',
  },
  textEnds: {
    title: (account) => `Codes by text message end at ${account}`,
    from: 'From',
    what: 'on, an authenticator app makes them instead. At your first login then you type one last code from a text message and set up the app.',
    ready: 'You have nothing to do before. If you like, find an app and put it on your phone by then.',
  },
  twoFactor: {
    title: 'Two-factor authentication is managed by your account',
    why: 'An account’s owners and admins decide whether its people log in with a code. Nobody can switch that on or off, or change the phone, for themselves here: so neither can somebody who has learned your password.',
    help: 'How it works, and what to do with a new phone',
  },
  password: {
    title: 'Password',
    text: 'Changing it ends all your other sessions.',
    change: 'Change password',
  },
  sessions: {
    title: 'Your sessions',
    lead: 'Where you are logged in. If you do not know one of them, end it and change your password.',
    columns: {
      browser: 'Browser',
      network: 'Network address',
      started: 'Started',
      lastUsed: 'Last used',
      end: 'End',
    },
    here: 'This browser',
    unknownNetwork: 'unknown',
    end: 'End',
    endAbout: (browser, network) => `session of ${browser} at ${network}`,
    endOthers: 'End all other sessions',
  },
};
