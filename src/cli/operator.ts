import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { Context } from '../flows/context.ts';
import { BadUsage, COMMANDS, type Given, type OperatorCommand } from './commands.ts';

export interface Parsed {
  readonly name: string;
  readonly command: OperatorCommand;
  readonly given: Given;
  readonly json: boolean;
  readonly help: boolean;
}

/** Is this a command of the operator's? `null` if not. @throws BadUsage when it is, but its words are off. */
export function readOperatorCommand(args: readonly string[]): Parsed | null {
  const name = args.slice(0, 2).join(' ');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return null;
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args.slice(2), command);
  } catch (error) {
    throw new BadUsage(`${error instanceof Error ? error.message : error}\n${helpOf(command)}`);
  }
  const { json, help, ...options } = parsed.values;
  if (help !== true && parsed.positionals.length !== command.words.length) {
    throw new BadUsage(`This command takes ${command.words.join(' ') || 'no words'}.\n${helpOf(command)}`);
  }
  const given = { words: parsed.positionals, options };
  return { name, command, given, json: json === true, help: help === true };
}

function parse(args: string[], command: OperatorCommand) {
  const common = { json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  return parseArgs({ args, options: { ...command.options, ...common }, allowPositionals: true });
}

export function helpOf(command: OperatorCommand): string {
  return `Usage: sallyport ${command.usage} [--json]\n  ${command.about}\nExample: ${command.example}\n`;
}

/** Runs it and prints. @returns the exit code: 0 done, 1 refused, 2 wrong words. */
export async function runOperatorCommand(ctx: Context, parsed: Parsed): Promise<number> {
  const { command, given, json } = parsed;
  try {
    const said = await command.run(ctx, { name: userInfo().username }, given);
    const out = json ? JSON.stringify(said.data, null, 2) : said.text;
    (said.ok || json ? process.stdout : process.stderr).write(`${out}\n`);
    return said.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof BadUsage)) throw error;
    process.stderr.write(`${error.message}\n${helpOf(command)}`);
    return 2;
  }
}
