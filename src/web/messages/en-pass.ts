import type { AskResult, PassView } from '../../flows/ask-for-pass.ts';

type Request = NonNullable<PassView['request']>;
/** How a request can have come to nothing; a granted one whose pass is no longer good is `over`. */
export type Fruitless = Exclude<Request['state'], 'waiting' | 'granted'> | 'over';
export type AskFault = Exclude<AskResult['result'], 'asked' | 'moved'>;

/** The waiting page of one who asks for a pass (P1). */
export const enPass = {
  titles: {
    forgotten: 'You need a pass',
    unable: 'Can’t use any of these?',
    ask: 'Ask for a pass',
  },
  leads: {
    forgotten: (account: string) =>
      `${account} no longer knows your phone, so its codes and your backup codes do not open it. Only a pass from one of its admins does.`,
    unable: (account: string) =>
      `Without your phone and your backup codes, an admin of ${account} can let you in with a pass.`,
    ask: (account: string) => `Ask an admin of ${account} to let you in.`,
  },
  anAccount: 'your account',
  what: 'A pass lasts 24 hours. Afterwards you set up two-factor authentication again.',
  firstMail: 'First we send you a code by e-mail, to be sure that it is you.',
  how: 'This page will show a number. An admin calls you, you read it to them, and this page goes on.',
  button: 'Ask for a pass',
  again: 'Ask again',
  which: 'Which account do you want to enter?',
  chooseOne: 'Choose the account that you want to enter.',
  nobody: {
    title: 'Nobody here can give you a pass',
    text: (support: string) => `There is no other admin who could be asked. Turn to ${support}.`,
  },
  faults: {
    too_many: () =>
      'Three requests of yours wait already. Wait until an admin answers one, or until they run out after 30 minutes.',
    nobody_to_ask: (support: string) => `There is no other admin who could be asked. Turn to ${support}.`,
    unknown_account: () => 'Choose one of the accounts on this page.',
  } satisfies Record<AskFault, (support: string) => string>,

  waiting: {
    title: 'An admin has been asked',
    label: 'Your number',
    read: 'Read this number to the admin who calls you.',
    never: 'To nobody else. Do not close this page: it goes on by itself.',
    left: 'Time left:',
    until: 'until',
    ask: (account: string) =>
      `Nobody calls? Ask a colleague who can give passes for ${account}, and ring that person.`,
  },
  granted: {
    title: 'You have a pass',
    lead: (account: string) => `An admin of ${account} lets you in.`,
    button: 'Continue',
  },
  fruitless: {
    denied: {
      title: 'Your request was denied',
      text: (account: string) => `An admin of ${account} did not let you in. Speak to one, and ask again.`,
    },
    wrong_number: {
      title: 'Your request was stopped',
      text: (account: string) =>
        `A wrong number was typed three times. Speak to an admin of ${account}, ask again, and read them the new number.`,
    },
    expired: {
      title: 'Nobody answered',
      text: (account: string) =>
        `30 minutes are over. Ask a colleague who can give passes for ${account}, speak to that person, then ask again.`,
    },
    withdrawn: {
      title: 'Your request was withdrawn',
      text: (account: string) =>
        `Something changed in ${account}, or in your login. Log in again to see what is needed now.`,
    },
    over: {
      title: 'Your pass is no longer good',
      text: (account: string) =>
        `It was used, revoked or has run out. Ask an admin of ${account} for another.`,
    },
  } satisfies Record<Fruitless, { title: string; text: (account: string) => string }>,
  loggedOut: 'This login has timed out meanwhile.',
  logIn: 'Log in again',

  back: 'I can use my phone after all',
  backToCode: 'Use your phone instead',
  recovery: 'Enter recovery code',
  passCode: 'or pass code',
};

export type PassMessages = typeof enPass;
