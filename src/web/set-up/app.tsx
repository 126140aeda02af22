import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { confirmApp } from '../../flows/enroll.ts';
import { viewAppSetUp } from '../../flows/view-login.ts';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { loginModel } from '../login/model.ts';
import { settle, standAt } from '../login/steps.ts';
import type { AppFault } from '../messages/en-set-up.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { APP, AppPage } from './app-page.tsx';
import { SET_UP } from './choose-page.tsx';

const body = form({ code: Type.Optional(text(200)) });

/** `/login/set-up/app`: the key for the app, and the code that proves that the app has it. */
export function appRoutes(server: Server, edge: Edge): void {
  server.get(
    APP,
    { config: { door: 'login' }, compress: false, schema: { querystring: noQuery } },
    (request, reply) => show(edge, request, reply, null),
  );

  server.post(
    APP,
    { config: { door: 'login' }, compress: false, schema: { querystring: noQuery, body } },
    async (request, reply) => {
      const refuse = (fault: AppFault) => show(edge, request, reply, fault);
      const outcome = await confirmApp(edge.ctx, visitorOf(edge, request), request.body.code ?? '');
      return settle(edge, request, reply, outcome, refuse);
    },
  );
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: AppFault | null,
): Promise<FastifyReply> {
  const at = await standAt(edge, request, reply, 'set_up');
  if (at === null) return reply;
  const view = await viewAppSetUp(edge.ctx, at);
  // No key yet: the app has not been chosen in this login.
  if (view === null) return seeOther(reply, SET_UP);
  const model = { ...loginModel(edge, at), ...view, fault, choice: at.next.plan.methods.length > 1 };
  return sendPage(reply, <AppPage model={model} />, fault === null ? 200 : 422);
}
