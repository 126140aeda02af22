/** What a mail server refuses, forgets or never answers, and what becomes of a code and of a notice then. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newKey, parseKeys } from '../../src/credentials/sealed-secret.ts';
import { type MailCarrier, type Patience, smtpCarrier } from '../../src/delivery/mail.ts';
import { MailFault } from '../../src/delivery/mail-fault.ts';
import type { Context } from '../../src/flows/context.ts';
import { createOutbox, type Outbox, type Outgoing, post } from '../../src/flows/outbox.ts';
import { type Db, inTransaction, migrate, openDatabase } from '../../src/store/database.ts';
import { createClock, hours, seconds, type TestClock } from '../support/clock.ts';
import { type ScriptedSmtp, startScriptedSmtp } from '../support/smtp-scripted.ts';
import { SMTP_LOGIN, type SmtpServer, startSmtpServer } from '../support/smtp-server.ts';

const NOTICE = {
  channel: 'email',
  kind: 'notice',
  userId: 'u-nina',
  to: 'nina@meridian.example',
  subject: 'Your password was changed',
  text: 'Hello Nina.',
} as const satisfies Outgoing;
const CODE = { ...NOTICE, kind: 'code', subject: '493817 is your code' } as const;

let folder: string;
let db: Db;
let clock: TestClock;
let server: SmtpServer;
let errors: unknown[];
let bounces: { userId: string; to: string; status: string }[];
const open: { outbox: Outbox; mail: MailCarrier }[] = [];

beforeAll(async () => {
  server = await startSmtpServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.reset();
  folder = mkdtempSync(join(tmpdir(), 'sallyport-mail-'));
  db = openDatabase(`sqlite:${join(folder, 'mail.db')}`);
  await migrate(db);
  clock = createClock();
  [errors, bounces] = [[], []];
});
afterEach(async () => {
  for (const { outbox, mail } of open.splice(0)) {
    await outbox.stop();
    mail.close();
  }
  await db.destroy();
  rmSync(folder, { recursive: true });
});

/** An outbox whose mails go to that server. */
function outboxTo(url: string, patience?: Patience) {
  const keys = parseKeys(newKey(randomBytes));
  const mail = smtpCarrier(url, 'Sallyport <login@example.com>', 'https://login.example.com', patience);
  const outbox = createOutbox({
    db,
    keys,
    now: clock.now,
    carriers: { email: mail, sms: null },
    onError: (error) => errors.push(error),
    onBounced: async (bounce) => void bounces.push(bounce),
  });
  open.push({ outbox, mail });
  const ctx = { now: clock.now, random: randomBytes, keys } as Context;
  /** Posts, tries once, and @returns what the row says then. */
  const send = async (message: Outgoing) => {
    await inTransaction(db, (tx) => post(ctx, tx, message));
    await outbox.drain();
    return row();
  };
  const row = () =>
    db.selectFrom('outbox').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow();
  /** Tries once more, when it is due. */
  const again = async () => {
    clock.set(Math.max(clock.now(), (await row()).next_try_at));
    await outbox.drain();
    return row();
  };
  return { send, again, mail };
}

const GIVEN_UP = { failed_at: expect.any(Number), sent_at: null, message_sealed: null };
const WAITS = { failed_at: null, sent_at: null, message_sealed: expect.any(String) };

/** What may be read in a log: no address, no password, no code. */
function expectNothingSecret(): void {
  for (const error of errors) {
    const text = JSON.stringify({ ...(error as object), text: String(error), stack: (error as Error).stack });
    for (const secret of ['nina@', 'meridian', SMTP_LOGIN.password, '493817', 'wrong-password']) {
      expect(text).not.toContain(secret);
    }
    expect((error as Error).cause).toBeUndefined();
  }
}

describe('refused for now (4xx), as greylisting does', () => {
  const GREY = '451 4.7.1 <nina@meridian.example>: greylisted, 493817, try again in 300 seconds';

  test('a notice is tried again with back-off until it is out', async () => {
    const { send, again } = outboxTo(server.url());
    await server.behave({ recipient: GREY });
    const start = clock.now();
    expect(await send(NOTICE)).toMatchObject({
      ...WAITS,
      last_error: 'MailLater',
      next_try_at: start + seconds(5),
    });
    expect(await again()).toMatchObject({ ...WAITS, tries: 2, next_try_at: start + seconds(35) });
    await server.behave({});
    expect(await again()).toMatchObject({ sent_at: clock.now(), tries: 3, message_sealed: null });
    expect(await server.got(1)).toHaveLength(1);
    expect(bounces).toEqual([]);
    expectNothingSecret();
  });

  test('a code is not: the person presses resend', async () => {
    const { send, again } = outboxTo(server.url());
    await server.behave({ recipient: GREY });
    expect(await send(CODE)).toMatchObject({ ...GIVEN_UP, last_error: 'MailLater' });
    await server.behave({});
    clock.advance(hours(1));
    expect(await again()).toMatchObject({ tries: 1 });
    expect(server.received).toEqual([]);
  });
});

