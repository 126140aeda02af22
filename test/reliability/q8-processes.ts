/** Processes of a run: the server, and the clients whose watch nothing else may slow. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');

export interface Child<Told> {
  /** Sends and waits for what comes back. */
  ask(message: unknown): Promise<Told>;
  tell(message: unknown): void;
  readonly ended: () => boolean;
  stop(): Promise<void>;
}

/** A file of this folder as a process, with nothing in its environment but what it is given. */
export async function startChild<Told>(file: string, env: Record<string, string>): Promise<Child<Told>> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execPath: NODE,
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let over = false;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      over = true;
      resolve();
    }),
  );
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      const gone = () => reject(new Error(`${file} ended: ${child.exitCode ?? child.signalCode}`));
      child.once('exit', gone);
      child.once('message', (message) => {
        child.off('exit', gone);
        resolve(message);
      });
    });
  await next();
  return {
    ask(message) {
      const answer = next();
      child.send(message as string);
      return answer as Promise<Told>;
    },
    tell: (message) => void child.send(message as string),
    ended: () => over,
    async stop() {
      if (!over) child.disconnect();
      await ended;
    },
  };
}
