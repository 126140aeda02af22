/** The operator's commands for keys and copies, as processes of their own, beside a running server and killed. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readCommand } from '../../src/cli/arguments.ts';
import { runApartCommand, runOperatorCommand, runsApart } from '../../src/cli/operator.ts';
import { readConfig } from '../../src/config.ts';
import { newKey, open, parseKeys, seal, sealedKeyId } from '../../src/credentials/sealed-secret.ts';
import { createAccount } from '../../src/flows/operate.ts';
import { placeOf } from '../../src/start/operate.ts';
import { wire } from '../../src/start/wire.ts';
import {
  buildIfOld,
  type Ended,
  freePort,
  type Given,
  runProgram,
  startProgram,
} from '../support/program.ts';

const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-commands-'));
beforeAll(() => buildIfOld(), 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const newFolder = () => mkdtempSync(join(root, 'at-'));
const settings = async (cwd: string, env: Record<string, string> = {}): Promise<Given> => ({
  cwd,
  env: {
    PORT: String(await freePort()),
    DATABASE_URL: `sqlite:${join(cwd, 'sallyport.db')}`,
    SALLYPORT_SUPPORT: 'help@example.com',
    ...env,
  },
});

/** Makes the tables, an account and an open invitation. */
async function madeIn(cwd: string, keys: string | null = null): Promise<Given> {
  const given = await settings(cwd, keys === null ? {} : { SALLYPORT_KEYS: keys });
  // As a server does: commands work on what is there.
  const { ctx, close } = await wire(readConfig(given.env ?? {}, 'dev'), 'serve');
  await createAccount(
    ctx,
    { name: 'tester' },
    { name: 'Meridian', owner: 'o@meridian.example', plan: 'standard' },
  );
  await close();
  return given;
}

