import { viewActivity, viewRollOut } from '../../flows/view-account.ts';
import type { Edge } from '../edge.ts';
import { noQuery } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { frameOf } from './frame.tsx';
import { enter, unlessRefused } from './guard.ts';
import { OverviewPage } from './overview-page.tsx';
import { accountParams } from './params.ts';

const LATEST = { limit: 10, before: null };
const EVERYTHING = { search: '', kind: '', from: null, until: null };

export function overviewRoutes(server: Server, edge: Edge): void {
  server.get(
    '/accounts/:slug',
    { config: { door: 'account' }, schema: { params: accountParams, querystring: noQuery } },
    async (request, reply) => {
      const entered = await enter(edge, request, reply, request.params.slug);
      if (entered === null) return reply;
      const { session, account } = entered;
      const counted = await viewRollOut(edge.ctx, session, account.slug);
      const rollOut = await unlessRefused(edge, request, reply, entered, counted);
      if (rollOut === null) return reply;
      const latest = await viewActivity(edge.ctx, session, account.slug, EVERYTHING, LATEST);
      const events = await unlessRefused(edge, request, reply, entered, latest);
      if (events === null) return reply;
      return sendPage(reply, <OverviewPage model={{ frame: frameOf(edge, entered), rollOut, events }} />);
    },
  );
}
