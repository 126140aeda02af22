/** The built program as a process of its own, with the Node that `npm ci` brought and no setting but those given. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');
const PROGRAM = join(ROOT, 'dist/main.js');
/** What V8 compiled is kept from process to process: a tenth of a start. One that is killed adds nothing. */
const COMPILED = join(ROOT, 'node_modules/.cache/sallyport-compiled');

export interface Ended {
  /** `null`: a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** All that it has printed so far. */
  readonly stdout: string;
  /** Resolves once it has printed this; rejects with all that it said if it ends before. */
  printed(text: string): Promise<void>;
  /** Resolves once it has ended. */
  readonly ended: Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
}

export interface Given {
  /** The folder it runs in. */
  cwd: string;
  env?: Record<string, string>;
  /** Run in place of the program: a script around it. */
  script?: string;
}

/** `await using program = startProgram(…)` takes it away again, whatever became of it. */
export function startProgram(args: readonly string[], { cwd, env = {}, script = PROGRAM }: Given): Program {
  const child: ChildProcess = spawn(NODE, [script, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: cwd, NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  let heard = Promise.withResolvers<void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    heard.resolve();
    heard = Promise.withResolvers();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      over = true;
      resolve({ code, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return stdout;
    },
    ended,
    async printed(text) {
      while (!stdout.includes(text)) {
        if (over) throw new Error(`It ended before it printed "${text}".\n${stdout}\n${stderr}`);
        await Promise.race([heard.promise, ended]);
      }
    },
    signal(signal) {
      child.kill(signal);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs it to its end, by itself. */
export function runProgram(args: readonly string[], given: Given): Promise<Ended> {
  return startProgram(args, given).ended;
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

/** `npm test` builds first; whoever runs one test file alone gets no old program either. */
export function buildIfOld(): void {
  const sources = globSync('src/**/*.{ts,tsx}', { cwd: ROOT }).filter((file) => !/\.test\.tsx?$/.test(file));
  const newest = Math.max(...sources.map((file) => statSync(join(ROOT, file)).mtimeMs));
  if ((statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest) return;
  for (const project of ['tsconfig.build.json', 'src/web/client/tsconfig.json']) {
    const tsc = [join(ROOT, 'node_modules/.bin/tsc'), '-p', project];
    const { status, stdout } = spawnSync(NODE, tsc, { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(`The program does not build:\n${stdout}`);
  }
}