/** The same as a process of its own, in this one. */
async function inHere(words: readonly string[], given: Given): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  try {
    const command = readCommand(words);
    if (command.command !== 'operate') return { code: command.command === 'unknown' ? 2 : 0, ...said };
    const place = placeOf(readConfig(given.env ?? {}, 'operate'));
    if (runsApart(command.parsed)) return { code: await runApartCommand(place, command.parsed), ...said };
    const { ctx, close } = await place.open();
    const code = await runOperatorCommand(ctx, command.parsed);
    await close();
    return { code, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

function within<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

async function until(condition: () => boolean, ms = 10_000): Promise<void> {
  const patience = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > patience) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('the operator’s copies', () => {
  test('backup beside the running server, restore once it is stopped, and what each says', async () => {
    const cwd = newFolder();
    const given = await madeIn(cwd);
    await using server = startProgram(['serve', '--dev'], given);
    await server.printed('Sallyport listens');
    const copy = join(cwd, 'copy.db');
    const backup = await runProgram(['backup', copy, '--json'], given);
    expect({ code: backup.code, stderr: backup.stderr }).toEqual({ code: 0, stderr: '' });
    const { copiedAt, bytes } = JSON.parse(backup.stdout);
    expect(bytes).toBe(statSync(copy).size);
    const refused = await runProgram(['restore', copy], given);
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/in use. Stop the server/),
    });
    server.signal('SIGTERM');
    await server.ended;

    const restored = await runProgram(['restore', copy], given);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).toContain(`The copy was made at ${copiedAt.slice(0, 16).replace('T', ' ')} UTC.`);
    expect(restored.stdout).toMatch(/replaced database is kept as .*sallyport\.db\.replaced-/);
    expect(restored.stdout).toMatch(/Void now: 0 sessions, .* 1 invitation,/);
    expect(restored.stdout).toMatch(/must be done again by hand. Look for:\n {2}- people who were removed/);

    const since = await runProgram(['activity', 'export', '--since', '2020-01-01'], given);
    const kinds = since.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
    // Events of one millisecond stand in no order.
    expect(kinds.slice(0, -1).toSorted()).toEqual(['account.created', 'invitation.made']);
    expect(kinds.at(-1)).toBe('restore.finished');
    const file = join(cwd, 'since.jsonl');
    writeFileSync(file, `${since.stdout}not a line of ours\n`);
    // It is no copy any more: without a word more, nobody's live database is voided.
    const unsure = await runProgram(['restore', '--finish', '--activity', file], given);
    expect(unsure).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/Nothing tells that this database is a copy.* add --yes/),
    });
    const restores = "select count(*) as n from audit_events where kind = 'restore.finished'";
    const path = join(cwd, 'sallyport.db');
    expect(within(path, (db) => db.prepare(restores).get()?.n)).toBe(1);
    const again = startProgram(['serve', '--dev'], given);
    await again.printed('Sallyport listens');
    again.signal('SIGTERM');
    expect((await again.ended).code).toBe(0);
    const finished = await runProgram(['restore', '--finish', '--yes', '--activity', file], given);
    // Somebody must look at that line: a script shall notice.
    expect(finished.code).toBe(1);
    expect(finished.stderr).toMatch(
      /in the copy already: 3\.\nNOT done again; .*\n {2}- line 4: it cannot be read/,
    );
  }, 60_000);

  test('Q1: restore killed at any moment: the database is the old one or the new one, and never serves half', async () => {
    const cwd = newFolder();
    const given = await madeIn(cwd);
    const [path, copy] = [join(cwd, 'sallyport.db'), join(cwd, 'copy.db')];
    expect((await inHere(['backup', copy], given)).code).toBe(0);
    within(path, (db) => db.exec("update accounts set slug = 'since'"));
    const look = () =>
      within(path, (db) => ({
        slug: String(db.prepare('select slug from accounts').get()?.slug),
        marked: db.prepare("select 1 from meta where key = 'copied_at'").get() !== undefined,
        open: Number(db.prepare('select count(*) as n from invitations where withdrawn_at is null').get()?.n),
      }));
    const seen: string[] = [];
    for (const afterMs of [0, 40]) {
      await using restore = startProgram(['restore', copy], given);
      await until(() => existsSync(`${path}.restoring`));
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      restore.signal('SIGKILL');
      await restore.ended;
      const { slug, marked, open: invitations } = look();
      seen.push(slug);
      expect(['since', 'meridian']).toContain(slug);
      // New means finished; an old one that is marked stops every server, and is restored over again.
      if (slug === 'meridian') expect({ marked, invitations }).toEqual({ marked: false, invitations: 0 });
      within(path, (db) => db.exec("update accounts set slug = 'since'"));
    }
    expect(seen).toHaveLength(2);
    expect((await runProgram(['restore', copy], given)).code).toBe(0);
    expect(look()).toEqual({ slug: 'meridian', marked: false, open: 0 });
    expect(existsSync(`${path}.restoring`)).toBe(false);
  }, 60_000);
});

