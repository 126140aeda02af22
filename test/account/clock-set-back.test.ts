/**
 * T25, Q9: the clock is set back between two runs. Nobody can tell any more how old a pass is, so none goes on; but
 * only where all clocks stand before what is on record, and not where a single node's does.
 */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { sayClockRight } from '../../src/flows/clock-right.ts';
import { operateGrant } from '../../src/flows/operate.ts';
import { tellEndedPasses } from '../../src/flows/tell-ended-passes.ts';
import { insertAuditEvent } from '../../src/store/audit.ts';
import { noteSetBack, readClockNotes } from '../../src/store/clock-notes.ts';
import type { PassRow } from '../../src/store/passes.ts';
import type { HttpBrowser } from '../support/http-browser.ts';
import { type Machines, type Node, openMachines } from '../support/machines.ts';
import { submit } from '../support/pages.ts';
import type { Person } from '../support/scene.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ON_POSTGRES = inject('postgres') !== '';

const EVENT = {
  kind: 'login.completed',
  actor_id: null,
  by: 'nobody',
  user_id: null,
  account_id: null,
  network: '',
  browser: '',
  data: '{}',
} as const;

let machines: Machines;
let node: Node;
let [owner, ann, ben]: Person[] = [];
/** Ann's, in which she uses a pass; Ben has only been told the code of one. */
let browser: HttpBrowser;
let code: string;

beforeEach(async () => {
  machines = await openMachines();
  node = await machines.start();
  const account = await node.addAccount({
    name: 'Meridian',
    mandates: ['totp'],
    session_idle_ms: 24 * HOUR,
  });
  const add = (name: string, role: 'owner' | 'member') =>
    node.addPerson({
      email: `${name}@meridian.example`,
      name,
      method: 'totp',
      in: [{ account, role }],
    });
  owner = await add('olivia', 'owner');
  [ann, ben] = [await add('ann', 'member'), await add('ben', 'member')];
  browser = node.browser();
  await usePass(node, browser, ann, await grant(node, ann));
  code = await grant(node, ben);
  expect(await isIn(browser)).toBe(true);
});
afterEach(() => machines[Symbol.asyncDispose]());

async function grant(on: Node, person: Person | undefined): Promise<string> {
  const given = { slug: 'meridian', email: person?.email ?? '', reason: 'called back' };
  const granted = await operateGrant(on.ctx, { name: 'root' }, given);
  if (granted.result !== 'granted' || granted.code === null) throw new Error(granted.result);
  return granted.code;
}

async function usePass(on: Node, who: HttpBrowser, person: Person | undefined, passCode: string) {
  await on.password(who, person as Person);
  return submit(who, '/login/recovery-code', { code: passCode });
}

async function setBackNoted(on: Node): Promise<number> {
  const { setBackBefore } = await readClockNotes(on.ctx.db);
  if (setBackBefore === null) throw new Error('nothing is noted');
  return setBackBefore;
}

const isIn = async (who: HttpBrowser) => (await who.get('/')).status === 200;

interface Pass {
  readonly email: string;
  readonly ended_by: string | null;
  readonly code_hash: string | null;
  readonly right_until: number | null;
}

const passes = (on: Node) =>
  on.rows<Pass>(`select email, ended_by, code_hash, right_until
    from passes join users on users.id = user_id order by email, granted_at`);
/** What is on record of how passes and their rights ended. */
async function endings(on: Node): Promise<string[][]> {
  const records = await on.rows<{ kind: string; data: string }>(
    "select kind, data from audit_events where kind in ('pass.ended', 'pass.right_ended') order by kind",
  );
  return records.map(({ kind, data }) => [kind, String((JSON.parse(data) as { by?: string }).by)]);
}
const endedPass = (name: string) => ({
  email: `${name}@meridian.example`,
  ended_by: 'clock_set_back',
  code_hash: null,
  right_until: null,
});
const noneGoesOn = () => [endedPass('ann'), endedPass('ben')];

