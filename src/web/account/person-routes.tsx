import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type GrantResult, handOverPass } from '../../flows/grant-pass.ts';
import { changeRole, type DeedResult, endMemberSessions, removeMember } from '../../flows/manage-people.ts';
import { type PassRowView, type PersonView, viewPasses, viewPerson } from '../../flows/view-account.ts';
import type { Role } from '../../rules/facts.ts';
import type { Problem } from '../components.tsx';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import type { ToldRefusal } from '../messages/en-account.ts';
import { PERSON_DONE, type PersonDone } from '../messages/en-account-people.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addresses, withQuery } from './addresses.ts';
import { frameOf } from './frame.tsx';
import { type Deed, type Entered, enter, settleDeed, unlessRefused } from './guard.ts';
import { itemParams, ROLES } from './params.ts';
import { PassCodePage } from './pass-code-page.tsx';
import { showPeople } from './people-routes.tsx';
import { PersonPage } from './person-page.tsx';
import { RemovePage } from './remove-page.tsx';
import { accountWords, LANG } from './words.ts';

const config = { door: 'account' } as const;
const afterwards = form({ done: Type.Optional(Type.Enum([...PERSON_DONE])) });
/** `instead_of`: the pass that the form was shown with. The code's page sent again would kill the code just read out. */
const passBody = form({ reason: Type.Optional(text(500)), instead_of: Type.Optional(text(64)) });
const bare = { params: itemParams, querystring: noQuery, body: form({}) };

export function personRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/people/:id',
    { config, schema: { params: itemParams, querystring: afterwards } },
    async (request, reply) => {
      const { done } = request.query;
      const told = done && accountWords(LANG).people.person.done[done];
      return showPerson(edge, request, reply, request.params, { done: told });
    },
  );

  server.get(
    '/accounts/:slug/people/:id/remove',
    { config, schema: { params: itemParams, querystring: noQuery } },
    async (request, reply) => {
      const read = await readPerson(edge, request, reply, request.params);
      if (read === null) return reply;
      const { entered, person } = read;
      if (!person.may.remove) return showPerson(edge, request, reply, request.params);
      return sendPage(reply, <RemovePage model={{ frame: frameOf(edge, entered), person }} />);
    },
  );

  server.post('/accounts/:slug/people/:id/remove', { config, schema: bare }, (request, reply) => {
    const { slug, id } = request.params;
    return settleDeed<DeedResult>(edge, request, reply, {
      ...onPerson(edge, request, reply, request.params),
      run: (session) => removeMember(edge.ctx, session, visitorOf(edge, request), { slug, membershipId: id }),
      returnTo: addresses.remove(slug, id),
      settle: () => seeOther(reply, withQuery(addresses.people(slug), { done: 'removed' })),
    });
  });

  server.post('/accounts/:slug/people/:id/end-sessions', { config, schema: bare }, (request, reply) => {
    const { slug, id } = request.params;
    return settleDeed<DeedResult>(edge, request, reply, {
      ...onPerson(edge, request, reply, request.params),
      run: (session) =>
        endMemberSessions(edge.ctx, session, visitorOf(edge, request), { slug, membershipId: id }),
      settle: () => seeDone(reply, request.params, 'sessions'),
    });
  });

  server.post(
    '/accounts/:slug/people/:id/role',
    { config, schema: { ...bare, body: form({ role: Type.Optional(Type.Enum([...ROLES])) }) } },
    async (request, reply) => {
      const { slug, id } = request.params;
      const { role } = request.body;
      if (role === undefined) {
        const problem = { field: 'role', text: accountWords(LANG).people.person.role.missing };
        return showPerson(edge, request, reply, request.params, { problems: [problem] }, 422);
      }
      return settleDeed<DeedResult>(edge, request, reply, {
        ...onPerson(edge, request, reply, request.params, { role }, 'role'),
        run: (session) =>
          changeRole(edge.ctx, session, visitorOf(edge, request), { slug, membershipId: id, role }),
        settle: () => seeDone(reply, request.params, 'role'),
      });
    },
  );

  server.post(
    '/accounts/:slug/people/:id/pass',
    // The answer shows the code: its length shall tell nothing of it.
    { config, compress: false, schema: { ...bare, body: passBody } },
    async (request, reply) => {
      const { slug, id } = request.params;
      const { reason = '', instead_of: known } = request.body;
      if (known !== undefined) {
        const read = await readPerson(edge, request, reply, request.params);
        if (read === null) return reply;
        const pass = await passNowOf(edge, read.entered, read.person);
        if (pass !== null && pass.id !== known) {
          const problem = { text: accountWords(LANG).people.person.pass.givenAlready };
          return showPerson(edge, request, reply, request.params, { reason, problems: [problem] }, 422);
        }
      }
      return settleDeed<GrantResult>(edge, request, reply, {
        ...onPerson(edge, request, reply, request.params, { reason }, 'reason'),
        run: (session) =>
          handOverPass(edge.ctx, session, visitorOf(edge, request), { slug, membershipId: id, reason }),
        settle: (outcome) => {
          if (outcome.result === 'granted') return showCode(edge, request, reply, request.params, outcome);
          const problem = {
            field: 'reason',
            text: accountWords(LANG).people.person.pass.faults[outcome.result],
          };
          return showPerson(edge, request, reply, request.params, { reason, problems: [problem] }, 422);
        },
      });
    },
  );
}

