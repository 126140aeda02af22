/** What the nodes do when their database is new, newer, gone, busy, or of another time. */
import { globSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { wire } from '../../src/start/wire.ts';
import { inTransaction, migrateAt, openDatabase, ping } from '../../src/store/database.ts';
import { DatabaseBusy } from '../../src/store/database-busy.ts';
import { isIn } from '../journeys/steps.ts';
import { type LogLine, type Person, submit } from '../support/door.ts';
import { createHttpBrowser } from '../support/http-browser.ts';
import { buildIfOld, freePort, runProgram, startProgram } from '../support/program.ts';
import { sceneIn } from '../support/scene.ts';
import { type DatabaseServer, initServer } from '../support/standby.ts';
import { openSite, type Site } from './site.ts';

let server: DatabaseServer;
let site: Site;
let ann: Person;

beforeAll(async () => {
  buildIfOld();
  server = await initServer();
  await server.start();
  site = await openSite({ database: await freshDatabase() });
  const account = await site.addAccount({ name: 'Meridian', mandates: ['totp'] });
  ann = await site.addPerson({ email: 'ann@meridian.example', method: 'totp', in: [{ account }] });
});

afterAll(async () => {
  await site?.close();
  await server?.[Symbol.asyncDispose]();
});

let databases = 0;
async function freshDatabase(): Promise<string> {
  databases += 1;
  await server.ask(`create database test_${databases}`);
  return server.url(`test_${databases}`);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

const MIGRATIONS = globSync('src/store/migrations/*.ts')
  .map((file) => basename(file, '.ts'))
  .toSorted();

/** Asks a node for the log-in page. @returns what it answers, and after how long. */
async function askNode(node: number, path = '/login') {
  const began = performance.now();
  const answer = await (site.nodes[node] as Site['nodes'][number]).fetch(path);
  const body = await answer.text();
  const afterMs = performance.now() - began;
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body, afterMs };
}

describe('a database that is new, or newer', () => {
  it('Q12: three nodes that start at once on an empty one migrate it once', async () => {
    const rows = await site.rows<{ name: string }>('select name from kysely_migration order by name');
    expect(rows.map((r) => r.name)).toEqual(MIGRATIONS);
    expect(site.errors()).toEqual([]);
  });

  it('Q12: so do eight at once, again and again', async () => {
    for (let round = 0; round < 4; round++) {
      const url = await freshDatabase();
      const all = await Promise.allSettled(
        Array.from({ length: 8 }, async () => {
          const db = openDatabase(url);
          await migrateAt(url, db).finally(() => db.destroy());
        }),
      );
      expect(all.filter((one) => one.status === 'rejected')).toEqual([]);
      await withClient(url, async (client) => {
        const { rows } = await client.query('select name from kysely_migration order by name');
        expect(rows.map((r) => r.name)).toEqual(MIGRATIONS);
      });
    }
  });

  it('a migration may take longer than a request may', async () => {
    const url = await freshDatabase();
    await migrateAt(url, openDatabaseOnce(url));
    await withClient(url, async (client) => {
      await client.query('begin');
      // What another node's migration holds while it runs.
      await client.query('lock table kysely_migration_lock in access exclusive mode');
      const other = openDatabase(url);
      const waiting = migrateAt(url, other).then(() => 'done');
      const limit = setTimeout(2_300, 'waits');
      expect(await Promise.race([waiting, limit])).toBe('waits');
      await client.query('rollback');
      expect(await waiting).toBe('done');
      await other.destroy();
    });
  });

  it('Q12: made by a newer program it is refused in words, and left alone', async () => {
    const url = await freshDatabase();
    await migrateAt(url, openDatabaseOnce(url));
    await withClient(url, async (client) => {
      await client.query(`insert into kysely_migration values ('9999-from-the-future', 'now')`);
    });
    const env = { DATABASE_URL: url, SALLYPORT_KEYS: site.key, PORT: String(await freePort()) };
    const { code, stdout, stderr } = await runProgram(['serve', '--dev'], { cwd: '/tmp', env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'Sallyport did not start:\n' +
        '  - The database was made by a newer Sallyport (it knows 9999-from-the-future). Run that version or a later one.\n',
    );
  });
});

const opened: ReturnType<typeof openDatabase>[] = [];
function openDatabaseOnce(url: string) {
  const db = openDatabase(url);
  opened.push(db);
  return db;
}
afterAll(async () => {
  for (const db of opened) await db.destroy();
});

describe('T25: a node whose clock is not the database’s', () => {
  it.each([
    ['ahead', 90_000],
    ['behind', -90_000],
  ])('90 s %s: it answers 503 and says why; the others serve', async (_, by) => {
    const port = await freePort();
    const lines: LogLine[] = [];
    const logger = pino(
      { level: 'info' },
      { write: (line: string) => lines.push(JSON.parse(line) as LogLine) },
    );
    const env = {
      DATABASE_URL: server.url('test_1'),
      SALLYPORT_KEYS: site.key,
      SALLYPORT_URL: site.url,
      PORT: String(port),
    };
    const wrong = await wire(readConfig(env, 'dev'), 'serve', { wall: () => Date.now() + by, logger });
    try {
      await wrong.listen();
      const health = await fetch(`http://127.0.0.1:${port}/health`);
      const { status, fault } = (await health.json()) as { status: string; fault: { byMs: number } };
      expect([health.status, status]).toEqual([503, 'clock_wrong']);
      expect(fault).toMatchObject({ fault: 'off_database' });
      expect(Math.abs(fault.byMs - 90_000)).toBeLessThan(1_000);
      const page = await fetch(`http://127.0.0.1:${port}/login`);
      expect([page.status, page.headers.get('retry-after')]).toEqual([503, '2']);
      const logged = lines.filter((line) => line.level === 50);
      expect(logged.map((line) => line.fault)).toEqual([expect.objectContaining({ fault: 'off_database' })]);
      for (const node of [0, 1, 2]) expect(await askNode(node, '/health')).toMatchObject({ status: 200 });
      expect((await site.logIn(site.browser(), ann)).path).toBe('/');
    } finally {
      await wrong.close();
    }
  });
});

describe('a database that is busy or away', () => {
  it('all connections held: 503 with Retry-After within seconds, never a hang; then it works again', async () => {
    await withClient(server.url('test_1'), async (client) => {
      await client.query('begin');
      await client.query('lock table users, sessions, logins in access exclusive mode');
      const cookie = 'session=0123456789abcdef0123456789abcdef0123456789a';
      const began = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => site.nodes[0]?.fetch('/', { headers: { cookie } })),
      );
      const afterMs = performance.now() - began;
      expect(new Set(answers.map((a) => a?.status))).toEqual(new Set([503]));
      expect(new Set(answers.map((a) => a?.headers.get('retry-after')))).toEqual(new Set(['2']));
      // Three seconds for a connection, two for the lock; the rest is a slow machine's.
      expect(afterMs).toBeLessThan(8_000);
      await client.query('rollback');
    });
    expect((await askNode(0)).status).toBe(200);
    const browser = site.browser();
    await site.password(browser, ann);
    expect((await submit(browser, '/login/recovery-code', { code: ann.codes[0] ?? '' })).path).toBe(
      '/login/recovered',
    );
  });

  it('a connection that is cut between two queries of a deed ends that deed, and not the node', async () => {
    const db = openDatabaseOnce(server.url('test_1'));
    const deed = inTransaction(db, async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await server.ask(`select pg_terminate_backend(${rows[0]?.pid})`);
      // Until the news has arrived: the connection is held, and nothing is asked on it.
      await expect
        .poll(() => server.ask(`select 1 from pg_stat_activity where pid = ${rows[0]?.pid}`))
        .toEqual([]);
      await setTimeout(20);
      await sql`select 1`.execute(tx);
    });
    await expect(deed).rejects.toThrow(DatabaseBusy);
    expect(await ping(db)).toBeTypeOf('number');
  });

  it('the server restarts: 503 with Retry-After meanwhile, and all goes on by itself', async () => {
    const browser = site.browser();
    await site.password(browser, ann);
    await submit(browser, '/login/recovery-code', { code: ann.codes[1] ?? '' });
    await submit(browser, '/login/recovered', { choice: 'continue' });
    expect(await isIn(browser)).toBe(true);
    const started = site.nodes.map((node) => node.program.pid);

    await server.stop();
    for (const node of [0, 1, 2]) {
      const { afterMs, ...away } = await askNode(node, '/health');
      expect(away).toMatchObject({ status: 503, retryAfter: '2' });
      expect(afterMs).toBeLessThan(5_000);
    }
    expect((await browser.get('/')).status).toBe(503);

    await server.start();
    await expect.poll(async () => (await browser.get('/')).status, { timeout: 5_000 }).toBe(200);
    for (const node of [0, 1, 2]) expect((await askNode(node, '/health')).status).toBe(200);
    expect(await isIn(browser)).toBe(true);
    expect(site.nodes.map((node) => node.program.pid)).toEqual(started);
  });
});

