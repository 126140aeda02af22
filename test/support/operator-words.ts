/** What a command of the operator's says, and how it ends, in this process. */
import { vi } from 'vitest';
import { readCommand } from '../../src/cli/arguments.ts';
import { runOperatorCommand } from '../../src/cli/operator.ts';
import type { Context } from '../../src/flows/context.ts';

export async function operate(
  ctx: Context,
  words: readonly string[],
): Promise<{ code: number; said: string }> {
  const command = readCommand(words);
  if (command.command !== 'operate') throw new Error(JSON.stringify(command));
  let said = '';
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    }),
  );
  try {
    return { code: await runOperatorCommand(ctx, command.parsed), said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
