import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Position, readPosition } from '../../flows/advance.ts';
import { askForPass, type PassView, usePassOfRequest, viewPass, wantPass } from '../../flows/ask-for-pass.ts';
import type { Problem } from '../components.tsx';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import type { AskFault } from '../messages/en-pass.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { dueAddress } from './addresses.ts';
import { LANG, loginModel } from './model.ts';
import { PASS, PASS_STATE, PassPage, type PassStage, passWords } from './pass-page.tsx';
import { proceed, toDueStep } from './steps.ts';

const config = { door: 'login' } as const;
const body = form({
  action: Type.Enum(['want', 'back', 'ask', 'continue']),
  account: Type.Optional(text(100)),
});

/** `/login/pass`: asking for a pass, waiting for it, and going on with it (P1). */
export function passRoutes(server: Server, edge: Edge): void {
  const { ctx } = edge;

  server.get(PASS, { config, schema: { querystring: noQuery } }, (request, reply) =>
    show(edge, request, reply),
  );

  // Reads only: whoever keeps the page open renews nothing by it.
  server.get(PASS_STATE, { config, schema: { querystring: noQuery } }, async (request, reply) => {
    const position = await readPosition(ctx, visitorOf(edge, request));
    const view = position === null ? null : await viewPass(ctx, position);
    const done = view?.request?.state !== 'waiting';
    return reply.header('cache-control', 'no-store').send({ done });
  });

  server.post(PASS, { config, schema: { querystring: noQuery, body } }, async (request, reply) => {
    const visitor = visitorOf(edge, request);
    const { action, account = '' } = request.body;
    switch (action) {
      case 'want':
      case 'back':
        return proceed(edge, request, reply, await wantPass(ctx, visitor, action === 'want'));
      case 'continue':
        return proceed(edge, request, reply, await usePassOfRequest(ctx, visitor));
      case 'ask':
        return ask(edge, request, reply, account);
      default:
        return unknownAction(action);
    }
  });
}

async function ask(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  account: string,
): Promise<FastifyReply> {
  const { result } = await askForPass(edge.ctx, visitorOf(edge, request), account === '' ? null : account);
  switch (result) {
    case 'asked':
      return seeOther(reply, PASS);
    case 'moved':
      return toDueStep(edge, request, reply);
    case 'too_many':
    case 'nobody_to_ask':
    case 'unknown_account':
      return show(edge, request, reply, result);
    default:
      return unknownAction(result);
  }
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: AskFault | null = null,
): Promise<FastifyReply> {
  const position = await readPosition(edge.ctx, visitorOf(edge, request));
  if (position === null) return seeOther(reply, dueAddress(position));
  const view = await viewPass(edge.ctx, position);
  const stage = stageOf(position, view);
  if (stage === null) return seeOther(reply, dueAddress(position));
  const model = {
    ...loginModel(edge, position),
    stage,
    view,
    canGoBack: stage === 'ask' && !isForgotten(position),
    problems: problemsOf(fault, edge.ctx.settings.support, view),
  };
  return sendPage(reply, <PassPage model={model} />, fault === null ? 200 : 422);
}

/** A login that has timed out is told here only what became of its request. */
function stageOf({ next }: Position, view: PassView): PassStage | null {
  if (next.step === 'pass') return next.asking ? 'ask' : 'forgotten';
  if (next.step === 'code') return 'unable';
  return next.step === 'start_again' && view.request !== null ? 'over' : null;
}

function isForgotten({ next, facts }: Position): boolean {
  const target = 'target' in next ? facts.memberships.find((m) => m.id === next.target) : undefined;
  return target?.trust.state === 'forgotten';
}

function problemsOf(fault: AskFault | null, support: string, view: PassView): Problem[] {
  if (fault === null) return [];
  const field = fault === 'unknown_account' && view.askable.length > 1 ? 'account' : undefined;
  return [{ field, text: passWords(LANG).faults[fault](support) }];
}

function unknownAction(action: never): never {
  throw new Error(`nothing is known of ${JSON.stringify(action)}`);
}