describe('a node that is told to stop', () => {
  it('ends within ten seconds, also while a mail server hangs; the notice is not lost', async () => {
    const [database, port] = [await freshDatabase(), await freePort()];
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    const mailPort = await new Promise<number>((resolve) => {
      silent.once('listening', () => resolve((silent.address() as AddressInfo).port));
    });
    const env = {
      DATABASE_URL: database,
      SALLYPORT_KEYS: site.key,
      PORT: String(port),
      SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
      MAIL_FROM: 'login@sallyport.example',
      LOG_LEVEL: 'silent',
    };
    await using node = startProgram(['serve', '--dev'], { cwd: '/tmp', env });
    await node.printed('Sallyport listens');
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const kim = { email: 'kim@north.example' };
    await sceneIn({ ...site.ctx, db: openDatabaseOnce(database) }).addPerson(kim);
    const answer = await createHttpBrowser(`http://localhost:${port}`).post('/forgot-password', kim);
    expect(answer.status).toBeLessThan(400);
    await connected;
    const began = performance.now();
    node.signal('SIGTERM');
    await node.ended;
    expect(performance.now() - began).toBeLessThan(10_000);
    silent.close();
    await withClient(database, async (client) => {
      const { rows } = await client.query(
        'select sent_at, failed_at, message_sealed is null as erased from outbox',
      );
      expect(rows).toEqual([{ sent_at: null, failed_at: null, erased: false }]);
    });
  });
});

