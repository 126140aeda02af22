import { Type } from 'typebox';
import { type StepUp, startStepUp } from '../../flows/step-up.ts';
import { type Edge, sessionOf, toLogIn, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { goOn } from '../login/steps.ts';
import type { Server } from '../server.ts';

const REASONS = ['password', 'account', 'set_up'] as const;
const reason = form({ for: Type.Enum([...REASONS]), account: Type.Optional(text(100)) });

/** T4: starts a login tied to this session; the pages of the login ask for what is missing. */
export function stepUpRoute(server: Server, edge: Edge): void {
  server.post(
    '/step-up',
    { config: { door: 'session' }, schema: { querystring: noQuery, body: reason } },
    async (request, reply) => {
      const session = await sessionOf(edge, request);
      if (session === null) return toLogIn(edge, request, reply);
      const wanted = stepUpFor(request.body.for, request.body.account ?? '');
      const outcome = await startStepUp(edge.ctx, session, visitorOf(edge, request), wanted);
      // R60: another's account is as good as none.
      if (outcome.result === 'not_member') {
        reply.callNotFound();
        return reply;
      }
      return goOn(edge, reply, outcome.advanced);
    },
  );
}

/** D4: what is demanded and where it leads back to stands here, never in the form. */
function stepUpFor(reason: (typeof REASONS)[number], account: string): StepUp {
  switch (reason) {
    case 'password':
      return { demand: 'own_authenticator', account: null, returnTo: '/password' };
    case 'account':
      return { demand: 'entry', account, returnTo: '/' };
    // P5: setting up before the pass ends.
    case 'set_up':
      return { demand: 'set_up', account, returnTo: '/' };
    default:
      return unknownReason(reason);
  }
}

function unknownReason(reason: never): never {
  throw new Error(`no step-up for ${reason}`);
}
