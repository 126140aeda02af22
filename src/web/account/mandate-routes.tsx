import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { SignedIn } from '../../flows/admit.ts';
import { changeMandate, type MandateResult, mandateFault } from '../../flows/set-mandate.ts';
import { viewRollOut } from '../../flows/view-account.ts';
import type { Method } from '../../rules/facts.ts';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery } from '../forms.ts';
import type { MandateFault, SecurityDone } from '../messages/en-account-security.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addresses, type MandateChoice } from './addresses.ts';
import { frameOf } from './frame.tsx';
import { type Entered, enter, settleDeed, unlessRefused } from './guard.ts';
import { MandatePage } from './mandate-page.tsx';
import { accountParams } from './params.ts';
import { ownMethod, seeSecurity, showSecurity } from './security-routes.tsx';
import { accountWords, LANG } from './words.ts';

const config = { door: 'account' } as const;
const box = Type.Optional(Type.Literal('yes'));
const choiceForm = {
  on: Type.Enum(['yes', 'no']),
  totp: box,
  sms: box,
  from: Type.Optional(Type.Enum(['next_login', 'now'])),
};
const choiceQuery = form(choiceForm);
const mandateBody = form({ ...choiceForm, confirmed: box });

/** The mandate in two steps: a choice whose effect is shown at an address of its own, and its confirmation. */
export function mandateRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/security/mandate',
    { config, schema: { params: accountParams, querystring: choiceQuery } },
    (request, reply) => look(edge, request, reply, request.params.slug, choiceOf(request.query)),
  );

  server.post(
    '/accounts/:slug/security',
    { config, schema: { params: accountParams, querystring: noQuery, body: mandateBody } },
    (request, reply) => {
      const { slug } = request.params;
      const choice = choiceOf(request.body);
      return request.body.confirmed === 'yes'
        ? change(edge, request, reply, slug, choice)
        : choose(edge, request, reply, slug, choice);
    },
  );
}

function choiceOf({ on, totp, sms, from }: Static<typeof choiceQuery>): MandateChoice {
  const methods: Method[] = [];
  if (totp !== undefined) methods.push('totp');
  if (sms !== undefined) methods.push('sms');
  return { on: on === 'yes', methods, from: from ?? 'next_login' };
}

/** What is wrong with a choice before anybody is asked to confirm it; the flow judges it again. */
function faultOf(edge: Edge, { on, methods }: MandateChoice, { account }: Entered): MandateFault | null {
  return on ? mandateFault(edge.ctx, account, methods) : null;
}

/** The first step: the choice is looked at, and its effect shown at an address of its own. */
async function choose(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  choice: MandateChoice,
): Promise<FastifyReply> {
  const entered = await enter(edge, request, reply, slug);
  if (entered === null) return reply;
  const fault = faultOf(edge, choice, entered);
  if (fault !== null) return refuse(edge, request, reply, slug, choice, fault);
  return seeOther(reply, addresses.mandate(entered.account.slug, choice));
}

async function look(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  choice: MandateChoice,
): Promise<FastifyReply> {
  const entered = await enter(edge, request, reply, slug);
  if (entered === null) return reply;
  const fault = faultOf(edge, choice, entered);
  if (fault !== null) return refuse(edge, request, reply, slug, choice, fault);
  const counted = await viewRollOut(edge.ctx, entered.session, slug);
  const rollOut = await unlessRefused(edge, request, reply, entered, counted);
  if (rollOut === null) return reply;
  const model = { frame: frameOf(edge, entered), rollOut, choice, ownMethod: ownMethod(entered) };
  return sendPage(reply, <MandatePage model={model} />);
}

/** The second: M1, with fresh 2FA of one's own, after which the effect is shown once more to be confirmed. */
function change(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  choice: MandateChoice,
): Promise<FastifyReply> {
  return settleDeed<MandateResult>(edge, request, reply, {
    slug,
    run: (session) => changeMandate(edge.ctx, session, visitorOf(edge, request), { slug, ...choice }),
    demand: choice.on ? 'two_factor' : 'fresh',
    returnTo: addresses.mandate(slug, choice),
    again: (why) => {
      const { text } = accountWords(LANG).account.refused[why];
      return showSecurity(edge, request, reply, slug, { choice, problems: [{ text }] }, 403);
    },
    settle: async ({ result }, session) => {
      switch (result) {
        case 'done':
          return seeSecurity(reply, slug, whatWasDone(session, slug, choice));
        case 'unchanged':
          return seeSecurity(reply, slug, 'unchanged');
        case 'not_enterprise':
        case 'no_method':
        case 'text_needs_carrier':
        case 'text_ends':
          return refuse(edge, request, reply, slug, choice, result);
        default:
          return unknownResult(result);
      }
    },
  });
}

function whatWasDone(before: SignedIn, slug: string, choice: MandateChoice): SecurityDone {
  if (!choice.on) return 'switched_off';
  const account = before.memberships.find((m) => m.account.slug === slug)?.account;
  return account?.mandate === null ? 'switched_on' : 'changed';
}

function refuse(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  choice: MandateChoice,
  fault: MandateFault,
): Promise<FastifyReply> {
  const text = accountWords(LANG).security.mandate.faults[fault];
  const problems = [{ field: fault === 'not_enterprise' ? undefined : 'totp', text }];
  return showSecurity(edge, request, reply, slug, { choice, problems }, 422);
}

function unknownResult(result: never): never {
  throw new Error(`unknown result of a mandate: ${JSON.stringify(result)}`);
}
