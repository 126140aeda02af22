import type { Mandate, Method } from '../../rules/facts.ts';

const by: Record<Method, string> = { totp: 'authenticator app', sms: 'text message' };

export const enAccountOverview = {
  plan: (plan: string) => `${plan} plan`,
  mandate: {
    on: (mandate: Mandate) =>
      `Everyone logs in with two-factor authentication, by ${mandate.methods.map((m) => by[m]).join(' or ')}.`,
    off: 'A password is enough to log in here.',
    change: 'Change',
    look: 'Security settings',
  },
  stats: {
    members: 'Members',
    setUp: 'Set up',
    setUpNote: (n: number, of: number) => `${n} of ${of}`,
    onPass: 'On a pass',
    invited: 'Invited',
  },
  waiting: {
    title: (n: number) => (n === 1 ? 'Somebody waits for a pass' : `${n} people wait for a pass`),
    text: 'They are locked out and have asked to be let in.',
    button: 'Answer',
  },
  oneOwner: {
    title: 'There is only one owner',
    text: 'If that person cannot log in, nobody here can help them. Make a second person an owner.',
    link: 'Go to People',
  },
  rollOut: {
    title: 'Two-factor authentication',
    picture: 'Members',
    parts: { passOrAgain: 'On a pass or must set up again' },
    table: 'How far people are',
    columns: { state: 'State', people: 'People' },
    show: (what: string) => `Show: ${what}`,
  },
  activity: { title: 'Recent activity', all: 'All activity', none: 'Nothing has happened yet.' },
  leave: {
    title: 'Leave this account',
    text: 'You lose access at once; only a new invitation brings you back.',
  },
};

export type AccountOverviewMessages = typeof enAccountOverview;
