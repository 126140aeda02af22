import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type InviteResult, invite } from '../../flows/manage-people.ts';
import type { Role } from '../../rules/facts.ts';
import type { Problem } from '../components.tsx';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import type { InviteFault } from '../messages/en-account-people.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addresses, withQuery } from './addresses.ts';
import { frameOf } from './frame.tsx';
import { enter, settleDeed } from './guard.ts';
import { InvitePage } from './invite-page.tsx';
import { accountParams, ROLES } from './params.ts';
import { accountWords, LANG } from './words.ts';

const body = form({ emails: Type.Optional(text(30_000)), role: Type.Optional(Type.Enum([...ROLES])) });

export function inviteRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/people/invite',
    { config: { door: 'account' }, schema: { params: accountParams, querystring: noQuery } },
    (request, reply) => show(edge, request, reply, request.params.slug, { emails: '', role: 'member' }),
  );

  server.post(
    '/accounts/:slug/people/invite',
    { config: { door: 'account' }, schema: { params: accountParams, querystring: noQuery, body } },
    (request, reply) => {
      const { slug } = request.params;
      const { emails = '', role = 'member' } = request.body;
      const again = (problem: Problem, status: number) =>
        show(edge, request, reply, slug, { emails, role }, [problem], status);
      return settleDeed<InviteResult>(edge, request, reply, {
        slug,
        run: (session) => invite(edge.ctx, session, visitorOf(edge, request), { slug, emails, role }),
        returnTo: addresses.invite(slug),
        again: (why) => again({ field: 'role', text: accountWords(LANG).account.refused[why].text }, 403),
        settle: (outcome) =>
          outcome.result === 'invited'
            ? seeOther(reply, doneAddress(slug, outcome))
            : again({ field: 'emails', text: faultText(outcome) }, 422),
      });
    },
  );
}

function doneAddress(slug: string, outcome: Extract<InviteResult, { result: 'invited' }>): string {
  const counts = {
    invited: String(outcome.invited.length),
    members: String(outcome.members.length),
    limited: String(outcome.tooOften.length),
  };
  return withQuery(addresses.people(slug), { done: 'invited', ...counts });
}

function faultText(fault: InviteFault): string {
  const { faults } = accountWords(LANG).people.invitePage;
  return faults[fault.result](fault.result === 'bad_addresses' ? fault.addresses : []);
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  typed: { emails: string; role: Role },
  problems: readonly Problem[] = [],
  status = 200,
): Promise<FastifyReply> {
  const entered = await enter(edge, request, reply, slug);
  if (entered === null) return reply;
  const model = { frame: frameOf(edge, entered), ...typed, problems };
  return sendPage(reply, <InvitePage model={model} />, status);
}
