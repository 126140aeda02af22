import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { Context } from '../flows/context.ts';
import type { Operator } from '../flows/operate.ts';
import type { Place } from '../flows/place.ts';
import { type ApartCommand, BadUsage, type Given, type OperatorCommand, type Said } from './command.ts';
import { COMMANDS } from './commands.ts';

type Command = OperatorCommand | ApartCommand;

export interface Parsed {
  readonly name: string;
  readonly command: Command;
  readonly given: Given;
  readonly json: boolean;
  readonly help: boolean;
}

/** Is this a command of the operator's? `null` if not. @throws BadUsage when it is, but its words are off. */
export function readOperatorCommand(args: readonly string[]): Parsed | null {
  const named = [2, 1].map((words) => args.slice(0, words)).find((n) => Object.hasOwn(COMMANDS, n.join(' ')));
  const name = named?.join(' ') ?? '';
  const command = COMMANDS[name];
  if (named === undefined || command === undefined) return null;
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args.slice(named.length), command);
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

function parse(args: string[], command: Command) {
  const common = { json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  return parseArgs({ args, options: { ...command.options, ...common }, allowPositionals: true });
}

export function helpOf(command: Command): string {
  return `Usage: sallyport ${command.usage} [--json]\n  ${command.about}\nExample: ${command.example}\n`;
}

/** Runs it over an open database and prints. @returns the exit code: 0 done, 1 refused, 2 wrong words. */
export async function runOperatorCommand(ctx: Context, parsed: Parsed): Promise<number> {
  const { command, given } = parsed;
  if (!('run' in command)) throw new Error(`${parsed.name} opens the database itself`);
  return say(parsed, (operator) => command.run(ctx, operator, given));
}

/** Does it open the database itself, or none? */
export function runsApart(parsed: Parsed): boolean {
  return 'runApart' in parsed.command;
}

/** The same for those that do. */
export async function runApartCommand(place: Place, parsed: Parsed): Promise<number> {
  const { command, given } = parsed;
  if (!('runApart' in command)) throw new Error(`${parsed.name} needs an open database`);
  return say(parsed, (operator) => command.runApart(place, operator, given));
}

async function say(parsed: Parsed, run: (operator: Operator) => Promise<Said>): Promise<number> {
  const { command, json } = parsed;
  try {
    const said = await run({ name: userInfo().username });
    const out = json ? JSON.stringify(said.data, null, 2) : said.text;
    if (said.printed !== true) (said.ok || json ? process.stdout : process.stderr).write(`${out}\n`);
    return said.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof BadUsage)) throw error;
    process.stderr.write(`${error.message}\n${helpOf(command)}`);
    return 2;
  }
}
