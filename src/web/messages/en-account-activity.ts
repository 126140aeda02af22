import type { AuditKind } from '../../flows/audit.ts';
import { durationInWords } from './durations.ts';

/** What the filter offers: only kinds that can concern an account. */
export const ACTIVITY_KINDS = [
  'login',
  'step_up.completed',
  'authenticator',
  'pass',
  'invitation',
  'membership',
  'mandate',
  'session_length.changed',
  'account',
  'sms',
] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** One event as its sentence sees it. */
export interface Told {
  readonly actor: string;
  readonly person: string;
  /** Done to oneself. */
  readonly toSelf: boolean;
  /** A detail of the event, or an empty text. */
  readonly detail: (name: string) => string;
}

type Sentence = (e: Told) => string;

const WORDS: Readonly<Record<string, string>> = {
  password: 'password',
  email: 'e-mailed code',
  totp: 'authenticator app',
  sms: 'text message',
  backup_code: 'backup code',
  pass: 'pass',
  owner: 'owner',
  admin: 'admin',
  member: 'member',
  next_login: 'from the next login',
  now: 'at once',
  time: 'its 24 hours are over',
  set_up: 'they set up again',
  reset: 'their password was reset',
  not_me: 'they said “This was not me”',
  disabled: 'their login was disabled',
  revoked: 'it was revoked',
  replaced: 'a newer one took its place',
  removed: 'they are out of the account',
  mandate_off: 'two-factor authentication was switched off',
  clock_set_back: 'the server’s clock was set back, so nobody could tell how old it was',
};
const word = (text: string) => WORDS[text] ?? text;
const words = (list: string) => list.split(',').map(word).join(', ');
const brackets = (text: string) => (text === '' ? '' : ` (${text})`);
const cap = (most: string) => (most === '' ? 'as many as everybody' : most);

/** Those of caps concern an account; the others stand in the operator's records alone. */
function alertWords({ detail }: Told): string {
  const country = detail('country');
  switch (detail('what')) {
    case 'cap': {
      const [of, what] = detail('limit').split('/');
      const whose = of === 'account' ? 'this account' : 'the whole service';
      const limit = what === 'spend' ? 'spend' : 'send';
      return `${detail('percent')} % of what ${whose} may ${limit} in a day is used up`;
    }
    case 'too_low':
      return `a limit for a day is too low for a message that was asked for (${detail('limit')})`;
    case 'prefix':
      return `numbers of one beginning in ${country} get no more, since hardly any code was used`;
    case 'run':
      return `a run of neighbouring numbers in ${country} was stopped`;
    case 'verification':
      return `few codes sent to ${country} are used (${detail('verified')} of ${detail('sent')})`;
    case 'receipts':
      return `${detail('carrier')} delivers few in ${country} (${detail('delivered')} of ${detail('sent')})`;
    case 'no_receipts':
      return `no receipts come from ${detail('carrier')}`;
    case 'no_carrier':
      return 'no carrier takes any';
    default:
      return `an alert (${detail('what')})`;
  }
}
const time = (ms: string) => durationInWords(Number(ms), 'en');

