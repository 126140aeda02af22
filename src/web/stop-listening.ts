/** Takes a server out from behind its proxy without losing a request. */
import { Server as SocketServer } from 'node:net';
import type { Server } from './server.ts';

/** How long requests under way may take to finish when the program is told to stop. */
export const FINISH_WITHIN_MS = 8_000;
/** How long the connections that the kernel holds already take to come in. */
const QUEUE_EMPTIES_WITHIN_MS = 300;
/** How long to wait for one more connection, to stop listening right behind it. */
const LAST_ONE_WITHIN_MS = 200;

/**
 * What the kernel has accepted and this process has not is reset when a socket stops listening, with whatever
 * was sent on it, and a proxy may not send a form again. So the kernel is told to hold no more than one, which
 * lets the queue run dry; then listening ends in the very moment in which the last one was taken out. Who knocks
 * meanwhile gets no answer, knocks again after a second, and is refused: a proxy asks another node then.
 */
export async function stopListening({ server: http }: Server): Promise<void> {
  // Node has no public way to listen anew with a shorter queue. Without this one some may be lost, as before.
  const { _handle: handle } = http as unknown as { _handle?: { listen?: (queue: number) => number } | null };
  handle?.listen?.(0);
  await new Promise((resolve) => setTimeout(resolve, QUEUE_EMPTIES_WITHIN_MS));
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      http.removeListener('connection', end);
      // Not `http.close`, which would cut idle connections as well.
      SocketServer.prototype.close.call(http);
      resolve();
    };
    const timer = setTimeout(end, LAST_ONE_WITHIN_MS);
    http.prependListener('connection', end);
  });
}

/**
 * Node cuts idle connections at the moment it stops listening, also one on which a proxy is just sending. So they
 * end by themselves, with their next answer; those on which nothing comes for `idleMs` are cut then.
 */
export function letConnectionsEnd({ server: http }: Server, idleMs: number): void {
  const cutIdle = http.closeIdleConnections.bind(http);
  if (idleMs > 0) {
    http.closeIdleConnections = () => {};
    setTimeout(cutIdle, idleMs).unref();
  }
  // Half a request never finishes: whoever still holds a connection then is let go.
  setTimeout(() => http.closeAllConnections(), FINISH_WITHIN_MS).unref();
}
