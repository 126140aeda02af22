import type { Edge } from '../edge.ts';
import type { Server } from '../server.ts';
import { activityRoutes } from './activity-routes.tsx';
import { confirmRoute } from './confirm-route.ts';
import { inviteRoutes } from './invite-routes.tsx';
import { leaveRoutes } from './leave-routes.tsx';
import { mandateRoutes } from './mandate-routes.tsx';
import { overviewRoutes } from './overview-routes.tsx';
import { passesRoutes } from './passes-routes.tsx';
import { peopleRoutes } from './people-routes.tsx';
import { personRoutes } from './person-routes.tsx';
import { securityRoutes } from './security-routes.tsx';
import { textEndRoutes } from './text-end-routes.tsx';

/**
 * The account's side, for its owners and admins. Owns: `/accounts/:slug` and all below. Must not know: who may
 * do what (`rules/access.ts` says so, through `flows/act.ts`, on every request).
 */
export function accountRoutes(server: Server, edge: Edge): void {
  overviewRoutes(server, edge);
  peopleRoutes(server, edge);
  inviteRoutes(server, edge);
  personRoutes(server, edge);
  passesRoutes(server, edge);
  securityRoutes(server, edge);
  mandateRoutes(server, edge);
  textEndRoutes(server, edge);
  activityRoutes(server, edge);
  leaveRoutes(server, edge);
  confirmRoute(server, edge);
}
