import type { FastifyReply } from 'fastify';
import type { SignedIn } from '../../flows/admit.ts';
import { type DeedResult, leaveAccount } from '../../flows/manage-people.ts';
import { openAccount } from '../../flows/view-account.ts';
import { type Edge, seeOther, sessionOf, toLogIn, visitorOf } from '../edge.ts';
import { form, noQuery } from '../forms.ts';
import type { ToldRefusal } from '../messages/en-account.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addresses } from './addresses.ts';
import { settleDeed } from './guard.ts';
import { LeavePage } from './leave-page.tsx';
import { accountParams } from './params.ts';
import { accountWords, LANG } from './words.ts';

const config = { door: 'account' } as const;

export function leaveRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/leave',
    { config, schema: { params: accountParams, querystring: noQuery } },
    async (request, reply) => {
      const { slug } = request.params;
      const session = await sessionOf(edge, request);
      if (session === null) return toLogIn(edge, request, reply, slug);
      const opened = await openAccount(edge.ctx, session, slug);
      if ('result' in opened && opened.result === 'not_admitted') return seeOther(reply, '/');
      const isLast = !('result' in opened) && opened.role === 'owner' && opened.onlyOneOwner;
      return show(reply, session, slug, isLast ? 'last_owner' : null);
    },
  );

  server.post(
    '/accounts/:slug/leave',
    { config, schema: { params: accountParams, querystring: noQuery, body: form({}) } },
    async (request, reply) => {
      const { slug } = request.params;
      const session = await sessionOf(edge, request);
      return settleDeed<DeedResult>(edge, request, reply, {
        slug,
        run: (by) => leaveAccount(edge.ctx, by, visitorOf(edge, request), slug),
        returnTo: addresses.leave(slug),
        again: async (why) =>
          session === null ? seeOther(reply, '/') : show(reply, session, slug, why, 403),
        settle: () => seeOther(reply, '/'),
      });
    },
  );
}

function show(
  reply: FastifyReply,
  session: SignedIn,
  slug: string,
  why: ToldRefusal | null,
  status = 200,
): FastifyReply {
  const name = session.memberships.find((m) => m.account.slug === slug)?.account.name;
  if (name === undefined) {
    reply.callNotFound();
    return reply;
  }
  const words = accountWords(LANG).account;
  const isLast = why === 'last_owner';
  // Who only looks is told; who has pressed the button all the same made a mistake.
  const text = isLast ? words.leave.lastOwner : why && words.refused[why].text;
  const problems = text === null || status === 200 ? [] : [{ text }];
  const model = { lang: LANG, email: session.user.email, slug, name, isLast, problems };
  return sendPage(reply, <LeavePage model={model} />, status);
}
