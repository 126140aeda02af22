/** Requests that no browser would send: bytes as they are, over a socket of their own. */
import { connect } from 'node:net';
import type { Door } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';

export interface RawAnswer {
  status: number;
  headers: string;
  body: string;
}

/** Writes the bytes and reads until the server closes. */
export function exchange(door: Door, ...bytes: (string | Buffer)[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(door.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // The server may hang up while we are still writing: what it said before counts.
    const end = () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const [headers = '', ...rest] = text.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1] ?? 0);
      resolve({ status, headers: headers.toLowerCase(), body: rest.join('\r\n\r\n') });
    };
    socket.on('close', end);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (chunks.length === 0 && error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    for (const part of bytes) socket.write(part);
  });
}

/** A form of one's own, whose body is any bytes. */
export function postBytes(door: Door, browser: HttpBrowser, path: string, body: Buffer): Promise<RawAnswer> {
  const cookie = browser
    .cookies()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: localhost:${door.port}`,
    'Connection: close',
    'Sec-Fetch-Site: same-origin',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    ...(cookie === '' ? [] : [`Cookie: ${cookie}`]),
  ];
  return exchange(door, `${head.join('\r\n')}\r\n\r\n`, body);
}
