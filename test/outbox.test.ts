import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newKey, parseKeys } from '../src/credentials/sealed-secret.ts';
import { newId } from '../src/credentials/token.ts';
import { inboxCarrier } from '../src/delivery/inbox.ts';
import type { Carrier, Message } from '../src/delivery/message.ts';
import type { Context } from '../src/flows/context.ts';
import { createOutbox, type Outbox, type OutboxParts, type Outgoing, post } from '../src/flows/outbox.ts';
import { type Db, inTransaction, migrate, openDatabase } from '../src/store/database.ts';
import { claimOutgoing, insertInbox, readInbox } from '../src/store/outbox.ts';
import { createClock, days, hours, minutes, seconds, type TestClock } from './support/clock.ts';

const MAIL = {
  channel: 'email',
  kind: 'notice',
  userId: null,
  to: 'olivia@meridian.example',
  subject: 'Your password was changed',
  text: 'Hello Olivia, this was you, we hope.',
} as const satisfies Outgoing;
const CODE = {
  ...MAIL,
  channel: 'sms',
  kind: 'code',
  to: '+14155550132',
  subject: '',
  text: '493817 is your code.',
} as const;

/** A carrier that remembers what it was given, and does what the test wants then. */
function recordingCarrier(): Carrier & { sent: Message[]; receive: (message: Message) => Promise<void> } {
  return {
    sent: [],
    receive: async () => {},
    async send(message) {
      this.sent.push(message);
      await this.receive(message);
    },
  };
}

let folder: string;
let db: Db;
let clock: TestClock;
let email: ReturnType<typeof recordingCarrier>;
let sms: ReturnType<typeof recordingCarrier>;
let errors: [error: unknown, messageId: string][];
let parts: OutboxParts;
let outbox: Outbox;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-outbox-'));
  db = openDatabase(`sqlite:${join(folder, 'outbox.db')}`);
  await migrate(db);
  clock = createClock();
  [email, sms, errors] = [recordingCarrier(), recordingCarrier(), []];
  parts = {
    db,
    keys: parseKeys(newKey(randomBytes)),
    now: clock.now,
    carriers: { email, sms },
    onError: (error, id) => errors.push([error, id]),
  };
  outbox = createOutbox(parts);
});
afterEach(async () => {
  await outbox.stop();
  await db.destroy();
  rmSync(folder, { recursive: true });
});

/** Posts as a flow does. @returns the message's id. */
async function put(message: Outgoing): Promise<string> {
  const before = new Set((await all()).map((row) => row.id));
  const ctx = { now: clock.now, random: randomBytes, keys: parts.keys } as Context;
  await inTransaction(db, (tx) => post(ctx, tx, message));
  return (await all()).find((row) => !before.has(row.id))?.id ?? '';
}
const all = () => db.selectFrom('outbox').select('id').execute();

const find = (id: string) =>
  db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const refuse = async () => {
  throw new TypeError('550 no such user: olivia@meridian.example, 493817');
};

