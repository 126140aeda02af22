/** E6: a server's end. Whatever may still seal is waited for, before its keys are said to be free to go. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClock } from '../../test/support/clock.ts';
import { openStand, type Stand } from '../../test/support/stand.ts';
import { runningNodes } from '../flows/announce-keys.ts';
import type { Context } from '../flows/context.ts';
import { post } from '../flows/outbox.ts';
import { type Db, openDatabase } from '../store/database.ts';

/** What stands in for the job that tells of passes that ended: every test says what it does. */
const job = vi.hoisted(() => ({ run: async (_ctx: Context): Promise<unknown> => null }));
vi.mock('../flows/tell-ended-passes.ts', () => ({ tellEndedPasses: (ctx: Context) => job.run(ctx) }));

const OUTBOX_EVERY_MS = 5_000;
const KEY = Buffer.alloc(32, 3).toString('base64');
const clock = createClock();
let [folder, stand, other]: [string, Stand | null, Db | null] = ['', null, null];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-node-'));
  const databaseUrl = `sqlite:${join(folder, 'sallyport.db')}`;
  stand = await openStand({ databaseUrl, keys: KEY, clock });
  other = openDatabase(databaseUrl);
});

afterEach(async () => {
  vi.useRealTimers();
  await stand?.close();
  await other?.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** As a command sees it: another process, over the same database. */
const announced = async () => (await runningNodes({ db: other as Db, now: clock.now })).length;
const soon = (ms: number) => new Promise<'still open'>((resolve) => setTimeout(resolve, ms, 'still open'));

it('E6: a job under way when the server ends may still seal: its keys are held until it has', async () => {
  const [begun, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let nodesWhenItSealed = -1;
  job.run = async (ctx) => {
    begun.resolve();
    await letGo.promise;
    nodesWhenItSealed = await announced();
    const notice = { channel: 'email', kind: 'notice', userId: null, to: 'ann@x.example' } as const;
    await post(ctx, ctx.db, { ...notice, subject: 'told', text: 'told' });
  };
  vi.advanceTimersByTime(OUTBOX_EVERY_MS);
  await begun.promise;

  const closing = (stand as Stand).close().then(() => 'closed');
  expect(await Promise.race([closing, soon(500)])).toBe('still open');
  expect(await announced()).toBe(1);
  letGo.resolve();
  await closing;
  expect(nodesWhenItSealed).toBe(1);
  expect(await announced()).toBe(0);
  const sealed = await (other as Db).selectFrom('outbox').select('message_sealed').execute();
  expect(sealed).toEqual([{ message_sealed: expect.stringMatching(/./) }]);
});

it('a job that takes longer than its turns is not begun again beside itself, and goes on afterwards', async () => {
  let [running, most, turns] = [0, 0, 0];
  const gates: (() => void)[] = [];
  job.run = async () => {
    turns++;
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => gates.push(resolve));
    running--;
  };
  for (let n = 0; n < 3; n++) vi.advanceTimersByTime(OUTBOX_EVERY_MS);
  expect([turns, most]).toEqual([1, 1]);
  gates[0]?.();
  await vi.waitFor(() => expect(running).toBe(0));
  await vi.waitFor(() => {
    vi.advanceTimersByTime(OUTBOX_EVERY_MS);
    expect(turns).toBe(2);
  });
  gates[1]?.();
});

it('Q6: a job that hangs is waited for less long than a stop may take, and its keys are still held', async () => {
  const letGo = Promise.withResolvers<void>();
  job.run = () => letGo.promise;
  vi.advanceTimersByTime(OUTBOX_EVERY_MS);
  const begun = performance.now();
  await (stand as Stand).close();
  expect(performance.now() - begun).toBeLessThan(7_000);
  expect(await announced()).toBe(1);
  letGo.resolve();
}, 15_000);
