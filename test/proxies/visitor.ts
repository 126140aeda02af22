/** Somebody's browser, over TLS to a proxy: keeps cookies, and may come from another address of this machine. */
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { HOST, type StartedProxy } from './proxy.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(
    path: string,
    fields: Record<string, string> | string,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

/** Each request over a connection of its own, as of many visitors. */
const agent = new Agent({ keepAlive: false });

export function visitorOf({ port, ca }: StartedProxy, from = '127.0.0.1'): Visitor {
  const cookies = new Map<string, string>();
  const ask = (method: string, path: string, body: string, extra: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        host: HOST,
        accept: 'text/html',
        'accept-encoding': 'gzip, br',
        'sec-fetch-site': 'same-origin',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(method === 'POST'
          ? { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }
          : {}),
        ...extra,
      };
      const tls = { ca, servername: HOST };
      const given = { host: '127.0.0.1', port, localAddress: from, method, path, headers, agent, ...tls };
      const outgoing = request(given, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
        incoming.once('end', () => {
          for (const line of incoming.headers['set-cookie'] ?? []) {
            const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
            cookies.set(name, value);
          }
          const { statusCode = 0, headers: got } = incoming;
          resolve({ status: statusCode, headers: got, text: Buffer.concat(chunks).toString('utf8') });
        });
      });
      outgoing.once('error', reject).end(body);
    });
  return {
    get: (path, headers = {}) => ask('GET', path, '', headers),
    post: (path, fields, headers = {}) =>
      ask(
        'POST',
        path,
        typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
        headers,
      ),
  };
}