/** Stops it, sets all clocks back, starts it again a little later. */
async function restartSetBack(byMs: number): Promise<void> {
  await node.look();
  await node.stop();
  await machines.pass(5_000);
  await machines.setAll(-byMs);
  node = await machines.start();
}

describe('stopped, all clocks set back, started again', () => {
  it('T25: nobody is served until the clock is right, and then nothing that was granted before goes on', async () => {
    await restartSetBack(HOUR);
    expect(await node.look()).toBe('before_records');
    expect((await browser.get('/')).status).toBe(503);
    const said = node.log.map((line) => line.msg).filter((line) => line.includes('not ready'));
    expect(said).toEqual([expect.stringMatching(/ends all passes/)]);

    await machines.setAll(HOUR);
    await machines.pass(MINUTE);
    // The leap is believed once it has lasted.
    await node.look();
    await machines.pass(MINUTE + 1_000);
    await node.look();
    expect(await node.look()).toBe('ready');
    expect(await passes(node)).toEqual(noneGoesOn());
    expect(await isIn(browser)).toBe(false);
    expect((await usePass(node, node.browser(), ben, code)).status).toBe(422);
    // What is granted now has an age.
    const again = node.browser();
    await usePass(node, again, ann, await grant(node, ann));
    expect(await isIn(again)).toBe(true);
  });

  it('Q9: the clock is not set right, and reaches what is on record by itself: as well', async () => {
    await restartSetBack(HOUR);
    await machines.pass(HOUR - 30_000);
    expect(await node.look()).toBe('before_records');
    expect(await passes(node)).toMatchObject([{ ended_by: null }, { ended_by: null }]);
    await machines.pass(40_000);
    expect(await node.look()).toBe('ready');
    expect(await passes(node)).toEqual(noneGoesOn());
    expect(await isIn(browser)).toBe(false);
  });

  it('Q9: also where nothing has happened for hours before', async () => {
    for (let hours = 0; hours < 10; hours++) {
      await machines.pass(HOUR);
      await node.look();
    }
    await restartSetBack(5 * MINUTE);
    expect(await node.look()).toBe('before_records');
    await machines.pass(5 * MINUTE);
    expect(await node.look()).toBe('ready');
    expect(await passes(node)).toEqual(noneGoesOn());
  });

  it('T25: ended before anybody is served, also if the process that found it ended in between', async () => {
    await restartSetBack(HOUR);
    await node.stop();
    await machines.setAll(HOUR);
    node = await machines.start();
    expect(await passes(node)).toEqual(noneGoesOn());
    expect(await isIn(browser)).toBe(false);
    // Once, and not at every start.
    const fresh = node.browser();
    await usePass(node, fresh, ann, await grant(node, ann));
    await node.stop();
    node = await machines.start();
    expect(await isIn(fresh)).toBe(true);
  });

  it('D9: they cannot be ended: nobody is served until they are', async () => {
    await restartSetBack(HOUR);
    await sql`alter table passes rename to passes_elsewhere`.execute(node.ctx.db);
    await machines.pass(HOUR);
    expect((await node.browser().get('/health')).status).toBe(500);
    expect((await browser.get('/')).status).toBe(503);
    await sql`alter table passes_elsewhere rename to passes`.execute(node.ctx.db);
    expect(await node.look()).toBe('ready');
    expect(await passes(node)).toEqual(noneGoesOn());
  });

  it('E7: each leaves a record, and both they and their admins are told why', async () => {
    await restartSetBack(HOUR);
    await node.stop();
    await machines.setAll(HOUR);
    node = await machines.start();
    const records = await node.rows<{ data: string }>(
      "select data from audit_events where kind = 'pass.ended'",
    );
    expect(records.map(({ data }) => JSON.parse(data) as object)).toEqual([
      { pass: expect.any(String), by: 'clock_set_back' },
      { pass: expect.any(String), by: 'clock_set_back' },
    ]);
    await tellEndedPasses(node.ctx);
    for (const person of [ann, ben]) {
      const told = await node.newest(person?.email ?? '');
      expect(told.subject).toBe('Your pass into Meridian has ended');
      expect(told.text).toMatch(/clock .* set back.* ask an admin of Meridian/s);
    }
    expect(await node.count(owner?.email ?? '', /^The pass of (ann|ben) .* has ended/)).toBe(2);
    expect((await node.newest(owner?.email ?? '')).text).toMatch(/clock .* set back.* grant another/s);

    const admin = node.browser();
    await node.logIn(admin, owner as Person);
    expect((await admin.get('/accounts/meridian/passes')).text).toMatch(/clock was set back/);
    expect((await admin.get('/accounts/meridian/activity')).text).toMatch(
      /A pass of ann ended \(the server.s clock was set back/,
    );
  });

  it('P7: a set-up right that outlived its pass has no age any more either', async () => {
    await machines.pass(25 * HOUR);
    await node.look();
    const left = (await passes(node)).map((pass) => pass.right_until !== null);
    expect(left).toEqual([true, false]);
    await tellEndedPasses(node.ctx);
    const ended = /^Your pass into Meridian has ended/;
    expect(await node.count(ann?.email ?? '', ended)).toBe(1);
    await restartSetBack(HOUR);
    await machines.pass(HOUR);
    await node.look();
    expect((await passes(node)).map((pass) => [pass.ended_by, pass.right_until])).toEqual([
      ['clock_set_back', null],
      [null, null],
    ]);
    await tellEndedPasses(node.ctx);
    expect(await node.count(ann?.email ?? '', ended)).toBe(2);
    expect((await node.newest(ann?.email ?? '')).text).toMatch(/clock .* set back/s);
    expect(await node.count(owner?.email ?? '', /^The pass of ann .* has ended/)).toBe(2);
    // The pass ended once, by time; what ended now is the right.
    expect(await endings(node)).toEqual([
      ['pass.ended', 'time'],
      ['pass.right_ended', 'clock_set_back'],
    ]);
  });

  it('P7: also where nobody had been told yet that its pass was over', async () => {
    await machines.pass(25 * HOUR);
    await node.look();
    await restartSetBack(HOUR);
    await machines.pass(HOUR);
    await node.look();
    await tellEndedPasses(node.ctx);
    expect((await node.newest(ann?.email ?? '')).text).toMatch(/clock .* set back/s);
    expect(await endings(node)).toEqual([
      ['pass.ended', 'time'],
      ['pass.right_ended', 'clock_set_back'],
    ]);
  });
});

describe('T25: what is known to be as old as it says goes on', () => {
  it('a node whose own clock is set back while it runs, and which is started again with it right', async () => {
    node.set(-HOUR);
    expect(await node.look()).toBe('set_back');
    expect(await isIn(browser)).toBe(true);
    await node.stop();
    await machines.pass(5_000);
    node = await machines.start();
    expect(await node.look()).toBe('ready');
    expect(await isIn(browser)).toBe(true);
    expect(await passes(node)).toMatchObject([{ ended_by: null }, { ended_by: null }]);
    await machines.pass(24 * HOUR);
    expect(await isIn(browser)).toBe(false);
  });

  it('one that starts beside it while all clocks are set back, and ends, does not know; the one that ran does', async () => {
    await machines.pass(MINUTE);
    await node.look();
    await machines.setAll(-HOUR);
    const other = await machines.start();
    expect(await other.look()).toBe('before_records');
    await other.stop();
    await machines.setAll(HOUR);
    expect(await node.look()).toBe('ready');
    expect(await isIn(browser)).toBe(true);
    // Nor does the next start find anything left to do.
    await node.stop();
    node = await machines.start();
    expect(await isIn(browser)).toBe(true);
  });

  it('Q9: a restart ten seconds before the records: 503 until they are reached, and all goes on', async () => {
    await restartSetBack(15_000);
    expect(await node.look()).toBe('before_records');
    expect((await browser.get('/')).status).toBe(503);
    await machines.pass(10_000);
    expect(await node.look()).toBe('ready');
    expect(await isIn(browser)).toBe(true);
    expect(await passes(node)).toMatchObject([{ ended_by: null }, { ended_by: null }]);
  });

  it('a restart with the clock as it was', async () => {
    await restartSetBack(0);
    expect(await node.look()).toBe('ready');
    expect(await isIn(browser)).toBe(true);
  });
});

describe('T25: the clocks were ahead, and are set right', () => {
  const root = { name: 'root' };
  /** All were an hour ahead for a while, in which passes were used and granted, and things were recorded. */
  beforeEach(async () => {
    await machines.pass(HOUR);
    await node.look();
    code = await grant(node, ben);
    await restartSetBack(HOUR);
    expect(await node.look()).toBe('before_records');
  });

  it('the operator says so: it serves at once, and no pass goes on that anybody has', async () => {
    const aheadMs = await sayClockRight(node.ctx, root);
    expect(aheadMs).toBeGreaterThan(HOUR - MINUTE);
    expect(aheadMs).toBeLessThanOrEqual(HOUR);
    expect(await node.look()).toBe('ready');
    expect((await passes(node)).map((pass) => pass.ended_by)).toEqual(
      expect.arrayContaining(['clock_set_back']),
    );
    expect((await passes(node)).filter((pass) => pass.ended_by === null)).toEqual([]);
    expect(await isIn(browser)).toBe(false);
    expect((await usePass(node, node.browser(), ben, code)).status).toBe(422);
    // Nor is it in doubt again with the next start, and what is granted now has an age.
    const again = node.browser();
    await usePass(node, again, ann, await grant(node, ann));
    await restartSetBack(0);
    expect(await node.look()).toBe('ready');
    expect(await isIn(again)).toBe(true);
  });

  it('a clock that is set back afterwards is found as ever', async () => {
    await sayClockRight(node.ctx, root);
    await machines.pass(10 * MINUTE);
    expect(await node.look()).toBe('ready');
    const again = node.browser();
    await usePass(node, again, ann, await grant(node, ann));
    await restartSetBack(5 * MINUTE);
    expect(await node.look()).toBe('before_records');
    await machines.pass(5 * MINUTE);
    expect(await node.look()).toBe('ready');
    expect(await isIn(again)).toBe(false);
  });

  it('nor is what the operator said struck out by a process that was right all the time', async () => {
    await sayClockRight(node.ctx, root);
    await machines.pass(MINUTE);
    await node.look();
    const again = node.browser();
    await usePass(node, again, ann, await grant(node, ann));
    await machines.pass(MINUTE);
    await sayClockRight(node.ctx, root);
    expect(await node.look()).toBe('ready');
    expect(await isIn(again)).toBe(false);
  });
});

if (!ON_POSTGRES) {
  describe('T25: over SQLite', () => {
    it('Q2: the moment cannot be noted: it is served on, and the log says so once', async () => {
      await sql`pragma query_only = on`.execute(node.ctx.db);
      for (let n = 0; n < 3; n++) {
        await machines.pass(MINUTE);
        expect(await node.look()).toBe('ready');
      }
      expect(await isIn(browser)).toBe(true);
      const said = () => node.log.filter((line) => /moment/.test(line.msg)).map((line) => line.level);
      expect(said()).toEqual([50]);
      await sql`pragma query_only = off`.execute(node.ctx.db);
      await machines.pass(MINUTE);
      expect(await node.look()).toBe('ready');
      expect(said()).toEqual([50, 40]);
    });

    it('another process dates something ahead; this one knows how time went by', async () => {
      await node.look();
      await insertAuditEvent(node.ctx.db, { ...EVENT, id: 'ahead', at: node.ctx.now() + HOUR });
      expect(await node.look()).toBe('before_records');
      await machines.pass(HOUR);
      expect(await node.look()).toBe('ready');
      expect(await isIn(browser)).toBe(true);
    });
  });
}

// SQLite takes one node.
if (ON_POSTGRES) {
  describe('T25: of several nodes over PostgreSQL', () => {
    it.each([
      ['behind', -HOUR],
      ['ahead', HOUR],
    ])(
      'one starts with its clock an hour %s: it serves nobody, and nobody else loses a pass',
      async (_, off) => {
        const wrong = await machines.start(off);
        expect(await wrong.look()).toBe('off_database');
        expect((await wrong.browser().get('/login')).status).toBe(503);
        expect(await node.look()).toBe('ready');
        expect(await isIn(browser)).toBe(true);
        await wrong.stop();
        const right = await machines.start();
        expect([await right.look(), await node.look()]).toEqual(['ready', 'ready']);
        expect(await isIn(browser)).toBe(true);
        expect(await passes(node)).toMatchObject([{ ended_by: null }, { ended_by: null }]);
      },
    );

    it('one whose clock leaps ahead serves nobody by it, though it believes it', async () => {
      const ahead = await machines.start();
      ahead.set(HOUR);
      await ahead.look();
      await machines.pass(MINUTE);
      expect((await ahead.browser().get('/login')).status).toBe(503);
      expect(await ahead.look()).toBe('off_database');
      expect(await isIn(browser)).toBe(true);
    });

    it('what one has dated by a wrong clock makes nobody else’s clock wrong', async () => {
      const at = node.ctx.now() + HOUR;
      await insertAuditEvent(node.ctx.db, { ...EVENT, id: 'ahead', at });
      const other = await machines.start();
      expect([await other.look(), await node.look()]).toEqual(['ready', 'ready']);
      expect(await isIn(browser)).toBe(true);
    });

    it('the database’s clock alone is set back: nobody is served until it is right, and all goes on', async () => {
      await node.look();
      await machines.setDatabase(-HOUR);
      expect(await node.look()).toBe('off_database');
      const other = await machines.start();
      expect(await other.look()).toBe('off_database');
      await machines.setDatabase(HOUR);
      expect([await other.look(), await node.look()]).toEqual(['ready', 'ready']);
      expect(await isIn(browser)).toBe(true);
    });

    it('T25: two end 250 at once: neither is ready while one still lives', async () => {
      const [mine] = await node.rows<PassRow>('select * from passes where cookie_hash is not null');
      const many = Array.from({ length: 250 }, (_, n) => ({
        ...(mine as PassRow),
        id: `many-${n}`,
        request_id: null,
        cookie_hash: null,
        activated_at: null,
        code_hash: 'code',
      }));
      await node.ctx.db.insertInto('passes').values(many).execute();
      await restartSetBack(HOUR);
      const other = await machines.start();
      await machines.pass(HOUR);
      const living = async (on: Node) => {
        const status = await on.look();
        return [status, (await on.rows('select id from passes where ended_at is null')).length];
      };
      expect(await Promise.all([living(node), living(other)])).toEqual([
        ['ready', 0],
        ['ready', 0],
      ]);
      expect(await node.rows("select id from audit_events where kind = 'pass.ended'")).toHaveLength(252);
    });

    it('T25: a failover brings the note back that it has ended passes by: it ends them again', async () => {
      await restartSetBack(HOUR);
      const before = await setBackNoted(node);
      await machines.pass(HOUR);
      expect(await node.look()).toBe('ready');
      // What the standby had not received: the passes live, and the note stands.
      await sql`update passes set ended_at = null, ended_by = null, code_hash = 'code'`.execute(node.ctx.db);
      await noteSetBack(node.ctx.db, before);
      expect(await node.look()).toBe('ready');
      expect(await passes(node)).toEqual(noneGoesOn());
    });

    it('two find it, and each pass ends once', async () => {
      await restartSetBack(HOUR);
      const other = await machines.start();
      await machines.pass(HOUR);
      await Promise.all([node.look(), other.look()]);
      // Whoever had to wait for the other looks again.
      expect([await node.look(), await other.look()]).toEqual(['ready', 'ready']);
      expect(await passes(node)).toEqual(noneGoesOn());
      expect(await node.rows("select id from audit_events where kind = 'pass.ended'")).toHaveLength(2);
    });
  });
}
