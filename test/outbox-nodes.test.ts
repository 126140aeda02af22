/** The outbox over both databases: written with its deed, sent by any worker once, and soon. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { newKey, parseKeys } from '../src/credentials/sealed-secret.ts';
import type { Message } from '../src/delivery/message.ts';
import type { Context } from '../src/flows/context.ts';
import { createOutbox, type Outgoing, post } from '../src/flows/outbox.ts';
import { type Db, inTransaction, migrate, openDatabase } from '../src/store/database.ts';
import { claimOutgoing } from '../src/store/outbox.ts';
import { createClock, minutes, seconds, type TestClock } from './support/clock.ts';
import { submit } from './support/pages.ts';
import { freshDatabaseOn } from './support/postgres.ts';
import { openStand } from './support/stand.ts';

const MAIL = {
  channel: 'email',
  kind: 'notice',
  userId: null,
  to: 'olivia@meridian.example',
  subject: 'Your password was changed',
  text: 'Hello Olivia',
} as const satisfies Outgoing;
const CODE = { ...MAIL, kind: 'code', subject: 'Your code', text: '493817 is your code.' } as const;

const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-outbox-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
/** The server of this run; empty where the run is over SQLite. */
const SERVER = inject('postgres');
const DATABASE = SERVER === '' ? 'SQLite' : 'PostgreSQL';

describe(`the outbox on ${DATABASE}`, () => {
  const freshAddress = async () =>
    SERVER === '' ? `sqlite:${join(mkdtempSync(join(root, 'at-')), 'outbox.db')}` : freshDatabaseOn(SERVER);
  const keys = parseKeys(newKey(randomBytes));
  let address: string;
  let db: Db;
  let clock: TestClock;
  let sent: Message[];
  let opened: Db[];

  const openNode = () => {
    const node = openDatabase(address);
    opened.push(node);
    return node;
  };
  /** A node of its own, with its own connections. */
  const workerOn = (node: Db, send: (message: Message) => Promise<void> = async (m) => void sent.push(m)) =>
    createOutbox({
      db: node,
      keys,
      now: clock.now,
      carriers: { email: { send }, sms: null },
      onError: () => {},
    });
  const ctx = (): Context => ({ now: clock.now, random: randomBytes, keys }) as Context;
  const put = (message: Outgoing) => inTransaction(db, (tx) => post(ctx(), tx, message));
  const rows = () => db.selectFrom('outbox').selectAll().orderBy('id').execute();

  beforeEach(async () => {
    opened = [];
    address = await freshAddress();
    db = openNode();
    await migrate(db);
    clock = createClock();
    sent = [];
  });
  afterEach(async () => {
    for (const node of opened) await node.destroy();
  });

  test('written with its deed: undone with it, and not seen by a worker before it', async () => {
    const deed = inTransaction(db, async (tx) => {
      await post(ctx(), tx, MAIL);
      throw new Error('taken back');
    });
    await expect(deed).rejects.toThrow('taken back');
    expect(await rows()).toEqual([]);

    const worker = workerOn(openNode());
    let waits: Promise<void> | null = null;
    await inTransaction(db, async (tx) => {
      await post(ctx(), tx, MAIL);
      // SQLite's other connections wait for the commit, PostgreSQL's do not see the row: neither sends.
      waits = worker.drain();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(sent).toEqual([]);
    });
    await waits;
    await worker.drain();
    expect(sent).toHaveLength(1);
  });

  test('five workers at once: every message is claimed by one of them and sent once', async () => {
    for (let n = 0; n < 100; n++) await put(n % 3 === 0 ? CODE : { ...MAIL, subject: `Mail ${n}` });
    const by = new Map<number, number>();
    const workers = Array.from({ length: 5 }, (_, n) =>
      workerOn(openNode(), async (message) => {
        by.set(n, (by.get(n) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        sent.push(message);
      }),
    );
    await Promise.all(workers.map((worker) => worker.drain()));
    expect(sent.map((m) => m.id).toSorted()).toEqual((await rows()).map((row) => row.id));
    expect(by.size, 'more than one of them sent').toBeGreaterThan(1);
    expect((await rows()).filter((row) => row.tries !== 1 || row.sent_at === null)).toEqual([]);
  });

  test('Q1: unclaimed when every node dies: sent by the next that starts', async () => {
    await put(MAIL);
    await put(CODE);
    for (const node of opened.splice(0)) await node.destroy();
    db = openNode();
    await workerOn(db).drain();
    expect(sent.map((m) => m.subject).toSorted()).toEqual(['Your code', 'Your password was changed']);
  });

  test('Q1: claimed by a worker that died: the notice goes again, the code never, at any later time', async () => {
    await put(MAIL);
    await put(CODE);
    const dead = openNode();
    expect(await claimOutgoing(dead, clock.now(), minutes(1), 20)).toHaveLength(2);
    const worker = workerOn(db);
    clock.advance(minutes(1) - 1);
    await worker.drain();
    expect(sent).toEqual([]);
    clock.advance(1);
    await worker.drain();
    clock.advance(minutes(60));
    await worker.drain();
    expect(sent.map((m) => m.subject)).toEqual([MAIL.subject]);
    const [code] = (await rows()).filter((row) => row.kind === 'code');
    expect(code).toMatchObject({ sent_at: null, message_sealed: null, last_error: 'unknown whether sent' });
  });

  test('a notice whose carrier fails goes again ever later; in between it may be another node that tries', async () => {
    await put(MAIL);
    let fails = 3;
    const send = async (message: Message) => {
      if (fails-- > 0) throw new TypeError('451 come again');
      sent.push(message);
    };
    const nodes = [workerOn(db, send), workerOn(openNode(), send)];
    const pauses: number[] = [];
    for (let n = 0; n < 4; n++) {
      await nodes[n % 2]?.drain();
      const [row] = await rows();
      if (row?.sent_at !== null) break;
      pauses.push(row.next_try_at - clock.now());
      clock.set(row.next_try_at);
    }
    expect(pauses).toEqual([seconds(5), seconds(30), minutes(2)]);
    expect(sent).toHaveLength(1);
  });

  test('a code leaves within 200 ms of the request, a hundred times', async () => {
    const stand = await openStand({ databaseUrl: address, keys: newKey(randomBytes), clock });
    try {
      const account = await stand.addAccount({ name: 'Meridian', mandates: ['totp'] });
      const took: number[] = [];
      for (let n = 0; n < 100; n++) {
        // Not set up yet: after the password comes a code to the mailbox.
        const person = { email: `p${n}@meridian.example`, in: [{ account }] };
        const { email, password } = await stand.addPerson(person);
        const began = performance.now();
        const page = submit(stand.browser(), '/login', { email, password });
        // The development inbox takes what it is given at once, and the row is there when it has it.
        const arrived = () => db.selectFrom('inbox').select('id').where('to', '=', email).executeTakeFirst();
        while ((await arrived()) === undefined && performance.now() - began < 5_000)
          await new Promise((resolve) => setTimeout(resolve, 1));
        took.push(performance.now() - began);
        expect((await page).path).toBe('/login/email-code');
      }
      const sorted = took.toSorted((a, b) => a - b);
      const at = (part: number) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? 0);
      console.info(
        `${DATABASE}: a code left after p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)} ms`,
      );
      expect(sorted).toHaveLength(100);
      // The middle one, since other tests run beside this one; but none waits for the job that looks every 5 s.
      expect(at(0.5)).toBeLessThan(200);
      expect(at(1)).toBeLessThan(2_000);
    } finally {
      await stand.close();
    }
  });
});
