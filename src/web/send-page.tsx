import type { FastifyReply } from 'fastify';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { ProductName } from './product-name.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly productName: string;
  }
}

/** The only way a page leaves: whole, never cached, with its status. */
export function sendPage(reply: FastifyReply, page: VNode, status = 200): FastifyReply {
  const named = <ProductName.Provider value={reply.server.productName}>{page}</ProductName.Provider>;
  return reply
    .status(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(`<!doctype html>${renderToString(named)}`);
}
