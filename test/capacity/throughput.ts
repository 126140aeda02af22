/**
 * What one node does, and what it costs: log-ins by app and session checks in a second, the processor time of the
 * node and of PostgreSQL for each, what each writes to the disk. `node test/capacity/throughput.ts [SECONDS]` prints it
 * for SQLite and PostgreSQL; docs/operating.md has what it printed.
 *
 * The clients run on the same machine and take their share of it, so that the rates are lower bounds; the processor
 * time is that of the named processes alone.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../support/postgres.ts';
import { buildIfOld, freePort, startProgram } from '../support/program.ts';
import { type AppPerson, fillWithPeople, KEY, PASSWORD } from './people.ts';

/** Clients at once: enough that the node always has something to do. */
const CLIENTS = 16;
const CLOCK_TICKS_MS = 10;

interface Disk {
  /** Bytes that the database takes now, and bytes it has written to its log so far, where that is known. */
  bytes(): Promise<{ size: number; log: number }>;
  /** Processor time of the database's own processes, in milliseconds. */
  processorMs(): number;
}

/** `people` are taken in turn: a code of an app is good for one log-in. */
async function measure(databaseUrl: string, people: AppPerson[], seconds: number, disk: Disk) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-throughput-'));
  const port = await freePort();
  await using node = startProgram(['serve', '--dev'], {
    cwd: folder,
    env: {
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      SALLYPORT_KEYS: KEY,
      TRUSTED_PROXIES: '127.0.0.1',
      LOG_LEVEL: 'error',
    },
  });
  await node.printed('Sallyport listens');
  const door = new Door(port);
  const cookies: string[] = [];
  const logIn = async () => {
    const person = people.pop();
    if (person === undefined) throw new Error('there are not enough people');
    cookies.push(await door.logIn(person));
  };
  const work = async (deed: () => Promise<unknown>) => {
    const [began, bytes] = [performance.now(), await disk.bytes()];
    const [own, database] = [processorMs(node.pid), disk.processorMs()];
    let done = 0;
    const client = async () => {
      for (; performance.now() - began < seconds * 1000; done++) await deed();
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const after = await disk.bytes();
    const each = (total: number) => Math.round((total / done) * 100) / 100;
    return {
      inASecond: Math.round(done / ((performance.now() - began) / 1000)),
      nodeMs: each(processorMs(node.pid) - own),
      databaseMs: each(disk.processorMs() - database),
      bytesKept: Math.round(each(after.size - bytes.size)),
      bytesLogged: Math.round(each(after.log - bytes.log)),
    };
  };
  // Compiled and connected first.
  for (let i = 0; i < 50; i++) await logIn();
  const logIns = await work(logIn);
  let turn = 0;
  const checks = await work(() => door.check(cookies[turn++ % cookies.length] ?? ''));
  door.close();
  rmSync(folder, { recursive: true, force: true });
  return { logIns, checks };
}

class Door {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  readonly #port: number;
  #visitors = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** @returns the session's cookie. */
  async logIn({ email, app }: AppPerson): Promise<string> {
    const network = `10.${(this.#visitors >> 16) & 255}.${(this.#visitors >> 8) & 255}.${this.#visitors & 255}`;
    this.#visitors += 1;
    const password = () => this.#ask('POST', '/login', { email, password: PASSWORD }, '', network);
    let first = await password();
    // On a machine that does other things as well it may be told to come again.
    while (first.status === 503) first = await password();
    const code = app.codeAt(Date.now());
    const second = await this.#ask('POST', '/login/code', { code }, first.cookies.login ?? '', network);
    const { session } = second.cookies;
    if (session === undefined) throw new Error(`${email} was not let in: ${first.status}, ${second.status}`);
    return session;
  }

  /** Somebody signed in is sent on from the log-in page: nothing but the session is looked at. */
  async check(cookie: string): Promise<void> {
    const { status, location } = await this.#ask('GET', '/login', null, cookie, '127.0.0.1');
    if (status !== 303 || location !== '/') throw new Error(`a session was not known: ${status} ${location}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, fields: Record<string, string> | null, cookie: string, network: string) {
    const body = fields === null ? '' : new URLSearchParams(fields).toString();
    const headers = {
      cookie,
      accept: 'text/html',
      'content-length': body.length,
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      'x-forwarded-for': network,
    };
    const given = { port: this.#port, host: '127.0.0.1', method, path, headers, agent: this.#agent };
    return new Promise<{ status: number; location: string; cookies: Record<string, string> }>(
      (resolve, reject) => {
        const outgoing = request(given, (incoming) => {
          const set = incoming.headers['set-cookie'] ?? [];
          const cookies = set.flatMap((line) => {
            const [pair = ''] = line.split(';');
            return pair.endsWith('=') ? [] : [[pair.split('=')[0] ?? '', pair]];
          });
          incoming.resume().once('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              location: incoming.headers.location ?? '',
              cookies: Object.fromEntries(cookies) as Record<string, string>,
            }),
          );
        });
        outgoing.once('error', reject).end(body);
      },
    );
  }
}

/** User and system time of a process so far, of all its threads. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICKS_MS;
}

/** The server's processes: those that it started, and itself. */
function processorOfServerMs(port: string): number {
  let total = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
      const above = words.startsWith('postgres') ? readFileSync(`/proc/${parent}/cmdline`, 'utf8') : words;
      if (/postgres/.test(above) && above.includes(port)) total += processorMs(Number(pid));
    } catch {
      // It ended while it was looked at.
    }
  }
  return total;
}

const seconds = Number(process.argv[2] ?? 15);
buildIfOld();
process.stdout.write(
  `${cpus().length} processors, ${cpus()[0]?.model}; ${seconds} s each, ${CLIENTS} clients\n`,
);
// As many as a fast machine lets in, in all the time there is.
const enough = 50 + seconds * 400;

const folder = mkdtempSync(join(tmpdir(), 'sallyport-throughput-'));
const file = join(folder, 'sallyport.db');
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const inFile: Disk = {
  bytes: async () => ({ size: sizeOf(file), log: 0 }),
  processorMs: () => 0,
};
const people = await fillWithPeople(`sqlite:${file}`, enough);
print('SQLite', await measure(`sqlite:${file}`, people, seconds, inFile));
rmSync(folder, { recursive: true, force: true });

const server = await startPostgres({ durable: true });
const database = await server.freshDatabase();
const client = new pg.Client({ connectionString: database });
await client.connect();
const onServer: Disk = {
  async bytes() {
    const { rows } = await client.query<{ size: string; log: string }>(
      `select pg_database_size(current_database()) as size, pg_current_wal_insert_lsn() - '0/0'::pg_lsn as log`,
    );
    return { size: Number(rows[0]?.size), log: Number(rows[0]?.log) };
  },
  processorMs: () => processorOfServerMs(new URL(database).port),
};
print('PostgreSQL', await measure(database, await fillWithPeople(database, enough), seconds, onServer));
await client.end();
await server.stop();

function print(name: string, { logIns, checks }: Awaited<ReturnType<typeof measure>>): void {
  process.stdout.write(`${name}\n  log-ins ${JSON.stringify(logIns)}\n  checks  ${JSON.stringify(checks)}\n`);
}
