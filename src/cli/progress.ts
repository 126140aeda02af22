/** Progress of what takes long, on stderr: one line that is drawn over, or a line now and then where nobody looks. */
export interface Progress {
  show(done: number, total: number): void;
  /** Takes the drawn line away. */
  end(): void;
}

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const DRAW_EVERY_MS = 100;
const SAY_EVERY_MS = 10_000;
const WIDTH = 24;

/** `steadyMs`: milliseconds at a steady pace. */
export function progressOn(
  screen: Screen,
  what: string,
  steadyMs: () => number = () => performance.now(),
): Progress {
  const tty = screen.isTTY === true;
  let last = tty ? Number.NEGATIVE_INFINITY : steadyMs();
  let drawn = false;
  return {
    show(done, total) {
      const now = steadyMs();
      if (now - last < (tty ? DRAW_EVERY_MS : SAY_EVERY_MS)) return;
      last = now;
      drawn = tty;
      const part = total <= 0 ? 1 : Math.min(1, done / total);
      const bar = '#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '.');
      const line = `${what} ${tty ? `[${bar}] ` : ''}${Math.floor(part * 100)} % (${done} of ${total})`;
      // To the line's start, and whatever was longer is wiped away behind it (ECMA-48 EL).
      screen.write(tty ? `\r${line}\u001b[K` : `${line}\n`);
    },
    end() {
      if (drawn) screen.write('\r\u001b[K');
      drawn = false;
    },
  };
}