describe('refused for good (5xx)', () => {
  test.each([
    ['no such user', { recipient: '550 5.1.1 <nina@meridian.example>: no such user' }, '550 5.1.1'],
    ['mailbox full', { recipient: '552 5.2.2 mailbox full' }, '552 5.2.2'],
    ['without an enhanced code', { recipient: '550 No such user here' }, '550'],
    ['the message, as spam', { message: '554 5.7.1 refused: contains 493817' }, '554 5.7.1'],
  ])(
    '%s: recorded as a bounce, and neither notice nor code is tried again',
    async (_what, behaviour, status) => {
      const { send, again } = outboxTo(server.url());
      await server.behave(behaviour);
      for (const message of [NOTICE, CODE]) {
        expect(await send(message)).toMatchObject({ ...GIVEN_UP, last_error: 'MailBounced', tries: 1 });
      }
      const bounce = { userId: 'u-nina', to: 'nina@meridian.example', status };
      expect(bounces).toEqual([bounce, bounce]);
      await server.behave({});
      clock.advance(hours(2));
      expect(await again()).toMatchObject({ tries: 1 });
      expect(server.received).toEqual([]);
      expectNothingSecret();
    },
  );

  test('an address that this server cannot write to bounces too (RFC 6531)', async () => {
    const plain = await startSmtpServer({ smtpUtf8: false });
    await plain.behave({ recipient: '553 5.6.7 address not in ASCII' });
    const { send } = outboxTo(plain.url());
    expect(await send({ ...NOTICE, to: 'jürgen@meridian.example' })).toMatchObject({
      last_error: 'MailBounced',
    });
    await plain.stop();
  });

  test.each([
    ['the sender', { sender: '550 5.7.1 sender not allowed' }],
    ['relaying', { recipient: '554 5.7.1 <nina@meridian.example>: Relay access denied' }],
    ['without a login', { recipient: '530 5.7.0 Authentication required' }],
  ])('but %s is about us: no bounce, and a notice waits until that is mended', async (_what, behaviour) => {
    const { send, again } = outboxTo(server.url());
    await server.behave(behaviour);
    expect(await send(NOTICE)).toMatchObject({ ...WAITS, last_error: 'MailSenderRefused' });
    expect(bounces).toEqual([]);
    await server.behave({});
    expect(await again()).toMatchObject({ sent_at: clock.now() });
  });
});

