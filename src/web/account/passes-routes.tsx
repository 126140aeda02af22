import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { denyRequest, type GrantResult, grantRequest, revokePass } from '../../flows/grant-pass.ts';
import type { DeedResult } from '../../flows/manage-people.ts';
import { viewPasses } from '../../flows/view-account.ts';
import type { Problem } from '../components.tsx';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import type { ToldRefusal } from '../messages/en-account.ts';
import { PASSES_DONE, type PassesDone } from '../messages/en-account-passes.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addresses, withQuery } from './addresses.ts';
import { frameOf } from './frame.tsx';
import { type Deed, enter, settleDeed, unlessRefused } from './guard.ts';
import { accountParams, itemParams } from './params.ts';
import { fieldOf, type TypedAnswer } from './pass-requests.tsx';
import { PassesPage } from './passes-page.tsx';
import { accountWords, LANG } from './words.ts';

const config = { door: 'account' } as const;
const afterwards = form({ done: Type.Optional(Type.Enum([...PASSES_DONE])) });
const answerBody = form({
  action: Type.Enum(['grant', 'deny']),
  number: Type.Optional(text(20)),
  reason: Type.Optional(text(500)),
});

export function passesRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/passes',
    { config, schema: { params: accountParams, querystring: afterwards } },
    (request, reply) => {
      const { done } = request.query;
      const told = done && accountWords(LANG).passes.done[done];
      return show(edge, request, reply, request.params.slug, { done: told });
    },
  );

  server.post(
    '/accounts/:slug/passes/requests/:id',
    { config, schema: { params: itemParams, querystring: noQuery, body: answerBody } },
    (request, reply) => {
      const { action, number = '', reason = '' } = request.body;
      return action === 'deny'
        ? deny(edge, request, reply, request.params)
        : grant(edge, request, reply, request.params, number, reason);
    },
  );

  server.post(
    '/accounts/:slug/passes/:id/revoke',
    { config, schema: { params: itemParams, querystring: noQuery, body: form({}) } },
    (request, reply) => {
      const { slug, id } = request.params;
      return settleDeed<DeedResult>(edge, request, reply, {
        ...onPasses(edge, request, reply, slug, accountWords(LANG).passes.gone.pass),
        run: (session) => revokePass(edge.ctx, session, visitorOf(edge, request), { slug, passId: id }),
        settle: () => seeDone(reply, slug, 'revoked'),
      });
    },
  );
}

interface RequestAddress {
  readonly slug: string;
  readonly id: string;
}

function deny(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  { slug, id }: RequestAddress,
): Promise<FastifyReply> {
  return settleDeed<DeedResult>(edge, request, reply, {
    ...onPasses(edge, request, reply, slug, accountWords(LANG).passes.gone.request),
    run: (session) => denyRequest(edge.ctx, session, visitorOf(edge, request), { slug, requestId: id }),
    settle: () => seeDone(reply, slug, 'denied'),
  });
}

async function grant(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  { slug, id }: RequestAddress,
  typedNumber: string,
  reason: string,
): Promise<FastifyReply> {
  const words = accountWords(LANG).passes;
  const typed = { id, reason };
  const number = typedNumber.replaceAll(/\s/g, '');
  const refuse = (problems: readonly Problem[]) => show(edge, request, reply, slug, { typed, problems }, 422);
  // What is no number at all is not held against the request: three wrong ones kill it.
  const problems: Problem[] = [];
  if (!/^\d{2}$/.test(number)) {
    problems.push({ field: fieldOf('number', id), text: words.requests.numberFormat });
  }
  if (reason.trim() === '') {
    problems.push({ field: fieldOf('reason', id), text: words.requests.faults.reason_missing() });
  }
  if (problems.length > 0) return refuse(problems);
  return settleDeed<GrantResult>(edge, request, reply, {
    ...onPasses(edge, request, reply, slug, words.gone.request, typed),
    run: (session) =>
      grantRequest(edge.ctx, session, visitorOf(edge, request), { slug, requestId: id, number, reason }),
    settle: (outcome) => {
      if (outcome.result === 'granted') return seeDone(reply, slug, 'granted');
      const left = outcome.result === 'wrong_number' ? outcome.triesLeft : 0;
      const dead = outcome.result === 'wrong_number' && left === 0;
      const field = outcome.result === 'wrong_number' ? 'number' : 'reason';
      return refuse([
        { field: dead ? undefined : fieldOf(field, id), text: words.requests.faults[outcome.result](left) },
      ]);
    },
  });
}

/** Where all deeds on passes lead back to, and what is said when they cannot be done. */
function onPasses(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  goneText: string,
  typed: TypedAnswer | null = null,
): Pick<Deed<DeedResult>, 'slug' | 'returnTo' | 'again' | 'gone'> {
  const again = (text: string, status: number) =>
    show(edge, request, reply, slug, { typed, problems: [{ text }] }, status);
  return {
    slug,
    returnTo: addresses.passes(slug),
    again: (why: ToldRefusal) => again(accountWords(LANG).account.refused[why].text, 403),
    gone: () => again(goneText, 404),
  };
}

function seeDone(reply: FastifyReply, slug: string, done: PassesDone): FastifyReply {
  return seeOther(reply, withQuery(addresses.passes(slug), { done }));
}

interface Shown {
  readonly typed?: TypedAnswer | null;
  readonly problems?: readonly Problem[];
  readonly done?: string | undefined;
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  { typed = null, problems = [], done }: Shown,
  status = 200,
): Promise<FastifyReply> {
  const entered = await enter(edge, request, reply, slug);
  if (entered === null) return reply;
  const found = await viewPasses(edge.ctx, entered.session, slug);
  const read = await unlessRefused(edge, request, reply, entered, found);
  if (read === null) return reply;
  const model = { frame: frameOf(edge, entered), ...read, typed, problems, done };
  return sendPage(reply, <PassesPage model={model} />, status);
}
