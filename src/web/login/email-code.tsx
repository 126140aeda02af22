import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Position } from '../../flows/advance.ts';
import { answerEmailCode, resendEmailCode } from '../../flows/answer-email-code.ts';
import { viewMailbox } from '../../flows/view-login.ts';
import { type Edge, visitorOf } from '../edge.ts';
import { noQuery } from '../forms.ts';
import { sendGonePage } from '../invitations/gone.tsx';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { codeBody, codeQuery, faultOf, type Refused, settleResend } from './code-forms.ts';
import { EMAIL_CODE, EmailCodePage } from './email-code-page.tsx';
import { loginModel } from './model.ts';
import { settle, standAt } from './steps.ts';

/** `/login/email-code`: the six digits that prove the mailbox, in this login and browser. */
export function emailCodeRoutes(server: Server, edge: Edge): void {
  server.get(
    EMAIL_CODE,
    { config: { door: 'login' }, schema: { querystring: codeQuery } },
    (request, reply) => show(edge, request, reply, null, request.query.sent === 'again'),
  );

  server.post(
    EMAIL_CODE,
    { config: { door: 'login' }, schema: { querystring: noQuery, body: codeBody } },
    async (request, reply) => {
      const visitor = visitorOf(edge, request);
      const refuse = (refused: Refused) => show(edge, request, reply, refused);
      const { code = '', action } = request.body;
      if (action === 'resend') {
        const resent = await resendEmailCode(edge.ctx, visitor);
        return settleResend(edge, request, reply, resent, EMAIL_CODE, refuse);
      }
      const outcome = await answerEmailCode(edge.ctx, visitor, code);
      // The login ended with its invitation; there is no page of it to come back to.
      if (outcome.result === 'invitation_gone') return sendGonePage(reply);
      return settle(edge, request, reply, outcome, refuse);
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
  const at = await standAt(edge, request, reply, 'email_code');
  if (at === null) return reply;
  const mailbox = await viewMailbox(edge.ctx, at);
  const page = (
    <EmailCodePage
      model={{
        ...loginModel(edge, at),
        why: at.next.why === 'set_up' && hadOne(at) ? 'set_up_again' : at.next.why,
        mailbox,
        fault: faultOf(refused, mailbox.resendAt, edge.ctx.now()),
        sentAgain: sentAgain && mailbox.sent,
        waitUntil: mailbox.waitUntil,
      }}
    />
  );
  return sendPage(reply, page, refused === null ? 200 : 422);
}

/** Some account knew an authenticator of theirs already. */
const hadOne = ({ facts }: Position) => facts.memberships.some((m) => m.trust.state !== 'never');
