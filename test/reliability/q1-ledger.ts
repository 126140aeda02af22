/** What the clients of Q1 were told, and what they were not told any more: written down outside of the program. */
import type { HttpBrowser } from '../support/http-browser.ts';
import type { Person } from '../support/scene.ts';

/** A code that was sent; `admitted` if the answer said so, in doubt if there was none. */
export interface SentCode {
  readonly kind: 'app' | 'backup';
  readonly person: Person;
  readonly code: string;
  /** Of the app: its half minute, by which the server remembers it. */
  readonly step: number;
}

export interface Revoked {
  readonly passId: string;
  readonly browser: HttpBrowser;
}

/** Of one life of the program, from its start to its kill. */
export interface Claims {
  readonly admitted: SentCode[];
  readonly inDoubt: SentCode[];
  readonly sessions: HttpBrowser[];
  readonly loggedOut: HttpBrowser[];
  readonly enrolled: Person[];
  readonly revoked: Revoked[];
}

export const noClaims = (): Claims => ({
  admitted: [],
  inDoubt: [],
  sessions: [],
  loggedOut: [],
  enrolled: [],
  revoked: [],
});

/** Every acknowledged deed of the whole run, to be looked up again at its end. */
export function addClaims(all: Claims, of: Claims): void {
  all.admitted.push(...of.admitted);
  all.enrolled.push(...of.enrolled);
  all.revoked.push(...of.revoked);
  all.loggedOut.push(...of.loggedOut);
}

/** The last step of each app that was sent at all: nobody's phone shows one twice, and nor do these. */
export function createSteps(): { next(person: Person): number | null } {
  const last = new Map<string, number>();
  return {
    /** The oldest step that the server takes and that was not sent yet; `null`: wait for the next. */
    next(person) {
      const now = Math.floor(Date.now() / STEP_MS);
      const step = Math.max(now - 1, (last.get(person.email) ?? 0) + 1);
      if (step > now + 1) return null;
      last.set(person.email, step);
      return step;
    },
  };
}

export const STEP_MS = 30_000;
export const codeOf = (person: Person, step: number): string => person.app?.codeAt(step * STEP_MS) ?? '';