describe('a message', () => {
  test('is sent once, by its channel, and its body is erased (E6)', async () => {
    const mail = await put(MAIL);
    const code = await put(CODE);
    await outbox.drain();
    clock.advance(days(2));
    await outbox.drain();
    expect(email.sent).toEqual([{ id: mail, to: MAIL.to, subject: MAIL.subject, text: MAIL.text }]);
    const expiresAt = (await find(code)).expires_at;
    expect(sms.sent).toEqual([{ id: code, to: CODE.to, subject: '', text: CODE.text, expiresAt }]);
    for (const id of [mail, code]) {
      expect(await find(id)).toMatchObject({ message_sealed: null, tries: 1, failed_at: null });
      expect((await find(id)).sent_at).toBe(clock.now() - days(2));
    }
    expect(errors).toEqual([]);
  });

  test('T25: by a wrong clock none is claimed, expired or sent; it leaves once the clock is right', async () => {
    let right = false;
    const node = createOutbox({ ...parts, now: () => clock.now() + days(2), mayWork: () => right });
    const row = await put(MAIL);
    await node.drain();
    expect(await find(row)).toMatchObject({ tries: 0, failed_at: null, sent_at: null });
    await outbox.drain();
    expect(email.sent.map((m) => m.id)).toEqual([row]);
    right = true;
    await node.stop();
  });

  test('leaves with its deed or not at all', async () => {
    const ctx = { now: clock.now, random: randomBytes, keys: parts.keys } as Context;
    const deed = inTransaction(db, async (tx) => {
      await post(ctx, tx, MAIL);
      throw new Error('taken back');
    });
    await expect(deed).rejects.toThrow('taken back');
    await outbox.drain();
    expect(email.sent).toEqual([]);
  });

  test.each([
    ['a notice', MAIL],
    ['a code', CODE],
  ] as const)('%s that nobody needs any more is not sent, and its body is erased', async (_what, message) => {
    const expired = await put({ ...message, expiresAt: clock.now() + seconds(1) });
    const live = await put({ ...message, expiresAt: clock.now() + seconds(1) + 1 });
    clock.advance(seconds(1));
    await outbox.drain();
    expect([...email.sent, ...sms.sent].map((m) => m.id)).toEqual([live]);
    expect(await find(expired)).toMatchObject({
      message_sealed: null,
      sent_at: null,
      failed_at: clock.now(),
      last_error: 'expired',
    });
  });

  test('D8: one that expires as it is posted does the work of a real one and is never sent', async () => {
    const id = await put({ ...MAIL, expiresAt: clock.now() });
    expect((await find(id)).message_sealed).toMatch(/^v1\./);
    await outbox.drain();
    expect(email.sent).toEqual([]);
    expect(await find(id)).toMatchObject({ message_sealed: null, last_error: 'expired' });
  });

  test('without a carrier for its channel it fails and is erased; the others go', async () => {
    const withoutText = createOutbox({ ...parts, carriers: { email, sms: null } });
    const [code, mail] = [await put(CODE), await put(MAIL)];
    await withoutText.drain();
    expect(await find(code)).toMatchObject({ message_sealed: null, last_error: 'no carrier' });
    expect((await find(mail)).sent_at).toBe(clock.now());
  });

  test('many go all, each once, also with two workers', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 60; n++) ids.push(await put(n % 2 === 0 ? MAIL : CODE));
    const second = createOutbox(parts);
    await Promise.all([outbox.drain(), second.drain(), outbox.drain()]);
    const sent = [...email.sent, ...sms.sent].map((m) => m.id);
    expect(sent.toSorted()).toEqual(ids.toSorted());
  });
});

