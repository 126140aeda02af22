import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bodies that trickle in byte by byte. @returns how many the server had ended by itself. */
export async function trickle(
  origin: string,
  sizes: { readonly slowBodies: number; readonly slowMs: number },
): Promise<number> {
  const { port } = new URL(origin);
  const sockets: Socket[] = [];
  let ended = 0;
  for (let n = 0; n < sizes.slowBodies; n++) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => ended++);
    socket.resume();
    socket.write(
      `POST /login HTTP/1.1\r\nHost: localhost:${port}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 5000\r\n` +
        'Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=',
    );
    sockets.push(socket);
  }
  for (const until = performance.now() + sizes.slowMs; performance.now() < until; ) {
    await sleep(200);
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }
  const byServer = ended;
  for (const socket of sockets) socket.destroy();
  return byServer;
}
