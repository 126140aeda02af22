/** What leaves for a mailbox: over STARTTLS and a login, to an SMTP server in another process. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MailCarrier, mustEncrypt, smtpCarrier } from '../../src/delivery/mail.ts';
import type { Message } from '../../src/delivery/message.ts';
import { en } from '../../src/delivery/texts.ts';
import { SMTP_LOGIN, type SmtpServer, startSmtpServer } from '../support/smtp-server.ts';

const OWN = 'https://login.example.com';
const FROM = 'Brücke & Söhne <login@example.com>';

let server: SmtpServer;
let mail: MailCarrier;
beforeAll(async () => {
  server = await startSmtpServer();
  mail = smtpCarrier(server.url(), FROM, OWN);
});
beforeEach(() => server.reset());
afterAll(async () => {
  mail.close();
  await server.stop();
});

const message = (given: Partial<Message> = {}): Message => ({
  id: randomUUID(),
  to: 'nina@meridian.example',
  subject: '493817 is your code',
  text: 'Hello Nina,\n\nAll is well.',
  ...given,
});

/** One message as it arrived: its headers unfolded, by lower-case name, each as often as it stands there. */
async function arrived(given: Partial<Message> = {}, over = mail) {
  await over.send(message(given));
  const received = (await server.got(1))[0];
  if (received === undefined) throw new Error('nothing came');
  const [head = '', ...parts] = received.raw.split('\r\n\r\n');
  const headers = new Map<string, string[]>();
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? [];
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
  }
  const header = (name: string) => headers.get(name)?.join(' | ');
  return { ...received, header, headers, body: parts.join('\r\n\r\n') };
}

/** RFC 2047: `=?utf-8?Q?…?=` and `=?utf-8?B?…?=`. */
function decoded(value = ''): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_all, how: string, text: string) =>
      how.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : fromQuoted(text.replaceAll('_', ' ')),
    );
}
const fromQuoted = (text: string) =>
  Buffer.from(
    text
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

/** The parts of a multipart/alternative, decoded, by type. */
function partsOf(raw: string): Record<string, string> {
  const boundary = /boundary="([^"]+)"/.exec(raw)?.[1] ?? '';
  const parts = raw.split(`--${boundary}`).slice(1, -1);
  return Object.fromEntries(
    parts.map((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      const body = rest.join('\r\n\r\n').replace(/\r\n$/, '');
      const how = /Content-Transfer-Encoding: (\S+)/i.exec(head)?.[1];
      const text =
        how === 'base64'
          ? Buffer.from(body, 'base64').toString('utf8')
          : how === 'quoted-printable'
            ? fromQuoted(body)
            : body;
      return [/Content-Type: ([^;]+)/i.exec(head)?.[1] ?? '', text.replaceAll('\r\n', '\n')];
    }),
  );
}

