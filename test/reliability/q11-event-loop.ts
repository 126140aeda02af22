/**
 * Loaded into the process under test before its program (`NODE_OPTIONS=--import`): measures how late its event loop
 * is, and how much memory it holds, from within. Each SIGUSR2 writes the figures since the last one as a line.
 */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** In milliseconds. Node samples by a timer of this many, which lateness comes on top of. */
const RESOLUTION_MS = 5;

const file = process.env.EVENT_LOOP_FILE;
if (file !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  process.on('SIGUSR2', () => {
    const lateMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const figures = {
      p99Ms: lateMs(delay.percentile(99)),
      maxMs: lateMs(delay.max),
      rssMb: process.memoryUsage().rss / 2 ** 20,
    };
    delay.reset();
    appendFileSync(file, `${JSON.stringify(figures)}\n`);
  });
}
