/** docs/operating.md: the files for nginx and Caddy do what they say, in front of three nodes over one PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppPerson, fillWithPeople, KEY, PASSWORD } from '../capacity/people.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { buildIfOld, freePort, type Program, startProgram } from '../support/program.ts';
import { type StartedProxy, startProxy } from './proxy.ts';
import { type Visitor, visitorOf } from './visitor.ts';

/** All three, one after another, with `RESTARTS=3`. */
const RESTARTS = Number(process.env.RESTARTS ?? 1);

let postgres: PostgresServer;
let folder: string;
let database: string;
let people: AppPerson[];
let rows: pg.Client;

beforeAll(async () => {
  buildIfOld();
  folder = mkdtempSync(join(tmpdir(), 'sallyport-proxies-'));
  postgres = await startPostgres();
  database = await postgres.freshDatabase();
  people = await fillWithPeople(database, 10);
  rows = new pg.Client({ connectionString: database });
  await rows.connect();
  await rows.query(`update memberships set role = 'owner'`);
});
afterAll(async () => {
  await rows?.end();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function startNode(port: number): Promise<Program> {
  const node = startProgram(['serve'], {
    cwd: folder,
    env: {
      PORT: String(port),
      DATABASE_URL: database,
      SALLYPORT_URL: 'https://login.example.com',
      SALLYPORT_KEYS: KEY,
      SALLYPORT_SUPPORT: 'help@example.com',
      SMTP_URL: 'smtp://127.0.0.1:9',
      MAIL_FROM: 'login@example.com',
      TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  await node.printed('Sallyport listens');
  return node;
}

const askedOf = (node: Program | undefined) => node?.stdout.split('"msg":"request"').length ?? 0;

/** A log-in by app; each person's code is good for one. */
async function logIn(visitor: Visitor, headers: Record<string, string> = {}): Promise<AppPerson> {
  const person = people.pop();
  if (person === undefined) throw new Error('there are not enough people');
  const asked = await visitor.post('/login', { email: person.email, password: PASSWORD }, headers);
  expect([asked.status, asked.headers.location]).toEqual([303, '/login/code']);
  const code = person.app.codeAt(Date.now());
  const done = await visitor.post('/login/code', { code }, headers);
  expect([done.status, done.headers.location]).toEqual([303, '/']);
  return person;
}

const networksOf = async (email: string) =>
  (
    await rows.query<{ network: string }>(
      `select distinct network from audit_events join users on users.id = user_id where email = $1`,
      [email],
    )
  ).rows.map((row) => row.network);

describe.each(['nginx', 'caddy'] as const)('%s', (name) => {
  let ports: number[];
  let nodes: Program[];
  let proxy: StartedProxy;
  beforeAll(async () => {
    ports = [await freePort(), await freePort(), await freePort()];
    nodes = await Promise.all(ports.map(startNode));
    proxy = await startProxy(name, ports);
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await Promise.all((nodes ?? []).map((node) => node[Symbol.asyncDispose]()));
  });

  test('a log-in goes through, on all nodes, and comes back as it was sent', async () => {
    const before = nodes.map(askedOf);
    const visitor = visitorOf(proxy);
    await logIn(visitor);
    const home = await visitor.get('/');
    expect(home.status).toBe(200);
    expect(home.headers['cache-control']).toBe('no-store');
    expect(home.headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(home.headers['strict-transport-security']).toMatch(/max-age/);
    expect((await visitor.get('/health')).text).toBe('{"status":"ready"}');
    for (let i = 0; i < 4; i++) await visitor.get('/login');
    for (const [n, node] of nodes.entries()) {
      await node.printed('"msg":"request"');
      expect(askedOf(node)).toBeGreaterThan(before[n] ?? 0);
    }
  });

  test('the certificate it was given is the one it shows, and it asks nobody for another', () => {
    expect(proxy.words()).not.toMatch(/acme|obtaining certificate/i);
  });

  test('R34: the visitor’s own address is on record, and not one that they wrote themselves', async () => {
    const lies = {
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
    };
    const honest = await logIn(visitorOf(proxy, '127.0.0.2'));
    const liar = await logIn(visitorOf(proxy, '127.0.0.3'), lies);
    expect(await networksOf(honest.email)).toEqual(['127.0.0.2']);
    expect(await networksOf(liar.email)).toEqual(['127.0.0.3']);
  });

  test('BREACH: pages are compressed, but for those that show a secret', async () => {
    const visitor = visitorOf(proxy);
    await logIn(visitor);
    expect((await visitor.get('/login')).headers['content-encoding']).toBeUndefined();
    expect((await visitor.get('/')).headers['content-encoding']).toMatch(/br|gzip/);
    const [member] = (
      await rows.query<{
        id: string;
      }>(`select memberships.id from memberships join users on users.id = user_id
        where email = 'person0@example.test'`)
    ).rows;
    const given = await visitor.post(`/accounts/crowd/people/${member?.id}/pass`, { reason: 'Phone lost' });
    expect(given.status).toBe(200);
    expect(given.text).toMatch(/\b(?:[0-9a-z]{4}-){3}[0-9a-z]{4}\b/);
    expect(given.headers['content-encoding']).toBeUndefined();
  });

  test('a form of 64 KiB goes through to be refused in words, a larger one does not', async () => {
    const visitor = visitorOf(proxy);
    const form = (length: number) => `email=${'a'.repeat(length - 6)}`;
    expect((await visitor.post('/login', form(64 * 1024))).status).toBe(400);
    expect((await visitor.post('/login', form(64 * 1024 + 1))).status).toBe(413);
  });

  test('a node is stopped and started again, and no request is lost', async () => {
    const statuses = new Map<number, number>();
    let stop = false;
    const visitors = Array.from({ length: 4 }, async (_, n) => {
      const visitor = visitorOf(proxy);
      for (let turn = n; !stop; turn++) {
        const { status } = await (turn % 2 === 0 ? visitor.get('/login') : visitor.post('/logout', {}));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    for (const [n, port] of ports.slice(0, RESTARTS).entries()) {
      nodes[n]?.signal('SIGTERM');
      expect((await nodes[n]?.ended)?.code).toBe(0);
      const started = await startNode(port);
      nodes[n] = started;
      // The proxy has found it again: only then the next one, as the page on operating says.
      await expect.poll(() => started.stdout, { timeout: 15_000 }).toMatch(/"route":"\/log(in|out)"/);
    }
    stop = true;
    await Promise.all(visitors);
    expect([...statuses.keys()].toSorted()).toEqual([200, 303]);
  });

  test('S3: no node left: 503 with Retry-After, and nobody’s link in a log', async () => {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    const visitor = visitorOf(proxy);
    const answer = await visitor.get('/invitations/a-secret-in-an-address', {
      referer: 'https://login.example.com/invitations/a-secret-in-an-address',
    });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(proxy.words()).not.toContain('a-secret-in-an-address');
  });
});
