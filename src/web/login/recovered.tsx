import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { chooseAfterRecovery } from '../../flows/recover.ts';
import { Button, Form, Heading, RadioCards } from '../components.tsx';
import { type Edge, visitorOf } from '../edge.ts';
import { form, noQuery, text } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { type LoginModel, loginModel, loginWords } from './model.ts';
import { FormPage, OtherWays } from './parts.tsx';
import { proceed, standAt } from './steps.ts';

const RECOVERED = '/login/recovered';
const CHOICES = ['continue', 'replace'] as const;
const body = form({ choice: Type.Optional(text(20)) });

/** `/login/recovered`: after a backup code, go on or set up again (B3). */
export function recoveredRoutes(server: Server, edge: Edge): void {
  server.get(RECOVERED, { config: { door: 'login' }, schema: { querystring: noQuery } }, (request, reply) =>
    show(edge, request, reply, false),
  );

  server.post(
    RECOVERED,
    { config: { door: 'login' }, schema: { querystring: noQuery, body } },
    async (request, reply) => {
      const choice = CHOICES.find((c) => c === request.body.choice);
      if (choice === undefined) return show(edge, request, reply, true);
      const outcome = await chooseAfterRecovery(edge.ctx, visitorOf(edge, request), choice);
      return proceed(edge, request, reply, outcome);
    },
  );
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  missing: boolean,
): Promise<FastifyReply> {
  const at = await standAt(edge, request, reply, 'recovered');
  if (at === null) return reply;
  const model = { ...loginModel(edge, at), left: at.next.authenticator.backupCodesLeft, missing };
  return sendPage(reply, <RecoveredPage model={model} />, missing ? 422 : 200);
}

export interface RecoveredModel extends LoginModel {
  readonly left: number;
  readonly missing: boolean;
}

export function RecoveredPage({ model }: { model: RecoveredModel }) {
  const { lang, left, missing, door } = model;
  const words = loginWords(lang).recovered;
  const error = missing ? words.missing : undefined;
  const problems = error === undefined ? [] : [{ field: 'choice', text: error }];
  return (
    <FormPage lang={lang} title={words.title} problems={problems}>
      <Heading caption={door.account?.name} lead={words.left(left)}>
        {words.title}
      </Heading>
      <Form action={RECOVERED}>
        <RadioCards
          name="choice"
          legend={words.legend}
          error={error}
          options={CHOICES.map((value) => ({ value, ...words.choices[value] }))}
        />
        <Button>{words.submit}</Button>
      </Form>
      <OtherWays model={model} />
    </FormPage>
  );
}
