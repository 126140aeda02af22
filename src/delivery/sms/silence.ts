import { NotSent, type NotSentKind } from './carrier.ts';

/** What a carrier is asked and has not answered; by the steady clock, so that a moved one makes nobody suspect. */
export interface Silence {
  /** Runs one send, and hears whether the carrier answers. */
  listen<T>(send: () => Promise<T>): Promise<T>;
  /** How many sends have waited for so long, without an answer of the carrier's to any other in between. */
  overdue(): number;
}

/** Refusals that only a carrier that is there can have said; the breaker does not count them. */
const ANSWERS: readonly NotSentKind[] = ['number', 'country', 'refused'];

export function watchSilence(afterMs: number): Silence {
  const underWay = new Set<{ since: number }>();
  const heard = (): void => {
    for (const one of underWay) one.since = performance.now();
  };
  return {
    async listen(send) {
      const one = { since: performance.now() };
      underWay.add(one);
      try {
        const answer = await send();
        heard();
        return answer;
      } catch (error) {
        if (error instanceof NotSent && ANSWERS.includes(error.kind)) heard();
        throw error;
      } finally {
        underWay.delete(one);
      }
    },
    overdue: () => [...underWay].filter(({ since }) => performance.now() - since >= afterMs).length,
  };
}
