import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { viewActivity } from '../../flows/view-account.ts';
import type { Edge } from '../edge.ts';
import { form } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { EXPORTS, type ExportFormat } from './activity-export.ts';
import { type ActivityFilter, ActivityPage } from './activity-page.tsx';
import {
  type ActivityQuestion,
  CURSOR,
  cursorOf,
  filterFields,
  filterOf,
  questionOf,
  readCursor,
} from './activity-question.ts';
import type { ActivityEvent } from './event-words.ts';
import { frameOf } from './frame.tsx';
import { type Entered, enter, unlessRefused } from './guard.ts';
import { accountParams } from './params.ts';

const ON_A_PAGE = 50;
const IN_ONE_READ = 500;
const pageQuery = form({ ...filterFields, before: Type.Optional(Type.String({ pattern: CURSOR })) });
const exportQuery = form(filterFields);

export function activityRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug/activity',
    { config: { door: 'account' }, schema: { params: accountParams, querystring: pageQuery } },
    async (request, reply) => {
      const entered = await enter(edge, request, reply, request.params.slug);
      if (entered === null) return reply;
      return show(edge, request, reply, entered, filterOf(request.query), request.query.before);
    },
  );

  for (const name of ['csv', 'jsonl'] as const) {
    server.get(
      `/accounts/:slug/activity.${name}`,
      { config: { door: 'account' }, schema: { params: accountParams, querystring: exportQuery } },
      async (request, reply) => {
        const entered = await enter(edge, request, reply, request.params.slug);
        if (entered === null) return reply;
        const filter = filterOf(request.query);
        const { question, problems } = questionOf(filter);
        if (problems.length > 0) return show(edge, request, reply, entered, filter, undefined);
        const first = await readEvents(edge, entered, question, null);
        const events = await unlessRefused(edge, request, reply, entered, first);
        if (events === null) return reply;
        return reply
          .header('content-type', EXPORTS[name].type)
          .header('content-disposition', `attachment; filename="${entered.account.slug}-activity.${name}"`)
          .header('cache-control', 'no-store')
          .send(Readable.from(linesOf(edge, entered, question, events, EXPORTS[name])));
      },
    );
  }
}

async function show(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  entered: Entered,
  filter: ActivityFilter,
  before: string | undefined,
): Promise<FastifyReply> {
  const { question, problems } = questionOf(filter);
  const page = { limit: ON_A_PAGE + 1, before: readCursor(before) };
  const { session, account } = entered;
  const found = await viewActivity(edge.ctx, session, account.slug, question, page);
  const read = await unlessRefused(edge, request, reply, entered, found);
  if (read === null) return reply;
  const events = read.slice(0, ON_A_PAGE);
  const last = events.at(-1);
  const olderThan = read.length > ON_A_PAGE && last !== undefined ? cursorOf(last) : null;
  const isFirst = before === undefined;
  const model = { frame: frameOf(edge, entered), filter, problems, events, olderThan, isFirst };
  return sendPage(reply, <ActivityPage model={model} />, problems.length > 0 ? 422 : 200);
}

function readEvents(
  edge: Edge,
  { session, account }: Entered,
  question: ActivityQuestion,
  before: { at: number; id: string } | null,
) {
  return viewActivity(edge.ctx, session, account.slug, question, { limit: IN_ONE_READ, before });
}

/** Read by the page, each judged anew: an admin who is removed meanwhile gets a torn file and nothing more. */
async function* linesOf(
  edge: Edge,
  entered: Entered,
  question: ActivityQuestion,
  first: readonly ActivityEvent[],
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format.head !== '') yield format.head;
  let events: Awaited<ReturnType<typeof readEvents>> = [...first];
  for (;;) {
    if ('result' in events) throw new Error(`the export was cut short: ${events.result}`);
    if (events.length > 0) yield events.map(format.line).join('');
    const last = events.at(-1);
    if (last === undefined || events.length < IN_ONE_READ) return;
    events = await readEvents(edge, entered, question, last);
  }
}
