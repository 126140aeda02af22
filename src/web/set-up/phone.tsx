import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { givePhone } from '../../flows/enroll.ts';
import { isCountry } from '../../flows/phone-number.ts';
import { type Edge, seeOther, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { loginModel } from '../login/model.ts';
import { standAt, toDueStep } from '../login/steps.ts';
import type { PhoneFault } from '../messages/en-set-up.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { SET_UP } from './choose-page.tsx';
import { likelyCountry } from './countries.ts';
import { PHONE, PhonePage } from './phone-page.tsx';
import { TEXT } from './text-page.tsx';

const body = form({ country: Type.Optional(text(20)), phone: Type.Optional(text(200)) });
type Typed = Required<Static<typeof body>>;

/** `/login/set-up/phone`: the number that the codes go to. */
export function phoneRoutes(server: Server, edge: Edge): void {
  server.get(PHONE, { config: { door: 'login' }, schema: { querystring: noQuery } }, (request, reply) => {
    const country = likelyCountry(request.headers['accept-language']);
    return show(edge, request, reply, { country, phone: '' }, []);
  });

  server.post(
    PHONE,
    { config: { door: 'login' }, schema: { querystring: noQuery, body } },
    async (request, reply) => {
      const typed: Typed = { country: '', phone: '', ...request.body };
      const refuse = (...faults: PhoneFault[]) => show(edge, request, reply, typed, faults);
      const faults = faultsIn(typed);
      if (faults.length > 0) return refuse(...faults);
      const outcome = await givePhone(edge.ctx, visitorOf(edge, request), typed);
      switch (outcome.result) {
        case 'sent':
          return seeOther(reply, TEXT);
        case 'bad_number':
          return refuse(outcome.fault);
        case 'moved':
          return toDueStep(edge, request, reply);
        default:
          return unknownResult(outcome);
      }
    },
  );
}

function faultsIn({ country, phone }: Typed): PhoneFault[] {
  const faults: PhoneFault[] = [];
  if (!isCountry(country)) faults.push('no_country');
  if (phone.trim() === '') faults.push('missing');
  return faults;
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: Typed,
  faults: readonly PhoneFault[],
): Promise<FastifyReply> {
  const at = await standAt(edge, request, reply, 'set_up');
  if (at === null) return reply;
  const { methods } = at.next.plan;
  if (!methods.includes('sms')) return seeOther(reply, SET_UP);
  const served = edge.ctx.texts.policy.countries;
  const offered = isCountry(typed.country) && (served === 'all' || served.has(typed.country));
  const country = offered ? typed.country : onlyOneOf(served);
  const appOffered = methods.includes('totp');
  const model = { ...loginModel(edge, at), ...typed, country, served, faults, appOffered };
  return sendPage(reply, <PhonePage model={model} />, faults.length === 0 ? 200 : 422);
}

/** Where there is nothing to choose, it is chosen. */
function onlyOneOf(served: ReadonlySet<string> | 'all'): string {
  const [only = '', more] = served === 'all' ? [] : served;
  return more === undefined ? only : '';
}

function unknownResult(outcome: never): never {
  throw new Error(`unknown outcome of a phone number: ${JSON.stringify(outcome)}`);
}
