import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { chooseMethod } from '../../flows/enroll.ts';
import type { Method } from '../../rules/facts.ts';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { loginModel } from '../login/model.ts';
import { standAt, toDueStep } from '../login/steps.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { APP } from './app-page.tsx';
import { type ChooseModel, ChoosePage, SET_UP } from './choose-page.tsx';
import { PHONE } from './phone-page.tsx';

const FIRST_PAGE_OF: Record<Method, string> = { totp: APP, sms: PHONE };
const body = form({ method: Type.Optional(text(20)) });

/** `/login/set-up`: which kind of authenticator; only those that the account takes are offered. */
export function chooseRoutes(server: Server, edge: Edge): void {
  server.get(SET_UP, { config: { door: 'login' }, schema: { querystring: noQuery } }, (request, reply) =>
    show(edge, request, reply, null),
  );

  server.post(
    SET_UP,
    { config: { door: 'login' }, schema: { querystring: noQuery, body } },
    async (request, reply) => {
      const { method } = request.body;
      if (method !== 'totp' && method !== 'sms') return show(edge, request, reply, 'chooseOne');
      const outcome = await chooseMethod(edge.ctx, visitorOf(edge, request), method);
      switch (outcome) {
        case 'chosen':
          return seeOther(reply, FIRST_PAGE_OF[method]);
        case 'not_offered':
          return show(edge, request, reply, 'notOffered');
        case 'moved':
          return toDueStep(edge, request, reply);
        default:
          return unknownChoice(outcome);
      }
    },
  );
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: ChooseModel['fault'],
): Promise<FastifyReply> {
  const at = await standAt(edge, request, reply, 'set_up');
  if (at === null) return reply;
  const { basis, plan } = at.next;
  const model = { ...loginModel(edge, at), basis, methods: plan.methods, fault };
  return sendPage(reply, <ChoosePage model={model} />, fault === null ? 200 : 422);
}

function unknownChoice(outcome: never): never {
  throw new Error(`unknown outcome of a choice: ${JSON.stringify(outcome)}`);
}
