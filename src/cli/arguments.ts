import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BadUsage } from './command.ts';
import { COMMANDS } from './commands.ts';
import { helpOf, type Parsed, readOperatorCommand } from './operator.ts';

/** What the command line asks for. */
export type Command =
  | { readonly command: 'serve'; readonly dev: boolean }
  | { readonly command: 'demo'; readonly reset: boolean }
  | { readonly command: 'help'; readonly text: string }
  | { readonly command: 'operate'; readonly parsed: Parsed }
  | { readonly command: 'unknown'; readonly fault: string };

const linesOf = (commands: readonly { readonly usage: string; readonly about: string }[]) =>
  commands.map(({ usage, about }) => `  sallyport ${usage}\n      ${about}`).join('\n');

/** The commands that begin with this word; `null`: none does. */
function helpOfGroup(word: string): string | null {
  const group = Object.entries(COMMANDS).filter(([name]) => name.startsWith(`${word} `));
  if (group.length === 0 || Object.hasOwn(COMMANDS, word)) return null;
  return `${linesOf(group.map(([, command]) => command))}\nEach with --json and --help.\n`;
}

/** Of `package.json`, which lies in the same place above the sources and above the built program. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const HELP = `sallyport: log-in with two-factor authentication that every account can mandate

  sallyport serve          runs the server; settings come from the environment (see README)
  sallyport serve --dev    the same for development: mails and text messages go to /dev/inbox
  sallyport demo           runs a demo with people to play (made once, kept until --reset)
  sallyport demo --reset   the same, begun anew
  sallyport help           this text; with --version instead, which version this is

For the operator, on the host, with the server's settings; each with --json and --help:
${linesOf(Object.values(COMMANDS))}

Example: PORT=8080 sallyport serve --dev
Exit codes: 0 done, 1 refused or failed, 2 a mistake in the words.
`;

/** Reads the command line. Never throws: a mistake is a command of its own, with a text. */
export function readCommand(args: readonly string[]): Command {
  try {
    const parsed = readOperatorCommand(args);
    if (parsed?.help) return { command: 'help', text: helpOf(parsed.command) };
    if (parsed !== null) return { command: 'operate', parsed };
  } catch (error) {
    if (error instanceof BadUsage) return { command: 'unknown', fault: error.message };
    throw error;
  }
  const options = {
    dev: { type: 'boolean' },
    reset: { type: 'boolean' },
    help: { type: 'boolean' },
    version: { type: 'boolean' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name = 'help', ...more] = positionals;
    const group = helpOfGroup(name);
    if (group !== null) {
      if (more.length === 0) return { command: 'help', text: group };
      return { command: 'unknown', fault: `"sallyport ${args.join(' ')}" is none of these:\n${group}` };
    }
    if (values.version) return { command: 'help', text: `${version()}\n` };
    if (values.help) return { command: 'help', text: HELP };
    if (more.length > 0) return { command: 'unknown', fault: `"${more.join(' ')}" is one word too many.` };
    if (name === 'serve' && !values.reset) return { command: 'serve', dev: values.dev ?? false };
    if (name === 'demo' && !values.dev) return { command: 'demo', reset: values.reset ?? false };
    if (name === 'help') return { command: 'help', text: HELP };
    return { command: 'unknown', fault: `"sallyport ${args.join(' ')}" is no command.` };
  } catch (error) {
    return { command: 'unknown', fault: error instanceof Error ? error.message : String(error) };
  }
}
