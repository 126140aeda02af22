import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { viewPerson } from '../../flows/view-account.ts';
import type { Edge } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import type { Server } from '../server.ts';
import { addresses } from './addresses.ts';
import { CONFIRM_PAGES, type ConfirmPage } from './frame.tsx';
import { type Entered, enter, stepUp, unlessRefused } from './guard.ts';
import { accountParams } from './params.ts';

const body = form({ page: Type.Enum([...CONFIRM_PAGES]), id: Type.Optional(text(64)) });

/** "Confirm it's you": the form names a page, the server knows where that is (D4). */
export function confirmRoute(server: Server, edge: Edge): void {
  server.post(
    '/accounts/:slug/confirm',
    { config: { door: 'account' }, schema: { params: accountParams, querystring: noQuery, body } },
    async (request, reply) => {
      const entered = await enter(edge, request, reply, request.params.slug);
      if (entered === null) return reply;
      const { page, id = '' } = request.body;
      const returnTo = await placeOf(edge, request, reply, entered, page, id);
      if (returnTo === null) return reply;
      const { session, account } = entered;
      return stepUp(edge, request, reply, { session, slug: account.slug, demand: 'fresh', returnTo });
    },
  );
}

async function placeOf(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  entered: Entered,
  page: ConfirmPage,
  id: string,
): Promise<string | null> {
  const { session, account } = entered;
  if (page !== 'person') return addresses[page](account.slug);
  const found = await viewPerson(edge.ctx, session, account.slug, id);
  const person = await unlessRefused(edge, request, reply, entered, found);
  return person === null ? null : addresses.person(account.slug, person.id);
}
