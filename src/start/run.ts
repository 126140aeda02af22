import { readCommand } from '../cli/arguments.ts';
import { readConfig } from '../config.ts';
import { resetDemo } from './demo-reset.ts';
import { reportAndExit } from './fault-report.ts';
import { operate } from './operate.ts';
import { serve } from './serve.ts';

/** Runs what the command line asks for. @returns once it is done, or the server listens. */
export async function run(args: readonly string[]): Promise<void> {
  const command = readCommand(args);
  switch (command.command) {
    case 'help':
      process.stdout.write(command.text);
      return;
    case 'unknown':
      process.stderr.write(`${command.fault}\nSee: sallyport help\n`);
      process.exitCode = 2;
      return;
    case 'operate':
      try {
        return await operate(readConfig(process.env, 'operate'), command.parsed);
      } catch (error) {
        return reportAndExit(error, 'Not done');
      }
    case 'serve':
      return serve(readConfig(process.env, command.dev ? 'dev' : 'serve'), 'serve');
    case 'demo': {
      const config = readConfig(process.env, 'demo');
      if (command.reset) await resetDemo(config);
      return serve(config, 'demo');
    }
    default:
      return unknownCommand(command);
  }
}

function unknownCommand(command: never): never {
  throw new Error(`unknown command ${JSON.stringify(command)}`);
}
