/** What the operator sees of mail: a test in words, bounces of a user, and a warning at the start. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCommand } from '../../src/cli/arguments.ts';
import { runOperatorCommand } from '../../src/cli/operator.ts';
import { type MailCarrier, smtpCarrier } from '../../src/delivery/mail.ts';
import type { Context } from '../../src/flows/context.ts';
import { noteBounce } from '../../src/flows/mail.ts';
import { createOutbox, post } from '../../src/flows/outbox.ts';
import { inTransaction } from '../../src/store/database.ts';
import { hours, minutes } from '../support/clock.ts';
import { type Door, openDoor, type Person } from '../support/door.ts';
import { buildIfOld, freePort, runProgram, startProgram } from '../support/program.ts';
import type { SmtpBehaviour } from '../support/smtp-process.ts';
import { startScriptedSmtp } from '../support/smtp-scripted.ts';
import { SMTP_LOGIN, type SmtpServer, startSmtpServer } from '../support/smtp-server.ts';

const FROM = 'Sallyport <login@example.com>';

let server: SmtpServer;
let door: Door;
let nina: Person;
beforeAll(async () => {
  server = await startSmtpServer();
  door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian' });
  nina = await door.addPerson({ email: 'nina@meridian.example', name: 'Nina', in: [{ account }] });
});
beforeEach(() => server.reset());
afterAll(async () => {
  await door?.close();
  await server?.stop();
});

/** Runs a command over that mail server, and @returns what it said. */
async function sallyport(url: string | null, ...args: string[]) {
  const mail: MailCarrier | undefined = url === null ? undefined : smtpCarrier(url, FROM, door.url);
  const command = readCommand(args);
  if (command.command !== 'operate') throw new Error(JSON.stringify(command));
  let said = '';
  const keep = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  const spies = [keep('stdout'), keep('stderr')];
  try {
    const code = await runOperatorCommand({ ...door.ctx, mail }, command.parsed);
    return { code, said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    mail?.close();
  }
}

describe('mail test', () => {
  it('sends one mail and says that it was taken', async () => {
    const { code, said } = await sallyport(server.url(), 'mail', 'test', 'you@example.com');
    expect([code, said]).toEqual([
      0,
      expect.stringContaining(`127.0.0.1:${server.port} took a test mail for you@example.com`),
    ]);
    expect((await server.got(1))[0]).toMatchObject({ to: ['you@example.com'], encrypted: true });
  });

  const faults: readonly (readonly [string, () => string, SmtpBehaviour, RegExp])[] = [
    [
      'a wrong password',
      () => server.url({ password: 'wrong-password' }),
      {},
      /refuses the user name or the password in SMTP_URL.*535/,
    ],
    ['a certificate of one’s own', () => server.url({ trust: false }), {}, /NODE_EXTRA_CA_CERTS/],
    [
      'a sender that is not let',
      () => server.url(),
      { sender: '550 5.7.1 not you' },
      /Look at MAIL_FROM.*550 5\.7\.1\)\nIt said: .*not you/s,
    ],
    [
      'relaying denied',
      () => server.url(),
      { recipient: '554 5.7.1 Relay access denied' },
      /whom it relays for/,
    ],
    [
      'no such user',
      () => server.url(),
      { recipient: '550 5.1.1 no such user' },
      /works, but refuses mail for you@example.com for good.*5\.1\.1/,
    ],
    [
      'smtps:// on a port for STARTTLS',
      () => server.url().replace('smtp:', 'smtps:'),
      {},
      /does not speak TLS from the first byte.*write smtp:\/\/ /,
    ],
    ['greylisting', () => server.url(), { recipient: '451 4.7.1 later' }, /refuses for now. Try again/],
    ['a closed port', () => 'smtp://127.0.0.1:9', {}, /127\.0\.0\.1:9 cannot be reached.*ECONNREFUSED/],
    [
      'an unknown host',
      () => 'smtp://mail.nowhere.invalid',
      {},
      /mail\.nowhere\.invalid:587 cannot be reached/,
    ],
  ];
  it.each(faults)('%s is said in words', async (_what, url, behaviour, text) => {
    await server.behave(behaviour);
    const { code, said } = await sallyport(url(), 'mail', 'test', 'you@example.com');
    expect(code).toBe(1);
    expect(said).toMatch(text);
    for (const secret of ['wrong-password', SMTP_LOGIN.password, encodeURIComponent(SMTP_LOGIN.password)]) {
      expect(said).not.toContain(secret);
    }
  });

  it('without a mail server, or an address, it says so', async () => {
    const none = await sallyport(null, 'mail', 'test', 'you@example.com');
    expect([none.code, none.said]).toEqual([1, expect.stringContaining('SMTP_URL is not set here')]);
    const bad = await sallyport(server.url(), 'mail', 'test', 'you@example.com, me@example.com');
    expect([bad.code, bad.said]).toEqual([1, expect.stringContaining('is no e-mail address')]);
    const port = await sallyport('smtp://127.0.0.1:9', 'mail', 'test', 'you@example.com', '--json');
    expect(JSON.parse(port.said)).toMatchObject({ result: 'unreachable', server: '127.0.0.1:9' });
    expect(server.received).toEqual([]);
  });
});

