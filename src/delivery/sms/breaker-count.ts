import { ConsecutiveBreaker, type IBreaker } from 'cockatiel';
import { type Accepted, NotSent } from './carrier.ts';

/** When a carrier's breaker opens: after so many failures in a row, or once it refuses whatever it is handed. */
export interface FailureCount extends IBreaker {
  /** Failures in a row. */
  readonly state: number;
  /** Hears what became of one send. */
  listen(to: string, sending: Promise<Accepted>): Promise<Accepted>;
  /** Were so many different numbers refused, for reasons that we do not know, and no message accepted in between? */
  refusesAll(): boolean;
}

/**
 * One person's odd number, however often, and a handful of them shut no carrier. Somebody who has `refusalsToOpen` of
 * them could, where nobody else is sent a message meanwhile; then it is shut until its next trial.
 */
export function countFailures(failuresToOpen: number, refusalsToOpen: number): FailureCount {
  const failures = new ConsecutiveBreaker(failuresToOpen);
  // In memory alone, never more than it takes, and never told to anybody.
  const refused = new Set<string>();
  const refusesAll = (): boolean => refused.size >= refusalsToOpen;
  return {
    get state() {
      return failures.state;
    },
    set state(count) {
      failures.state = count;
    },
    success: () => failures.success(),
    failure: () => failures.failure() || refusesAll(),
    async listen(to, sending) {
      try {
        const accepted = await sending;
        refused.clear();
        return accepted;
      } catch (error) {
        if (error instanceof NotSent && error.kind === 'refused' && !refusesAll()) refused.add(to);
        throw error;
      }
    },
    refusesAll,
  };
}
