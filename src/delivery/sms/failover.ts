/**
 * One sender out of several carriers. Decided for each message, first line that applies:
 * 1. a message that was handed over before under the same id is not handed over again: its first answer stands;
 * 2. passed over are carriers whose breaker is open or is trying one message just now, and those with so many messages
 *    overdue that it would open if they failed. If there are only such, the first that is merely overdue gets it all
 *    the same: it may be slow. None left: no carrier, and the person hears at once that it could not be sent, and what
 *    else works. With a single carrier that lasts as long as the trial, which ends with its time;
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
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import { countFailures } from './breaker-count.ts';
import { type Accepted, NotSent, type NotSentKind, type SmsCarrier, type SmsMessage } from './carrier.ts';
import { oncePerId } from './once-per-id.ts';
import { watchSilence } from './silence.ts';

/** What a refusal leads to: whether the next carrier is asked, and whether the breaker counts it. */
const RULES: Readonly<Record<NotSentKind, { readonly next: boolean; readonly counts: boolean }>> = {
  number: { next: false, counts: false },
  // Says nothing about the carrier's health, and five people from one country must not shut it for all others.
  country: { next: true, counts: false },
  // Nor does a code that we do not know, unless it is all that many different numbers get: see `openLine`.
  refused: { next: true, counts: false },
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
  /** Numbers refused for reasons that we do not know, with nothing accepted in between, that open it too: 20. */
  readonly refusalsToOpen?: number;
  /** Milliseconds without an answer after which a message is overdue: 1000. */
  readonly suspectAfterMs?: number;
  /** Milliseconds after which an open breaker lets one message through as a trial: 30000. */
  readonly healMs?: number;
}

export interface Sent extends Accepted {
  /** The name of the carrier that accepted it. */
  readonly carrier: string;
}

export interface CarrierStatus {
  readonly carrier: string;
  /**
   * `suspected`: passed over, as long as there is another, until a message that is overdue is answered, or its time is
   * up. `open`: passed over.
   * `half_open`: the next message is a trial, or one is under way, and others are passed over.
   */
  readonly state: 'closed' | 'suspected' | 'open' | 'half_open';
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
  /** Would a message be handed over to anybody just now? */
  ready(): boolean;
  status(): readonly CarrierStatus[];
  close(): Promise<void>;
}

/** A sender over these carriers, tried in their order. With no carriers every message is refused. */
export function failover(carriers: readonly SmsCarrier[], options: FailoverOptions): SmsSender {
  const lines = carriers.map((carrier) => openLine(carrier, options));
  const once = oncePerId<Sent>(options.now);
  return {
    send: (message) => once(message, () => sendByFirst(lines, message)),
    ready: () => lines.some((line) => line.takes() !== 'nothing'),
    status: () => lines.map((line) => line.status()),
    async close() {
      await Promise.all(carriers.map((carrier) => carrier.close()));
    },
  };
}

async function sendByFirst(lines: readonly Line[], message: SmsMessage): Promise<Sent> {
  const trusted = await tryEach(lines, message, ['anything']);
  // A carrier that takes seconds for each is better than none.
  const result = trusted ?? (await tryEach(lines, message, ['anything', 'if_need_be']));
  if (result === null) throw new NotSent('unavailable', 'no_carrier');
  if (result instanceof NotSent) throw result;
  return result;
}

/** @returns what the last one that was asked said; `null`: nobody was. */
async function tryEach(
  lines: readonly Line[],
  message: SmsMessage,
  which: readonly Takes[],
): Promise<Sent | NotSent | null> {
  let refusal: NotSent | null = null;
  let tries = 0;
  for (const line of lines) {
    if (!which.includes(line.takes())) continue;
    const result = await line.attempt(message);
    if (result === 'passed_over') continue;
    if (!(result instanceof NotSent)) return result;
    refusal = result;
    tries += 1;
    if (!RULES[result.kind].next || tries === MOST_TRIES) break;
  }
  return refusal;
}

/** `if_need_be`: suspected. `nothing`: open, or its trial is under way. */
type Takes = 'anything' | 'if_need_be' | 'nothing';

interface Line {
  takes(): Takes;
  attempt(message: SmsMessage): Promise<Sent | NotSent | 'passed_over'>;
  status(): CarrierStatus;
}

function openLine(carrier: SmsCarrier, options: FailoverOptions): Line {
  const { now, timeoutMs = 3_000, failuresToOpen = 5, suspectAfterMs = 1_000, healMs = 30_000 } = options;
  const counter = countFailures(failuresToOpen, options.refusalsToOpen ?? 20);
  const breaker: CircuitBreakerPolicy = circuitBreaker(
    handleWhen((error) => error instanceof NotSent && isFailure(error)),
    { halfOpenAfter: healMs, breaker: counter },
  );
  // A code that we do not know may be about one person's odd number, and shuts nobody. If many different numbers get
  // nothing else it is about the carrier; and as the answer to a trial it does not show that it works again.
  const isFailure = ({ kind }: NotSent): boolean =>
    kind === 'refused' ? counter.refusesAll() || breaker.state === CircuitState.HalfOpen : RULES[kind].counts;
  const silence = watchSilence(suspectAfterMs);
  // A carrier that hangs would else be handed whatever comes until the first messages are given up.
  const suspected = (): boolean =>
    breaker.state === CircuitState.Closed && counter.state + silence.overdue() >= failuresToOpen;
  let lastError: { readonly error: NotSent; readonly at: number } | null = null;
  let lastSuccessAt: number | null = null;
  let openedAt = 0;
  breaker.onBreak(() => {
    openedAt = Date.now();
  });
  return {
    takes() {
      // cockatiel would let a message wait for the trial of another: the next carrier is faster.
      if (breaker.state === CircuitState.HalfOpen) return 'nothing';
      if (stateOf(breaker, openedAt, healMs) === 'open') return 'nothing';
      return suspected() ? 'if_need_be' : 'anything';
    },
    async attempt(message) {
      try {
        const accepted = await breaker.execute(() =>
          silence.listen(() => counter.listen(message.to, sendInTime(carrier, message, timeoutMs))),
        );
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
      state: suspected() ? 'suspected' : stateOf(breaker, openedAt, healMs),
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
