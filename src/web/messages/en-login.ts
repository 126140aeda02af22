import type { CodeResult } from '../../flows/answer-email-code.ts';
import type { NextStep } from '../../rules/next-step.ts';
import type { FaultText } from './fault-text.ts';

type Of<S extends NextStep['step']> = Extract<NextStep, { step: S }>;

export type EmailCodeReason = Of<'email_code'>['why'];
export type RefusedReason = Of<'refused'>['reason'];
/** Why somebody comes to `/login`. */
export type Because = 'over' | 'reset' | 'logged_out' | 'session_over' | 'pass_over';
export type LogInFault = 'no_email' | 'no_password' | 'wrong' | 'wait';
/** Whatever can be wrong with a code, or with asking for another. */
export type CodeFault =
  | Exclude<CodeResult, { result: 'accepted' | 'moved' }>
  | { readonly result: 'too_early'; readonly until: number }
  | { readonly result: 'limit' | 'failed' };
type CodeFaults = Record<CodeFault['result'], FaultText>;

const triesLeft = (left: number | null) => {
  if (left === null) return '';
  return left === 1 ? ' You have 1 try left.' : ` You have ${left} tries left.`;
};

const codeFaults = {
  malformed: 'Type the six digits of the code.',
  wrong: (f) =>
    f.triesLeft === 0
      ? 'That code is wrong, and it was the last try. Start again to get a new code.'
      : `That code is wrong. Check it and type it again.${triesLeft(f.triesLeft)}`,
  used: 'That code has been used already. Get a new one.',
  expired: 'That code is older than 10 minutes. Press “Send a new code” and type the new one.',
  no_more: 'No more tries or new codes in this login. Start again to get a new code.',
  none: 'That code is no longer good. Press “Send a new code” and type the new one.',
  invitation_gone: 'The invitation is no longer open. Ask for a new one.',
  wait: (f) => `Too many wrong codes. Try again in ${f.time}.`,
  dead: (f) => `Too many wrong codes: none is taken any more. Turn to ${f.support}.`,
  too_early: (f) => `A code is on its way. You can get a new one in ${f.time}.`,
  limit:
    'We could not send another code: too many have gone there today. Use the last one, or try again tomorrow.',
  failed: 'We could not send another code just now. Use the last one, or try again in a few minutes.',
} satisfies CodeFaults;

/** Of text messages the limits are by the minute and the hour too. */
const TEXTS_USED_UP = 'Too many text messages have been asked for, so no more is sent for now.';