describe('the demo over PostgreSQL', () => {
  const env = async (url: string) => ({
    DATABASE_URL: url,
    SALLYPORT_KEYS: site.key,
    PORT: String(await freePort()),
  });
  const secretsIn = (stdout: string) => stdout.match(/secret=[A-Z2-7]+/g) ?? [];

  async function demo(url: string, ...args: string[]): Promise<string[]> {
    await using program = startProgram(['demo', ...args], { cwd: '/tmp', env: await env(url) });
    await program.printed('begins anew');
    return secretsIn(program.stdout);
  }
  const refusal = async (url: string, ...args: string[]) => {
    const { code, stderr } = await runProgram(args, { cwd: '/tmp', env: await env(url) });
    expect(code).toBe(1);
    return stderr;
  };

  it('keeps its people from start to start, and `--reset` makes them anew', async () => {
    const url = await freshDatabase();
    const first = await demo(url);
    expect(first).toHaveLength(2);
    expect(await demo(url)).toEqual(first);
    const anew = await demo(url, '--reset');
    expect(anew).toHaveLength(2);
    expect(anew).not.toEqual(first);
  });

  it('and real people never meet: a database that is not its own is refused, and left as it was', async () => {
    const real = server.url('test_1');
    const foreign = await freshDatabase();
    await withClient(foreign, async (client) => {
      await client.query(`create table diary (page text); insert into diary values ('kept')`);
    });
    const refusals = await Promise.all(
      [real, foreign].flatMap((url) => [refusal(url, 'demo'), refusal(url, 'demo', '--reset')]),
    );
    for (const stderr of refusals) {
      expect(stderr).toMatch(/The database postgres:\/\/127\.0\.0\.1:\d+\/test_\d+ was not made by the demo/);
      expect(stderr).not.toContain('postgres:postgres');
    }
    await withClient(foreign, async (client) => {
      expect((await client.query('select page from diary')).rows).toEqual([{ page: 'kept' }]);
    });
    expect((await site.rows('select id from users')).length).toBeGreaterThan(0);
  });
});
