import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { answerRecoveryCode } from '../../flows/recover.ts';
import { viewRecovery } from '../../flows/view-login.ts';
import { type Edge, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import type { CodeFault } from '../messages/en-login.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { loginModel } from './model.ts';
import { RECOVERY_CODE, RecoveryCodePage } from './recovery-code-page.tsx';
import { settle, standAt } from './steps.ts';

const body = form({ code: Type.Optional(text(200)) });

/** `/login/recovery-code`: a backup code in place of the phone's; by its length also a pass code. */
export function recoveryCodeRoutes(server: Server, edge: Edge): void {
  server.get(
    RECOVERY_CODE,
    { config: { door: 'login' }, schema: { querystring: noQuery } },
    (request, reply) => show(edge, request, reply, null),
  );

  server.post(
    RECOVERY_CODE,
    { config: { door: 'login' }, schema: { querystring: noQuery, body } },
    async (request, reply) => {
      const refuse = (fault: CodeFault) => show(edge, request, reply, fault);
      const outcome = await answerRecoveryCode(edge.ctx, visitorOf(edge, request), request.body.code ?? '');
      return settle(edge, request, reply, outcome, refuse);
    },
  );
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: CodeFault | null,
): Promise<FastifyReply> {
  const at = await standAt(edge, request, reply, 'code', 'pass');
  if (at === null) return reply;
  const { dead, waitUntil } = await viewRecovery(edge.ctx, at);
  const { next } = at;
  const phone = next.step === 'pass' ? 'pass_only' : next.onlyRecovery ? 'dead' : 'usable';
  const model = { ...loginModel(edge, at), fault, sentAgain: false, waitUntil, dead, phone } as const;
  return sendPage(reply, <RecoveryCodePage model={model} />, fault === null ? 200 : 422);
}
