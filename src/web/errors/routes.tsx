import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Edge } from '../edge.ts';
import { sendPage } from '../send-page.tsx';
import { type ErrorKind, faultOf, kindOf, prefersJson, STATUS } from './faults.ts';
import { type ErrorModel, ErrorPage, problemOf } from './pages.tsx';

const BUSY_SECONDS = '2';
const LANG = 'en';

/**
 * The one answer to everything that is thrown or not there. It may be called before any hook has run, so it
 * reads neither cookies nor session, and it never throws itself: there is nobody left to catch it.
 */
export function sendErrorPage(
  edge: Edge,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const kind = kindOf(error, request.method);
  try {
    note(kind, error, request);
    if (reply.sent) return reply;
    secureAnyway(reply);
    if (kind === 'busy') reply.header('retry-after', BUSY_SECONDS);
    const model: ErrorModel = {
      lang: LANG,
      kind,
      fault: STATUS[kind] === 400 ? faultOf(error) : null,
      requestId: kind === 'failed' ? request.id : null,
      support: edge.ctx.settings.support,
    };
    if (!prefersJson(request.headers.accept)) return sendPage(reply, <ErrorPage {...model} />, STATUS[kind]);
    return reply
      .status(STATUS[kind])
      .header('content-type', 'application/problem+json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(JSON.stringify(problemOf(model, STATUS[kind])));
  } catch (failure) {
    request.log.error({ err: failure }, 'the error page failed');
    return reply.sent ? reply : reply.status(STATUS[kind]).type('text/plain').send(String(STATUS[kind]));
  }
}

/** Logged once, here, with the request's id. What callers do wrong is no error of ours. */
function note(kind: ErrorKind, error: unknown, request: FastifyRequest): void {
  if (kind === 'failed') request.log.error({ err: error }, 'request failed');
  if (kind === 'busy')
    request.log.warn({ why: error instanceof Error ? error.name : 'busy' }, 'refused for now');
}

/** An address that cannot be read never reaches the hook that sets these. */
function secureAnyway(reply: FastifyReply): void {
  if (reply.raw.hasHeader('content-security-policy')) return;
  reply.headers(BARE_HEADERS);
}

export const BARE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;
