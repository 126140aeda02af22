import type { Edge } from '../edge.ts';
import { noQuery } from '../forms.ts';
import { sendPage } from '../send-page.tsx';
import type { Server } from '../server.ts';
import { HelpTwoFactorPage } from './pages.tsx';

export function helpRoutes(server: Server, _edge: Edge): void {
  server.get(
    '/help/two-factor',
    { config: { door: 'public' }, schema: { querystring: noQuery } },
    (_request, reply) => sendPage(reply, <HelpTwoFactorPage lang="en" />),
  );
}
