import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { changeSessionLength, type SessionLengthResult } from '../../flows/set-mandate.ts';
import { viewRollOut } from '../../flows/view-account.ts';
import { viewAccountTexts } from '../../flows/view-account-texts.ts';
import type { Method } from '../../rules/facts.ts';
import type { Problem } from '../components.tsx';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery } from '../forms.ts';
import { SECURITY_DONE, type SecurityDone } from '../messages/en-account-security.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { addresses, type MandateChoice, withQuery } from './addresses.ts';
import { frameOf } from './frame.tsx';
import { type Entered, enter, settleDeed, unlessRefused } from './guard.ts';
import { accountParams } from './params.ts';
import { SecurityPage } from './security-page.tsx';
import { asMinutes, asMs, type TypedLength } from './session-length.tsx';
import { accountWords, LANG } from './words.ts';

const config = { door: 'account' } as const;
const lengthBody = form({
  max: Type.String({ pattern: '^\\d{1,6}$' }),
  idle: Type.String({ pattern: '^\\d{1,6}$' }),
});
const afterwards = form({ done: Type.Optional(Type.Enum([...SECURITY_DONE])) });

export function securityRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/security',
    { config, schema: { params: accountParams, querystring: afterwards } },
    (request, reply) => {
      const { done } = request.query;
      const told = done && accountWords(LANG).security.done[done];
      return showSecurity(edge, request, reply, request.params.slug, { done: told });
    },
  );

  server.post(
    '/accounts/:slug/security/session-length',
    { config, schema: { params: accountParams, querystring: noQuery, body: lengthBody } },
    (request, reply) => {
      const { slug } = request.params;
      const length: TypedLength = request.body;
      const again = (problem: Problem, status: number) =>
        showSecurity(edge, request, reply, slug, { length, problems: [problem] }, status);
      const words = accountWords(LANG);
      return settleDeed<SessionLengthResult>(edge, request, reply, {
        slug,
        run: (session) =>
          changeSessionLength(edge.ctx, session, visitorOf(edge, request), {
            slug,
            maxMs: asMs(length.max),
            idleMs: asMs(length.idle),
          }),
        returnTo: addresses.security(slug),
        again: (why) => again({ text: words.account.refused[why].text }, 403),
        settle: ({ result }) => {
          if (result === 'done') return seeSecurity(reply, slug, 'length');
          const field = result === 'idle_longer_than_max' ? 'idle' : 'max';
          return again({ field, text: words.security.length.faults[result] }, 422);
        },
      });
    },
  );
}

export function seeSecurity(reply: FastifyReply, slug: string, done: SecurityDone): FastifyReply {
  return seeOther(reply, withQuery(addresses.security(slug), { done }));
}

interface Shown {
  readonly choice?: MandateChoice;
  readonly length?: TypedLength;
  readonly day?: string;
  readonly problems?: readonly Problem[];
  readonly done?: string | undefined;
}

/** The security page as it stands; also what a change shows that could not be made. */
export async function showSecurity(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
  shown: Shown,
  status = 200,
): Promise<FastifyReply> {
  const entered = await enter(edge, request, reply, slug);
  if (entered === null) return reply;
  const counted = await viewRollOut(edge.ctx, entered.session, slug);
  const rollOut = await unlessRefused(edge, request, reply, entered, counted);
  if (rollOut === null) return reply;
  const seen = await viewAccountTexts(edge.ctx, entered.session, slug);
  const texts = await unlessRefused(edge, request, reply, entered, seen);
  if (texts === null) return reply;
  const { account } = entered;
  const { choice = choiceNow(entered), problems = [], done, day } = shown;
  const length = shown.length ?? {
    max: asMinutes(account.sessionMaxMs),
    idle: asMinutes(account.sessionIdleMs),
  };
  const own = { day, ownMethod: ownMethod(entered) };
  const model = { frame: frameOf(edge, entered), rollOut, texts, choice, length, problems, done, ...own };
  return sendPage(reply, <SecurityPage model={model} />, status);
}

/** The kind of authenticator that this account trusts of the one who is signed in. */
export function ownMethod({ session, account }: Entered): Method | null {
  const trust = session.memberships.find((m) => m.account.slug === account.slug)?.trust;
  return trust?.state === 'authenticator' ? (session.facts.kinds.get(trust.authenticatorId) ?? null) : null;
}

/** Both methods to begin with, where both can be had. */
function choiceNow({ account: { mandate, textMessages } }: Entered): MandateChoice {
  if (mandate !== null) return { on: true, methods: mandate.methods, from: mandate.from };
  return { on: true, methods: textMessages ? ['totp', 'sms'] : ['totp'], from: 'next_login' };
}
