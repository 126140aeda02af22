import { expect, test } from 'vitest';
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