describe('bounces', () => {
  const show = async () => (await sallyport(null, 'user', 'show', nina.email)).said;

  it('one while it is handed over is recorded for the user, without the address, and shown', async () => {
    const scripted = await startScriptedSmtp({ RCPT: '550 5.1.1 <nina@meridian.example> unknown' });
    const mail = smtpCarrier(scripted.url, FROM, door.url);
    const outbox = createOutbox({
      db: door.ctx.db,
      keys: door.ctx.keys,
      now: door.ctx.now,
      carriers: { email: mail, sms: null },
      onError: () => {},
      onBounced: (bounce) => noteBounce(door.ctx, bounce),
    });
    const notice = { channel: 'email', kind: 'notice', userId: nina.id, subject: 'x', text: 'x' } as const;
    await inTransaction(door.ctx.db, async (tx) => {
      await post(door.ctx as Context, tx, { ...notice, to: nina.email });
      // To an address that is not theirs any more: nothing to say about the one they have.
      await post(door.ctx as Context, tx, { ...notice, to: 'old@meridian.example' });
    });
    await outbox.drain();
    await outbox.stop();
    mail.close();
    await scripted.stop();
    const events = await door.rows<{ user_id: string; data: string; account_id: string | null }>(
      "select * from audit_events where kind = 'mail.bounced'",
    );
    expect(events).toEqual([expect.objectContaining({ user_id: nina.id, account_id: null })]);
    expect(events[0]?.data).not.toContain('meridian');
    expect(await show()).toMatch(
      /^mail bounced on 2026-10-01 12:00 UTC \(550 5\.1\.1: the address is wrong or gone\)$/m,
    );
  });

  it('one that came back later is told by a script, with its time, and never one to come', async () => {
    door.clock.advance(hours(5));
    const at = new Date(door.clock.now() - minutes(90)).toISOString();
    const told = await sallyport(
      null,
      'mail',
      'bounced',
      'NINA@meridian.example',
      '--at',
      at,
      '--status',
      '5.2.2',
    );
    expect(told.code).toBe(0);
    expect(await show()).toContain('mail bounced on 2026-10-01 15:30 UTC (5.2.2: the mailbox takes nothing');
    const events = await door.rows<{ by: string; browser: string }>(
      "select * from audit_events where kind = 'mail.bounced' and by = 'operator'",
    );
    expect(events).toHaveLength(1);
    expect(events[0]?.browser).toMatch(/^operator /);

    const later = await sallyport(null, 'mail', 'bounced', nina.email, '--at', '2031-01-01T00:00:00Z');
    expect([later.code, later.said]).toEqual([1, expect.stringContaining('has not come yet')]);
    const nobody = await sallyport(null, 'mail', 'bounced', 'nobody@meridian.example');
    expect([nobody.code, nobody.said]).toEqual([1, expect.stringContaining('no user')]);
    for (const wrong of [
      ['--at', 'yesterday'],
      ['--status', 'full'],
      ['--status', '5.1.1; drop'],
    ]) {
      expect((await sallyport(null, 'mail', 'bounced', nina.email, ...wrong)).code).toBe(2);
    }
  });

  it('says nothing about an address given since', async () => {
    door.clock.advance(minutes(1));
    expect((await sallyport(null, 'user', 'email', nina.email, 'nina.okafor@meridian.example')).code).toBe(0);
    expect((await sallyport(null, 'user', 'show', 'nina.okafor@meridian.example')).said).not.toContain(
      'bounced',
    );
  });
});

describe('the program', () => {
  it('starts without a mail server and warns; trusts the certificates it is told to', async () => {
    buildIfOld();
    const cwd = mkdtempSync(join(tmpdir(), 'sallyport-mail-'));
    const port = await freePort();
    writeFileSync(join(cwd, 'ca.pem'), server.cert);
    const env = {
      PORT: String(port),
      SALLYPORT_SUPPORT: 'help@example.com',
      MAIL_FROM: FROM,
      SMTP_URL: `smtp://relay:secret-word@127.0.0.1:${await freePort()}`,
    };
    {
      await using program = startProgram(['serve'], { cwd, env });
      await program.printed('no mail leaves now');
      await program.printed('Sallyport listens');
      expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true);
      expect(program.stdout).toContain('ECONNREFUSED');
      expect(program.stdout).not.toContain('secret-word');
    }
    const test = (more: Record<string, string>) =>
      runProgram(['mail', 'test', 'you@example.com'], {
        cwd,
        env: { ...env, SMTP_URL: server.url({ trust: false }), ...more },
      });
    expect(await test({})).toMatchObject({ code: 1, stderr: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    expect(await test({ NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem') })).toMatchObject({ code: 0, stderr: '' });
    rmSync(cwd, { recursive: true });
  }, 60_000);
});
