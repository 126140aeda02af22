import type { NewPasswordResult } from '../../flows/password.ts';

export type Verdict = Extract<NewPasswordResult, { result: 'bad_password' }>['verdict'];

/** U3: why a password may not be set, and what to do instead. Sign-up says the same. */
export const passwordVerdicts: Record<Verdict, string> = {
  too_short: 'Your password must have at least 15 characters. A few words you can remember will do.',
  too_long: 'Your password may have at most 256 characters. Make it shorter.',
  one_character: 'That is the same character again and again. Use several different words instead.',
  contains_name:
    'That is made of names: yours, your account’s or ours. They are tried first. Use words that have nothing to do with them.',
  common:
    'That is one of the passwords that are guessed first. Use several words that do not belong together.',
};

export interface PasswordMessages {
  newPassword: string;
  newPasswordHint: string;
  save: string;
  forgot: {
    title: string;
    lead: string;
    email: string;
    send: string;
    back: string;
    empty: string;
    noAddress: string;
  };
  linkSent: {
    title: string;
    ifThereIs: (email: string) => string;
    works: string;
    nothing: string;
    again: string;
  };
  reset: { title: string; lead: string };
  resetGone: { title: string; paragraphs: readonly string[]; askAgain: string; logIn: string };
  change: {
    title: string;
    lead: string;
    current: string;
    emptyCurrent: string;
    wrongCurrent: string;
    wait: (time: string) => string;
    forgotten: string;
    back: string;
  };
  confirmFirst: { title: string; why: string; go: string; back: string };
  notMe: { title: string; lead: string; whatHappens: readonly string[]; afterwards: string; button: string };
  notMeDone: { title: string; lead: string; next: readonly string[]; choosePassword: string };
  notMeGone: { title: string; paragraphs: readonly string[]; choosePassword: string };
}

export const enPassword: PasswordMessages = {
  newPassword: 'New password',
  newPasswordHint: 'At least 15 characters. A few words you can remember are best.',
  save: 'Save password',
  forgot: {
    title: 'Forgotten your password?',
    lead: 'We send you a link by e-mail. Behind it you choose a new password.',
    email: 'E-mail address',
    send: 'Send link',
    back: 'Back to log in',
    empty: 'Type your e-mail address.',
    noAddress: 'Type a whole e-mail address, like name@example.com.',
  },
  linkSent: {
    title: 'Check your e-mail for a link',
    ifThereIs: (email) => `If there is a login with the address ${email}, a link is on its way.`,
    works: 'It works once, for 30 minutes.',
    nothing: 'Nothing there after a few minutes? Look into the spam folder, and check the address.',
    again: 'Use another address or send it again',
  },
  reset: {
    title: 'Choose a new password',
    lead: 'Saving it ends all your sessions. Then log in with it; if you use codes from your phone, you still need one.',
  },
  resetGone: {
    title: 'This password link no longer works',
    paragraphs: [
      'It was used already, or it is older than 30 minutes.',
      'If you have just saved a new password, it is saved: log in with it.',
    ],
    askAgain: 'Send a new link',
    logIn: 'Log in',
  },
  change: {
    title: 'Change your password',
    lead: 'Saving it ends all your other sessions.',
    current: 'Current password',
    emptyCurrent: 'Type your current password.',
    wrongCurrent: 'That is not your current password. Type it again.',
    wait: (time) => `Too many wrong passwords. Try again in ${time}.`,
    forgotten: 'Forgotten it?',
    back: 'Back',
  },
  confirmFirst: {
    title: 'First, confirm that it is you',
    why: 'Before you change your password, we ask for a code from your phone, even if you typed one when you logged in. Then you have five minutes to choose the new password.',
    go: 'Continue',
    back: 'Back',
  },
  notMe: {
    title: 'Was this not you?',
    lead: 'If you did not do what the e-mail tells of, somebody else may be in. Press the button, and at once:',
    whatHappens: [
      'all your sessions end, in every browser',
      'log-ins under way, passes, and links to choose a password stop working',
      'if the e-mail is about an authenticator or a code of it, that authenticator is taken away',
    ],
    afterwards:
      'Without your authenticator, only a pass from an admin of your account lets you in again. If it was you after all, close this page: nothing has happened.',
    button: 'This was not me',
  },
  notMeDone: {
    title: 'One more thing to do',
    lead: 'All your sessions have ended, and if the e-mail was about an authenticator or a code of it, that was taken away. Your password still works: if somebody else knows it, choose a new one.',
    next: [
      'Choose a new password now.',
      'Then log in. If you are asked for a pass, ask an admin of your account for one: best by phone, as somebody may be reading your e-mail.',
    ],
    choosePassword: 'Choose a new password',
  },
  notMeGone: {
    title: 'This link no longer works',
    paragraphs: [
      'It works once, for seven days. If you have just pressed the button, it has done its work: all your sessions have ended.',
      'If you still think that somebody else is in, choose a new password. That ends all your sessions too.',
    ],
    choosePassword: 'Choose a new password',
  },
};
