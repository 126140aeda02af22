/**
 * One sender out of several carriers. Decided for each message, first line that applies:
 * 1. a message that was handed over before under the same id is not handed over again: its first answer stands;
 * 2. carriers whose breaker is open, or is trying one message just now, are passed over; none left: no carrier;
 * 3. accepted: done;
 * 4. the refusal concerns the number, or it is unknown whether the message was accepted: done, nobody else is asked.
 *    A person can press resend; they cannot take back a second code;
 * 5. certainly not accepted: the next carrier is asked, once.
 *
 * Breakers are cockatiel's: they count failures in a row, hold no timer, and wake by the clock.
 */
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import { type Accepted, NotSent, type NotSentKind, type SmsCarrier, type SmsMessage } from './carrier.ts';

/** What a refusal leads to: whether the next carrier is asked, and whether the breaker counts it. */
const RULES: Readonly<Record<NotSentKind, { readonly next: boolean; readonly counts: boolean }>> = {
  number: { next: false, counts: false },
  // Says nothing about the carrier's health, and five people from one country must not shut it for all others.
  country: { next: true, counts: false },
  throttled: { next: true, counts: true },
  credentials: { next: true, counts: true },
  unavailable: { next: true, counts: true },
  unknown: { next: false, counts: true },
};

const MOST_TRIES = 2;

export interface FailoverOptions {
  /** Unix milliseconds. The breakers read `Date.now()` themselves. */
  readonly now: () => number;
  /** Milliseconds one carrier may take: 3000. */
  readonly timeoutMs?: number;
  /** Failures in a row that open a breaker: 5. */
  readonly failuresToOpen?: number;
  /** Milliseconds after which an open breaker lets one message through as a trial: 30000. */
  readonly healMs?: number;
}

export interface Sent extends Accepted {
  /** The name of the carrier that accepted it. */
  readonly carrier: string;
}

export interface CarrierStatus {
  readonly carrier: string;
  /** `open`: passed over. `half_open`: the next message is a trial, or one is under way. */
  readonly state: 'closed' | 'open' | 'half_open';
  /** In a row, as the breaker counts them. */
  readonly failures: number;
  /** `credentials (20003)`; the last there was, however long ago. */
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
  readonly lastSuccessAt: number | null;
}

export interface SmsSender {
  /**
   * Sends one message by one carrier, within about `timeoutMs` for each that is tried.
   * @throws NotSent as the last carrier tried said; `unavailable (no_carrier)` at once if none may be asked.
   */
  send(message: SmsMessage): Promise<Sent>;
  status(): readonly CarrierStatus[];
  close(): Promise<void>;
}

/** A sender over these carriers, tried in their order. With no carriers every message is refused. */
export function failover(carriers: readonly SmsCarrier[], options: FailoverOptions): SmsSender {
  const lines = carriers.map((carrier) => openLine(carrier, options));
  const once = oncePerId(options.now);
  return {
    send: (message) => once(message, () => sendByFirst(lines, message)),
    status: () => lines.map((line) => line.status()),
    async close() {
      await Promise.all(carriers.map((carrier) => carrier.close()));
    },
  };
}

async function sendByFirst(lines: readonly Line[], message: SmsMessage): Promise<Sent> {
  let refusal = new NotSent('unavailable', 'no_carrier');
  let tries = 0;
  for (const line of lines) {
    const result = await line.attempt(message);
    if (result === 'passed_over') continue;
    if (!(result instanceof NotSent)) return result;
    refusal = result;
    tries += 1;
    if (!RULES[result.kind].next || tries === MOST_TRIES) break;
  }
  throw refusal;
}

interface Line {
  attempt(message: SmsMessage): Promise<Sent | NotSent | 'passed_over'>;
  status(): CarrierStatus;
}

function openLine(carrier: SmsCarrier, options: FailoverOptions): Line {
  const { now, timeoutMs = 3_000, failuresToOpen = 5, healMs = 30_000 } = options;
  const counter = new ConsecutiveBreaker(failuresToOpen);
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof NotSent && RULES[error.kind].counts),
    { halfOpenAfter: healMs, breaker: counter },
  );
  let lastError: { readonly error: NotSent; readonly at: number } | null = null;
  let lastSuccessAt: number | null = null;
  let openedAt = 0;
  breaker.onBreak(() => {
    openedAt = Date.now();
  });
  return {
    async attempt(message) {
      // cockatiel would let this message wait for the trial of another: the next carrier is faster.
      if (breaker.state === CircuitState.HalfOpen) return 'passed_over';
      try {
        const accepted = await breaker.execute(() => sendInTime(carrier, message, timeoutMs));
        lastSuccessAt = now();
        return { ...accepted, carrier: carrier.name };
      } catch (error) {
        if (error instanceof BrokenCircuitError) return 'passed_over';
        // Anything else is a bug of ours: it is told, and nobody else is asked.
        if (!(error instanceof NotSent)) throw error;
        lastError = { error, at: now() };
        return error;
      }
    },
    status: () => ({
      carrier: carrier.name,
      state: stateOf(breaker, openedAt, healMs),
      failures: counter.state,
      lastError: lastError && `${lastError.error.kind} (${lastError.error.detail})`,
      lastErrorAt: lastError?.at ?? null,
      lastSuccessAt,
    }),
  };
}

function stateOf(breaker: CircuitBreakerPolicy, openedAt: number, healMs: number): CarrierStatus['state'] {
  if (breaker.state === CircuitState.Closed) return 'closed';
  const rested = breaker.state === CircuitState.HalfOpen || Date.now() - openedAt >= healMs;
  return rested ? 'half_open' : 'open';
}

/**
 * A carrier that is told to stop knows whether it had handed the message over, and may say so. One that says nothing
 * leaves it unknown.
 */
async function sendInTime(carrier: SmsCarrier, message: SmsMessage, timeoutMs: number): Promise<Accepted> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      stop.abort();
      setImmediate(() => reject(new NotSent('unknown', 'timeout')));
    }, timeoutMs);
  });
  try {
    return await Promise.race([carrier.send(message, stop.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

const SWEEP_MS = 60_000;

/**
 * The first answer for an id stands as long as the message lives, unless it was certainly not accepted: then it may
 * be tried again. Holds ids and answers, no texts and no numbers.
 */
function oncePerId(now: () => number) {
  const answers = new Map<string, { readonly answer: Promise<Sent>; readonly until: number }>();
  let sweptAt = now();
  const sweep = (): void => {
    if (now() - sweptAt < SWEEP_MS) return;
    sweptAt = now();
    for (const [id, { until }] of answers) if (until <= sweptAt) answers.delete(id);
  };
  return (message: SmsMessage, send: () => Promise<Sent>): Promise<Sent> => {
    sweep();
    const known = answers.get(message.id);
    if (known !== undefined) return known.answer;
    const answer = send();
    answers.set(message.id, { answer, until: message.expiresAt });
    answer.catch((error: unknown) => {
      if (error instanceof NotSent && error.kind !== 'unknown') answers.delete(message.id);
    });
    return answer;
  };
}
