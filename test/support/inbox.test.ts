import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInbox, type Inbox, type Message } from './inbox.ts';

const ADA = 'ada@example.com';
const PHONE = '+4915123456789';

const mail = (text: string, more: Partial<Message> = {}): Message => ({
  channel: 'email',
  to: ADA,
  subject: 'Your code',
  text,
  at: 1_000,
  ...more,
});

describe('the inbox', () => {
  let server: Server;
  let inbox: Inbox;
  /** Newest first, as the server tells it. */
  let messages: Message[];
  let questions = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      questions += 1;
      response.statusCode = request.url === '/dev/inbox.json' ? 200 : 404;
      response.setHeader('connection', 'close').end(JSON.stringify(messages));
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    inbox = createInbox(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  beforeEach(() => {
    messages = [];
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  const receive = (message: Message, afterMs = 0) =>
    setTimeout(() => {
      messages = [message, ...messages];
    }, afterMs);

  it('finds the newest message to an address or a number', async () => {
    messages = [
      mail('for Bob', { to: 'bob@example.com' }),
      mail('by text', { to: PHONE, channel: 'sms' }),
      mail('second', { to: 'Ada@Example.com' }),
      mail('first'),
    ];
    expect(await inbox.latest({ to: ADA })).toEqual({ ...messages[2], ordinal: 2 });
    expect(await inbox.latest({ to: ADA, channel: 'sms' })).toBeUndefined();
    expect(await inbox.latest({ to: '+49 151 234-56789', channel: 'sms' })).toMatchObject({
      text: 'by text',
    });
    expect(await inbox.latest({ to: 'nobody@example.com' })).toBeUndefined();
  });

  it.each([
    ['in a sentence', 'Your Sallyport code is 042815.', '042815'],
    ['in the last line of a text message', 'Sallyport: 042815\n\n@localhost #042815', '042815'],
    [
      'beside a link and a number',
      'https://x.test/a/123456?b=654321 or call +49123456 or 1234567\n042815',
      '042815',
    ],
  ])('reads the code %s', async (_, text, code) => {
    messages = [mail(text)];
    expect(await inbox.code(ADA)).toBe(code);
  });

  it.each([
    ['at the end of a sentence', 'Go to https://x.test/reset/a-b_C.', 'https://x.test/reset/a-b_C'],
    ['in brackets', '(http://localhost:3000/i/t?x=1&y=2)', 'http://localhost:3000/i/t?x=1&y=2'],
    ['before another', 'http://a.test/1\nhttp://a.test/2', 'http://a.test/1'],
    ['before a line break', 'http://localhost:3000/\nThanks', 'http://localhost:3000/'],
  ])('reads the link %s', async (_, text, link) => {
    messages = [mail(text)];
    expect(await inbox.link(ADA)).toBe(link);
  });

  it('waits for a message that is on its way', async () => {
    receive(mail('Code 111111'), 100);
    expect(await inbox.code(ADA)).toBe('111111');
  });

  it('waits for the next message, also one of the same moment and the same words', async () => {
    messages = [mail('Code 111111')];
    const before = await inbox.latest({ to: ADA });
    receive(mail('Code 222222', { to: 'bob@example.com' }), 20);
    receive(mail('Code 111111'), 100);
    const next = await inbox.waitFor({ to: ADA, after: before });
    expect(next).toMatchObject({ text: 'Code 111111', ordinal: 2 });
    receive(mail('Code 333333'), 100);
    expect(await inbox.code(ADA, next)).toBe('333333');
  });

  it('sees the next message in an inbox that keeps only so many', async () => {
    messages = [mail('Code 222222'), mail('Code 111111')];
    const before = await inbox.latest({ to: ADA });
    messages = [mail('Code 333333'), mail('Code 222222')];
    expect(await inbox.waitFor({ to: ADA, after: before })).toMatchObject({ text: 'Code 333333' });
  });

  it('does not read an old code below a newer message', async () => {
    messages = [mail('Your password was changed.'), mail('Code 111111')];
    receive(mail('Code 222222'), 100);
    expect(await inbox.code(ADA)).toBe('222222');
  });

  it('gives up after two seconds and tells what is there', async () => {
    messages = [mail('Your password was changed.', { subject: 'Notice' })];
    questions = 0;
    const before = performance.now();
    await expect(inbox.code(ADA)).rejects.toThrow(/No code came to ada.*"Notice": Your password was changed/);
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(questions).toBeGreaterThan(20);
    await expect(inbox.waitFor({ to: 'nobody@example.com' })).rejects.toThrow(/No message.*holds nothing/);
  });

  it('says so when there is no development inbox', async () => {
    await expect(createInbox('http://127.0.0.1:1').latest({ to: ADA })).rejects.toThrow();
  });
});
