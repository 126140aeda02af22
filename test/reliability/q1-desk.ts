/** Where the clients of Q1 send from: it lets them through while the program is there, and counts answers. */
import { createHttpBrowser, type HttpBrowser } from '../support/http-browser.ts';
import { type Claims, createSteps, noClaims } from './q1-ledger.ts';

/** What a client needs at work. */
export interface Desk {
  readonly origin: string;
  readonly browser: () => HttpBrowser;
  readonly steps: ReturnType<typeof createSteps>;
  readonly claims: () => Claims;
  /** Waits until the program is there. */
  readonly opened: () => Promise<void>;
  /** Waits until the program is there. @throws what the request does: the program may be killed under it. */
  once<T>(send: () => Promise<T>): Promise<T>;
  /** As somebody does who gets no answer: again, until there is one. */
  again<T>(send: () => Promise<T>): Promise<T>;
}

/** Nobody waits any more. */
export class Home extends Error {}

export function openDesk(origin: string) {
  let gate = Promise.withResolvers<void>();
  let claims: Claims = noClaims();
  let networks = 0;
  let [toCome, enough] = [0, () => {}];
  const underWay = new Set<Promise<unknown>>();
  const once = async <T>(send: () => Promise<T>): Promise<T> => {
    await gate.promise;
    const sending = send();
    underWay.add(sending);
    try {
      const answer = await sending;
      toCome -= 1;
      if (toCome <= 0) enough();
      return answer;
    } finally {
      underWay.delete(sending);
    }
  };
  const again = async <T>(send: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await once(send);
      } catch (error) {
        if (!isCut(error)) throw error;
      }
    }
  };
  return {
    origin,
    steps: createSteps(),
    claims: () => claims,
    opened: () => gate.promise,
    once,
    again,
    /** Each from a network of its own: tries that were cut short stay counted (D5, D7). */
    browser() {
      const n = ++networks;
      const network = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
      return createHttpBrowser(origin, { headers: { 'x-forwarded-for': network } });
    },
    open(next: Claims) {
      claims = next;
      gate.resolve();
    },
    answered(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      [toCome, enough] = [count, resolve];
      return promise;
    },
    async close() {
      gate = Promise.withResolvers();
      await Promise.allSettled(underWay);
    },
    sendHome() {
      gate.promise.catch(() => {});
      gate.reject(new Home());
    },
  };
}

/** The program died under it. `fetch` hides the reason one level down. */
export function isCut(error: unknown): boolean {
  const codes = new Set([
    'ECONNRESET',
    'ECONNREFUSED',
    'EPIPE',
    'UND_ERR_SOCKET',
    'ERR_STREAM_PREMATURE_CLOSE',
  ]);
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string' && codes.has(e.code)) return true;
    if (e.message === 'terminated' || e.message === 'aborted') return true;
  }
  return false;
}
