import { Type } from 'typebox';
import { setTextEnd, type TextEndResult } from '../../flows/end-text-messages.ts';
import { type Edge, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import type { Server } from '../server.ts';
import { readDay } from './activity-question.ts';
import { addresses } from './addresses.ts';
import { settleDeed } from './guard.ts';
import { accountParams } from './params.ts';
import { seeSecurity, showSecurity } from './security-routes.tsx';
import { accountWords, LANG } from './words.ts';

const body = form({ day: Type.Optional(text(20)), remove: Type.Optional(Type.Literal('yes')) });

/** The day from which an account takes no codes by text message: set, changed or taken away. */
export function textEndRoutes(server: Server, edge: Edge): void {
  server.post(
    '/accounts/:slug/security/text-end',
    { config: { door: 'account' }, schema: { params: accountParams, querystring: noQuery, body } },
    (request, reply) => {
      const { slug } = request.params;
      const { remove } = request.body;
      const day = (request.body.day ?? '').trim();
      const words = accountWords(LANG);
      const again = (problem: string, status: number) =>
        showSecurity(
          edge,
          request,
          reply,
          slug,
          { day, problems: [{ field: 'day', text: problem }] },
          status,
        );
      const until = remove === 'yes' ? null : readDay(day);
      if (until === undefined || (until === null && remove === undefined)) {
        return again(words.texts.end.faults.no_date, 422);
      }
      return settleDeed<TextEndResult>(edge, request, reply, {
        slug,
        run: (session) => setTextEnd(edge.ctx, session, visitorOf(edge, request), { slug, until }),
        demand: 'two_factor',
        returnTo: addresses.security(slug),
        again: (why) => again(words.account.refused[why].text, 403),
        settle: (outcome) => {
          const { result } = outcome;
          if (result === 'unchanged') return seeSecurity(reply, slug, 'unchanged');
          if (outcome.result === 'done') {
            if (until === null) return seeSecurity(reply, slug, 'text_goes_on');
            return seeSecurity(reply, slug, outcome.told === 0 ? 'text_ends' : 'text_ends_told');
          }
          return again(words.texts.end.faults[outcome.result], 422);
        },
      });
    },
  );
}