export const enLogin = {
  logIn: {
    title: 'Log in',
    email: 'E-mail address',
    password: 'Password',
    submit: 'Log in',
    forgotten: 'Forgotten your password?',
    newHere: 'New here?',
    signUp: 'Sign up',
    because: {
      over: { kind: 'info', text: 'That login has timed out. Log in again.' },
      reset: { kind: 'success', text: 'Your new password is saved. Log in with it.' },
      logged_out: { kind: 'success', text: 'You are logged out.' },
      session_over: { kind: 'info', text: 'Your session has ended. Log in again.' },
      pass_over: {
        kind: 'info',
        text: 'Your pass has ended. Log in, in this browser, to set up two-factor authentication again. If an admin revoked the pass, you need another one.',
      },
    } satisfies Record<Because, { kind: 'info' | 'success'; text: string }>,
    pending: {
      step_up: (account: string | null) =>
        account === null
          ? 'Type your password again to show that it is you.'
          : `Type your password again to enter ${account}.`,
      set_up: (account: string | null) =>
        `To set up two-factor authentication again${account === null ? '' : ` for ${account}`}, type your password again. It is asked for once more so that nobody who finds your browser open can put their phone in place of yours.`,
      invitation: () => 'Log in with this address to accept the invitation.',
    },
    loggedInAs: 'You are logged in as',
    faults: {
      no_email: 'Type your e-mail address.',
      no_password: 'Type your password.',
      wrong: 'The e-mail address or the password is wrong. Check both and try again.',
      wait: (f) => `Too many wrong passwords. Try again in ${f.time}.`,
    } satisfies Record<LogInFault, FaultText>,
  },

  wayOut: {
    log_in: 'Log in as someone else',
    sign_up: 'Use another e-mail address',
    step_up: 'Not now, go back',
  },
  startAgain: 'Start again',
  otherAccounts: 'Enter another account instead',
  noneOfThese: 'I can’t use any of these',
  lockedOut: 'Help with codes',
  sentAgain: 'A new code is on its way. Only the newest one works.',
  numberEndingIn: (digits: string) => `the number ending in ${digits}`,
  sixDigits: 'Six-digit code',
  sendNewCode: 'Send a new code',
  tryAgain: 'Try again',
  noMoreCodes: 'No more codes can be sent in this login.',
  /** Why there is no code to type. */
  noCode: {
    tries: 'This code can no longer be tried. Start again to get a new one.',
    login: 'No more codes can be sent in this login. Start again to get one.',
    today: 'We could not send a code: too many have gone there today. Try again tomorrow.',
    later: `${TEXTS_USED_UP} Enter a recovery code, or try again in an hour.`,
    failed:
      'The text message could not be sent. Enter a recovery code, or try again in a few minutes. If you have no recovery code, choose “I can’t use any of these” and an admin can let you in.',
  },
  waiting: (time: string) => `Too many wrong codes. You can try again in ${time}.`,

  emailCode: {
    title: 'Check your e-mail',
    sentTo: 'We sent a six-digit code to',
    why: {
      sign_up: 'Type it here to show that the address is yours. If it has a login already, the mail says so.',
      invitation: 'Type it here to show that the invitation is yours.',
      set_up: 'Your account uses two-factor authentication. Before you set it up, show that it is you.',
      set_up_again:
        'You are about to set up two-factor authentication again. First show that it is you, so that nobody else puts their phone in place of yours.',
      pass: 'Before an admin is asked to let you in, show that it is you.',
      trust: 'This account does not know your authenticator yet. Before it does, show that it is you.',
    } satisfies Record<EmailCodeReason | 'set_up_again', string>,
    hint: 'It works for 10 minutes, in this browser. Not there? Look in your spam folder.',
    submit: 'Continue',
    faults: codeFaults,
  },

  code: {
    title: 'Two-factor authentication',
    app: {
      lead: (product: string) => `Open your authenticator app and type the code it shows for ${product}.`,
    },
    text: {
      sentTo: 'We sent a code by text message to',
      unsureTo: 'A code may be on its way by text message to',
      unsureHint: 'If it does not come within a minute, ask for another, or enter a recovery code.',
      toSendTo: 'We send the code by text message to',
      hint: 'It works for 10 minutes.',
      send: 'Send a code',
    },
    submit: 'Verify',
    recovery: 'Enter recovery code',
    appFaults: {
      ...codeFaults,
      used: 'That code has been used already. Wait until your app shows the next one.',
      wrong:
        'That code is wrong. Type the one your app shows now; if it is refused too, let your phone set its time automatically.',
      dead: 'Too many wrong codes. Enter a recovery code.',
    } satisfies CodeFaults,
    textFaults: {
      ...codeFaults,
      limit: `${TEXTS_USED_UP} Use the last code, enter a recovery code, or try again in an hour.`,
      failed:
        'No text message can be sent just now. Use the last code, enter a recovery code, or try again in a few minutes.',
      dead: 'Too many wrong codes. Enter a recovery code.',
    } satisfies CodeFaults,
  },

  recoveryCode: {
    title: 'Enter a recovery code',
    leads: {
      usable: 'Type one of the backup codes you saved when you set up, or a pass code from an admin.',
      dead: 'Too many wrong codes were typed, so the codes of your phone are no longer taken. Get in with a backup code, then set up again.',
      pass_only: 'Type the pass code that an admin of the account gave you.',
    },
    dead: 'Too many wrong recovery codes were typed: your backup codes are no longer taken.',
    deadWithPhone: 'Use the code from your phone. You then get ten new backup codes.',
    deadWithoutPhone: (support: string) =>
      `Ask an admin of your account to let you in, or turn to ${support}.`,
    field: 'Recovery code',
    hint: 'Like x7k2-9mqf-4t0a. Capital letters, spaces and hyphens make no difference.',
    passOnly: {
      title: 'Enter a pass code',
      field: 'Pass code',
      hint: '16 letters and digits. Capital letters, spaces and hyphens make no difference.',
      back: 'Back',
    },
    submit: 'Verify',
    back: 'Use your phone instead',
    faults: {
      ...codeFaults,
      malformed: 'A recovery code has 12 letters and digits, a pass code 16. Check what you typed.',
      wrong: 'That code is wrong or has been used. Check it, or type another one.',
      used: 'That code has been used already. Each works once: type another one.',
      dead: 'Too many wrong recovery codes: your backup codes are no longer taken.',
      wait: (f) => `Too many wrong recovery codes. Try again in ${f.time}.`,
    } satisfies CodeFaults,
  },

  recovered: {
    title: 'You are nearly in',
    left: (left: number) => {
      if (left === 0) return 'That was your last backup code.';
      return left === 1 ? 'You have 1 backup code left.' : `You have ${left} backup codes left.`;
    },
    legend: 'How do you want to go on?',
    choices: {
      continue: {
        label: 'Continue',
        hint: 'I still have my phone and number.',
      },
      replace: {
        label: 'My phone or number is gone: set up again',
        hint: 'Your old phone and old backup codes stop working.',
      },
    },
    submit: 'Continue',
    missing: 'Choose whether you still have your phone or number.',
  },

  backupCodes: {
    title: 'Save your backup codes',
    lead: 'Each code lets you in once when you cannot use your phone. Keep them where you find them without it: printed, or in a password manager.',
    renewed: (left: number) =>
      `${left === 0 ? 'You have no usable backup codes left' : `You have only ${left} left`}, so here are ten new ones. The old ones stop working when you finish.`,
    list: 'Your ten backup codes',
    download: 'Download',
    copy: 'Copy',
    copied: 'Copied',
    print: 'Print',
    paper: (product: string, email: string) => `${product} backup codes of ${email}. Each works once.`,
    saved: 'I have saved these codes',
    notSaved: 'Save the codes, then tick “I have saved these codes”.',
    submit: 'Finish',
    fileName: (product: string) => `${product} backup codes`,
  },

  goOn: {
    title: 'You can go on',
    lead: 'Nothing more is asked of you.',
    submit: 'Continue',
  },

  refused: {
    title: 'You cannot log in',
    reasons: {
      disabled: (support: string) =>
        `This login has been disabled. If you think that is a mistake, turn to ${support}.`,
      unknown: (support: string) =>
        `You are not in that account. If you were invited, ask for another invitation; if you think it is a mistake, turn to ${support}.`,
      no_method: (support: string) =>
        `Your account allows text messages only, and they cannot be sent at the moment. Ask an admin of your account to allow authenticator apps, or turn to ${support}.`,
    } satisfies Record<RefusedReason, (support: string) => string>,
  },
};

export type LoginMessages = typeof enLogin;
