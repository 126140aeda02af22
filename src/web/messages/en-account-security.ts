import type { Refusal } from '../../flows/act.ts';
import type { MandateResult, SessionLengthResult } from '../../flows/set-mandate.ts';
import type { RollOut } from '../../flows/view-account.ts';
import type { Mandate, Method } from '../../rules/facts.ts';

export const SECURITY_DONE = [
  'switched_on',
  'changed',
  'switched_off',
  'unchanged',
  'length',
  'text_ends',
  'text_ends_told',
  'text_goes_on',
] as const;
export type SecurityDone = (typeof SECURITY_DONE)[number];

type Fault<R extends { readonly result: string }> = Exclude<
  Exclude<R, Refusal>['result'],
  'done' | 'unchanged'
>;
export type MandateFault = Fault<MandateResult>;
export type LengthFault = Fault<SessionLengthResult>;

/** How long, in minutes. */
export const LENGTHS = ['15', '30', '60', '120', '240', '480', '720', '1440', '10080', '43200'] as const;
export type Length = (typeof LENGTHS)[number];

export interface Effect {
  readonly from: Mandate['from'];
  readonly methods: readonly Method[];
  readonly wasOn: boolean;
}

const kept = 'Nothing changes for them.';
/** T2: only those who are newly asked can wait for their next login. */
const start = ({ from }: Effect) =>
  from === 'now' ? 'are out at once; back in, they' : 'go on as they are; at their next login they';
const ofKind = (method: Method, other: string) => (effect: Effect) => {
  if (!effect.methods.includes(method)) {
    const way = effect.wasOn ? 'are out at once; back in, they' : start(effect);
    return `They ${way} show their code once more, then change to ${other}.`;
  }
  if (effect.wasOn) return kept;
  return `They ${start(effect)} type a code.`;
};

export const enAccountSecurity = {
  title: 'Security',
  lead: 'How people log in to this account.',
  done: {
    switched_on: 'Two-factor authentication is on for everyone in this account.',
    changed: 'The change holds from now on.',
    switched_off: 'Two-factor authentication is off for this account.',
    unchanged: 'That is how it was already. Nothing changed.',
    length: 'The new session length holds from now on.',
    text_ends: 'The day is set.',
    text_ends_told: 'The day is set. The other owners and admins were told by e-mail.',
    text_goes_on: 'The day is taken away: text messages go on.',
  } satisfies Record<SecurityDone, string>,

  mandate: {
    title: 'Two-factor authentication for everyone',
    on: 'On',
    off: 'Off',
    facts: { state: 'State', since: 'Since', methods: 'Codes by', from: 'Applies', people: 'People' },
    from: {
      next_login: 'From each person’s next login',
      now: 'At once, to every session',
    } satisfies Record<Mandate['from'], string>,
    setUp: (n: number, of: number) => `${n} of ${of} set up`,
    rule: 'This is the account’s rule: no member can switch it off, or change their phone, by themselves. Neither can somebody who has learned a member’s password.',
    help: 'What members see',
    standard: {
      title: 'Part of the Enterprise plan',
      text: (support: string) =>
        `This account is on the Standard plan, so it cannot be switched on here. To change the plan, turn to ${support}.`,
      legend: 'Who needs a code to log in?',
      nobody: 'Nobody: a password is enough',
      everyone: 'Everyone',
    },
    methods: 'How may people get their codes?',
    methodHints: {
      totp: 'Safer, and works without a network. Recommended.',
      sms: 'Needs nothing but a phone number.',
    } satisfies Record<Method, string>,
    noCarrier: 'Text messages are not offered: they cannot be sent from here.',
    when: 'When does it apply?',
    whenOn: 'To people who have not been asked yet. A changed choice of codes holds at once, for everybody.',
    choices: {
      next_login: {
        label: 'From their next login',
        hint: 'People who are logged in go on until their session ends.',
      },
      now: {
        label: 'Now',
        hint: 'Sessions without a code are out of this account at once; their people log in again.',
      },
    } satisfies Record<Mandate['from'], { label: string; hint: string }>,
    look: 'See whom it affects',
    switchOff: 'Switch off',
    onTitle: 'Switch it on',
    changeTitle: 'Change',
    offTitle: 'Switch off',
    offText: 'A password is then enough to enter this account.',
    faults: {
      no_method: 'Choose at least one way to get codes.',
      text_needs_carrier: 'Text messages cannot be sent from here, so they cannot be the only way.',
      text_ends:
        'A day is set from which text messages are not taken, so they cannot be the only way. Choose the app too, or take the day away first.',
      not_enterprise: 'Two-factor authentication for everyone is part of the Enterprise plan.',
    } satisfies Record<MandateFault, string>,
  },

  effect: {
    titles: {
      on: 'Switch two-factor authentication on?',
      change: 'Change two-factor authentication?',
      off: 'Switch two-factor authentication off?',
    },
    chosen: {
      methods: 'Codes by',
      from: 'Applies',
      /** The list of methods holds from the next request, whatever the mandate itself does. */
      methodsAtOnce: 'The changed choice of codes: at once',
      demand: {
        next_login: 'To people who have not been asked yet: from their next login',
        now: 'To everybody else: at once, to every session',
      } satisfies Record<Mandate['from'], string>,
    },
    table: 'Whom it affects',
    columns: { people: 'People', count: 'How many', effect: 'What happens' },
    rows: {
      app: ofKind('totp', 'text messages'),
      text: ofKind('sms', 'an authenticator app'),
      notYet: (effect: Effect) => `They ${start(effect)} set it up. They need their phone and their e-mail.`,
      onPass: () => 'They are in until their pass ends, then set up.',
      setUpAgain: () => 'They set up where they used their pass. From anywhere else they need a new one.',
      invited: () => 'They set it up when they sign up.',
    } satisfies Record<keyof RollOut, (effect: Effect) => string>,
    nobody: 'Nobody is affected.',
    shorter: 'Sessions last at most 24 hours while it is on; the length set here is shortened to that.',
    ownMethod: (method: string) =>
      `You get your own codes by ${method.toLowerCase()}. After this you set up again yourself, right away.`,
    yourself:
      'You are asked for a code of your own first. If you have none, you set it up now, so that you do not lock yourself out.',
    off: [
      'Passwords alone open this account again.',
      'Every pass for it ends, and whoever waits for one is turned away.',
      'Phones stay known for 90 days, in case you switch it on again.',
      'Other accounts of your people that ask for codes still do.',
    ],
    buttons: { on: 'Switch on for everyone', change: 'Change', off: 'Switch off' },
    back: 'Not now',
  },

  length: {
    title: 'Session length',
    max: 'Log out after',
    maxHint: 'Counted from the login, however busy.',
    idle: 'Log out when idle for',
    save: 'Save',
    ofMandate: 'At most 24 hours while two-factor authentication is on.',
    choices: {
      '15': '15 minutes',
      '30': '30 minutes',
      '60': '1 hour',
      '120': '2 hours',
      '240': '4 hours',
      '480': '8 hours',
      '720': '12 hours',
      '1440': '24 hours',
      '10080': '7 days',
      '43200': '30 days',
    } satisfies Record<Length, string>,
    faults: {
      too_short: 'Sessions last at least 15 minutes. Choose a longer time.',
      too_long: 'That is longer than this account may have. Choose a shorter time.',
      idle_longer_than_max: 'The idle time cannot be longer than the whole session. Choose a shorter one.',
    } satisfies Record<LengthFault, string>,
  },
};

export type AccountSecurityMessages = typeof enAccountSecurity;
