/** T25: records from the future, a clock that is right, and what the operator can say then; over a file of SQLite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClock } from '../support/clock.ts';
import { buildIfOld, runProgram } from '../support/program.ts';
import { openStand } from '../support/stand.ts';

const HOUR = 3_600_000;
const KEY = Buffer.alloc(32, 7).toString('base64');
const cwd = mkdtempSync(join(tmpdir(), 'sallyport-clock-'));
const databaseUrl = `sqlite:${join(cwd, 'sallyport.db')}`;
const env = { DATABASE_URL: databaseUrl, SALLYPORT_KEYS: KEY };
const sallyport = (...args: string[]) => runProgram(args, { cwd, env });

beforeAll(buildIfOld, 60_000);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

it('T25: what is dated by a wrong clock shuts out every command until the operator says that this one is right', async () => {
  // The server ran by a clock a day ahead, and noted the moment by it.
  const clock = createClock(Date.now() + 24 * HOUR);
  const stand = await openStand({ databaseUrl, keys: KEY, clock });
  await stand.close();
  const db = new DatabaseSync(join(cwd, 'sallyport.db'));

  const refused = await sallyport('account', 'list');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('sallyport clock right')]);

  const asked = await sallyport('clock', 'right');
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringMatching(/ends all passes.*--yes/s)]);
  expect((await sallyport('account', 'list')).code).toBe(1);

  const said = await sallyport('clock', 'right', '--yes', '--json');
  const { result, aheadMs } = JSON.parse(said.stdout) as { result: string; aheadMs: number };
  expect([said.code, result]).toEqual([0, 'done']);
  expect(Math.abs(aheadMs - 24 * HOUR)).toBeLessThan(60_000);
  expect((await sallyport('account', 'list')).code).toBe(0);
  const kept = db.prepare('select actor_id, "by" from audit_events where kind = \'clock.said_right\'').all();
  expect(kept).toEqual([{ actor_id: null, by: 'operator' }]);
  db.close();
}, 60_000);
