/**
 * One HTTP request that knows whether it left the house. `fetch` cannot tell a connection that never came about
 * from one that broke after the message was handed over, and a code must not come twice; so this is `node:http`.
 * Every request has a connection of its own (a kept one may be dead, and nobody knows what it had swallowed), and
 * no redirect is followed.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isCode, NotSent, type NotSentKind } from './carrier.ts';

export interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most 64 KiB; less than was sent if the connection broke within it. */
  readonly body: string;
}

export interface HttpOptions {
  /** Takes the place of `https://host`, for tests. */
  readonly baseUrl?: string;
  /** Milliseconds until DNS, TCP and TLS must be done. */
  readonly connectMs?: number;
}

const CONNECT_MS = 1_500;
const MOST_BYTES = 65_536;
/** 402: an account that is empty is so for every message. The others: this address takes no message at all. */
const OF_EVERY_MESSAGE: ReadonlySet<number> = new Set([402, 404, 405, 410, 415]);

/**
 * Asks once and answers with whatever status came.
 * @throws NotSent `unavailable` if no connection came about, so nothing was handed over; `unknown` if it broke, fell
 * silent until the signal aborted, or talked something else than HTTP after that.
 */
export function exchange(ask: Exchange, signal: AbortSignal, connectMs = CONNECT_MS): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const secure = ask.url.startsWith('https:');
    let connected = false;
    let answer: Reading | null = null;
    const end = (detail: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (answer !== null) resolve(answer.sofar());
      else reject(new NotSent(connected ? 'unknown' : 'unavailable', detail));
      request.destroy();
    };
    const onAbort = (): void => end('timeout');
    const request = start(ask, secure);
    const timer = setTimeout(() => end('connect_timeout'), connectMs);
    request.on('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        connected = true;
        clearTimeout(timer);
      });
    });
    request.on('response', (response) => {
      answer = read(response, () => end('answered'));
    });
    request.on('error', (error) => end(codeOf(error)));
    request.on('close', () => {
      // Once there is a response, its own end is what counts: the rest of its body may still be on the way to us.
      if (answer === null) end('closed');
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}

function start(ask: Exchange, secure: boolean): ClientRequest {
  const body = ask.body === undefined ? undefined : Buffer.from(ask.body, 'utf8');
  const headers = { ...ask.headers, ...(body && { 'content-length': String(body.length) }) };
  try {
    const open = secure ? httpsRequest : httpRequest;
    return open(ask.url, { method: ask.method, headers, agent: false }).end(body);
  } catch {
    // Node refuses some characters in headers and addresses; nothing has been sent, and its words may hold a secret.
    throw new NotSent('unavailable', 'bad_request');
  }
}

interface Reading {
  sofar(): Answer;
}

/** Whatever ends the body (its end, too much of it, a break), `done` is called and the status stands. */
function read(response: IncomingMessage, done: () => void): Reading {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) done();
  });
  response.on('error', done);
  response.on('close', done);
  response.on('end', done);
  return {
    sofar: () => ({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8'),
    }),
  };
}

function codeOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return isCode(code) ? code : 'connection_error';
}

/** A JSON object out of a body, or null: everything else is garbage. */
export function readObject(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/**
 * What a status says by itself. A 2xx that cannot be read may well mean that the message is on its way; and so may
 * 408, 502 and 504, which something in between says that did not hear the end of it. 404, 405, 410 and 415 are about
 * the address or the protocol, so the next message would fare no better. Any other 4xx is about this one request: it
 * says nothing of the next one's fate.
 */
export function kindOfStatus(status: number): NotSentKind {
  if ((status >= 200 && status < 300) || status === 408 || status === 502 || status === 504) return 'unknown';
  if (status === 401 || status === 403) return 'credentials';
  if (status === 429) return 'throttled';
  return status >= 400 && status < 500 && !OF_EVERY_MESSAGE.has(status) ? 'refused' : 'unavailable';
}

/** The refusal that a status amounts to if nothing else is known. */
export function refusalOf(status: number): NotSent {
  return new NotSent(kindOfStatus(status), `HTTP_${status}`);
}

/** A word the carrier may have named the message by; anything else is garbage. */
export function isProviderId(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value);
}

export function basicAuth(user: string, secret: string): string {
  return `Basic ${Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')}`;
}
