/** People at work while the program may die at any moment. */
import type { Person } from '../support/scene.ts';
import { enter, giveAndRevoke, type Job, logInAndOut, setUp, useBackupCode } from './q1-deeds.ts';
import { Home, isCut, openDesk } from './q1-desk.ts';
import { type Claims, codeOf, type SentCode } from './q1-ledger.ts';
import type { Owner, People } from './q1-people.ts';

export interface Clients {
  /** The program is there: all go on where they were, and note down what they are told. */
  open(claims: Claims): void;
  /** Once so many requests more have been answered: however fast the machine is, something has been done. */
  answered(count: number): Promise<void>;
  /** The program is gone. @returns once every request that was under way has failed. */
  close(): Promise<void>;
  /** All go home. */
  end(): Promise<void>;
  /** Sends the code in a login of its own. */
  replay(code: SentCode): Promise<Replayed>;
  /** The next code of an app that was never sent, logged in with. */
  logIn(person: Person): Promise<Replayed>;
}

/** `not_asked`: the password was not heard (D7), or there is no code yet that was never sent. */
export type Replayed = 'admitted' | 'refused' | 'not_asked';

export const CLIENTS = 32;

export function createClients(origin: string, people: People): Clients {
  const desk = openDesk(origin);
  const jobs = deal(people, takeTurns(people)).map(async (job) => {
    try {
      for (;;) {
        await job(desk).catch((error: unknown) => {
          if (!isCut(error)) throw error;
        });
      }
    } catch (error) {
      if (!(error instanceof Home)) throw error;
    }
  });
  const replay: Clients['replay'] = ({ kind, person, code }) => enter(desk.browser(), person, kind, code);
  return {
    open: desk.open,
    answered: desk.answered,
    close: desk.close,
    async end() {
      desk.sendHome();
      await Promise.all(jobs);
    },
    replay,
    async logIn(person) {
      const step = desk.steps.next(person);
      return step === null ? 'not_asked' : enter(desk.browser(), person, 'app', codeOf(person, step));
    },
  };
}

/** Fourteen log in and out, eight use backup codes, six set up, four give passes and take them back. */
function deal(people: People, turns: Turns): Job[] {
  const of = (count: number, job: (n: number) => Job) => Array.from({ length: count }, (_, n) => job(n));
  const half = Math.ceil(people.enrolled.length / 2);
  const logIns = people.enrolled.slice(0, half);
  const backups = people.enrolled.slice(half);
  return [
    ...of(14, (n) => logInAndOut(turns.among(logIns.filter((_, i) => i % 14 === n)))),
    ...of(8, (n) => useBackupCode(turns.among(backups.filter((_, i) => i % 8 === n)))),
    ...of(6, () => setUp(turns.waiting)),
    ...of(4, (n) => giveAndRevoke(people.owners[n % people.owners.length] as Owner, n)),
  ];
}

interface Turns {
  readonly waiting: () => Person | null;
  among(people: readonly Person[]): () => Person | null;
}

function takeTurns(people: People): Turns {
  let next = 0;
  return {
    waiting: () => people.waiting[next++] ?? null,
    among(some) {
      let turn = 0;
      return () => some[turn++ % some.length] ?? null;
    },
  };
}
