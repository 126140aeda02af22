import { expect, test } from 'vitest';
import { EXPORTS } from './activity-export.ts';
import type { ActivityEvent } from './event-words.ts';

const event: ActivityEvent = {
  id: 'e1',
  at: Date.UTC(2026, 9, 1, 12),
  kind: 'pass.granted',
  actor_id: 'u1',
  by: 'user',
  user_id: 'u2',
  account_id: 'a1',
  network: '203.0.113.7',
  browser: 'Chrome on Windows',
  data: '{"pass":"p1","reason":"Lost phone"}',
  actor_name: 'Olivia Hart',
  actor_email: 'olivia@example.com',
  person_name: 'Nina Okafor',
  person_email: 'nina@example.com',
};

test('a line of the table, in the order of its head', () => {
  expect(EXPORTS.csv.head).toBe(
    'time,kind,what,by,actor,actor_email,person,person_email,network,browser,details\r\n',
  );
  expect(EXPORTS.csv.line(event)).toBe(
    '2026-10-01T12:00:00.000Z,pass.granted,Olivia Hart granted Nina Okafor a pass: “Lost phone”,user,' +
      'Olivia Hart,olivia@example.com,Nina Okafor,nina@example.com,203.0.113.7,Chrome on Windows,' +
      '"pass: p1; reason: Lost phone"\r\n',
  );
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('no cell is a formula: %j', (name) => {
  const line = EXPORTS.csv.line({ ...event, person_name: name });
  expect(line).toContain(`'${name}`);
  expect(line).not.toMatch(/(^|,|,")[=+@\t\r-]/);
});

test('what a spreadsheet that cuts at semicolons would take for a formula stays inside its cell', () => {
  expect(EXPORTS.csv.line({ ...event, person_name: 'x;=1+1' })).toContain(',"x;=1+1",');
});

test('quotes, commas and line ends stay inside their cell', () => {
  const line = EXPORTS.csv.line({ ...event, person_name: 'a "b", c\nd' });
  expect(line).toContain('"a ""b"", c\nd"');
});

test('a line of JSON holds the details as they are', () => {
  const line = EXPORTS.jsonl.line(event);
  expect(line.endsWith('}\n')).toBe(true);
  expect(JSON.parse(line)).toMatchObject({
    time: '2026-10-01T12:00:00.000Z',
    kind: 'pass.granted',
    person: { name: 'Nina Okafor', email: 'nina@example.com' },
    details: { pass: 'p1', reason: 'Lost phone' },
  });
});

test('a kind that this version does not know is told by its name', () => {
  expect(EXPORTS.csv.line({ ...event, kind: 'webhook.called' })).toContain(',webhook.called,webhook.called,');
  expect(EXPORTS.csv.line({ ...event, kind: 'constructor' })).toContain(',constructor,constructor,');
});
