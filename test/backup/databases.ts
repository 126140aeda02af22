/** The ways a database is copied and comes back: SQLite by our commands, PostgreSQL by its own. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { backUp } from '../../src/flows/backup.ts';
import type { Activity } from '../../src/flows/finish-restore.ts';
import { finishInPlace, restoreFile } from '../../src/flows/restore.ts';
import { freshDatabaseOn } from '../support/postgres.ts';
import { freePort } from '../support/program.ts';
import { placeAt, type StandGiven } from '../support/stand.ts';

export interface Copies {
  /** An empty database. */
  fresh(): Promise<string>;
  /** Copies it. Nobody has it open where the way of copying does not allow that. @returns what `bringBack` wants. */
  copy(given: StandGiven): Promise<string>;
  /** Brings the copy back as the operator does, to the end. @returns the address of the database, and what was said. */
  bringBack(
    given: StandGiven,
    copy: string,
    activity?: Activity,
  ): Promise<{ databaseUrl: string; result: Awaited<ReturnType<typeof finishInPlace>> }>;
  stop(): Promise<void>;
}

export interface Way {
  readonly name: string;
  start(): Promise<Copies>;
}

/** The server of this run; empty where the run is over SQLite. */
const SERVER = inject('postgres');
const OPERATOR = { name: 'tester' };

const sqlite: Way = {
  name: 'SQLite by backup and restore',
  async start() {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-backup-'));
    let n = 0;
    return {
      fresh: async () => `sqlite:${join(mkdtempSync(join(folder, 'at-')), 'sallyport.db')}`,
      async copy(given) {
        const file = join(folder, `copy-${++n}.db`);
        const made = await backUp(await placeAt(given), file, () => {});
        if (made.result !== 'done') throw new Error(`not copied: ${made.result}`);
        return file;
      },
      async bringBack(given, copy, activity) {
        const restored = await restoreFile(await placeAt(given), OPERATOR, copy, activity ?? null);
        if (restored.result !== 'done') throw new Error(`not restored: ${restored.result}`);
        const result = { result: 'done', finished: restored.finished } as const;
        return { databaseUrl: given.databaseUrl, result };
      },
      stop: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

/** Always there: PostgreSQL copies a database by itself, while nobody is connected to it. */
const template: Way = {
  name: 'PostgreSQL by "create database … template …"',
  async start() {
    return {
      fresh: () => freshDatabaseOn(SERVER),
      copy: (given) => copyByTemplate(SERVER, given.databaseUrl),
      async bringBack(given, copy, activity) {
        // The copy is used up by the one that comes back of it: it may be brought back more than once.
        const databaseUrl = await copyByTemplate(SERVER, copy);
        return { databaseUrl, result: await finish({ ...given, databaseUrl }, activity) };
      },
      stop: async () => {},
    };
  },
};

async function finish(given: StandGiven, activity?: Activity) {
  return finishInPlace(await placeAt(given), OPERATOR, activity ?? null);
}

async function copyByTemplate(admin: string, from: string): Promise<string> {
  const to = await freshDatabaseOn(admin);
  const name = (url: string) => new URL(url).pathname.slice(1);
  await tell(admin, `drop database ${name(to)}`);
  await tell(admin, `create database ${name(to)} template ${name(from)}`);
  return to;
}

async function tell(admin: string, query: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await client.query(query);
  } finally {
    await client.end();
  }
}

/** Where a whole PostgreSQL is installed: its tools refuse a server that is newer than they are. */
function installed(): string | undefined {
  const tools = ['pg_dump', 'pg_restore', 'initdb', 'pg_ctl'];
  return globSync('/usr/lib/postgresql/*/bin/pg_dump')
    .map(dirname)
    .findLast((bin) => tools.every((tool) => existsSync(join(bin, tool))));
}

/** The documented way, with the tools and a server of one version as a system package brings them. */
const dump = (bin: string): Way => ({
  name: `PostgreSQL by pg_dump and pg_restore (${bin})`,
  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-dump-'));
    // As root the server runs as the user of its package, who must be able to get here.
    chmodSync(folder, 0o777);
    const port = await freePort();
    const data = join(folder, 'data');
    asServer(join(bin, 'initdb'), [
      '--auth=trust',
      '--username=postgres',
      '--encoding=UTF8',
      '--no-sync',
      data,
    ]);
    const options = `-p ${port} -h 127.0.0.1 -c unix_socket_directories= -c fsync=off`;
    asServer(join(bin, 'pg_ctl'), [
      '-w',
      '-s',
      '-D',
      data,
      '-o',
      options,
      '-l',
      join(folder, 'log'),
      'start',
    ]);
    const admin = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
    let n = 0;
    return {
      fresh: () => freshDatabaseOn(admin),
      async copy({ databaseUrl }) {
        const file = join(folder, `copy-${++n}.dump`);
        run(join(bin, 'pg_dump'), ['--format=custom', `--file=${file}`, databaseUrl]);
        return file;
      },
      async bringBack(given, copy, activity) {
        const databaseUrl = await freshDatabaseOn(admin);
        run(join(bin, 'pg_restore'), ['--no-owner', '--exit-on-error', `--dbname=${databaseUrl}`, copy]);
        return { databaseUrl, result: await finish({ ...given, databaseUrl }, activity) };
      },
      async stop() {
        asServer(join(bin, 'pg_ctl'), ['-w', '-s', '-m', 'immediate', '-D', data, 'stop']);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});

const quoted = (words: readonly string[]) => words.map((w) => `'${w.replaceAll("'", `'\\''`)}'`).join(' ');

function asServer(command: string, args: readonly string[]): void {
  // PostgreSQL does not run as root.
  if (process.getuid?.() === 0) run('su', ['postgres', '-s', '/bin/sh', '-c', quoted([command, ...args])]);
  else run(command, args);
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: tmpdir(),
    // The server must not keep this process's pipes open.
    stdio: ['ignore', 'ignore', command === 'su' ? 'ignore' : 'pipe'],
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr ?? error?.message ?? status}`);
}

const bin = installed();
/** Those that this run can go: the installed tools bring a server of their own. */
export const WAYS: readonly Way[] =
  SERVER === '' ? [sqlite] : [template, ...(bin === undefined ? [] : [dump(bin)])];
