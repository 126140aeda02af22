/**
 * Text messages asked for, answered by their carrier and typed, all at once: nobody waits in a circle, and nobody gets
 * a fault of ours. Whoever writes about them takes hold of login, challenge, counters and message in this order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { settleText } from '../../src/flows/text-messages.ts';
import { isPostgres } from '../../src/store/dialect.ts';
import type { TextMessageRow } from '../../src/store/text-messages.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';

/** Over SQLite one transaction follows the other, and none is undone for another's sake. */
const SERVER = inject('postgres');

/** Transactions of a database that PostgreSQL undid because they waited in a circle, since it was made. */
interface Deadlocks {
  readonly of: string;
  readonly count: number;
}

/**
 * Such transactions are done again, so that only the server's own count tells of them; a connection hands that in at
 * the latest when it ends. So the door is closed first, and what it leaves open for the next one as well.
 */
async function closeAndCount(): Promise<Deadlocks> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(door.ctx.db);
  const of = rows[0]?.name ?? '';
  await door.close();
  const admin = new pg.Client({ connectionString: SERVER });
  await admin.connect();
  try {
    const open = await admin.query('select pid from pg_stat_activity where datname = $1', [of]);
    const pids = [open.rows.map(({ pid }) => pid)];
    await admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', pids);
    const left = async () =>
      (await admin.query('select 1 from pg_stat_activity where pid = any($1)', pids)).rowCount;
    await expect.poll(left, { interval: 5, timeout: 5_000 }).toBe(0);
    const count = await admin.query('select deadlocks from pg_stat_database where datname = $1', [of]);
    return { of, count: Number(count.rows[0]?.deadlocks) };
  } finally {
    await admin.end();
  }
}

let before: Deadlocks = { of: '', count: 0 };
/** Closes the door, and says how many were undone behind it. */
async function undone(): Promise<number> {
  if (SERVER === '') return 0;
  const { of, count } = await closeAndCount();
  door = await openDoor();
  expect(of).toBe(before.of);
  return count - before.count;
}

const PEOPLE = 50;

let gateway: SmsGateway;
let door: Door;
beforeEach(async () => {
  gateway = await smsGateway(() => door.clock.now());
  const limits = 'prefix/hour=1000,numbers/run=20,instance/day=1000,account/day=1000';
  const env = { SMS_URL: gateway.address, SMS_COUNTRIES: 'US', SMS_LIMITS: limits };
  // A carrier that fails is asked again all the same: what it answers is what this is about.
  if (SERVER !== '') {
    door = await openDoor();
    before = await closeAndCount();
  }
  // The database of the one just closed, where there was one.
  door = await openDoor({ proxied: true, env, textPatience: { failuresToOpen: 1_000 } });
});
afterEach(async () => {
  await door.close();
  await gateway.close();
});

async function people(count: number): Promise<Person[]> {
  const account = await door.addAccount({ name: 'Meridian', mandates: ['sms'] });
  const made: Person[] = [];
  for (let n = 0; n < count; n++) {
    const phone = `+1415555${1000 + 41 * n}`;
    made.push(
      await door.addPerson({ email: `p${n}@people.example`, method: 'sms', phone, in: [{ account }] }),
    );
  }
  return made;
}
const from = (n: number) => door.browser({ 'x-forwarded-for': `198.51.100.${n}` });
const messages = () => door.rows<TextMessageRow>('select * from text_messages');

it('T28, D5: fifty ask, fail to be sent and type their codes at once: all are in, none is undone, no 5xx', async () => {
  const crowd = await people(PEOPLE);
  // The code is known before the carrier hangs up, as where the answer is lost on its way.
  const answered = Promise.withResolvers<void>();
  gateway.answer = async () => {
    await answered.promise;
    return 'reset' as const;
  };
  const browsers = crowd.map((_, n) => from(n));
  const asked = await Promise.all(
    crowd.map(({ email, password }, n) => browsers[n]?.post('/login', { email, password })),
  );
  expect(asked.map((answer) => answer?.status)).toEqual(crowd.map(() => 303));
  await expect.poll(() => gateway.handed.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(20);
  answered.resolve();
  const typed = await Promise.all(
    crowd.map(async ({ phone }, n) => {
      const to = phone ?? '';
      await expect
        .poll(() => gateway.handed.some((m) => m.to === to), { timeout: 10_000, interval: 5 })
        .toBe(true);
      return browsers[n]?.post('/login/code', { code: gateway.code(to) });
    }),
  );
  expect(typed.map((answer) => answer?.status)).toEqual(crowd.map(() => 303));
  await door.sent();
  const sessions = await door.rows('select user_id from sessions');
  expect(new Set(sessions.map((row) => row.user_id)).size).toBe(PEOPLE);
  const rows = await messages();
  expect(rows).toHaveLength(PEOPLE);
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['unknown']));
  expect(rows.filter((row) => row.verified_at === null)).toEqual([]);
  expect(await undone()).toBe(0);
});

it('a code typed just while its carrier’s answer is written: one after the other', async () => {
  const [theo] = await people(1);
  const answered = Promise.withResolvers<void>();
  gateway.answer = async () => {
    await answered.promise;
    return 'reset' as const;
  };
  const browser = from(1);
  await browser.post('/login', { email: theo?.email ?? '', password: theo?.password ?? '' });
  await expect.poll(() => gateway.handed.length).toBe(1);
  const [row] = await messages();
  const { ctx } = door;
  // On PostgreSQL the one who writes the answer rests after the first thing that it took hold of.
  const held = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let queries = 0;
  const slow = ctx.db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      queries += 1;
      if (queries > 1) return result;
      held.resolve();
      if (isPostgres(ctx.db)) await goOn.promise;
      return result;
    },
  });
  const settled = settleText({ ...ctx, db: slow }, row?.id ?? '', {
    state: 'unknown',
    reason: 'unknown:timeout',
  });
  await held.promise;
  let done = false;
  const typed = submit(browser, '/login/code', { code: gateway.code(theo?.phone ?? '') }).finally(() => {
    done = true;
  });
  const waits = async () => {
    if (!isPostgres(ctx.db)) return true;
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(ctx.db);
    return rows.length > 0;
  };
  while (!done && !(await waits())) await sleep(5);
  goOn.resolve();
  await settled;
  answered.resolve();
  expect((await typed).path).toBe('/');
  expect(await messages()).toMatchObject([{ state: 'unknown', verified_at: door.clock.now() }]);
  expect(await undone()).toBe(0);
});

if (SERVER !== '')
  describe('the count above', () => {
    it('rises by one where two wait for each other', async () => {
      const first = Promise.withResolvers<void>();
      const second = Promise.withResolvers<void>();
      const hold = (mine: number, other: number, got: PromiseWithResolvers<void>) =>
        door.ctx.db.transaction().execute(async (tx) => {
          await sql`select pg_advisory_xact_lock(${mine})`.execute(tx);
          got.resolve();
          await Promise.all([first.promise, second.promise]);
          await sql`select pg_advisory_xact_lock(${other})`.execute(tx);
        });
      const both = await Promise.allSettled([hold(71, 72, first), hold(72, 71, second)]);
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await undone()).toBe(1);
    });
  });
