import type { FastifyReply, FastifyRequest } from 'fastify';
import { readDevelopmentInbox } from '../../flows/read-inbox.ts';
import type { Edge } from '../edge.ts';
import { noQuery } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { isFromDeveloper } from './developer-only.ts';
import { InboxPage } from './pages.tsx';

/** Only with `--dev`; for anybody but the developer it is a page that does not exist. */
export function inboxRoutes(server: Server, edge: Edge): void {
  const options = {
    config: { door: 'development' },
    schema: { querystring: noQuery },
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      if (isFromDeveloper(request.socket.remoteAddress, request.headers)) return;
      reply.callNotFound();
      return reply;
    },
  } as const;

  server.get('/dev/inbox', options, async (_request, reply) =>
    sendPage(reply, <InboxPage lang="en" messages={await readDevelopmentInbox(edge.ctx)} />),
  );

  server.get('/dev/inbox.json', options, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(await readDevelopmentInbox(edge.ctx)),
  );
}
