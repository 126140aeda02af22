import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Resent } from '../../flows/challenge.ts';
import { type Edge, seeOther } from '../edge.ts';
import { form, text } from '../forms.ts';
import type { CodeFault } from '../messages/en-login.ts';
import { toDueStep } from './steps.ts';

/** The form of every page that asks for a code; `action=resend` asks for another one. */
export const codeBody = form({
  code: Type.Optional(text(200)),
  action: Type.Optional(Type.Literal('resend')),
});
export const codeQuery = form({ sent: Type.Optional(Type.Literal('again')) });

/** What was wrong with the last answer, or with asking for another code. */
export type Refused = CodeFault | Exclude<Resent, 'sent'> | null;

/** A resend leads to an address of its own, so that a reload does not send yet another. */
export async function settleResend(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  resent: Resent | 'moved',
  page: string,
  refuse: (why: Exclude<Resent, 'sent'>) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  if (resent === 'sent') return seeOther(reply, `${page}?sent=again`);
  return resent === 'moved' ? toDueStep(edge, request, reply) : refuse(resent);
}

/** The fault as pages tell it: when to ask again stands in the challenge. */
export function faultOf(refused: Refused, resendAt: number | null, now: number): CodeFault | null {
  if (typeof refused !== 'string') return refused;
  return refused === 'too_early' ? { result: 'too_early', until: resendAt ?? now } : { result: refused };
}
