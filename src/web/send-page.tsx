import type { FastifyReply } from 'fastify';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type Site, SiteContext } from './site.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly site: Site;
  }
}

/** The only way a page leaves: whole, never cached, with its status. */
export function sendPage(reply: FastifyReply, page: VNode, status = 200): FastifyReply {
  const whole = <SiteContext.Provider value={reply.server.site}>{page}</SiteContext.Provider>;
  return reply
    .status(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(`<!doctype html>${renderToString(whole)}`);
}
