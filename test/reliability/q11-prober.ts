/**
 * Asks for one page again and again with a session's cookie, at a steady pace, and keeps how long each answer took.
 * A worker thread: the flood's own client must not delay the clock by which the answers are measured.
 * A question is asked at its time whether or not the last one is answered, so that a server that stands still is
 * seen in every question it makes wait, not in one.
 */
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

interface Given {
  readonly url: string;
  readonly cookie: string;
  readonly everyMs: number;
}

/** One answer: how long it took, what it was, and how late this machine let it be asked at all, in milliseconds. */
export interface Probe {
  readonly tookMs: number;
  readonly status: number;
  readonly lateMs: number;
}

const port = parentPort;
if (port !== null) {
  const { url, cookie, everyMs } = workerData as Given;
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  let answers: Probe[] = [];
  let due = performance.now() + everyMs;
  const ask = () => {
    const at = performance.now();
    const lateMs = Math.max(0, at - due);
    due = at + everyMs;
    const done = (status: number) => {
      answers.push({ tookMs: performance.now() - at, status, lateMs });
    };
    const outgoing = request(url, { agent, headers: { cookie, accept: 'text/html' } }, (incoming) => {
      incoming.resume().once('end', () => done(incoming.statusCode ?? 0));
    });
    outgoing.once('error', () => done(0)).end();
  };
  setInterval(ask, everyMs);
  port.on('message', () => {
    port.postMessage(answers);
    answers = [];
  });
}
