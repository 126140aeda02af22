/** What the overload run stands on: a database with people in it, and the built program over it. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createHasher } from '../../src/credentials/password.ts';
import { hashToken, newId, newToken } from '../../src/credentials/token.ts';
import { DEFAULT_LIMITS } from '../../src/rules/admission.ts';
import { insertAccount, insertMembership } from '../../src/store/accounts.ts';
import { inTransaction, migrate, openDatabase } from '../../src/store/database.ts';
import { insertSession } from '../../src/store/sessions.ts';
import { insertUser } from '../../src/store/users.ts';
import { freePort, type Program, startProgram } from '../support/program.ts';
import type { Probe } from './q11-prober.ts';

export const PASSWORD = 'clap the slate twice';
export const emailOf = (n: number): string => `person${n}@example.test`;

/** People who need nothing but their password, and a session of the first. @returns the session's cookie. */
export async function fillDatabase(databaseUrl: string, people: number): Promise<string> {
  const db = openDatabase(databaseUrl);
  await migrate(db);
  const now = Date.now();
  const account = newId(randomBytes);
  const passwordHash = await createHasher().hash(PASSWORD);
  const token = newToken(randomBytes);
  await inTransaction(db, async (tx) => {
    await insertAccount(tx, {
      id: account,
      slug: 'crowd',
      name: 'Crowd',
      plan: 'standard',
      created_at: now,
      mandate_since: null,
      mandate_methods: 'totp,sms',
      mandate_from: 'next_login',
      mandate_text_until: null,
      texts_per_day: null,
      text_spend_per_day: null,
      session_max_ms: DEFAULT_LIMITS.sessionMaxMs,
      session_idle_ms: DEFAULT_LIMITS.sessionIdleMs,
    });
    for (let n = 0; n < people; n++) {
      const id = newId(randomBytes);
      await insertUser(tx, {
        id,
        email: emailOf(n),
        name: `Person ${n}`,
        password_hash: passwordHash,
        password_changed_at: now,
        created_at: now,
        disabled_at: null,
      });
      await insertMembership(tx, {
        id: newId(randomBytes),
        user_id: id,
        account_id: account,
        role: 'member',
        trust: 'never',
        authenticator_id: null,
        trust_since: now,
        joined_at: now,
        active_at: now,
        sessions_from: 0,
        last_entered_at: null,
      });
      if (n === 0) {
        await insertSession(tx, {
          id: newId(randomBytes),
          token_hash: hashToken(token),
          user_id: id,
          started_at: now,
          last_used_at: now,
          idled_out: '[]',
          ended_at: null,
          network: '192.0.2.1',
          browser: 'Firefox on Linux',
        });
      }
    }
  });
  await db.destroy();
  return `session=${token}`;
}

/** What the program says of itself, since it was last asked. */
export interface Inside {
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly rssMb: number;
}

export interface Node extends AsyncDisposable {
  readonly url: string;
  inside(): Promise<Inside>;
}

/** The built program over that database, with its event loop watched. */
export async function startNode(databaseUrl: string, settings: Record<string, string> = {}): Promise<Node> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-overload-'));
  const figures = join(folder, 'event-loop');
  appendFileSync(figures, '');
  const port = String(await freePort());
  const program: Program = startProgram(['serve', '--dev'], {
    cwd: folder,
    env: {
      PORT: port,
      DATABASE_URL: databaseUrl,
      SALLYPORT_KEYS: Buffer.alloc(32, 7).toString('base64'),
      // So that the crowd may come from many networks.
      TRUSTED_PROXIES: '127.0.0.1',
      LOG_LEVEL: 'error',
      NODE_OPTIONS: `--import=${new URL('q11-event-loop.ts', import.meta.url).href}`,
      EVENT_LOOP_FILE: figures,
      ...settings,
    },
  });
  await program.printed('Sallyport listens');
  let asked = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async inside() {
      asked += 1;
      program.signal('SIGUSR2');
      for (;;) {
        const line = readFileSync(figures, 'utf8').split('\n')[asked - 1];
        if (line?.endsWith('}') === true) return JSON.parse(line) as Inside;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Prober extends AsyncDisposable {
  /** All answers since it was last asked. */
  answers(): Promise<Probe[]>;
}

export async function startProber(url: string, cookie: string, everyMs: number): Promise<Prober> {
  const worker = new Worker(new URL('q11-prober.ts', import.meta.url), {
    workerData: { url, cookie, everyMs },
  });
  return {
    answers: () =>
      new Promise((resolve, reject) => {
        worker.once('error', reject);
        worker.once('message', (answers: Probe[]) => {
          worker.off('error', reject);
          resolve(answers);
        });
        worker.postMessage('answers');
      }),
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

export const cores: number = availableParallelism();
