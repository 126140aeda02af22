import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerCode, resendTextCode } from '../../flows/answer-code.ts';
import { viewCode } from '../../flows/view-login.ts';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { noQuery } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addressOf } from './addresses.ts';
import { codeBody, codeQuery, faultOf, type Refused, settleResend } from './code-forms.ts';
import { AppCodePage, LOGIN_CODE, TextCodePage } from './login-code-page.tsx';
import { loginModel } from './model.ts';
import { settle, standAt, toDueStep } from './steps.ts';

/** `/login/code`: the code from the app or the text message. */
export function codeRoutes(server: Server, edge: Edge): void {
  server.get(
    LOGIN_CODE,
    { config: { door: 'login' }, schema: { querystring: codeQuery } },
    (request, reply) => show(edge, request, reply, null, request.query.sent === 'again'),
  );

  server.post(
    LOGIN_CODE,
    { config: { door: 'login' }, schema: { querystring: noQuery, body: codeBody } },
    async (request, reply) => {
      const visitor = visitorOf(edge, request);
      const refuse = (refused: Refused) => show(edge, request, reply, refused);
      const { code = '', action } = request.body;
      if (action === 'resend') {
        const resent = await resendTextCode(edge.ctx, visitor);
        return settleResend(edge, request, reply, resent, LOGIN_CODE, refuse);
      }
      return settle(edge, request, reply, await answerCode(edge.ctx, visitor, code), refuse);
    },
  );
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  refused: Refused,
  sentAgain = false,
): Promise<FastifyReply> {
  const at = await standAt(edge, request, reply, 'code');
  if (at === null) return reply;
  if (at.next.onlyRecovery) return seeOther(reply, addressOf(at.next));
  const view = await viewCode(edge.ctx, at);
  if (view === null) return toDueStep(edge, request, reply);
  const { challenge, phone, waitUntil } = view;
  const fault = faultOf(refused, challenge?.resendAt ?? null, edge.ctx.now());
  const model = {
    ...loginModel(edge, at),
    fault,
    sentAgain: sentAgain && challenge?.sent === true,
    waitUntil,
  };
  const page =
    challenge === null || phone === null ? (
      <AppCodePage model={model} />
    ) : (
      <TextCodePage model={{ ...model, challenge, phone }} />
    );
  return sendPage(reply, page, refused === null ? 200 : 422);
}