describe('a mail', () => {
  test('goes encrypted and logged in, from and to whom it should', async () => {
    const got = await arrived({ to: 'nina+work@meridian.example' });
    expect(got).toMatchObject({
      encrypted: true,
      user: SMTP_LOGIN.user,
      from: 'login@example.com',
      to: ['nina+work@meridian.example'],
    });
    expect(got.header('to')).toBe('nina+work@meridian.example');
    expect(decoded(got.header('from'))).toBe('Brücke & Söhne <login@example.com>');
  });

  test('is plain text with the same words as HTML, text first (RFC 2046 §5.1.4)', async () => {
    const { subject, text } = en.passwordReset({
      product: 'Sallyport',
      url: `${OWN}/password/reset/abc_DEF-1`,
    });
    const got = await arrived({ subject, text });
    expect(got.header('content-type')).toMatch(/^multipart\/alternative;/);
    expect(got.header('mime-version')).toBe('1.0');
    const parts = partsOf(got.raw);
    expect(Object.keys(parts)).toEqual(['text/plain', 'text/html']);
    expect(parts['text/plain']).toBe(text);
    const html = parts['text/html'] ?? '';
    expect(html).toContain(`<a href="${OWN}/password/reset/abc_DEF-1">`);
    const words = html
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    expect(words).toBe(text.replace(/\s+/g, ' '));
    expect(html).not.toMatch(/<(?:img|script|link|iframe)\b/);
  });

  test('keeps codes out of threads, and nobody’s holiday notice answers (RFC 3834)', async () => {
    const first = await arrived();
    await server.reset();
    const second = await arrived();
    for (const got of [first, second]) {
      expect(got.header('in-reply-to')).toBeUndefined();
      expect(got.header('references')).toBeUndefined();
      expect(got.header('auto-submitted')).toBe('auto-generated');
      expect(got.header('x-auto-response-suppress')).toBe('All');
      expect(got.header('message-id')).toMatch(/^<[^<>@\s]+@example\.com>$/);
      for (const once of ['from', 'to', 'subject', 'date', 'message-id', 'content-type']) {
        expect(got.headers.get(once), once).toHaveLength(1);
      }
    }
    expect(first.header('message-id')).not.toBe(second.header('message-id'));
    expect(first.header('x-entity-ref-id')).not.toBe(second.header('x-entity-ref-id'));
  });

  test('tried again it is the same message', async () => {
    const same = message();
    await mail.send(same);
    await mail.send(same);
    const ids = (await server.got(2)).map(({ raw }) => /^Message-ID: (.*)$/im.exec(raw)?.[1]);
    expect(ids[0]).toBe(ids[1]);
  });

  test('a subject in any script arrives as it was written', async () => {
    const subject =
      'Zwölf Боксёры jagen 日本 über den Deich – 493817 ✓ and then they go on for quite a while longer';
    const got = await arrived({ subject });
    expect(decoded(got.header('subject'))).toBe(subject);
    expect(Buffer.byteLength(got.raw)).toBe(got.raw.length);
  });

  test('no line is longer than 998 octets, dots stay, the end is where it is (RFC 5321 §4.5.2 and §4.5.3.1.6)', async () => {
    const long = `${OWN}/invitations/${'a'.repeat(3000)}`;
    const text = ['.', '..', '.hidden', `${long}`, '.', 'QUIT', '.\r\nRSET'.replace('\r', ''), 'end'].join(
      '\n',
    );
    const got = await arrived({ text });
    expect(partsOf(got.raw)['text/plain']).toBe(text);
    const longest = Math.max(...got.raw.split('\r\n').map((line) => Buffer.byteLength(line)));
    expect(longest).toBeLessThanOrEqual(998);
    // The conversation was not cut short by the dots: the next message goes over the same one.
    await server.reset();
    expect((await arrived()).connection).toBe(got.connection);
  });

  test.each([
    ['a subject', { subject: 'Hello\r\nBcc: mallory@evil.example\r\n\r\nAnd a body of my own' }],
    ['a subject with bare feeds', { subject: 'Hello\nBcc: mallory@evil.example\rX-Evil: yes' }],
    [
      'a text',
      { text: 'Hello\r\n.\r\nMAIL FROM:<mallory@evil.example>\r\nRCPT TO:<victim@evil.example>\r\nDATA' },
    ],
  ])('%s cannot bring headers or commands along', async (_what, given) => {
    const got = await arrived(given);
    expect(got.to).toEqual(['nina@meridian.example']);
    expect(got.header('bcc')).toBeUndefined();
    expect(got.header('x-evil')).toBeUndefined();
    await server.reset();
    await mail.send(message());
    expect(await server.got(1)).toHaveLength(1);
  });

  test.each([
    'nina@meridian.example, mallory@evil.example',
    'nina@meridian.example>\r\nRCPT TO:<mallory@evil.example',
    'Nina <nina@meridian.example>, <mallory@evil.example>',
  ])('an address is one address: %j reaches nobody else', async (to) => {
    await mail.send(message({ to })).catch(() => {});
    await mail.send(message({ to: 'after@meridian.example' }));
    const recipients = (await server.got(1)).flatMap((got) => got.to);
    expect(recipients).not.toContain('mallory@evil.example');
    expect(recipients).toContain('after@meridian.example');
  });

  test('a domain in any script is written in its ASCII form (RFC 5891)', async () => {
    const got = await arrived({ to: 'nina@bücher.example' });
    expect(got.header('to')).toBe('nina@xn--bcher-kva.example');
    // Sent without SMTPUTF8, so it was ASCII on the wire; the server shows it decoded.
    expect(got).toMatchObject({ to: ['nina@bücher.example'], smtpUtf8: false });
  });

  test('a name before the @ in any script needs a server that takes it (RFC 6531)', async () => {
    const got = await arrived({ to: 'jürgen@meridian.example' });
    expect(got).toMatchObject({ to: ['jürgen@meridian.example'], smtpUtf8: true });
  });
});

test('a code has left within 200 ms, handshake and login included, where the server answers', async () => {
  const took: number[] = [];
  for (let n = 0; n < 5; n++) {
    const fresh = smtpCarrier(server.url(), FROM, OWN);
    const began = performance.now();
    await fresh.send(message());
    took.push(performance.now() - began);
    fresh.close();
  }
  expect(took.toSorted((a, b) => a - b)[2]).toBeLessThan(200);
  expect(new Set((await server.got(5)).map((got) => got.connection)).size).toBe(5);
});

describe('a password for the mail server', () => {
  test.each([
    ['smtp://relay:secret@mail.example.com:587', true],
    ['smtp://relay:secret@10.0.0.5', true],
    ['smtp://relay:secret@mail.example.com?requireTLS=false', false],
    ['smtp://mail.example.com:25', false],
    ['smtp://mail.example.com:25?requireTLS=true', true],
    ['smtp://relay:secret@localhost:1025', false],
    ['smtp://relay:secret@127.0.0.1:1025', false],
  ])('%s: leaves only over TLS: %s', (url, must) => {
    expect(mustEncrypt(url)).toBe(must);
  });
});