interface PersonAddress {
  readonly slug: string;
  readonly id: string;
}

interface Typed {
  readonly reason?: string;
  readonly role?: Role;
  readonly problems?: readonly Problem[];
  readonly done?: string | undefined;
}

/** What all deeds on a person have in common: where they lead back to, and what is said when they cannot be done. */
function onPerson(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  where: PersonAddress,
  typed: Typed = {},
  field?: string,
): Pick<Deed<DeedResult>, 'slug' | 'returnTo' | 'again' | 'gone'> {
  const words = accountWords(LANG);
  return {
    slug: where.slug,
    returnTo: addresses.person(where.slug, where.id),
    again: (why: ToldRefusal) => {
      const problems = [{ field, text: words.account.refused[why].text }];
      return showPerson(edge, request, reply, where, { ...typed, problems }, 403);
    },
    gone: () => showPeople(edge, request, reply, where.slug, {}, [{ text: words.people.gone.person }], 404),
  };
}

function seeDone(reply: FastifyReply, { slug, id }: PersonAddress, done: PersonDone): FastifyReply {
  return seeOther(reply, withQuery(addresses.person(slug, id), { done }));
}

async function readPerson(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  { slug, id }: PersonAddress,
): Promise<{ entered: Entered; person: PersonView } | null> {
  const entered = await enter(edge, request, reply, slug);
  if (entered === null) return null;
  const found = await viewPerson(edge.ctx, entered.session, slug, id);
  const person = await unlessRefused(edge, request, reply, entered, found);
  return person === null ? null : { entered, person };
}

async function showPerson(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  where: PersonAddress,
  typed: Typed = {},
  status = 200,
): Promise<FastifyReply> {
  const read = await readPerson(edge, request, reply, where);
  if (read === null) return reply;
  const { entered, person } = read;
  const pass = await passNowOf(edge, entered, person);
  const { reason = '', role = person.role, problems = [], done } = typed;
  const model = { frame: frameOf(edge, entered), person, pass, reason, role, problems, done };
  return sendPage(reply, <PersonPage model={model} />, status);
}

async function showCode(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  where: PersonAddress,
  granted: Extract<GrantResult, { result: 'granted' }>,
): Promise<FastifyReply> {
  const read = await readPerson(edge, request, reply, where);
  if (read === null) return reply;
  const { entered, person } = read;
  const pass = await passesOf(edge, entered, (p) => p.id === granted.passId);
  if (granted.code === null || pass === null) throw new Error('a pass was handed over without a code');
  const model = { frame: frameOf(edge, entered), person, code: granted.code, endsAt: pass.endsAt };
  return sendPage(reply, <PassCodePage model={model} />);
}

/** In force, or given and not used yet. */
const passNowOf = (edge: Edge, entered: Entered, { email }: PersonView): Promise<PassRowView | null> =>
  passesOf(edge, entered, (pass) => pass.email === email && pass.state !== 'over');

/** The newest pass that fits. */
async function passesOf(
  edge: Edge,
  { session, account }: Entered,
  fits: (pass: PassRowView) => boolean,
): Promise<PassRowView | null> {
  const read = await viewPasses(edge.ctx, session, account.slug);
  return 'result' in read ? null : (read.passes.find(fits) ?? null);
}
