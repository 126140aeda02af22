import type { AppResult, PhoneResult } from '../../flows/enroll.ts';
import type { Method } from '../../rules/facts.ts';
import type { NextStep } from '../../rules/next-step.ts';
import { type CodeFault, enLogin } from './en-login.ts';
import type { FaultText } from './fault-text.ts';

export type SetUpBasis = Extract<NextStep, { step: 'set_up' }>['basis'];
export type AppFault = CodeFault | Extract<AppResult, { result: 'clock_off' }>;
export type PhoneFault = Extract<PhoneResult, { result: 'bad_number' }>['fault'] | 'missing' | 'no_country';

export const enSetUp = {
  title: 'Set up two-factor authentication',
  leads: {
    first: (account: string) =>
      `${account} asks everybody for a code from their phone when they log in. Setting it up takes about three minutes.`,
    proven: (account: string) => `Set up what you will use for ${account} from now on.`,
    right: (account: string) =>
      `${account} let you in with a pass and has forgotten your old authenticator. Set up a new one.`,
  } satisfies Record<SetUpBasis, (account: string) => string>,
  legend: 'How do you want to get your codes?',
  recommended: 'Recommended',
  methods: {
    totp: {
      label: 'Authenticator app',
      hint: 'An app on your phone shows a code, without any signal. The safer way.',
    },
    sms: { label: 'Text message', hint: 'We send a code to your phone each time you log in.' },
  } satisfies Record<Method, { label: string; hint: string }>,
  /** What is said of the only way there is: it is compared with no other. */
  alone: {
    totp: 'An app on your phone shows a code, without any signal.',
    sms: 'We send a code to your phone each time you log in.',
  } satisfies Record<Method, string>,
  submit: 'Continue',
  /** Where there is one way only. */
  only: {
    totp: 'Set up your authenticator app',
    sms: 'Set up codes by text message',
  } satisfies Record<Method, string>,
  chooseOne: 'Choose how you want to get your codes.',
  notOffered: 'Your account does not take that one. Choose another.',
  help: 'Help with setting up',
  otherMethod: 'Choose another way',

  app: {
    title: 'Set up your authenticator app',
    getApp: 'Get an authenticator app on your phone. If you have one already, use that.',
    whichApp: 'Which app?',
    appStore: 'App Store',
    googlePlay: 'Google Play',
    scan: 'In the app, add an account and scan this code.',
    qrLabel: 'QR code that holds your key. If you cannot scan it, use the link or the key below.',
    openApp: 'Open in your authenticator app',
    openHint: 'Reading this on that phone?',
    byHand: 'Cannot scan? Type this key into the app:',
    copy: 'Copy key',
    copied: 'Copied',
    type: 'Type the code that the app shows now.',
    submit: 'Verify',
    faults: {
      ...enLogin.code.appFaults,
      wrong:
        'That code is wrong. Type the one the app shows for this key now, before it changes; if it is refused too, let your phone set its time automatically.',
      clock_off: (f) =>
        `Your phone’s clock is about ${f.time} ${f.ahead ? 'ahead' : 'behind'}. In its settings, let it set date and time automatically, then type the new code.`,
    } satisfies Record<AppFault['result'], FaultText>,
  },

  phone: {
    title: 'Your phone number',
    risk: 'Text messages are weaker than an app: they can be intercepted, and numbers can be taken over.',
    useApp: 'Use an authenticator app instead',
    country: 'Country',
    chooseCountry: 'Choose a country',
    searchCountry: 'Search by name or code',
    noCountry: 'No country found.',
    number: 'Phone number',
    hint: 'In any format, with or without the leading zero.',
    submit: 'Send code',
    faults: {
      missing: 'Type your phone number.',
      no_country: 'Choose the country of your number.',
      not_a_number: 'Type a phone number, with digits.',
      not_valid: 'There is no such number in this country. Check the digits and the country.',
      wrong_country:
        'That number belongs to another country. Choose its country, or type it without a country code.',
      cannot_receive: 'That number cannot get text messages. Type the number of a mobile phone.',
      not_served:
        'We do not send text messages to the country of that number. Type another number, or choose an authenticator app.',
    } satisfies Record<PhoneFault, string>,
  },

  text: {
    title: 'Check your phone',
    unsentTitle: 'We could not send a text message',
    sentTo: 'We sent a six-digit code to',
    hint: 'It works for 10 minutes.',
    unsureTo: 'A six-digit code may be on its way to',
    unsureHint: 'If it does not come within a minute, ask for another or change the number.',
    send: 'Send a code',
    submit: 'Verify',
    changeNumber: 'Change number',
    noCode: {
      later:
        'Too many text messages have been asked for, so no more is sent for now. Try again in an hour, or choose another way.',
      failed:
        'The text message could not be sent. Check the number, try again in a few minutes, or choose another way.',
    },
    faults: {
      ...enLogin.code.textFaults,
      limit:
        'Too many text messages have been asked for, so no more is sent for now. Use the last code, or try again in an hour.',
      failed:
        'No text message can be sent just now. Use the last code, choose another way, or try again in a few minutes.',
    },
  },
};

export type SetUpMessages = typeof enSetUp;