describe('E6: what waits cannot be read', () => {
  /** Everything that is on the disk now: the database, and what was written but not yet folded into it. */
  const bytesOnDisk = () =>
    Buffer.concat(
      ['', '-wal', '-shm']
        .map((end) => join(folder, `outbox.db${end}`))
        .filter(existsSync)
        .map((path) => readFileSync(path)),
    );
  /** As it is, in UTF-16, and in the three ways that base64 can cut it: only the letters that it alone decides. */
  const spellings = (text: string) => [
    Buffer.from(text),
    Buffer.from(text, 'utf16le'),
    ...[0, 1, 2].map((shift) => {
      const base64 = Buffer.from(`${'-'.repeat(shift)}${text}`).toString('base64url');
      return Buffer.from(
        base64.slice(Math.ceil((shift * 4) / 3), Math.floor(((shift + text.length) * 4) / 3)),
      );
    }),
  ];
  const secrets = [MAIL.to, MAIL.subject, MAIL.text, 'Olivia', CODE.to, CODE.text, '493817'];

  test('neither recipient nor subject, text or code is in the files: waiting, failing, sent', async () => {
    await put(MAIL);
    await put(CODE);
    const seen = () =>
      secrets.filter((secret) => spellings(secret).some((bytes) => bytesOnDisk().includes(bytes)));
    expect(bytesOnDisk().includes(Buffer.from('outbox'))).toBe(true);
    expect(seen()).toEqual([]);
    email.receive = refuse;
    sms.receive = refuse;
    await outbox.drain();
    expect(email.sent).toHaveLength(1);
    expect(seen()).toEqual([]);
    email.receive = async () => {};
    clock.advance(hours(1));
    await outbox.drain();
    expect(seen()).toEqual([]);
    await db.destroy();
    expect(seen()).toEqual([]);
    db = openDatabase(`sqlite:${join(folder, 'outbox.db')}`);
  });

  test('this test would see it', async () => {
    for (const secret of secrets) {
      for (const bytes of spellings(secret)) {
        const written = [
          secret,
          `x${secret}`,
          ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${secret}and more`).toString('base64url')),
        ];
        expect(
          written.some(
            (text) => Buffer.from(text).includes(bytes) || Buffer.from(text, 'utf16le').includes(bytes),
          ),
        ).toBe(true);
      }
    }
  });

  test('why it failed is kept in one word, not in the carrier’s', async () => {
    email.receive = refuse;
    const id = await put(MAIL);
    await outbox.drain();
    expect((await find(id)).last_error).toBe('TypeError');
    expect(errors).toEqual([[expect.any(TypeError), id]]);
  });

  test('a body moved to another row does not open there, and is not sent', async () => {
    const [mine, theirs] = [await put({ ...MAIL, to: 'mallory@evil.example' }), await put(MAIL)];
    const { message_sealed } = await find(mine);
    await db.updateTable('outbox').set({ message_sealed }).where('id', '=', theirs).execute();
    await outbox.drain();
    expect(email.sent.map((m) => m.id)).toEqual([mine]);
    expect((await find(theirs)).sent_at).toBeNull();
  });
});

describe('a notice', () => {
  test('that fails is tried again, ever later, until it is out', async () => {
    let failures = 7;
    const triedAt: number[] = [];
    email.receive = async () => {
      triedAt.push(clock.now());
      if (failures-- > 0) await refuse();
    };
    const start = clock.now();
    const id = await put(MAIL);
    await outbox.drain();
    for (let n = 0; n < 7; n++) {
      const { next_try_at, message_sealed } = await find(id);
      expect(message_sealed).not.toBeNull();
      clock.set(next_try_at - 1);
      await outbox.drain();
      clock.advance(1);
      await outbox.drain();
    }
    const pauses = triedAt.slice(1).map((at, n) => (at - (triedAt[n] ?? start)) / 1000);
    expect(pauses).toEqual([5, 30, 120, 600, 3600, 3600, 3600]);
    expect(await find(id)).toMatchObject({ sent_at: clock.now(), message_sealed: null, tries: 8 });
    expect(new Set(email.sent.map((m) => m.id))).toEqual(new Set([id]));
  });

  test('that fails for a day is given up and erased', async () => {
    email.receive = refuse;
    const start = clock.now();
    const id = await put(MAIL);
    await outbox.drain();
    while ((await find(id)).failed_at === null && clock.now() < start + days(3)) {
      clock.set((await find(id)).next_try_at);
      await outbox.drain();
    }
    const { failed_at, message_sealed, last_error } = await find(id);
    expect(failed_at).toBeGreaterThanOrEqual(start + days(1));
    expect(failed_at).toBeLessThan(start + days(1) + hours(1));
    expect({ message_sealed, last_error }).toEqual({ message_sealed: null, last_error: 'expired' });
    const tries = email.sent.length;
    clock.advance(days(1));
    await outbox.drain();
    expect(email.sent).toHaveLength(tries);
  });

  test('one that fails holds up no other', async () => {
    email.receive = async (message) => {
      if (message.to.startsWith('bad')) await refuse();
    };
    const bad = await put({ ...MAIL, to: 'bad@example.com' });
    const good = await put(MAIL);
    await outbox.drain();
    expect((await find(good)).sent_at).toBe(clock.now());
    expect((await find(bad)).sent_at).toBeNull();
  });

  test('sealed with a key that is not there now waits for it', async () => {
    const id = await put(MAIL);
    const other = createOutbox({ ...parts, keys: parseKeys(newKey(randomBytes)) });
    await other.drain();
    expect(email.sent).toEqual([]);
    expect(await find(id)).toMatchObject({ failed_at: null, last_error: 'CannotOpen' });
    clock.advance(seconds(5));
    await outbox.drain();
    expect(email.sent.map((m) => m.id)).toEqual([id]);
  });
});

describe('a code', () => {
  test('that fails is not tried again: the person presses resend', async () => {
    sms.receive = refuse;
    const id = await put(CODE);
    await outbox.drain();
    expect(await find(id)).toMatchObject({
      failed_at: clock.now(),
      sent_at: null,
      message_sealed: null,
      last_error: 'TypeError',
    });
    sms.receive = async () => {};
    clock.advance(hours(1));
    await outbox.drain();
    expect(sms.sent).toHaveLength(1);
  });
});

describe('a worker that died', () => {
  test('Q1: held a code: never sent again, and erased. Held a notice: sent by the next worker', async () => {
    const [code, notice] = [await put(CODE), await put(MAIL)];
    const claimed = await claimOutgoing(db, clock.now(), minutes(1), 20);
    expect(claimed).toHaveLength(2);
    clock.advance(minutes(1) - 1);
    await outbox.drain();
    expect([...sms.sent, ...email.sent]).toEqual([]);
    clock.advance(1);
    await outbox.drain();
    expect(sms.sent).toEqual([]);
    expect(await find(code)).toMatchObject({
      sent_at: null,
      failed_at: clock.now(),
      message_sealed: null,
      last_error: 'unknown whether sent',
    });
    expect(email.sent.map((m) => m.id)).toEqual([notice]);
    expect((await find(notice)).sent_at).toBe(clock.now());
  });
});

describe('a worker', () => {
  test('a message that falls due at any moment of a run is sent: no wake is lost', async () => {
    // Another node's hand: writes at once, whatever this process is in the middle of.
    const elsewhere = new DatabaseSync(join(folder, 'outbox.db'));
    const fallDue = elsewhere.prepare('update outbox set next_try_at = 0 where id = ?');
    const waiting = new Map<string, () => void>();
    email.receive = async (message) => waiting.get(message.id)?.();
    // A run over one message takes some eighty turns.
    await sql`pragma synchronous = off`.execute(db);
    for (let moment = 0; moment < 100; moment++) {
      await outbox.drain();
      const [first, second] = [await put(MAIL), await put(MAIL)];
      await db
        .updateTable('outbox')
        .set({ next_try_at: clock.now() + 1 })
        .where('id', '=', second)
        .execute();
      const arrived = [first, second].map((id) => new Promise<void>((done) => waiting.set(id, done)));
      outbox.wake();
      for (let n = 0; n < moment; n++) await null;
      fallDue.run(second);
      outbox.wake();
      await Promise.all(arrived);
    }
    elsewhere.close();
    expect(email.sent).toHaveLength(200);
  });

  test('stop waits for what is being sent, and for it to be noted', async () => {
    const { promise: sending, resolve: begun } = Promise.withResolvers<void>();
    const { promise: accepted, resolve: accept } = Promise.withResolvers<void>();
    email.receive = () => {
      begun();
      return accepted;
    };
    const id = await put(MAIL);
    outbox.wake();
    await sending;
    let stopped = false;
    const stop = outbox.stop().then(() => {
      stopped = true;
    });
    // A whole round through the database: whatever did not wait would be done by now.
    expect((await find(id)).sent_at).toBeNull();
    expect(stopped).toBe(false);
    accept();
    await stop;
    expect((await find(id)).sent_at).toBe(clock.now());
  });

  test('once stopped it sends nothing, whoever wakes it', async () => {
    await outbox.stop();
    const id = await put(MAIL);
    outbox.wake();
    await outbox.drain();
    expect(email.sent).toEqual([]);
    expect(await find(id)).toMatchObject({ tries: 0, message_sealed: expect.any(String) });
  });

  test('D9: a database that fails is told and survived', async () => {
    const flaky = createOutbox({
      ...parts,
      now: () => {
        throw new Error('no time');
      },
    });
    await flaky.drain();
    // Once for mails and once for text messages, which are looked for apart.
    const told = [expect.objectContaining({ message: 'no time' }), 'outbox'];
    expect(errors).toEqual([told, told]);
    await flaky.stop();
  });
});

describe('the development inbox', () => {
  test('keeps what the carriers are given, newest first, in order within one millisecond', async () => {
    const keep = (message: Parameters<typeof insertInbox>[1]) => insertInbox(db, message);
    const carriers = {
      email: inboxCarrier('email', keep, clock.now),
      sms: inboxCarrier('sms', keep, clock.now),
    };
    const texts = Array.from({ length: 12 }, (_, n) => `message ${n}`);
    for (const [n, text] of texts.entries()) {
      const message = { id: newId(randomBytes), to: MAIL.to, subject: '', text };
      await carriers[n % 2 === 0 ? 'email' : 'sms'].send(message);
    }
    const inbox = await readInbox(db, 99);
    expect(inbox.map((m) => m.text)).toEqual(texts.toReversed());
    expect(inbox[0]).toMatchObject({ channel: 'sms', to: MAIL.to, at: clock.now() });
  });
});
