/** Many people who log in at once, and press the button again when they are told to come back later. */
import { Agent, request } from 'node:http';
import { emailOf, PASSWORD } from './q11-scene.ts';

/** The answers a crowd got. */
export interface Heard {
  /** Logged in. */
  in: number;
  /** Told to come again: 503 with Retry-After. */
  shed: number;
  /** Anything else, by status (and a 503 without Retry-After as -503); 0 is a broken connection. */
  others: Map<number, number>;
  /** How long the answers to those logged in took, in milliseconds. */
  tookMs: number[];
}

export interface Crowd {
  readonly heard: Heard;
  /** Resolves once the last of them is answered; nobody begins anew. */
  leave(): Promise<void>;
}

/** Persons 1 to `people` log in at the same moment; each begins anew when through, or after the wait they were told. */
export function comeAtOnce(url: string, people: number): Crowd {
  const agent = new Agent({ keepAlive: true, maxSockets: people });
  const heard: Heard = { in: 0, shed: 0, others: new Map(), tookMs: [] };
  const gone = Promise.withResolvers<void>();
  let leaving = false;

  async function person(n: number): Promise<void> {
    for (let turn = 0; !leaving; turn++) {
      const began = performance.now();
      const { status, retryAfter } = await logIn(url, agent, n, turn);
      if (status === 303) {
        heard.in += 1;
        heard.tookMs.push(performance.now() - began);
      } else if (status === 503 && retryAfter > 0) {
        heard.shed += 1;
        // People press again a little sooner or later than they are told.
        const waitMs = retryAfter * 1000 * (0.75 + Math.random() / 2);
        await Promise.race([gone.promise, new Promise((resolve) => setTimeout(resolve, waitMs).unref())]);
      } else {
        const seen = status === 503 ? -503 : status;
        heard.others.set(seen, (heard.others.get(seen) ?? 0) + 1);
        return;
      }
    }
  }

  const all = Array.from({ length: people }, (_, n) => person(n + 1));
  return {
    heard,
    async leave() {
      leaving = true;
      gone.resolve();
      await Promise.all(all);
      agent.destroy();
    },
  };
}

/** One person's password, from a network of their own. */
export function logIn(
  url: string,
  agent: Agent,
  n: number,
  turn = 0,
): Promise<{ status: number; retryAfter: number }> {
  const body = new URLSearchParams({ email: emailOf(n), password: PASSWORD }).toString();
  return new Promise((resolve) => {
    const outgoing = request(
      `${url}/login`,
      {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': body.length,
          'sec-fetch-site': 'same-origin',
          'x-forwarded-for': `10.${turn % 200}.${n >> 8}.${n & 255}`,
          accept: 'text/html',
        },
      },
      (incoming) => {
        const { statusCode = 0, headers } = incoming;
        incoming
          .resume()
          .once('end', () =>
            resolve({ status: statusCode, retryAfter: Number(headers['retry-after'] ?? 0) }),
          );
      },
    );
    outgoing.once('error', () => resolve({ status: 0, retryAfter: 0 })).end(body);
  });
}
