import { Type } from 'typebox';
import { endOtherSessions, endOwnSession } from '../../flows/sessions.ts';
import { viewHome } from '../../flows/view-home.ts';
import { type Edge, seeOther, sessionOf, setTokens, toLogIn, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { DONE, HomePage } from './pages.tsx';

const afterwards = form({ done: Type.Optional(Type.Enum([...DONE])) });
const oneSession = form({ id: text(64) });
const noFields = form({});

export function homeRoutes(server: Server, edge: Edge): void {
  const { ctx } = edge;

  server.get(
    '/',
    { config: { door: 'session' }, schema: { querystring: afterwards } },
    async (request, reply) => {
      const session = await sessionOf(edge, request);
      if (session === null) return toLogIn(edge, request, reply);
      const view = await viewHome(ctx, session);
      return sendPage(reply, <HomePage lang="en" now={ctx.now()} view={view} done={request.query.done} />);
    },
  );

  server.post(
    '/sessions/end',
    { config: { door: 'session' }, schema: { querystring: noQuery, body: oneSession } },
    async (request, reply) => {
      const session = await sessionOf(edge, request);
      if (session === null) return toLogIn(edge, request, reply);
      await endOwnSession(ctx, session, request.body.id, visitorOf(edge, request));
      if (request.body.id === session.row.id) {
        setTokens(edge, reply, { session: null });
        return seeOther(reply, '/login');
      }
      // Not theirs, or over already: in either case there is no such session of theirs any more.
      return seeOther(reply, '/?done=session');
    },
  );

  server.post(
    '/sessions/end-others',
    { config: { door: 'session' }, schema: { querystring: noQuery, body: noFields } },
    async (request, reply) => {
      const session = await sessionOf(edge, request);
      if (session === null) return toLogIn(edge, request, reply);
      await endOtherSessions(ctx, session, visitorOf(edge, request));
      return seeOther(reply, '/?done=sessions');
    },
  );
}
