import type { Refusal } from '../../flows/act.ts';
import type { TextEndResult } from '../../flows/end-text-messages.ts';
import type { ReasonForAccount } from '../../rules/text-messages-told.ts';

export type TextEndFault =
  | Exclude<Exclude<TextEndResult, Refusal>['result'], 'done' | 'unchanged'>
  | 'no_date';

const people = (n: number) => (n === 1 ? '1 person' : `${n} people`);

const BLOCKED: Readonly<Record<ReasonForAccount, string>> = {
  country: 'a country that this service does not send to',
  line: 'a number that cannot receive them, or costs whoever writes to it',
  account: 'this account’s limit for a day is used up',
  installation: 'a limit of this installation',
  record_only: 'would have been sent; the service sends none at the moment',
};

export const enAccountTexts = {
  title: 'Text messages',
  risk: {
    title: 'The weaker of the two ways',
    text: 'A number can be moved to another SIM card by somebody who deceives the phone company, and messages can be read on their way. NIST calls them a restricted authenticator (SP 800-63B-4, section 3.2.9): to be used knowingly, with something better offered beside them. An app has neither weakness, and needs no network.',
  },
  users: (n: number, of: number) =>
    n === 0
      ? 'Nobody in this account gets their codes by text message.'
      : `${n} of ${of} people in this account get their codes by text message.`,
  notTaken: 'This account takes no codes by text message.',
  ended: (day: string) =>
    `Text messages ended on ${day}. To take them again, choose them among the methods above.`,
  onlyText:
    'Text messages are the only way this account allows. Allow the app too, then you can end them from a day on.',
  end: {
    title: 'End text messages',
    what: [
      'At their first login from that day on, people with text messages show one last code and set up an app. Whoever is logged in by text message then is asked at once.',
      'Until then nothing changes for them; their start page tells them.',
      'New set-ups are by app as soon as the day is set.',
    ],
    day: 'From which day?',
    dayHint: 'It begins at midnight UTC. To end them at once, change the methods above.',
    set: 'Set this day',
    change: 'Change the day',
    remove: 'Take the day away',
    planned: (day: string, n: number) =>
      n === 0
        ? `Text messages end on ${day}. Nobody uses them any more.`
        : `Text messages end on ${day}. Until then ${people(n)} can still use them.`,
    you: 'You get your own codes by text message: you will set up an app, too.',
    faults: {
      no_date: 'Choose a day, like 2026-11-24.',
      too_soon: 'Choose a day that has not begun: tomorrow or later, in UTC.',
      too_late: 'Choose a day within the next two years.',
      no_text: 'This account takes no codes by text message, so there is nothing to end.',
      app_needed: 'Allow the app first: otherwise nobody could get in from that day on.',
    } satisfies Record<TextEndFault, string>,
  },
  caps: {
    title: 'Limits for a day',
    lead: 'A day begins with its first message. When a limit is used up, no text message is sent until that day is over; apps and backup codes work as always.',
    names: { 'account/day': 'Messages', 'account/spend': 'Money, in the currency of this installation' },
    used: (used: string, most: string) => `${used} of ${most} used`,
    own: 'set for this account',
    everybody: 'as for every account',
    until: 'The day that runs now ends at',
    whom: (support: string) => `Only the operator changes them: ${support}`,
  },
  statistics: {
    title: (days: number) => `Text messages of the last ${days} days`,
    lead: 'What was asked for by people of this account, by the country of their number. Days are in UTC.',
    none: (days: number) => `No text message was asked for in the last ${days} days.`,
    noCarrier: 'Text messages cannot be sent from here.',
    series: { sent: 'Sent', delivered: 'Delivered', verified: 'Code used', blocked: 'Blocked' },
    noReceipts: 'no receipts',
    receipts: '“Delivered” counts receipts of the phone companies; not all of them send one.',
    others: 'Other countries',
    nowhere: 'No country',
    summary: (of: {
      country: string;
      from: string;
      to: string;
      sent: number;
      delivered: number | null;
      verified: number;
      blocked: number;
    }) =>
      `${of.country}, ${of.from} to ${of.to}: ${of.sent} sent, ${of.delivered === null ? 'no receipts of delivery' : `${of.delivered} delivered`}, ${of.verified} codes used, ${of.blocked} blocked. The table below has every day.`,
    more: 'More countries stand in the table only.',
    table: 'By country and day',
    scroll: 'Table by country and day; it can be moved sideways',
    day: 'Day',
    sum: 'All days',
    blockedTitle: 'Why messages were blocked',
    blocked: (reason: ReasonForAccount) => BLOCKED[reason],
  },
};

export type AccountTextsMessages = typeof enAccountTexts;
