/**
 * The least that can stand before several nodes: each request goes to the next one. Where a node takes no
 * connection, nothing was sent yet, and the one after it is asked; what was sent is never sent again.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { freePort } from './program.ts';

export interface RoundRobin extends AsyncDisposable {
  readonly port: number;
  /** As people see it. */
  readonly origin: string;
  /** Which node answered each request so far, by port: how many. */
  readonly answered: ReadonlyMap<number, number>;
  /** Requests that reached a node and got no answer. */
  readonly lost: number;
  /** Requests that no node took. */
  readonly refused: number;
  close(): Promise<void>;
}

export interface RoundRobinOptions {
  /** Keep connections to the nodes, as most proxies do: those used last are used first, or those used longest ago. */
  readonly keepAlive?: 'lifo' | 'fifo' | false;
  readonly port?: number;
}

/** Before nodes on this machine, named by their ports. */
export async function startRoundRobin(
  nodes: readonly number[],
  options: RoundRobinOptions = {},
): Promise<RoundRobin> {
  const scheduling = options.keepAlive || 'lifo';
  const agent = new Agent({ keepAlive: Boolean(options.keepAlive), maxFreeSockets: 64, scheduling });
  const answered = new Map<number, number>();
  let [turn, lost, refused] = [0, 0, 0];

  function pass(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): void {
    const first = turn++;
    const ask = (tried: number): void => {
      if (tried === nodes.length) {
        refused += 1;
        return void outgoing.writeHead(502, { 'content-type': 'text/plain' }).end('no node');
      }
      const port = nodes[(first + tried) % nodes.length] ?? 0;
      const { connection: _, ...headers } = incoming.headers;
      const { url: path = '/', method = 'GET' } = incoming;
      const asked = request({ port, host: '127.0.0.1', path, method, headers, agent });
      asked.on('response', (answer) => {
        answered.set(port, (answered.get(port) ?? 0) + 1);
        const { connection: __, 'keep-alive': ___, ...answerHeaders } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, answerHeaders);
        answer.pipe(outgoing);
        // Cut off in the middle: whoever asked must see that it is not whole.
        answer.on('error', () => outgoing.destroy());
      });
      asked.on('error', (error: NodeJS.ErrnoException) => {
        if (outgoing.headersSent) return;
        if (error.code === 'ECONNREFUSED') return ask(tried + 1);
        lost += 1;
        outgoing.writeHead(502, { 'content-type': 'text/plain' }).end(`no answer: ${error.code}`);
      });
      asked.end(body);
    };
    ask(0);
  }

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => pass(incoming, outgoing, Buffer.concat(chunks)));
  });
  const port = options.port ?? (await freePort());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async () => {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return {
    port,
    origin: `http://localhost:${port}`,
    answered,
    get lost() {
      return lost;
    },
    get refused() {
      return refused;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
