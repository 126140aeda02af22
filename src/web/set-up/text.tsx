import type { FastifyReply, FastifyRequest } from 'fastify';
import { confirmPhone, resendEnrollmentCode } from '../../flows/enroll.ts';
import { viewTextSetUp } from '../../flows/view-login.ts';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { noQuery } from '../forms.ts';
import { codeBody, codeQuery, faultOf, type Refused, settleResend } from '../login/code-forms.ts';
import { loginModel } from '../login/model.ts';
import { settle, standAt } from '../login/steps.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { PHONE } from './phone-page.tsx';
import { TEXT, TextPage } from './text-page.tsx';

/** `/login/set-up/text`: the code that proves that the number reaches this person. */
export function textRoutes(server: Server, edge: Edge): void {
  server.get(TEXT, { config: { door: 'login' }, schema: { querystring: codeQuery } }, (request, reply) =>
    show(edge, request, reply, null, request.query.sent === 'again'),
  );

  server.post(
    TEXT,
    { config: { door: 'login' }, schema: { querystring: noQuery, body: codeBody } },
    async (request, reply) => {
      const visitor = visitorOf(edge, request);
      const refuse = (refused: Refused) => show(edge, request, reply, refused);
      const { code = '', action } = request.body;
      if (action === 'resend') {
        const resent = await resendEnrollmentCode(edge.ctx, visitor);
        return settleResend(edge, request, reply, resent, TEXT, refuse);
      }
      return settle(edge, request, reply, await confirmPhone(edge.ctx, visitor, code), refuse);
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
  const at = await standAt(edge, request, reply, 'set_up');
  if (at === null) return reply;
  const view = await viewTextSetUp(edge.ctx, at);
  // No number yet in this login.
  if (view === null) return seeOther(reply, PHONE);
  const fault = faultOf(refused, view.challenge.resendAt, edge.ctx.now());
  const again = sentAgain && view.challenge.sent;
  const model = { ...loginModel(edge, at), ...view, fault, sentAgain: again, waitUntil: null };
  return sendPage(reply, <TextPage model={model} />, refused === null ? 200 : 422);
}
