/** The clock that this process goes by, and what is said when it is wrong. */
import type { Logger } from 'pino';
import { type Clock, type ClockFault, createClock } from '../flows/clock.ts';

/** Instead of the machine's own, in tests. */
interface MachineClocks {
  readonly wall?: () => number;
  readonly steady?: () => number;
}

/** The machine's clock, guarded (`flows/clock.ts`). */
export function guardedClock(parts: MachineClocks, logger: Logger): Clock {
  return createClock({
    wall: parts.wall ?? Date.now,
    steady: parts.steady ?? (() => performance.now()),
    onFault: (fault) =>
      fault === null
        ? logger.warn('the clock is right again')
        : logger.error({ fault }, `this node is not ready: ${CLOCK_FAULTS[fault.fault]}`),
    onLeap: (byMs) =>
      logger.warn(
        { byMs },
        'the clock leapt ahead and stayed there for a minute, so it is followed: passes, sessions and waits that end by it have ended',
      ),
    onUnnoted: (err) =>
      err === null
        ? logger.warn('the present moment is noted in the database again')
        : logger.error(
            { err },
            'the present moment cannot be noted in the database: a clock that is set back before the next start may go unnoticed',
          ),
  });
}

const CLOCK_FAULTS: Readonly<Record<ClockFault['fault'], string>> = {
  set_back:
    'the clock was set back while it ran; it goes on by its own time. Start it again once the clock is right',
  off_database: "its clock is not the database's. Set both right (NTP)",
  before_records:
    'its clock stands before records that the database has already. Set it right; if it is right, the records were made by a wrong one: stop all servers and run "sallyport clock right". Started more than 20 seconds before them, it ends all passes before it serves anybody, since nobody knows how old they are',
};

/** A test's clock, which is moved at will and never doubted. */
export const movedClock = (now: () => number): Clock => ({
  now,
  fault: () => null,
  mayServe: () => true,
  judge: () => null,
  heed: () => {},
  wasRight: () => true,
  vouchesFor: () => true,
  noted: () => {},
});
