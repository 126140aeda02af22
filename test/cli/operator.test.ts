/**
 * The operator's commands: the built program as a process of its own, beside the running demo and over
 * its database. Each is looked at for what it prints, to people and as JSON, its exit code, its audit event, and for
 * what bad words change: nothing.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readCommand } from '../../src/cli/arguments.ts';
import { runOperatorCommand } from '../../src/cli/operator.ts';
import { readConfig } from '../../src/config.ts';
import { wire } from '../../src/start/wire.ts';
import { type AuthenticatorApp, appFromAddress } from '../support/authenticator-app.ts';
import { submit } from '../support/door.ts';
import { createHttpBrowser, type HttpBrowser } from '../support/http-browser.ts';
import {
  buildIfOld,
  type Ended,
  freePort,
  type Program,
  runProgram,
  startProgram,
} from '../support/program.ts';

const PASSWORD = 'clap the slate twice';
const cwd = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
let env: Record<string, string>;
let demo: Program;
let db: DatabaseSync;
let origin: string;

beforeAll(async () => {
  buildIfOld();
  const port = String(await freePort());
  origin = `http://localhost:${port}`;
  env = { PORT: port, DATABASE_URL: 'sqlite:./demo.db' };
  demo = startProgram(['demo'], { cwd, env });
  await demo.printed('begins anew');
  db = new DatabaseSync(join(cwd, 'demo.db'), { readOnly: true });
}, 60_000);

afterAll(async () => {
  db?.close();
  await demo?.[Symbol.asyncDispose]();
  rmSync(cwd, { recursive: true, force: true });
});

/** A process of its own, as the operator's shell starts it. */
const inShell = (...args: string[]): Promise<Ended> => runProgram(args, { cwd, env });