export const enAccountActivity = {
  title: 'Activity',
  lead: 'What happened in this account, and who did it. Nothing here can be changed or deleted.',
  search: 'Name or e-mail',
  kind: 'What',
  anyKind: 'Everything',
  kinds: {
    login: 'Logins',
    'step_up.completed': 'Confirmations',
    authenticator: 'Set-ups',
    pass: 'Passes',
    invitation: 'Invitations',
    membership: 'Members and roles',
    mandate: 'Two-factor mandate',
    'session_length.changed': 'Session length',
    account: 'Account',
    sms: 'Text messages',
  } satisfies Record<ActivityKind, string>,
  from: 'From',
  until: 'Until',
  days: 'Days are in UTC.',
  apply: 'Show',
  export: 'Export',
  csv: 'CSV',
  jsonl: 'JSON Lines',
  columns: { at: 'Time', what: 'What happened', where: 'Where' },
  empty: 'Nothing fits. Search for less, or take more days.',
  pages: 'Older and newer',
  older: 'Older',
  newest: 'Newest',
  badDate: {
    from: 'The first day is not a date. Type it like 2025-11-24.',
    until: 'The last day is not a date. Type it like 2025-11-24.',
  },
  wrongOrder: 'The last day is before the first.',
  operator: 'The operator',
  nobody: 'Somebody',
  gone: 'somebody no longer here',
  unknown: (kind: string) => kind,
  sentences: {
    'sign_up.started': () => 'A sign-up was started',
    'sign_up.completed': (e) => `${e.actor} signed up`,
    'login.password_accepted': (e) => `${e.actor} typed the right password`,
    'login.password_refused': (e) => `A wrong password was typed for ${e.person}`,
    'login.code_refused': (e) => `${e.actor} typed a wrong code`,
    'login.recovery_code_refused': (e) => `${e.actor} typed a wrong recovery code`,
    'login.completed': (e) => `${e.actor} logged in${brackets(words(e.detail('by')))}`,
    'login.refused': (e) => `${e.actor} was not let in`,
    'step_up.completed': (e) => `${e.actor} confirmed that it was them${brackets(words(e.detail('by')))}`,
    'mailbox.proven': (e) => `${e.actor} proved their mailbox`,
    'mailbox.code_refused': (e) => `${e.actor} typed a wrong e-mailed code`,
    'authenticator.enrolled': (e) =>
      `${e.actor} set up two-factor authentication${brackets(word(e.detail('method')))}`,
    'authenticator.destroyed': (e) => `An authenticator of ${e.person} was deleted`,
    'authenticator.trusted': (e) => `${e.actor} now uses their authenticator for this account`,
    'enrollment.code_refused': (e) => `${e.actor} typed a wrong code during set-up`,
    'backup_codes.saved': (e) => `${e.actor} saved backup codes`,
    'backup_code.used': (e) => `${e.actor} used a backup code`,
    'session.ended': (e) => `${e.actor} logged out`,
    'sessions.ended': (e) => `${e.actor} ended their other sessions`,
    'password.changed': (e) => `${e.actor} changed their password`,
    'password.reset_asked': (e) => `A link to choose a new password was asked for by ${e.person}`,
    'password.reset': (e) => `${e.actor} chose a new password by e-mailed link`,
    'invitation.made': (e) => `${e.actor} invited ${e.detail('email')} as ${word(e.detail('role'))}`,
    'invitation.accepted': (e) => `${e.actor} joined as ${word(e.detail('role'))}`,
    'invitation.withdrawn': (e) => `${e.actor} withdrew the invitation of ${e.detail('email')}`,
    'account.created': (e) => `${e.actor} created the account`,
    'account.deleted': (e) => `${e.actor} deleted the account`,
    'account.plan_changed': (e) => `${e.actor} changed the plan${brackets(e.detail('plan'))}`,
    'membership.role_changed': (e) =>
      `${e.actor} made ${e.person} ${word(e.detail('to'))} (was ${word(e.detail('from'))})`,
    'membership.removed': (e) =>
      e.toSelf ? `${e.actor} left the account` : `${e.actor} removed ${e.person}`,
    'membership.sessions_ended': (e) => `${e.actor} ended the sessions of ${e.person}`,
    'mandate.switched_on': (e) =>
      `${e.actor} switched two-factor authentication on (${words(e.detail('methods'))}, ${word(e.detail('from'))})`,
    'mandate.switched_off': (e) => `${e.actor} switched two-factor authentication off`,
    'mandate.changed': (e) =>
      `${e.actor} changed two-factor authentication (${words(e.detail('methods'))}, ${word(e.detail('from'))})`,
    'mandate.text_end_set': (e) => `${e.actor} set ${e.detail('day')} as the end of codes by text message`,
    'mandate.text_end_removed': (e) => `${e.actor} took away the end of codes by text message`,
    'session_length.changed': (e) =>
      `${e.actor} set the session length to ${time(e.detail('maxMs'))}, ${time(e.detail('idleMs'))} idle`,
    'pass.requested': (e) => `${e.actor} asked for a pass`,
    'pass.request_denied': (e) => `${e.actor} denied ${e.person} a pass`,
    'pass.request_died': (e) => `A request of ${e.person} died: ${e.actor} typed three wrong numbers`,
    'pass.granted': (e) => `${e.actor} granted ${e.person} a pass: “${e.detail('reason')}”`,
    'pass.activated': (e) => `${e.actor} got in with a pass`,
    'pass.code_refused': (e) => `${e.actor} typed a wrong pass code`,
    'pass.revoked': (e) => `${e.actor} revoked a pass of ${e.person}`,
    'pass.ended': (e) => `A pass of ${e.person} ended${brackets(word(e.detail('by')))}`,
    'pass.right_ended': (e) =>
      `The right of ${e.person} to set up anew after a pass ended${brackets(word(e.detail('by')))}`,
    'user.disabled': (e) => `${e.actor} disabled the login of ${e.person}`,
    'user.enabled': (e) => `${e.actor} enabled the login of ${e.person}`,
    'user.email_changed': (e) => `${e.actor} changed the e-mail address of ${e.person}`,
    'user.deleted': (e) => `${e.actor} deleted the login of ${e.person}`,
    'notice.disowned': (e) => `${e.person} said “This was not me”`,
    'keys.added': (e) => `${e.actor} began to change the key`,
    'keys.resealed': (e) => `${e.actor} sealed everything with the new key`,
    'keys.removed': (e) => `${e.actor} took an old key away`,
    'clock.said_right': (e) => `${e.actor} said that the clock is right`,
    'restore.finished': (e) => `${e.actor} brought back a copy of the database`,
    'sms.alert': (e) => `Text messages: ${alertWords(e)}`,
    'sms.limits_changed': (e) =>
      `${e.actor} set the account’s limits of text messages for a day: ${cap(e.detail('perDay'))}, ${cap(e.detail('spend'))} to spend`,
    'mail.bounced': (e) => `A mail to ${e.person} came back`,
  } satisfies Record<AuditKind, Sentence>,
};

export type AccountActivityMessages = typeof enAccountActivity;