describe('the operator’s keys', () => {
  test('Q1: keys rotate killed over and over, and begun again: no row is lost, and in the end the new key seals all', async () => {
    const cwd = newFolder();
    const [old, coming] = [newKey(randomBytes), newKey(randomBytes)];
    const env = { SALLYPORT_KEYS: `${coming},${old}` };
    await madeIn(cwd, old);
    const path = join(cwd, 'sallyport.db');
    const place = (row: string) => ({ table: 'outbox', row, user: '' });
    within(path, (db) => {
      db.exec('delete from outbox; begin');
      const insert = db.prepare(
        `insert into outbox (id, channel, kind, message_sealed, created_at, expires_at, next_try_at, tries, claimed_until)
         values (?, 'email', 'notice', ?, 0, 0, 0, 0, 0)`,
      );
      for (let n = 0; n < 6000; n++) {
        const id = `m${String(n).padStart(5, '0')}`;
        insert.run(id, seal(parseKeys(old), place(id), `message ${id}`, randomBytes));
      }
      db.exec('commit');
    });
    const sealedBy = (key: string) =>
      within(path, (db) => {
        const id = parseKeys(key).keys[0]?.id ?? '';
        return Number(
          db.prepare('select count(*) as n from outbox where substr(message_sealed, 4, 8) = ?').get(id)?.n,
        );
      });
    const rotation = await settings(cwd, env);
    let cutOff = 0;
    for (let n = 1; n <= 2; n++) {
      await using rotate = startProgram(['keys', 'rotate'], rotation);
      const before = sealedBy(coming);
      await until(() => sealedBy(coming) > before || sealedBy(old) === 0);
      rotate.signal('SIGKILL');
      await rotate.ended;
      if (sealedBy(old) > 0) cutOff += 1;
      expect(sealedBy(old) + sealedBy(coming)).toBe(6000);
    }
    expect(cutOff).toBeGreaterThan(0);
    const last = await runProgram(['keys', 'rotate'], rotation);
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(last.stdout).toMatch(
      /Everything is sealed with key \S{8}; \d+ rows were sealed anew.\nNow the old one can go/,
    );
    const rows = within(path, (db) => db.prepare('select id, message_sealed from outbox').all());
    expect(rows).toHaveLength(6000);
    for (const { id, message_sealed } of rows) {
      expect(open(parseKeys(coming), place(String(id)), String(message_sealed))).toBe(`message ${id}`);
    }
    const list = await inHere(['keys', 'list', '--json'], rotation);
    const [first, second] = JSON.parse(list.stdout);
    expect(first).toMatchObject({ seals: true, rows: { outbox: 6000 } });
    expect(second).toMatchObject({ seals: false, rows: {} });
    expect(sealedKeyId(String(rows[0]?.message_sealed))).toBe(first.id);
    const removed = await inHere(['keys', 'remove', second.id], rotation);
    expect(removed.stdout).toContain(`SALLYPORT_KEYS=${coming}\n`);
  }, 60_000);
});

test('what each command refuses, in words and by its exit code', async () => {
  const cwd = newFolder();
  const given = await madeIn(cwd);
  const copy = join(cwd, 'copy.db');
  expect(await inHere(['backup', copy], given)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/as it was at .*Keep them too, and elsewhere/s),
  });
  const refusals: readonly (readonly [string[], number, RegExp])[] = [
    [['backup', copy], 1, /is there already. Nothing is overwritten/],
    [['backup', join(cwd, 'no', 'copy.db')], 1, /^There is no folder .*\/no\. Make it/],
    [['backup', join(copy, 'copy.db')], 1, /^There is no folder .*\/copy\.db\./],
    [['restore', join(cwd, 'nowhere.db')], 1, /There is no file/],
    [
      ['restore', copy, '--activity', join(cwd, 'nowhere')],
      2,
      /cannot be read.*\nUsage: sallyport restore FILE/s,
    ],
    [['restore', copy, '--account', 'x'], 2, /--account goes with --activity/],
    [['activity', 'export', '--since', 'yesterday'], 2, /--since is "yesterday"/],
    [['keys', 'remove', 'nonsense'], 1, /no key with that id/],
  ];
  for (const [words, code, why] of refusals) {
    const said = await inHere(words, given);
    expect({ words, code: said.code, stdout: said.stdout }).toEqual({ words, code, stdout: '' });
    expect(said.stderr).toMatch(why);
  }
  for (const words of [
    ['backup'],
    ['restore'],
    ['keys', 'remove'],
    ['keys', 'x'],
    ['restore', '--finish', 'x'],
  ]) {
    expect(readCommand(words), words.join(' ')).toMatchObject({ command: 'unknown' });
  }
  const postgres = {
    ...given,
    env: { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x', SALLYPORT_KEYS: newKey(randomBytes) },
  };
  expect(await inHere(['backup', copy], postgres)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/pg_dump/),
  });
  expect(await inHere(['restore', copy], postgres)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/pg_restore, then "sallyport restore --finish --yes"/),
  });
});
