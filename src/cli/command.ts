import type { Context } from '../flows/context.ts';
import type { Operator } from '../flows/operate.ts';
import type { Place } from '../flows/place.ts';

/** What a command says: lines for people, the same as data for `--json`, and whether it worked. */
export interface Said {
  readonly ok: boolean;
  readonly text: string;
  readonly data: unknown;
  /** It has written its output itself. */
  readonly printed?: true;
}

interface Worded {
  /** As typed, with its arguments in capitals. */
  readonly usage: string;
  readonly about: string;
  readonly example: string;
  readonly options?: Readonly<Record<string, { type: 'string' | 'boolean' }>>;
  /** Names of the words that follow the command. */
  readonly words: readonly string[];
}

export interface OperatorCommand extends Worded {
  /** Also on a copy that is not fit to serve yet: it only reads. */
  readonly onCopies?: true;
  /** Also by a clock that stands before what is on record: it says that the clock is right. */
  readonly beforeRecords?: true;
  run(ctx: Context, operator: Operator, given: Given): Promise<Said>;
}

/** A command that cannot begin with an open database: it copies or replaces it, or changes its keys. */
export interface ApartCommand extends Worded {
  runApart(place: Place, operator: Operator, given: Given): Promise<Said>;
}

export interface Given {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** A mistake in the command's words; told with the command's help, exit code 2. */
export class BadUsage extends Error {}

/** The n-th word after the command. */
export const word = (given: Given, n: number) => given.words[n] ?? '';

export const done = (text: string, data: Record<string, unknown> = {}): Said => ({
  ok: true,
  text,
  data: { result: 'done', ...data },
});

export const fault = (result: string, text: string): Said => ({
  ok: false,
  text,
  data: { result, error: text },
});

export const NO_USER = 'There is no user with that e-mail address.';

/** @throws BadUsage naming what may be written. */
export function oneOf<T extends string>(value: string, allowed: readonly T[], name: string): T {
  const found = allowed.find((a) => a === value);
  if (found === undefined) throw new BadUsage(`${name} is "${value}". Write ${allowed.join(' or ')}.`);
  return found;
}

/** Every outcome has its words: one that has none does not compile. */
export function never(value: never): never {
  throw new Error(`unknown outcome ${JSON.stringify(value)}`);
}