describe('not let in', () => {
  test('a wrong password is said, and not shown', async () => {
    const { send, mail } = outboxTo(server.url({ password: 'wrong-password' }));
    expect(await send(NOTICE)).toMatchObject({ ...WAITS, last_error: 'MailCredentials' });
    expect(await send(CODE)).toMatchObject({ ...GIVEN_UP, last_error: 'MailCredentials' });
    expect(String(errors[0])).toBe(
      'MailCredentials: the mail server refuses the user name or password in SMTP_URL (535 5.7.8)',
    );
    await expect(mail.check()).rejects.toMatchObject({ kind: 'credentials' });
    expectNothingSecret();
  });

  test('a certificate that nobody vouches for is not believed, and the password stays here', async () => {
    const { send, mail } = outboxTo(server.url({ trust: false }));
    expect(await send(NOTICE)).toMatchObject({ ...WAITS, last_error: 'MailTls' });
    await expect(mail.check()).rejects.toMatchObject({
      kind: 'tls',
      status: expect.stringContaining('CERT'),
    });
    expect(server.received).toEqual([]);
  });

  test('a server without TLS gets no password where it was demanded', async () => {
    const plain = await startScriptedSmtp({ STARTTLS: '502 5.5.1 not here' });
    const { send } = outboxTo(plain.url.replace('//', '//user:secret@').concat('?requireTLS=true'));
    expect(await send(NOTICE)).toMatchObject({ ...WAITS, last_error: 'MailTls' });
    expect(plain.heard).not.toContain('AUTH');
    await plain.stop();
  });

  test('smtps: encrypted from the first byte', async () => {
    const implicit = await startSmtpServer({ encryption: 'implicit' });
    const { send } = outboxTo(implicit.url());
    expect(await send(NOTICE)).toMatchObject({ sent_at: clock.now() });
    expect((await implicit.got(1))[0]).toMatchObject({ encrypted: true, user: SMTP_LOGIN.user });
    await implicit.stop();
  });
});

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('no answer', () => {
  let scripted: ScriptedSmtp | null = null;
  afterEach(async () => {
    await scripted?.stop();
    scripted = null;
  });

  test('refused connection, unknown host: a notice waits, a code does not', async () => {
    for (const url of [`smtp://127.0.0.1:${await closedPort()}`, 'smtp://mail.nowhere.invalid:25']) {
      const { send, mail } = outboxTo(url);
      expect(await send(NOTICE)).toMatchObject({ ...WAITS, last_error: 'MailUnreachable' });
      expect(await send(CODE)).toMatchObject({ ...GIVEN_UP, last_error: 'MailUnreachable' });
      await expect(mail.check()).rejects.toMatchObject({ kind: 'unreachable' });
    }
  });

  test('closed in the middle of the message: unknown, so a notice goes again and a code does not', async () => {
    scripted = await startScriptedSmtp({ body: 'hang_up' });
    const { send, again } = outboxTo(scripted.url);
    expect(await send(CODE)).toMatchObject({ ...GIVEN_UP, last_error: 'MailUnknown' });
    expect(scripted.heard.filter((command) => command === 'body')).toHaveLength(1);
    expect(await send(NOTICE)).toMatchObject({ ...WAITS, last_error: 'MailUnknown' });
    expect(scripted.heard.filter((command) => command === 'body')).toHaveLength(2);
    scripted.follow({});
    expect(await again()).toMatchObject({ sent_at: clock.now() });
    expect(bounces).toEqual([]);
  });

  test.each(['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA'])('closed at %s: nothing was taken', async (at) => {
    scripted = await startScriptedSmtp({ [at]: 'hang_up' });
    const { send } = outboxTo(scripted.url);
    expect(await send(CODE)).toMatchObject(GIVEN_UP);
    expect(await send(NOTICE)).toMatchObject(WAITS);
    expect(scripted.heard).not.toContain('body');
  });

  test('a kept connection that was closed in the meantime costs nothing: the message takes another', async () => {
    scripted = await startScriptedSmtp({});
    const { send } = outboxTo(scripted.url);
    expect(await send(CODE)).toMatchObject({ sent_at: clock.now() });
    scripted.follow({ MAIL: '421 4.4.2 idle too long' });
    const sending = send(CODE);
    await expect.poll(() => scripted?.heard.filter((c) => c === 'MAIL').length).toBe(2);
    scripted.follow({});
    expect(await sending).toMatchObject({ sent_at: clock.now(), tries: 1 });
    expect(scripted.heard.filter((command) => command === 'body')).toHaveLength(2);
  });

  test.each([
    ['greeting', 'silent', 'MailUnreachable'],
    ['EHLO', 'silent', 'MailUnknown'],
    ['RCPT', 'silent', 'MailUnknown'],
    ['body', 'silent', 'MailUnknown'],
    ['body', 'trickle', 'MailUnknown'],
  ] as const)('%s %s: given up in time, a notice waits, a code does not', async (at, how, name) => {
    scripted = await startScriptedSmtp({ [at]: how });
    const { send } = outboxTo(scripted.url, { connectMs: 100, silenceMs: 200, messageMs: 300 });
    const began = performance.now();
    expect(await send(CODE)).toMatchObject({ ...GIVEN_UP, last_error: name });
    expect(await send(NOTICE)).toMatchObject({ ...WAITS, last_error: name });
    // Far less than the minutes that Nodemailer would wait by itself.
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  test('one that hangs holds up no other', async () => {
    const hung = 5;
    scripted = await startScriptedSmtp({ RCPT: 'silent' });
    const { send, mail } = outboxTo(scripted.url, { connectMs: 1_000, silenceMs: 1_000, messageMs: 1_000 });
    const hanging = Array.from({ length: hung }, (_, n) =>
      mail.send({ id: `hung-${n}`, to: 'a@b.example', subject: '', text: '' }).catch(() => 'gave up'),
    );
    await expect.poll(() => scripted?.heard.filter((c) => c === 'RCPT').length).toBe(hung);
    scripted.follow({});
    expect(await send(CODE)).toMatchObject({ sent_at: clock.now() });
    expect(await Promise.all(hanging)).toEqual(Array(hung).fill('gave up'));
  });

  test('closing lets go of kept connections, and nothing leaves afterwards', async () => {
    scripted = await startScriptedSmtp({});
    const { send, mail } = outboxTo(scripted.url);
    await send(CODE);
    expect(scripted.connections()).toBe(1);
    mail.close();
    await expect.poll(() => scripted?.connections()).toBe(0);
    expect(await send(NOTICE)).toMatchObject(WAITS);
    expect(scripted.heard.filter((command) => command === 'body')).toHaveLength(1);
  });

  test('closing by force ends what hangs, so that the program can end', async () => {
    scripted = await startScriptedSmtp({ body: 'silent' });
    const { send, mail } = outboxTo(scripted.url);
    const sending = send(NOTICE);
    await expect.poll(() => scripted?.heard).toContain('body');
    mail.close({ force: true });
    expect(await sending).toMatchObject({ ...WAITS, last_error: 'MailUnknown' });
  });

  test('nonsense instead of SMTP is no bounce', async () => {
    scripted = await startScriptedSmtp({ greeting: 'HTTP/1.1 400 Bad Request' });
    const { send } = outboxTo(scripted.url);
    expect(await send(NOTICE)).toMatchObject(WAITS);
    expect(bounces).toEqual([]);
  });
});

test('every fault has its words, and none has a secret', () => {
  const kinds = ['bounced', 'later', 'sender', 'credentials', 'unreachable', 'tls', 'unknown'] as const;
  const names = kinds.map((kind) => new MailFault(kind, '').name);
  expect(new Set(names).size).toBe(kinds.length);
  for (const kind of kinds)
    expect(new MailFault(kind, '550 5.1.1').message).toMatch(/mail server.* \(550 5\.1\.1\)$/);
});
