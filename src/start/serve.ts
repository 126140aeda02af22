import { demoText } from '../cli/demo.ts';
import type { Config } from '../config.ts';
import { textsInWords } from './text-carriers.ts';
import { wire } from './wire.ts';

/** How long a stop may take: whoever told the program to stop kills it after ten seconds. */
const EXIT_WITHIN_MS = 9_500;
/** How long a connection that a proxy keeps may lie idle then. */
const IDLE_WHILE_STOPPING_MS = 3_000;

/** Runs the server until it is told to stop, which ends the process. @returns once it listens. */
export async function serve(config: Config, mode: 'serve' | 'demo'): Promise<void> {
  const app = await wire(config, mode);
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    // Such as a mail server that hangs: its message was not acknowledged, so it stays in the outbox.
    setTimeout(() => {
      process.stderr.write('Sallyport stopped before everything under way was finished.\n');
      process.exit(1);
    }, EXIT_WITHIN_MS).unref();
    // Somebody at a terminal (SIGINT) has no proxy, and does not want to wait.
    app.close({ idleMs: signal === 'SIGTERM' ? IDLE_WHILE_STOPPING_MS : 0 }).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    await app.listen();
  } catch (error) {
    // Told to stop while it still began: it does, and nothing is wrong with it.
    if (stopping) return;
    throw error;
  }
  process.stdout.write(textsInWords(config.sms));
  process.stdout.write(
    mode === 'demo'
      ? await demoText(app.ctx)
      : `Sallyport listens on ${config.host}:${config.port} as ${config.url}\n`,
  );
}