/** The same beside the test: reading of the words, settings, database, command and what it says; they are many. */
async function sallyport(...args: string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const keep = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const command = readCommand(args);
  const spies = [keep('stdout'), keep('stderr')];
  try {
    if (command.command !== 'operate') {
      return { ...(await inShell(...args)) };
    }
    const app = await wire(readConfig(operatorEnv(), 'operate'), 'operate');
    try {
      const code = await runOperatorCommand(app.ctx, command.parsed);
      return { code, ...said };
    } finally {
      await app.close();
    }
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const operatorEnv = () => ({ ...env, DATABASE_URL: `sqlite:${join(cwd, 'demo.db')}` });

async function json<T = Record<string, unknown>>(
  ...args: string[]
): Promise<{ code: number | null; data: T }> {
  const { code, stdout, stderr } = await sallyport(...args, '--json');
  expect(stderr).toBe('');
  return { code, data: JSON.parse(stdout) as T };
}

const rows = <T = Record<string, unknown>>(query: string) => db.prepare(query).all() as T[];

/** All that a command may change. */
function digest(): string {
  const tables = rows<{ name: string }>(`select name from sqlite_master where type = 'table' order by name`);
  // The running server sends what commands post, and notes when sessions were used.
  const still = tables.filter(({ name }) => !['outbox', 'inbox', 'sessions', 'counters'].includes(name));
  const all = still.map(({ name }) => [name, rows(`select * from "${name}" order by 1`)]);
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

/** The newest event of a kind; every one names who had the shell. */
function expectEvent(kind: string, data: Record<string, unknown> = {}): void {
  const [event] = rows<{
    by: string;
    browser: string;
    network: string;
    actor_id: string | null;
    data: string;
  }>(`select * from audit_events where kind = '${kind}' order by rowid desc limit 1`);
  expect(event).toMatchObject({
    by: 'operator',
    actor_id: null,
    network: '',
    browser: `operator ${userInfo().username}`,
  });
  expect(JSON.parse(event?.data ?? '{}')).toMatchObject(data);
}

const events = () => rows<{ n: number }>('select count(*) as n from audit_events')[0]?.n;

const newBrowser = () => createHttpBrowser(origin);
const apps = new Map<string, AuthenticatorApp>();

async function logIn(email: string): Promise<HttpBrowser> {
  const browser = newBrowser();
  const page = await submit(browser, '/login', { email, password: PASSWORD });
  expect(page.path).toBe('/login/code');
  const line = demo.stdout.split('\n').find((l) => l.includes(email));
  const app = apps.get(email) ?? appFromAddress(/otpauth:\S+/.exec(line ?? '')?.[0] ?? '');
  apps.set(email, app);
  expect((await submit(browser, '/login/code', { code: app.codeAt(Date.now()) })).path).toBe('/');
  return browser;
}

const COMMANDS = [
  'account create',
  'account list',
  'account plan',
  'account mandate',
  'account delete',
  'user show',
  'user disable',
  'user enable',
  'user email',
  'user delete',
  'pass list',
  'pass grant',
  'pass revoke',
  'keys list',
  'keys rotate',
  'keys remove',
  'backup',
  'restore',
  'restore --finish',
  'activity export',
] as const;

describe('words', () => {
  it('every command has help with an example, and is in the list', async () => {
    const [all, one] = await Promise.all([inShell('help'), inShell('pass', 'grant', '--help')]);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    for (const command of COMMANDS) {
      expect(all.stdout).toContain(`sallyport ${command}`);
      const help = readCommand([...command.split(' '), '--help']);
      if (help.command !== 'help') throw new Error(`no help for ${command}`);
      if (command === 'pass grant') expect(help.text).toBe(one.stdout);
      expect(help.text).toMatch(new RegExp(`^Usage: sallyport ${command}`));
      expect(help.text).toContain('--json');
      expect(help.text).toMatch(new RegExp(`^Example: sallyport ${command}`, 'm'));
    }
  });

  it('exit code 2, help on stderr and nothing changed where the words are wrong', async () => {
    const before = digest();
    // Seen before anything is opened, so that one process each tells no more than the reading of the words.
    const unreadable: readonly string[][] = [
      ['account', 'create', 'X', '--owner'],
      ['account', 'create', 'X', 'Y', '--owner', 'a@b.example'],
      ['account', 'plan', 'meridian'],
      ['account', 'list', 'x'],
      ['user', 'show'],
      ['user', 'email', 'nina@meridian.example'],
      ['user', 'disable', 'theo@meridian.example', '--force'],
      ['pass', 'revoke'],
      ['pass', 'nonsense'],
      ['account', 'x'],
      ['constructor'],
      ['constructor', 'x'],
    ];
    for (const args of unreadable) expect(readCommand(args).command, args.join(' ')).toBe('unknown');
    const wrong: readonly string[][] = [
      ['user', 'email', 'nina@meridian.example'],
      ['account', 'create', 'X'],
      ['account', 'create', 'X', '--owner', 'a@b.example', '--plan', 'gold'],
      ['account', 'plan', 'meridian', 'gold'],
      ['account', 'mandate', 'meridian', 'maybe'],
      ['account', 'mandate', 'meridian', 'on', '--methods', 'fax'],
      ['account', 'mandate', 'meridian', 'on', '--methods', ''],
      ['account', 'delete', 'meridian'],
      ['user', 'delete', 'theo@meridian.example'],
      ['pass', 'grant', 'meridian', 'nina@meridian.example', '--reason', '  '],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await sallyport(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr, args.join(' ')).toMatch(/Usage: sallyport|See: sallyport help/);
    }
    expect(digest()).toBe(before);
  });

  it('exit code 1 and nothing changed where it is refused; --json says why as well', async () => {
    const before = digest();
    const refused: readonly (readonly [string[], string])[] = [
      [['account', 'create', 'X', '--owner', 'nonsense'], 'bad_email'],
      [['account', 'create', 'x'.repeat(81), '--owner', 'a@b.example'], 'bad_name'],
      [['account', 'plan', 'nowhere', 'enterprise'], 'no_account'],
      [['account', 'plan', 'meridian', 'standard'], 'mandate_on'],
      [['account', 'mandate', 'crestline', 'on'], 'not_enterprise'],
      [['user', 'show', 'nobody@meridian.example'], 'no_user'],
      [['user', 'disable', 'nobody@meridian.example'], 'no_user'],
      [['user', 'email', 'nina@meridian.example', 'theo@meridian.example'], 'taken'],
      [['user', 'email', 'nina@meridian.example', 'nonsense'], 'bad_email'],
      [['user', 'delete', 'olivia@meridian.example', '--yes'], 'last_owner'],
      [['pass', 'grant', 'meridian', 'nobody@meridian.example', '--reason', 'x'], 'no_user'],
      [['pass', 'grant', 'crestline', 'nina@meridian.example', '--reason', 'x'], 'not_member'],
      [['pass', 'grant', 'meridian', 'nina@meridian.example', '--reason', '\u200b'], 'reason_missing'],
      [['pass', 'revoke', 'nonsense'], 'no_pass'],
    ];
    for (const [args, result] of refused) {
      const { code, data } = await json(...args);
      expect({ args, code, result: data.result }).toEqual({ args, code: 1, result });
      expect(String(data.error).length).toBeGreaterThan(10);
    }
    const human = await inShell('user', 'show', 'nobody@meridian.example');
    expect(human).toMatchObject({ code: 1, stdout: '' });
    expect(human.stderr).toContain('There is no user with that e-mail address.');
    expect(digest()).toBe(before);
  });
});

describe('deeds', () => {
  it('account create, list, plan, mandate, delete', async () => {
    const made = await inShell(
      'account',
      'create',
      'Night Shift',
      '--owner',
      'Noor@Night.example',
      '--plan',
      'enterprise',
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const link = /http:\/\/localhost:\d+(\/invitations\/[\w-]{43})/.exec(made.stdout)?.[1];
    expectEvent('account.created', { plan: 'enterprise' });
    expectEvent('invitation.made', { email: 'noor@night.example', role: 'owner' });
    expect((await newBrowser().get(link ?? '/nowhere')).status).toBeLessThan(400);
    const second = await json<{ slug: string; invitation: string }>(
      'account',
      'create',
      'Night Shift',
      '--owner',
      'n@night.example',
    );
    expect(second.data.slug).not.toBe('night-shift');
    expect(second.data.invitation).toContain('/invitations/');

    const { data: list } = await json<
      { slug: string; plan: string; mandate: string[] | null; members: number }[]
    >('account', 'list');
    expect(list.find((a) => a.slug === 'night-shift')).toMatchObject({
      plan: 'enterprise',
      mandate: null,
      members: 0,
    });
    expect(list.find((a) => a.slug === 'meridian')).toMatchObject({
      plan: 'enterprise',
      mandate: ['totp', 'sms'],
      members: 4,
    });
    const human = await sallyport('account', 'list');
    expect(human.stdout).toMatch(/^night-shift +Night Shift +enterprise +no mandate +0 people$/m);

    expect(
      (await sallyport('account', 'mandate', 'night-shift', 'on', '--methods', 'totp', '--now')).stdout,
    ).toMatch(/is on: by authenticator app \(totp\)\.\n.*now 0 people.* at their next request/);
    expectEvent('mandate.switched_on', { methods: 'totp', from: 'now' });
    expect(
      (await json('account', 'mandate', 'night-shift', 'on', '--methods', 'totp', '--now')).data.result,
    ).toBe('unchanged');
    const count = events();
    expect((await sallyport('account', 'plan', 'night-shift', 'standard')).code).toBe(1);
    expect(events()).toBe(count);
    expect((await json('account', 'plan', 'night-shift', 'standard', '--force')).data.result).toBe('done');
    expectEvent('account.plan_changed', { plan: 'standard' });
    expectEvent('mandate.switched_off');
    expect((await json('account', 'plan', 'night-shift', 'standard')).data.result).toBe('unchanged');
    expect((await sallyport('account', 'delete', 'night-shift', '--yes')).code).toBe(0);
    expectEvent('account.deleted', { slug: 'night-shift' });
    expect((await newBrowser().get(link ?? '/')).status).toBe(410);
    expect((await sallyport('account', 'delete', second.data.slug, '--yes', '--json')).code).toBe(0);
  });

  it('user show, disable, enable: what was open is out within the running server', async () => {
    const sam = await logIn('sam@meridian.example');
    const { data } = await json<{ openSessions: number; memberships: unknown[] }>(
      'user',
      'show',
      'SAM@meridian.example',
    );
    expect(data).toMatchObject({ email: 'sam@meridian.example', openSessions: 1, disabledAt: null });
    expect(data.memberships).toHaveLength(2);
    const shown = await sallyport('user', 'show', 'sam@meridian.example');
    expect(shown.stdout).toMatch(/^Sam Rivera <sam@meridian.example>, since .* 1 open session$/m);
    expect(shown.stdout).toMatch(/^meridian +member +mandates +set up +last entered 20/m);
    expect(JSON.stringify(data) + shown.stdout).not.toMatch(/argon2|secret|\+1415/);
    expect((await sallyport('user', 'disable', 'sam@meridian.example')).code).toBe(0);
    expectEvent('user.disabled');
    expect((await sam.get('/')).status).toBe(303);
    expect(
      (await newBrowser().post('/login', { email: 'sam@meridian.example', password: PASSWORD })).location,
    ).not.toBe('/login/code');
    expect((await sallyport('user', 'show', 'sam@meridian.example')).stdout).toContain('DISABLED since');
    expect((await sallyport('user', 'enable', 'sam@meridian.example', '--json')).code).toBe(0);
    expectEvent('user.enabled');
    expect((await sam.get('/')).status).toBe(303);
    expect(
      (await newBrowser().post('/login', { email: 'sam@meridian.example', password: PASSWORD })).location,
    ).toBe('/login/code');
  });

  it('P2, P8: pass grant, list and revoke; the pages and the list show the same', async () => {
    const reason = 'rang from the set\u001b[2J\nand\u202e again';
    const granted = await sallyport(
      'pass',
      'grant',
      'meridian',
      'olivia@meridian.example',
      '--reason',
      reason,
    );
    expect(granted.code).toBe(0);
    const code = /^ {2}([0-9a-z]{4}(?:-[0-9a-z]{4}){3})$/m.exec(granted.stdout)?.[1] ?? '';
    expectEvent('pass.granted');
    const olivia = await logIn('olivia@meridian.example');
    const theo = await json<{ pass: string; code: string }>(
      'pass',
      'grant',
      'meridian',
      'theo@meridian.example',
      '--reason',
      'lost phone',
    );
    expect(theo.data.code).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);

    interface Line {
      id: string;
      email: string;
      state: string;
      account: string;
      grantedBy: string;
      reason: string;
      grantedAt: number;
      endsAt: number;
    }
    const list = async () => (await json<Line[]>('pass', 'list')).data;
    const first = (await list()).find((p) => p.id === theo.data.pass);
    expect(first).toMatchObject({
      email: 'theo@meridian.example',
      state: 'unused',
      account: 'meridian',
      grantedBy: 'operator',
      reason: 'lost phone',
    });
    expect((first?.endsAt ?? 0) - (first?.grantedAt ?? 0)).toBe(24 * 3_600_000);
    const page = await olivia.get('/accounts/meridian/passes');
    for (const text of ['Theo Lindqvist', 'lost phone', 'the operator']) expect(page.text).toContain(text);
    const pages = async () => {
      const { text } = await olivia.get('/accounts/meridian/passes');
      const sections = [text.indexOf('In force'), text.indexOf('Not used yet'), text.lastIndexOf('Past')];
      const at = text.indexOf('Theo Lindqvist');
      return sections.filter((s) => s >= 0 && s < at).length;
    };
    expect(await pages()).toBe(2);

    // A terminal shows what strangers typed, and obeys none of it.
    const human = await sallyport('pass', 'list');
    const lines = human.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(human.stdout).not.toMatch(/[^\P{C}\n]/u);
    expect(human.stdout).toMatch(/theo@meridian\.example +unused +ends 20\d\d-/);

    const browser = newBrowser();
    await submit(browser, '/login', { email: 'theo@meridian.example', password: PASSWORD });
    expect((await submit(browser, '/login/recovery-code', { code: theo.data.code })).path).toBe('/');
    expect((await list()).find((p) => p.id === theo.data.pass)?.state).toBe('in_use');
    expect(await pages()).toBe(1);
    expect((await sallyport('pass', 'revoke', theo.data.pass)).stdout).toContain('revoked');
    expectEvent('pass.revoked', { pass: theo.data.pass });
    expect((await browser.get('/')).location).toBe('/login?because=pass_over');
    expect((await list()).find((p) => p.id === theo.data.pass)?.state).toBe('over');
    expect(await pages()).toBe(3);
    const count = events();
    expect((await json('pass', 'revoke', theo.data.pass)).data.result).toBe('over');
    expect(events()).toBe(count);
    // The list shows no code, and the database keeps none.
    expect(JSON.stringify(await list())).not.toContain(code);
    expect(JSON.stringify(rows('select * from passes'))).not.toContain(code.replaceAll('-', ''));
  });

  it('user email and delete: everything ends, both addresses are told by the running server', async () => {
    expect(
      (await sallyport('user', 'email', 'nina@meridian.example', 'Nina.Okafor@meridian.example')).code,
    ).toBe(0);
    expectEvent('user.email_changed', { from: 'nina@meridian.example', to: 'nina.okafor@meridian.example' });
    const { data } = await json<{ memberships: { trust: string }[] }>(
      'user',
      'show',
      'nina.okafor@meridian.example',
    );
    expect(data.memberships.map((m) => m.trust)).toEqual(['forgotten']);
    // The server looks for what others posted every five seconds.
    await expect
      .poll(
        () =>
          rows<{ to: string }>(
            `select "to" from inbox where subject like '%address%changed%' order by "to"`,
          ).map((m) => m.to),
        { timeout: 10_000 },
      )
      .toEqual(['nina.okafor@meridian.example', 'nina@meridian.example']);
    expect((await sallyport('user', 'delete', 'nina.okafor@meridian.example', '--yes')).code).toBe(0);
    expectEvent('user.deleted');
    expectEvent('membership.removed');
    expect((await sallyport('user', 'show', 'nina.okafor@meridian.example')).code).toBe(1);
  });
});
