/** HTTP servers that answer as told, or misbehave: for carriers whose protocol is HTTP. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

export interface FakeServer {
  readonly url: string;
  readonly port: number;
  readonly seen: Seen[];
  close(): Promise<void>;
}

/**
 * `never`: takes the request and says nothing. `reset`: takes it and breaks the connection, `half_a_body`: within the
 * answer. `endless`: never stops answering.
 */
export type Conduct = Reply | 'never' | 'reset' | 'half_a_body' | 'endless';

export async function httpServer(answer: (seen: Seen) => Conduct | Promise<Conduct>): Promise<FakeServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      conduct(await answer(one), response);
    });
  });
  return { ...(await listen(server)), seen };
}

function conduct(what: Conduct, response: ServerResponse): void {
  if (what === 'never') return;
  if (what === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (what === 'half_a_body') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":"half', () => response.socket?.resetAndDestroy());
    return;
  }
  if (what === 'endless') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = setInterval(() => response.write('x'.repeat(10_000)), 1);
    response.on('close', () => clearInterval(more));
    return;
  }
  const { status, headers, body = '' } = what;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}

/** A TCP server that is no HTTP server: writes these bytes once something was said, and ends; null says nothing. */
export async function rawServer(bytes: Uint8Array | null): Promise<FakeServer> {
  const seen: Seen[] = [];
  const server = createTcpServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      seen.push({ method: '', path: '', headers: {}, body: data.toString('latin1') });
      if (bytes !== null) socket.end(bytes);
    });
  });
  return { ...(await listen(server)), seen };
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createTcpServer();
  const { port, close } = await listen(server);
  await close();
  return port;
}

export async function listen(server: Server): Promise<Omit<FakeServer, 'seen'>> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
