import type { Logger } from 'pino';

/** What a server does beside the requests, each in its turns. */
export interface Jobs {
  /** One that fails is logged and tried again at its next turn; one that still runs then misses that turn. */
  every(ms: number, job: () => Promise<unknown>): void;
  /**
   * No turn begins any more. Never rejects.
   * @returns whether all that were under way have ended, or `false` once `withinMs` have passed.
   */
  stop(withinMs: number): Promise<boolean>;
}

export function createJobs(logger: Logger): Jobs {
  const timers: NodeJS.Timeout[] = [];
  const underWay = new Set<Promise<void>>();
  let stopped = false;

  async function runOnce(job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
    } catch (err) {
      logger.error({ err }, 'a job beside the requests failed');
    }
  }

  return {
    every(ms, job) {
      // Told to end while it still began.
      if (stopped) return;
      let running = false;
      const turn = () => {
        if (running) return;
        running = true;
        const ended = runOnce(job).finally(() => {
          running = false;
          underWay.delete(ended);
        });
        underWay.add(ended);
      };
      timers.push(setInterval(turn, ms).unref());
    },
    async stop(withinMs) {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      const { promise: late, resolve } = Promise.withResolvers<false>();
      const timer = setTimeout(resolve, withinMs, false);
      const all = Promise.all(underWay).then(() => true);
      return Promise.race([all, late]).finally(() => clearTimeout(timer));
    },
  };
}
