import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { resendInvitation, withdrawInvitation } from '../../flows/manage-people.ts';
import { viewPeople } from '../../flows/view-account.ts';
import type { Problem } from '../components.tsx';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { enAccountPeople, PEOPLE_DONE } from '../messages/en-account-people.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addresses, withQuery } from './addresses.ts';
import { frameOf } from './frame.tsx';
import { enter, settleDeed, unlessRefused } from './guard.ts';
import { accountParams, itemParams } from './params.ts';
import { ON_A_PAGE, type PeopleFilters, PeoplePage } from './people-page.tsx';
import { accountWords, LANG } from './words.ts';

const keysOf = <K extends string>(labels: Record<K, unknown>) => Object.keys(labels) as K[];
const few = Type.Optional(Type.String({ pattern: '^\\d{1,3}$' }));
const peopleQuery = form({
  search: Type.Optional(text(200)),
  filter: Type.Optional(Type.Enum(keysOf(enAccountPeople.filters))),
  sort: Type.Optional(Type.Enum(keysOf(enAccountPeople.sorts))),
  page: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,5}$' })),
  done: Type.Optional(Type.Enum([...PEOPLE_DONE])),
  invited: few,
  members: few,
  limited: few,
});
type PeopleQuery = Static<typeof peopleQuery>;

export function peopleRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/people',
    { config: { door: 'account' }, schema: { params: accountParams, querystring: peopleQuery } },
    (request, reply) => showPeople(edge, request, reply, request.params.slug, request.query),
  );

  for (const deed of ['resend', 'withdraw'] as const) {
    server.post(
      `/accounts/:slug/invitations/:id/${deed}`,
      { config: { door: 'account' }, schema: { params: itemParams, querystring: noQuery, body: form({}) } },
      (request, reply) => {
        const { slug, id } = request.params;
        const words = accountWords(LANG);
        const show = (text: string, status: number) =>
          showPeople(edge, request, reply, slug, {}, [{ text }], status);
        const act = deed === 'resend' ? resendInvitation : withdrawInvitation;
        return settleDeed(edge, request, reply, {
          slug,
          run: (session) => act(edge.ctx, session, visitorOf(edge, request), { slug, invitationId: id }),
          returnTo: addresses.people(slug),
          again: (why) => show(words.account.refused[why].text, 403),
          gone: () => show(words.people.gone.invitation, 404),
          settle: (outcome) =>
            outcome.result === 'too_often'
              ? show(words.people.tooOften, 429)
              : seeOther(
                  reply,
                  withQuery(addresses.people(slug), { done: deed === 'resend' ? 'resent' : 'withdrawn' }),
                ),
        });
      },
    );
  }
}

/** The people page as it stands; also what a deed shows that could not be done. */
export async function showPeople(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  query: PeopleQuery,
  problems: readonly Problem[] = [],
  status = 200,
): Promise<FastifyReply> {
  const entered = await enter(edge, request, reply, slug);
  if (entered === null) return reply;
  const { search = '', filter = 'all', sort = 'name', done } = query;
  const page = Number(query.page ?? 1);
  const filters: PeopleFilters = { search: search.trim(), filter, sort };
  const question = { ...filters, offset: (page - 1) * ON_A_PAGE, limit: ON_A_PAGE };
  const found = await viewPeople(edge.ctx, entered.session, slug, question);
  const read = await unlessRefused(edge, request, reply, entered, found);
  if (read === null) return reply;
  const { people, total } = read;
  if (people.length === 0 && total > 0) {
    // People left, or the address was typed: the last page there is.
    const last = String(Math.ceil(total / ON_A_PAGE));
    return seeOther(reply, withQuery(addresses.people(slug), { ...filters, page: last }));
  }
  const words = accountWords(LANG).people.done;
  const told =
    done && words[done](Number(query.invited ?? 1), Number(query.members ?? 0), Number(query.limited ?? 0));
  const model = { frame: frameOf(edge, entered), filters, people, total, page, problems, done: told };
  return sendPage(reply, <PeoplePage model={model} />, status);
}
