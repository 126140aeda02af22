import { expect, test } from 'vitest';
import { accountWord } from '../../flows/account-word.ts';
import type { AuditKind } from '../../flows/audit.ts';
import { ACTIVITY_KINDS, enAccountActivity, type Told } from '../messages/en-account-activity.ts';
import { cursorOf, filterOf, questionOf, readCursor } from './activity-question.ts';

const ask = (from: string, until: string) => questionOf(filterOf({ from, until }));

test('whole days in UTC, the last one included', () => {
  const { question, problems } = ask('2026-10-01', '2026-10-01');
  expect(problems).toEqual([]);
  expect(question.from).toBe(Date.UTC(2026, 9, 1));
  expect(question.until).toBe(Date.UTC(2026, 9, 2));
});

test('no days, no bounds', () => {
  expect(ask('', ' ').question).toMatchObject({ from: null, until: null });
});

test.each(['2026-02-31', '2026-13-01', '01.10.2026', 'yesterday', '2026-10-01T00:00'])(
  '%s is no day',
  (day) => {
    expect(ask(day, '').problems.map(({ field }) => field)).toEqual(['from']);
    expect(ask('', day).problems.map(({ field }) => field)).toEqual(['until']);
  },
);

test('the last day is not before the first', () => {
  expect(ask('2026-10-02', '2026-10-01').problems.map(({ field }) => field)).toEqual(['until']);
});

test('where a page begins survives its address', () => {
  const event = { at: Date.UTC(2026, 9, 1), id: '0123456789abcdef0123456789abcdef' };
  expect(readCursor(cursorOf(event))).toEqual(event);
  expect(readCursor(undefined)).toBeNull();
});

test('whatever can stand in an account’s history can be asked for by what the filter offers', () => {
  const kinds = Object.keys(enAccountActivity.sentences) as AuditKind[];
  const ofAccounts = kinds.filter((kind) => accountWord(kind) !== null);
  const offered = (kind: string) => ACTIVITY_KINDS.some((k) => kind === k || kind.startsWith(`${k}.`));
  expect(ofAccounts.length).toBeGreaterThan(20);
  expect(ofAccounts.filter((kind) => !offered(kind))).toEqual([]);
});

test.each<[Record<string, string>, string]>([
  [
    { what: 'cap', limit: 'account/day', percent: '80' },
    'Text messages: 80 % of what this account may send in a day is used up',
  ],
  [
    { what: 'cap', limit: 'account/spend', percent: '100' },
    'Text messages: 100 % of what this account may spend in a day is used up',
  ],
  [
    { what: 'cap', limit: 'instance/spend', percent: '50' },
    'Text messages: 50 % of what the whole service may spend in a day is used up',
  ],
  [
    { what: 'too_low', limit: 'account/day' },
    'Text messages: a limit for a day is too low for a message that was asked for (account/day)',
  ],
  [
    { what: 'prefix', country: 'LV' },
    'Text messages: numbers of one beginning in LV get no more, since hardly any code was used',
  ],
  [{ what: 'run', country: 'LV' }, 'Text messages: a run of neighbouring numbers in LV was stopped'],
  [
    { what: 'verification', country: 'LV', sent: '20', verified: '3' },
    'Text messages: few codes sent to LV are used (3 of 20)',
  ],
  [
    { what: 'receipts', carrier: 'twilio', country: 'US', sent: '20', delivered: '9' },
    'Text messages: twilio delivers few in US (9 of 20)',
  ],
  [{ what: 'no_receipts', carrier: 'twilio', sent: '20' }, 'Text messages: no receipts come from twilio'],
  [{ what: 'no_carrier' }, 'Text messages: no carrier takes any'],
  [{ what: 'new' }, 'Text messages: an alert (new)'],
])('S09 an alert in words: %o', (details, words) => {
  const told: Told = {
    actor: 'Somebody',
    person: 'Somebody',
    toSelf: false,
    detail: (name) => details[name] ?? '',
  };
  expect(enAccountActivity.sentences['sms.alert'](told)).toBe(words);
});
